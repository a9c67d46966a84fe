#include <imgui.h>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void color_map_controls(DisplaySettings& display) {
  if (ImGui::BeginCombo("colours", name_of(display.color_map))) {
    for (const FgColorMap map : kColorMaps)
      if (ImGui::Selectable(name_of(map), display.color_map == map)) display.color_map = map;
    ImGui::EndCombo();
  }
  float range[2] = {display.worst, display.best};
  if (ImGui::DragFloatRange2("SSIM range", &range[0], &range[1], 0.005f, -1, 1, "%.2f", "%.2f",
                             ImGuiSliderFlags_AlwaysClamp) &&
      range[0] + 0.01f <= range[1]) {
    display.worst = range[0];
    display.best = range[1];
  }
  ImGui::Checkbox("errors bright", &display.errors_bright);
}

}  // namespace

void draw_display_controls(Ui& ui) {
  DisplaySettings& display = ui.settings.display;
  ImGui::PushItemWidth(ImGui::GetContentRegionAvail().x * 0.58f);
  constexpr ImGuiSliderFlags kClamp = ImGuiSliderFlags_AlwaysClamp;
  switch (display.mode) {
    case ViewMode::split:
      ImGui::SliderFloat("split", &display.split, 0, 1, "%.2f", kClamp);
      break;
    case ViewMode::blink:
      ImGui::SliderFloat("swaps/s", &display.blink_hz, 0.25f, 10, "%.2f", kClamp);
      break;
    case ViewMode::difference:
      ImGui::SliderFloat("gain", &display.gain, 1, 64, "%.1f x", kClamp | ImGuiSliderFlags_Logarithmic);
      ImGui::Checkbox("through the colour map", &display.difference_mapped);
      break;
    case ViewMode::heatmap_over:
      ImGui::SliderFloat("opacity", &display.opacity, 0, 1, "%.2f", kClamp);
      break;
    default:
      break;
  }
  color_map_controls(display);
  ImGui::SameLine();
  ImGui::Checkbox("square pixels", &display.nearest);
  if (!ui.session.cameras().empty()) {
    ImGui::Checkbox("cameras", &ui.settings.show_frustums);
    ImGui::SameLine();
  }
  if (ui.layout.left_image.scale > 0) {
    ImGui::TextDisabled("zoom %.0f %%", 100 * ui.layout.left_image.scale);
    ImGui::SameLine();
    if (ImGui::SmallButton("fit")) ui.zoom = {};
  }
  ImGui::PopItemWidth();
}

}  // namespace fg
