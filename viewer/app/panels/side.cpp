#include <imgui.h>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void section(Ui& ui, const char* name, void (*draw)(Ui&)) {
  if (!ImGui::CollapsingHeader(name, ImGuiTreeNodeFlags_DefaultOpen)) return;
  ImGui::PushID(name);
  draw(ui);
  ImGui::PopID();
  ImGui::Spacing();
}

}  // namespace

void draw_side(Ui& ui, const Rect& area) {
  if (area.width <= 0) return;
  const Panel panel("side", area);  // with a scrollbar where the sections are taller than the window
  section(ui, "Scores", draw_scores);
  if (ui.session.content() == Session::Content::volume) section(ui, "Radiograph", draw_drr_controls);
  section(ui, "Picture", draw_display_controls);
  section(ui, "Pixel", draw_inspector);
  section(ui, "View and device", draw_system);
}

}  // namespace fg
