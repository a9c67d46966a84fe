#pragma once
// How the images of a tick are shown: view mode, zoom and pan, and what of it the display shader needs. Pure
// maths.

#include <array>
#include <optional>
#include <string>

#include <glm/vec2.hpp>

#include "framegauge/vulkan.h"
#include "shaders/display/compose.h"

namespace fg {

enum class ViewMode { render, reference, split, blink, side_by_side, difference, heatmap, heatmap_over };
inline constexpr std::array kViewModes = {ViewMode::render,  ViewMode::reference,    ViewMode::split,
                                          ViewMode::blink,   ViewMode::side_by_side, ViewMode::difference,
                                          ViewMode::heatmap, ViewMode::heatmap_over};
const char* label_of(ViewMode mode);  // "Side by side", for people
const char* name_of(ViewMode mode);   // "side_by_side", for files
std::optional<ViewMode> view_mode_from(const std::string& name);
bool needs_reference(ViewMode mode);
bool shows_color_map(ViewMode mode);

inline constexpr std::array kColorMaps = {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA,
                                          FG_COLOR_MAP_GREY};
const char* name_of(FgColorMap color_map);  // "viridis"
std::optional<FgColorMap> color_map_from(const std::string& name);

struct DisplaySettings {
  ViewMode mode = ViewMode::split;
  float split = 0.5f;              // of the shown image's width; the render is left of it
  float blink_hz = 2;              // swaps per second
  float gain = 4;                  // of the difference
  bool difference_mapped = false;  // the difference through the colour map instead of its own colours
  float opacity = 0.6f;            // of the heatmap over the render
  FgColorMap color_map = FG_COLOR_MAP_TURBO;
  float worst = 0, best = 1;  // SSIM at the two ends of the colour map
  bool errors_bright = true;  // the colour map's last colour stands for worst, not for best
  bool nearest = false;       // enlarged pixels stay squares
};

// Where an SSIM lies on the colour map, 0..1 inside the range; and the range as fg_evaluator_set_heatmap
// takes it.
float color_position(const DisplaySettings& settings, float ssim);
struct HeatmapRange {
  float first, last;  // SSIM of the first and the last colour

  bool operator==(const HeatmapRange&) const = default;
};
HeatmapRange heatmap_range(const DisplaySettings& settings);

// Zoom 1 fits the whole image; the centre is the image point shown in the middle, in fractions of its size.
struct Zoom {
  double factor = 1;
  glm::dvec2 centre{0.5, 0.5};

  bool fits() const { return factor == 1 && centre == glm::dvec2(0.5); }
};

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;  // pixels

  bool contains(glm::dvec2 p) const { return p.x >= x && p.y >= y && p.x < x + width && p.y < y + height; }
};

// Where an image lies on an output: pixel = corner + scale * image pixel.
struct Placement {
  glm::dvec2 corner{0};
  double scale = 1;

  glm::dvec2 to_output(glm::dvec2 image) const { return corner + scale * image; }
  glm::dvec2 to_image(glm::dvec2 output) const { return (output - corner) / scale; }
};
Placement place(glm::ivec2 image, const Rect& area, const Zoom& zoom);

// The zoom after a factor at an output point, which keeps the image point under it; limited to 1..256 image
// pixels wide at the largest, and pulled back so that the image never leaves the area.
Zoom zoomed_at(const Zoom& zoom, glm::ivec2 image, const Rect& area, glm::dvec2 output_point, double by);
Zoom panned(const Zoom& zoom, glm::ivec2 image, const Rect& area, glm::dvec2 output_delta);

// Everything that places the picture on an output: one panel, or two beside each other.
struct Layout {
  Rect left, right;  // right is empty with one panel
  Placement left_image, right_image;
  double divider = 0;  // output x where the right panel or the right half of a split begins
  ViewMode mode = ViewMode::render;

  bool two_panels() const { return right.width > 0; }
};
Layout lay_out(const DisplaySettings& settings, ViewMode mode, glm::ivec2 image, glm::ivec2 output,
               const Zoom& zoom);

// The mode that is shown now: the asked-for one while there is a reference, otherwise the render. Blinking is
// render or reference, by the time since the mode was chosen; held shows the reference at once.
ViewMode shown_mode(const DisplaySettings& settings, bool has_reference, bool reference_held, double seconds);

ComposePush compose_push(const DisplaySettings& settings, const Layout& layout, glm::ivec2 image,
                         glm::ivec2 output);

// The size of a picture that shows the whole image at its own resolution: for files.
glm::ivec2 natural_size(ViewMode mode, glm::ivec2 image);

}  // namespace fg
