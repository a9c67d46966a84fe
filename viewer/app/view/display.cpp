#include "viewer/app/view/display.h"

#include <algorithm>
#include <cmath>

#include <glm/common.hpp>

namespace fg {
namespace {

struct ModeName {
  ViewMode mode;
  const char* label;
  const char* name;
};
constexpr ModeName kModeNames[] = {
    {ViewMode::render, "Render", "render"},
    {ViewMode::reference, "Reference", "reference"},
    {ViewMode::split, "Split", "split"},
    {ViewMode::blink, "Blink", "blink"},
    {ViewMode::side_by_side, "Side by side", "side_by_side"},
    {ViewMode::difference, "Difference", "difference"},
    {ViewMode::heatmap, "SSIM heatmap", "heatmap"},
    {ViewMode::heatmap_over, "Heatmap over render", "heatmap_over"},
};

constexpr struct {
  FgColorMap map;
  const char* name;
} kNamedColorMaps[] = {{FG_COLOR_MAP_VIRIDIS, "viridis"},
                       {FG_COLOR_MAP_TURBO, "turbo"},
                       {FG_COLOR_MAP_MAGMA, "magma"},
                       {FG_COLOR_MAP_GREY, "grey"}};

constexpr double kGap = 4;  // output pixels between two panels

double fit_scale(glm::ivec2 image, const Rect& area) {
  return std::max(1e-6, std::min(area.width / std::max(image.x, 1), area.height / std::max(image.y, 1)));
}

// The image covers the area where it is larger, and stays whole and centred where it is smaller.
Zoom limited(Zoom zoom, glm::ivec2 image, const Rect& area) {
  const double fit = fit_scale(image, area);
  const double largest = std::max(1.0, 128.0 / fit);  // one image pixel becomes 128 output pixels
  zoom.factor = std::clamp(zoom.factor, 1.0, largest);
  const glm::dvec2 shown = glm::dvec2(area.width, area.height) / (fit * zoom.factor) / glm::dvec2(image);
  for (int axis = 0; axis < 2; ++axis) {
    const double half = std::min(shown[axis], 1.0) / 2;
    zoom.centre[axis] = std::clamp(zoom.centre[axis], half, 1 - half);
  }
  return zoom;
}

int shows(const DisplaySettings& settings, ViewMode mode) {
  switch (mode) {
    case ViewMode::reference:
      return FG_SHOW_REFERENCE;
    case ViewMode::difference:
      return settings.difference_mapped ? FG_SHOW_DIFFERENCE_MAPPED : FG_SHOW_DIFFERENCE;
    case ViewMode::heatmap:
      return FG_SHOW_HEATMAP;
    case ViewMode::heatmap_over:
      return FG_SHOW_HEATMAP_OVER;
    default:
      return FG_SHOW_RENDER;
  }
}

}  // namespace

const char* label_of(ViewMode mode) { return kModeNames[static_cast<int>(mode)].label; }
const char* name_of(ViewMode mode) { return kModeNames[static_cast<int>(mode)].name; }

std::optional<ViewMode> view_mode_from(const std::string& name) {
  for (const ModeName& entry : kModeNames)
    if (name == entry.name) return entry.mode;
  return std::nullopt;
}

bool needs_reference(ViewMode mode) { return mode != ViewMode::render; }
bool shows_color_map(ViewMode mode) { return mode == ViewMode::heatmap || mode == ViewMode::heatmap_over; }

const char* name_of(FgColorMap color_map) {
  for (const auto& entry : kNamedColorMaps)
    if (entry.map == color_map) return entry.name;
  return "viridis";
}

std::optional<FgColorMap> color_map_from(const std::string& name) {
  for (const auto& entry : kNamedColorMaps)
    if (name == entry.name) return entry.map;
  return std::nullopt;
}

HeatmapRange heatmap_range(const DisplaySettings& settings) {
  if (settings.errors_bright) return {settings.best, settings.worst};
  return {settings.worst, settings.best};
}

float color_position(const DisplaySettings& settings, float ssim) {
  const HeatmapRange range = heatmap_range(settings);
  return (ssim - range.first) / (range.last - range.first);
}

Placement place(glm::ivec2 image, const Rect& area, const Zoom& zoom) {
  Placement placement;
  placement.scale = fit_scale(image, area) * zoom.factor;
  const glm::dvec2 middle(area.x + area.width / 2, area.y + area.height / 2);
  placement.corner = middle - zoom.centre * glm::dvec2(image) * placement.scale;
  // Whole output pixels, so that an image at its own resolution is copied and not interpolated.
  placement.corner = glm::round(placement.corner);
  return placement;
}

Zoom zoomed_at(const Zoom& zoom, glm::ivec2 image, const Rect& area, glm::dvec2 output_point, double by) {
  const Placement before = place(image, area, zoom);
  const glm::dvec2 held = before.to_image(output_point);
  Zoom after = zoom;
  after.factor *= by;
  after.factor = limited(after, image, area).factor;
  const double scale = fit_scale(image, area) * after.factor;
  const glm::dvec2 middle(area.x + area.width / 2, area.y + area.height / 2);
  after.centre = (held - (output_point - middle) / scale) / glm::dvec2(image);
  return limited(after, image, area);
}

Zoom panned(const Zoom& zoom, glm::ivec2 image, const Rect& area, glm::dvec2 output_delta) {
  Zoom after = zoom;
  after.centre -= output_delta / (fit_scale(image, area) * zoom.factor) / glm::dvec2(image);
  return limited(after, image, area);
}

Layout lay_out(const DisplaySettings& settings, ViewMode mode, glm::ivec2 image, glm::ivec2 output,
               const Zoom& zoom) {
  Layout layout;
  layout.mode = mode;
  const Rect whole{0, 0, static_cast<double>(output.x), static_cast<double>(output.y)};
  if (mode == ViewMode::side_by_side) {
    const double half = std::max(1.0, std::floor((output.x - kGap) / 2));
    layout.left = {0, 0, half, whole.height};
    layout.right = {whole.width - half, 0, half, whole.height};
    layout.left_image = place(image, layout.left, zoom);
    layout.right_image = place(image, layout.right, zoom);
    layout.divider = half + kGap / 2;
    return layout;
  }
  layout.left = whole;
  layout.left_image = layout.right_image = place(image, whole, zoom);
  layout.divider = whole.width;
  if (mode == ViewMode::split) {
    // The divider keeps its place on the visible part of the image, however far it is zoomed.
    const double from = std::max(0.0, layout.left_image.corner.x);
    const double to = std::min(whole.width, layout.left_image.to_output(image).x);
    layout.divider = std::round(from + settings.split * (to - from));
  }
  return layout;
}

ViewMode shown_mode(const DisplaySettings& settings, bool has_reference, bool reference_held,
                    double seconds) {
  if (!has_reference) return ViewMode::render;
  if (reference_held) return ViewMode::reference;
  if (settings.mode != ViewMode::blink) return settings.mode;
  return std::fmod(std::floor(seconds * settings.blink_hz), 2.0) == 0 ? ViewMode::render
                                                                      : ViewMode::reference;
}

ComposePush compose_push(const DisplaySettings& settings, const Layout& layout, glm::ivec2 image,
                         glm::ivec2 output) {
  const bool split = layout.mode == ViewMode::split || layout.mode == ViewMode::side_by_side;
  const int left = split ? FG_SHOW_RENDER : shows(settings, layout.mode);
  return {.image_width = image.x,
          .image_height = image.y,
          .output_width = output.x,
          .output_height = output.y,
          .divider = static_cast<int>(layout.divider),
          .show_left = left,
          .show_right = split ? FG_SHOW_REFERENCE : left,
          .nearest = settings.nearest ? 1 : 0,
          .left_x = static_cast<float>(layout.left_image.corner.x),
          .right_x = static_cast<float>(layout.right_image.corner.x),
          .top = static_cast<float>(layout.left_image.corner.y),
          .scale = static_cast<float>(layout.left_image.scale),
          .gain = settings.gain,
          .opacity = settings.opacity,
          .color_map = static_cast<int>(settings.color_map)};
}

glm::ivec2 natural_size(ViewMode mode, glm::ivec2 image) {
  return mode == ViewMode::side_by_side ? glm::ivec2(2 * image.x + static_cast<int>(kGap), image.y) : image;
}

}  // namespace fg
