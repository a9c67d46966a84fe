#include <imgui.h>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void mode_button(Ui& ui, ViewMode mode, bool enabled) {
  const bool chosen = ui.settings.display.mode == mode;
  if (chosen) ImGui::PushStyleColor(ImGuiCol_Button, ImGui::GetStyleColorVec4(ImGuiCol_ButtonActive));
  if (!enabled) ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 0.5f);
  if (ImGui::Button(label_of(mode))) ui.choose_mode(mode);
  if (!enabled) ImGui::PopStyleVar();
  if (chosen) ImGui::PopStyleColor();
  if (ImGui::IsItemHovered())
    ImGui::SetTooltip("Key %d%s", static_cast<int>(mode) + 1,
                      enabled ? "" : ". Shown once there is a reference");
}

float width_of_buttons() {
  const ImGuiStyle& style = ImGui::GetStyle();
  float width = 0;
  for (const ViewMode mode : kViewModes)
    width += ImGui::CalcTextSize(label_of(mode)).x + 2 * style.FramePadding.x + style.ItemSpacing.x;
  return width;
}

}  // namespace

void draw_toolbar(Ui& ui, const Rect& area) {
  const Panel panel("toolbar", area, ImGuiWindowFlags_NoScrollbar);
  const bool reference = ui.has_reference();
  const float right_part = ImGui::CalcTextSize("Help (F1)").x + 3 * ImGui::GetStyle().FramePadding.x;
  const float room = ImGui::GetContentRegionAvail().x - right_part;
  if (width_of_buttons() <= room) {
    for (const ViewMode mode : kViewModes) {
      if (mode != kViewModes.front()) ImGui::SameLine();
      mode_button(ui, mode, reference || !needs_reference(mode));
    }
  } else {
    ImGui::SetNextItemWidth(std::max(60.0f, std::min(220.0f * ui.scale, room - 10)));
    if (ImGui::BeginCombo("##mode", label_of(ui.settings.display.mode))) {
      for (const ViewMode mode : kViewModes)
        if (ImGui::Selectable(label_of(mode), ui.settings.display.mode == mode)) ui.choose_mode(mode);
      ImGui::EndCombo();
    }
  }
  const float x = ImGui::GetWindowWidth() - right_part - ImGui::GetStyle().WindowPadding.x;
  if (x > 0) {
    ImGui::SameLine(x);
    if (ImGui::Button("Help (F1)")) ui.shows_help = !ui.shows_help;
  }
}

Panel::Panel(const char* name, const Rect& area, int extra_flags) {
  ImGui::SetNextWindowPos({static_cast<float>(area.x), static_cast<float>(area.y)});
  ImGui::SetNextWindowSize({static_cast<float>(area.width), static_cast<float>(area.height)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoCollapse |
                   ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav | extra_flags);
  ImGui::PopStyleVar();
}

Panel::~Panel() { ImGui::End(); }

}  // namespace fg
