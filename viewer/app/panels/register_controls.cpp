// The registration of a radiograph to its X-ray: start, watch, pause, reset, undo.

#include <imgui.h>

#include <cstdio>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

RegisterOptions options_of(const Ui& ui) {
  RegisterOptions options;
  if (!ui.registration_searches) options.search_deg = options.search_mm = 0;
  return options;
}

void progress(const LiveRegistration::Look& look) {
  char text[64];
  std::snprintf(text, sizeof text, "%s, step %d", look.paused ? "paused" : look.stage.c_str(), look.steps);
  ImGui::PushStyleColor(ImGuiCol_PlotHistogram, ImGui::GetStyleColorVec4(ImGuiCol_Header));
  ImGui::ProgressBar(static_cast<float>(look.progress), {-1, 0}, text);
  ImGui::PopStyleColor();
  if (look.steps > 0) ImGui::Text("%s %.5f", look.metric.c_str(), look.score);
}

}  // namespace

// Starts, pauses, goes on.
void toggle_registration(Ui& ui) {
  LiveRegistration* const running = ui.session.registration();
  const LiveRegistration::Look look =
      running != nullptr ? running->look() : LiveRegistration::Look{.done = true};
  if (!look.done)
    running->pause(!look.paused);
  else
    ui.attempt([&] { ui.session.start_registration(options_of(ui)); });
}

void undo_registration(Ui& ui) {
  if (ui.session.can_undo_registration()) ui.session.undo_registration();
}

void draw_register_controls(Ui& ui) {
  LiveRegistration* const running = ui.session.registration();
  const LiveRegistration::Look look =
      running != nullptr ? running->look() : LiveRegistration::Look{.done = true};
  const bool at_work = !look.done;
  ImGui::Separator();
  if (ImGui::Button(!at_work ? "Register" : look.paused ? "Go on" : "Pause")) toggle_registration(ui);
  if (at_work) {
    ImGui::SameLine();
    if (ImGui::Button("Stop")) ui.session.stop_registration();
    ImGui::SameLine();
    if (ImGui::Button("Reset")) running->start_again();
  }
  if (ui.session.can_undo_registration()) {
    ImGui::SameLine();
    if (ImGui::Button("Undo")) undo_registration(ui);
  }
  if (!at_work) ImGui::Checkbox("search 20 deg and 40 mm around", &ui.registration_searches);
  if (running != nullptr) progress(look);
}

}  // namespace fg
