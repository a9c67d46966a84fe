#include <imgui.h>

#include <glm/geometric.hpp>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void slider(const char* name, double& value, double low, double high, const char* format) {
  ImGui::SliderScalar(name, ImGuiDataType_Double, &value, &low, &high, format);
}

// How wide pixels are at the detector; their height keeps its ratio to it.
void pixel_slider(DrrGeometry& geometry) {
  constexpr double kLow = 0.02, kHigh = 10;
  double pitch = geometry.delx_mm;
  if (!ImGui::SliderScalar("pixel", ImGuiDataType_Double, &pitch, &kLow, &kHigh, "%.3f mm",
                           ImGuiSliderFlags_Logarithmic | ImGuiSliderFlags_AlwaysClamp))
    return;
  geometry.dely_mm *= pitch / geometry.delx_mm;
  geometry.delx_mm = pitch;
}

void base_button(DrrView& view, const char* name, DrrView::Base base) {
  if (ImGui::RadioButton(name, view.base == base) && view.base != base) {
    view.base = base;
    view.reset_pose();
  }
}

}  // namespace

void draw_drr_controls(Ui& ui) {
  DrrView& view = ui.session.drr();
  static_assert(sizeof(glm::dvec3) == 3 * sizeof(double));
  base_button(view, "AP", DrrView::Base::ap);
  ImGui::SameLine();
  base_button(view, "PA", DrrView::Base::pa);
  ImGui::SameLine();
  base_button(view, "free", DrrView::Base::free);
  if (view.has_file_pose) {
    ImGui::SameLine();
    base_button(view, "file", DrrView::Base::file);
  }
  ImGui::SameLine();
  if (ImGui::SmallButton("reset")) view.reset_pose();

  const float item_width = ImGui::GetContentRegionAvail().x * 0.62f;
  ImGui::PushItemWidth(item_width);
  slider("turn z", view.rotation_deg.x, -180, 180, "%.2f deg");
  slider("turn x", view.rotation_deg.y, -180, 180, "%.2f deg");
  slider("turn y", view.rotation_deg.z, -180, 180, "%.2f deg");
  const glm::dvec3 standard = view.standard_translation_mm();
  const char* names[] = {"move x", "move y", "move z"};
  for (int axis = 0; axis < 3; ++axis) {
    const double reach = standard[axis] == 0 ? 300 : 600;  // further towards and away from the patient
    slider(names[axis], view.translation_mm[axis], standard[axis] - reach, standard[axis] + reach, "%.1f mm");
  }
  ImGui::Separator();
  slider("window", view.display.window, 0.05, 20, "%.2f");
  slider("level", view.display.level, -5, 20, "%.2f");
  ImGui::Checkbox("inverted (bone dark)", &view.display.inverted);
  if (!ui.session.reference_name().empty()) {
    ImGui::PopItemWidth();
    draw_register_controls(ui);
    if (ImGui::Button("Clear X-ray")) ui.attempt([&] { ui.session.clear_reference(); });
    ImGui::PushItemWidth(item_width);
  }
  ImGui::Separator();
  slider("detector", view.geometry.sdd_mm, 200, 2500, "%.0f mm");
  pixel_slider(view.geometry);
  ImGui::SliderInt("samples", &view.geometry.n_samples, 16, 1000, "%d", ImGuiSliderFlags_AlwaysClamp);
  ImGui::Checkbox("parallel rays", &view.geometry.orthographic);
  ImGui::PopItemWidth();
  ImGui::TextDisabled("%d x %d pixels of %.3f x %.3f mm", view.geometry.width, view.geometry.height,
                      view.geometry.delx_mm, view.geometry.dely_mm);
  ImGui::TextDisabled("Drag turns, right drag moves, wheel nears");
}

}  // namespace fg
