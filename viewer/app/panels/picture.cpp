#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "viewer/app/panels/colors.h"
#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

constexpr float kClickReach = 4;    // points that the mouse may move in a click
constexpr float kDividerReach = 7;  // points beside the divider that grab it

struct Mouse {
  bool hovered, pressed, released;
  glm::dvec2 at;     // framebuffer pixels from the viewport's corner
  glm::dvec2 moved;  // since the last frame, framebuffer pixels
  double wheel;
};

Mouse read_mouse(const Ui& ui) {
  const ImGuiIO& io = ImGui::GetIO();
  const double pixels = ui.pixels_per_point;
  return {.hovered = ImGui::IsItemHovered(),
          .pressed = ImGui::IsItemActivated(),
          .released = ImGui::IsItemDeactivated(),
          .at = {(io.MousePos.x - ui.viewport.x) * pixels, (io.MousePos.y - ui.viewport.y) * pixels},
          .moved = {io.MouseDelta.x * pixels, io.MouseDelta.y * pixels},
          .wheel = io.MouseWheel};
}

bool moves_picture(const Ui& ui) { return ui.settings.inspector || ImGui::GetIO().KeyCtrl; }

bool at_divider(const Ui& ui, const Mouse& mouse) {
  return ui.mode_now() == ViewMode::split &&
         std::abs(mouse.at.x - ui.layout.divider) <= kDividerReach * ui.scale * ui.pixels_per_point;
}

// The panel under a point, for zooming about it.
Rect panel_at(const Ui& ui, glm::dvec2 at) {
  return ui.layout.two_panels() && at.x >= ui.layout.divider ? ui.layout.right : ui.layout.left;
}

void drag_divider(Ui& ui, const Mouse& mouse) {
  const double from = std::max(0.0, ui.layout.left_image.corner.x);
  const double to = std::min(ui.layout.left.width, ui.layout.left_image.to_output(ui.image).x);
  if (to > from)
    ui.settings.display.split = static_cast<float>(std::clamp((mouse.at.x - from) / (to - from), 0.0, 1.0));
}

void drag_camera(Ui& ui, const Mouse& mouse, bool sideways) {
  const double height = std::max(1.0, ui.layout.left.height);
  if (ui.session.content() == Session::Content::volume) {
    DrrView& view = ui.session.drr();
    if (sideways) {
      // At the patient, so that the anatomy follows the cursor.
      const double mm =
          view.geometry.delx_mm / ui.layout.left_image.scale * kStandardSourceMm / view.geometry.sdd_mm;
      view.move_source({-mouse.moved.x * mm, -mouse.moved.y * mm, 0});
    } else {
      view.rotation_deg.x =
          std::remainder(view.rotation_deg.x + 0.25 * mouse.moved.x / ui.pixels_per_point, 360.0);
      view.rotation_deg.y =
          std::remainder(view.rotation_deg.y + 0.25 * mouse.moved.y / ui.pixels_per_point, 360.0);
    }
    return;
  }
  ui.leave_snapped();
  if (sideways)
    ui.navigator.pan(mouse.moved, height, ui.settings.vertical_fov_deg);
  else
    ui.navigator.drag(mouse.moved, height);
}

void turn_wheel(Ui& ui, const Mouse& mouse) {
  if (mouse.wheel == 0 || !mouse.hovered) return;
  if (moves_picture(ui)) {
    ui.zoom = zoomed_at(ui.zoom, ui.image, panel_at(ui, mouse.at), mouse.at, std::pow(1.25, mouse.wheel));
  } else if (ui.session.content() == Session::Content::volume) {
    ui.session.drr().move_source({0, 0, 20 * mouse.wheel});
  } else if (ui.session.content() == Session::Content::splats) {
    ui.leave_snapped();
    ui.navigator.wheel(mouse.wheel);
  }
}

void react(Ui& ui, const Mouse& mouse) {
  if (mouse.pressed) {
    ui.moved_by_drag = false;
    ui.dragging_divider = at_divider(ui, mouse) && ImGui::IsMouseDown(ImGuiMouseButton_Left);
  }
  if (ImGui::IsItemActive() && mouse.moved != glm::dvec2(0)) {
    const bool left = ImGui::IsMouseDown(ImGuiMouseButton_Left);
    for (const ImGuiMouseButton button : {0, 1, 2})
      if (ImGui::IsMouseDragging(button, kClickReach * ui.scale)) ui.moved_by_drag = true;
    if (ui.dragging_divider)
      drag_divider(ui, mouse);
    else if (ui.moved_by_drag && moves_picture(ui))
      ui.zoom = panned(ui.zoom, ui.image, ui.layout.left, mouse.moved);
    else if (ui.moved_by_drag && ui.session.content() != Session::Content::nothing)
      drag_camera(ui, mouse, !left);
  }
  turn_wheel(ui, mouse);
  if (mouse.released) {
    if (!ui.moved_by_drag && !ui.dragging_divider && ui.hovered) ui.snap(*ui.hovered);
    ui.dragging_divider = false;
  }
  if ((mouse.hovered && at_divider(ui, mouse)) || ui.dragging_divider)
    ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
}

// The image pixel under the cursor, in whichever panel.
std::optional<glm::ivec2> pixel_at(const Ui& ui, const Mouse& mouse) {
  if (!mouse.hovered) return std::nullopt;
  const bool right = ui.layout.two_panels() && mouse.at.x >= ui.layout.divider;
  const glm::dvec2 p = (right ? ui.layout.right_image : ui.layout.left_image).to_image(mouse.at);
  if (p.x < 0 || p.y < 0 || p.x >= ui.image.x || p.y >= ui.image.y) return std::nullopt;
  return glm::ivec2(p);
}

ImVec2 on_screen(const Ui& ui, glm::dvec2 image_pixel) {
  const glm::dvec2 p = ui.layout.left_image.to_output(image_pixel) / ui.pixels_per_point;
  return {static_cast<float>(ui.viewport.x + p.x), static_cast<float>(ui.viewport.y + p.y)};
}

void project_cameras(Ui& ui) {
  ui.projected.clear();
  if (!ui.settings.show_frustums || ui.session.content() == Session::Content::volume) return;
  const double near_z = 0.01 * ui.navigator.scene_radius();
  for (std::size_t i = 0; i < ui.frustums.size(); ++i) {
    // The snapped camera's own pyramid would frame the picture; an empty entry keeps the numbering.
    if (ui.session.snapped() == i)
      ui.projected.emplace_back();
    else
      ui.projected.push_back(
          project_frustum(ui.session.intrinsics(), ui.session.world_to_camera(), ui.frustums[i], near_z));
  }
}

void draw_cameras(const Ui& ui, ImDrawList* list) {
  for (std::size_t i = 0; i < ui.projected.size(); ++i) {
    const bool marked = ui.hovered == i || ui.hovered_in_list == i;
    const unsigned base = ui.session.cameras()[i].split == Split::test ? colors::kTest : colors::kTrain;
    const unsigned color = marked ? 0xFFFFFFFF : (base & 0x00FFFFFF) | 0xB0000000;
    for (const Segment2& line : ui.projected[i].lines)
      list->AddLine(on_screen(ui, line.from), on_screen(ui, line.to), color,
                    (marked ? 2.0f : 1.2f) * ui.scale);
  }
}

void camera_tooltip(const Ui& ui) {
  if (!ui.hovered || ImGui::IsItemActive()) return;
  const Camera& camera = ui.session.cameras()[*ui.hovered];
  const auto& score = ui.session.camera_scores()[*ui.hovered];
  ImGui::BeginTooltip();
  ImGui::Text("%s (%s)", camera.name.c_str(), camera.split == Split::test ? "test" : "train");
  if (score) ImGui::Text("SSIM %.4f, PSNR %.2f dB", score->ssim, score->psnr);
  ImGui::TextDisabled("click to snap");
  ImGui::EndTooltip();
}

// Where a tag meets (x, y): its top left, top right or bottom middle.
enum class Anchor { left, right, below };

// Wrapped where the picture is narrower than the text. Returns where it begins.
float tag(const Ui& ui, ImDrawList* list, float x, float y, Anchor anchor, const char* text,
          unsigned color = colors::kText) {
  const float pad = 5 * ui.scale;
  const float widest =
      std::max(60 * ui.scale, static_cast<float>(ui.viewport.width) - 2 * (8 * ui.scale + pad));
  const ImVec2 size = ImGui::CalcTextSize(text, nullptr, false, widest);
  const float whole = size.x + 2 * pad;
  const ImVec2 from(x - (anchor == Anchor::left    ? 0
                         : anchor == Anchor::right ? whole
                                                   : whole / 2),
                    anchor == Anchor::below ? y - size.y - pad : y);
  list->AddRectFilled(from, {from.x + whole, from.y + size.y + pad}, colors::kShade, 3 * ui.scale);
  list->AddText(nullptr, 0, {from.x + pad, from.y + pad / 2}, color, text, nullptr, widest);
  return from.x;
}

void draw_invitation(const Ui& ui, ImDrawList* list) {
  const char* lines[] = {"Drop a splat scene (.ply) or a CT volume here",
                         "then cameras (COLMAP, transforms.json, cameras.json) and photos, or an X-ray",
                         "F1 lists the keys"};
  const float line = ImGui::GetTextLineHeightWithSpacing();
  float y = static_cast<float>(ui.viewport.y + ui.viewport.height / 2) - 1.5f * line;
  for (const char* text : lines) {
    const float x =
        static_cast<float>(ui.viewport.x + ui.viewport.width / 2) - ImGui::CalcTextSize(text).x / 2;
    list->AddText({x, y}, text == lines[0] ? colors::kText : colors::kDim, text);
    y += 1.2f * line;
  }
}

// Names of what is seen, at the top; the view and its size at the bottom right, whose left edge is returned.
float draw_labels(const Ui& ui, ImDrawList* list) {
  const float inset = 8 * ui.scale, left = static_cast<float>(ui.viewport.x),
              top = static_cast<float>(ui.viewport.y);
  const auto right = static_cast<float>(ui.viewport.x + ui.viewport.width);
  const float divider = left + static_cast<float>(ui.layout.divider / ui.pixels_per_point);
  const ViewMode mode = ui.mode_now();
  const std::string reference = "reference: " + ui.session.reference_name();
  if (mode == ViewMode::split) {
    list->AddLine({divider, top}, {divider, static_cast<float>(top + ui.viewport.height)}, 0xE0FFFFFF,
                  1.5f * ui.scale);
    const float middle = static_cast<float>(top + ui.viewport.height / 2);
    list->AddRectFilled({divider - 4 * ui.scale, middle - 16 * ui.scale},
                        {divider + 4 * ui.scale, middle + 16 * ui.scale}, 0xE0FFFFFF, 3 * ui.scale);
    // Each label belongs to its half and stays inside the window.
    tag(ui, list, left + inset, top + inset, Anchor::left, "render");
    const float both = ImGui::CalcTextSize("render").x + ImGui::CalcTextSize(reference.c_str()).x;
    if (both + 40 * ui.scale < right - left)  // a narrow picture has room for one
      tag(ui, list, right - inset, top + inset, Anchor::right, reference.c_str());
  } else if (mode == ViewMode::side_by_side) {
    tag(ui, list, left + inset, top + inset, Anchor::left, "render");
    tag(ui, list, divider + inset, top + inset, Anchor::left, reference.c_str());
  } else if (mode == ViewMode::reference) {
    tag(ui, list, left + inset, top + inset, Anchor::left, reference.c_str(), colors::kWarning);
  } else if (mode == ViewMode::difference) {
    char text[64];
    std::snprintf(text, sizeof(text), "|render \xE2\x88\x92 reference| x %.1f",
                  static_cast<double>(ui.settings.display.gain));
    tag(ui, list, left + inset, top + inset, Anchor::left, text);
  } else if (ui.session.content() != Session::Content::nothing) {
    tag(ui, list, left + inset, top + inset, Anchor::left,
        mode == ViewMode::render ? "render" : label_of(mode));
  }
  char view[160];
  const std::string name =
      ui.session.snapped()
          ? ui.session.cameras()[*ui.session.snapped()].name
          : std::string(ui.session.content() == Session::Content::volume ? "radiograph" : "free view");
  std::snprintf(view, sizeof(view), "%.100s  %d x %d", name.c_str(), ui.image.x, ui.image.y);
  float view_from = right;
  if (ui.session.content() != Session::Content::nothing)
    view_from =
        tag(ui, list, right - inset,
            static_cast<float>(top + ui.viewport.height) - inset - ImGui::GetTextLineHeight() - 5 * ui.scale,
            Anchor::right, view, colors::kDim);
  if (ui.session.content() == Session::Content::nothing) {
    draw_invitation(ui, list);
  } else if (needs_reference(ui.settings.display.mode) && !ui.has_reference()) {
    const std::string why = ui.session.no_reference_because();
    tag(ui, list, (left + right) / 2,
        static_cast<float>(top + ui.viewport.height) - 2.2f * inset - ImGui::GetTextLineHeight() -
            5 * ui.scale,
        Anchor::below, why.c_str(), colors::kWarning);
  }
  return view_from;
}

// At the bottom left, in one row with the view's label where both have room.
void draw_legend(const Ui& ui, ImDrawList* list, float label_from) {
  const DisplaySettings& display = ui.settings.display;
  const ViewMode mode = ui.mode_now();
  const bool difference = mode == ViewMode::difference && display.difference_mapped;
  if (!shows_color_map(mode) && !difference) return;
  const float low = difference ? 0 : display.worst, high = difference ? 1 / display.gain : display.best;
  const float width = std::min(static_cast<float>(ui.viewport.width) - 40 * ui.scale, 220 * ui.scale),
              tall = 10 * ui.scale;
  const float line = ImGui::GetTextLineHeight(), pad = 7 * ui.scale;
  const float x = static_cast<float>(ui.viewport.x) + 8 * ui.scale + pad;
  if (width < 60) return;
  const bool crowded = x + width + pad > label_from - 8 * ui.scale;
  const float bottom = static_cast<float>(ui.viewport.y + ui.viewport.height) - 8 * ui.scale -
                       (crowded ? line + 10 * ui.scale : 0);
  const float y = bottom - pad - line - tall - 3;
  list->AddRectFilled({x - pad, y - pad}, {x + width + pad, y + tall + line + 3 + pad}, colors::kShade,
                      3 * ui.scale);
  constexpr int kSteps = 64;
  for (int i = 0; i < kSteps; ++i) {
    std::uint8_t c[4];
    const float t = (i + 0.5f) / kSteps;  // from worst to best, or from no difference to the largest
    fg_color_map_sample(display.color_map, difference || !display.errors_bright ? t : 1 - t, c);
    list->AddRectFilled({x + width * i / kSteps, y}, {x + width * (i + 1) / kSteps, y + tall},
                        IM_COL32(c[0], c[1], c[2], 255));
  }
  char text[32];
  std::snprintf(text, sizeof(text), difference ? "%.3f" : "%.2f", static_cast<double>(low));
  list->AddText({x, y + tall + 3}, colors::kText, text);
  std::snprintf(text, sizeof(text), difference ? "%.3f" : "%.2f", static_cast<double>(high));
  list->AddText({x + width - ImGui::CalcTextSize(text).x, y + tall + 3}, colors::kText, text);
  const char* name = difference ? "mean |difference|" : "SSIM";
  list->AddText({x + (width - ImGui::CalcTextSize(name).x) / 2, y + tall + 3}, colors::kDim, name);
}

}  // namespace

void draw_picture(Ui& ui, const Rect& area) {
  ui.viewport = area;
  if (area.width < 1 || area.height < 1) return;
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  {
    const Panel panel(
        "picture", area,
        ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::InvisibleButton("surface", {static_cast<float>(area.width), static_cast<float>(area.height)},
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight |
                               ImGuiButtonFlags_MouseButtonMiddle);
    const Mouse mouse = read_mouse(ui);
    if (!ImGui::IsItemActive() && !mouse.released) {
      const bool picks = mouse.hovered && !at_divider(ui, mouse) && !ui.settings.inspector;
      ui.hovered = picks ? pick_frustum(ui.projected, ui.layout.left_image.to_image(mouse.at),
                                        9 * ui.scale * ui.pixels_per_point / ui.layout.left_image.scale)
                         : std::nullopt;
    }
    react(ui, mouse);
    // The view of the next tick is settled: place the picture, and everything drawn over it, for that view.
    if (!ui.session.snapped() && ui.session.content() != Session::Content::volume) ui.go_free();
    ui.image = ui.session.frame_size();
    const glm::ivec2 output(static_cast<int>(area.width * ui.pixels_per_point),
                            static_cast<int>(area.height * ui.pixels_per_point));
    ui.layout = lay_out(ui.settings.display, ui.mode_now(), ui.image, output, ui.zoom);
    ui.probed = pixel_at(ui, mouse);
    project_cameras(ui);

    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 from(static_cast<float>(area.x), static_cast<float>(area.y));
    list->PushClipRect(from,
                       {static_cast<float>(area.x + area.width), static_cast<float>(area.y + area.height)});
    if (!ui.layout.two_panels()) {
      const ImVec2 image_from = on_screen(ui, {0, 0}), image_to = on_screen(ui, ui.image);
      list->PushClipRect(image_from, image_to, true);
      draw_cameras(ui, list);
      list->PopClipRect();
    }
    const float label_from = draw_labels(ui, list);
    draw_legend(ui, list, label_from);
    list->PopClipRect();
    if (mouse.hovered) camera_tooltip(ui);
  }
  ImGui::PopStyleVar(2);
}

}  // namespace fg
