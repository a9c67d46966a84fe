#include <imgui.h>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void executor_controls(Ui& ui) {
  if (!ImGui::BeginCombo("executor", fg_executor_name(ui.session.executor()))) return;
  for (const FgExecutorSupport& support : ui.executors) {
    const ImGuiSelectableFlags flags = support.available ? 0 : ImGuiSelectableFlags_Disabled;
    const bool current = support.executor == ui.session.executor();
    if (ImGui::Selectable(fg_executor_name(support.executor), current, flags) && !current)
      ui.wants_executor = support.executor;
    if (!support.available) {  // disabled items are not hovered, so the reason stands below
      ImGui::PushTextWrapPos(300 * ui.scale);
      ImGui::TextDisabled("   %s", support.reason);
      ImGui::PopTextWrapPos();
    }
  }
  ImGui::EndCombo();
}

void navigation_controls(Ui& ui) {
  int fly = ui.navigator.mode == Navigator::Mode::fly;
  ImGui::RadioButton("orbit", &fly, 0);
  ImGui::SameLine();
  ImGui::RadioButton("fly", &fly, 1);
  ui.navigator.mode = fly ? Navigator::Mode::fly : Navigator::Mode::orbit;
  ImGui::SameLine();
  if (ImGui::SmallButton("whole scene")) ui.frame_scene();
  auto fov = static_cast<float>(ui.settings.vertical_fov_deg);
  if (ImGui::SliderFloat("view angle", &fov, 5, 120, "%.0f deg", ImGuiSliderFlags_AlwaysClamp)) {
    ui.settings.vertical_fov_deg = fov;
    ui.leave_snapped();
  }
  const char* kResolutions[] = {"full", "half", "quarter"};
  int index = ui.settings.free_resolution == 4 ? 2 : ui.settings.free_resolution - 1;
  if (ImGui::Combo("free view", &index, kResolutions, 3)) ui.settings.free_resolution = 1 << index;
}

void drr_renderer_text(const Session& session) {
  ImGui::TextDisabled("%s, by %s", session.title().c_str(), session.drr_renderer().c_str());
  const std::string why_not_cuda = session.cuda_drr_passed_over();
  if (!why_not_cuda.empty() && ImGui::IsItemHovered()) ImGui::SetTooltip("cuda: %s", why_not_cuda.c_str());
}

}  // namespace

void draw_system(Ui& ui) {
  ImGui::PushItemWidth(ImGui::GetContentRegionAvail().x * 0.58f);
  if (ui.session.content() == Session::Content::splats) navigation_controls(ui);
  executor_controls(ui);
  ImGui::PopItemWidth();
  ImGui::PushTextWrapPos();
  ImGui::TextDisabled("%s", ui.session.device().properties.deviceName);
  if (!ui.session.title().empty()) {
    if (ui.session.content() == Session::Content::splats)
      ImGui::TextDisabled("%s: %zu splats", ui.session.title().c_str(), ui.session.splat_count());
    else
      drr_renderer_text(ui.session);
  }
  if (ui.has_reference()) ImGui::TextDisabled("against %s", ui.session.reference_name().c_str());
  ImGui::PopTextWrapPos();
  if (ImGui::Button("Screenshot")) ui.wants_screenshot = true;
  if (ui.session.content() != Session::Content::splats || !ui.session.can_clear_reference()) return;
  ImGui::SameLine();
  if (ImGui::Button("Clear reference")) ui.attempt([&] { ui.session.clear_reference(); });
}

}  // namespace fg
