#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "viewer/app/panels/colors.h"
#include "viewer/app/panels/panels.h"
#include "viewer/app/view/elided.h"

namespace fg {
namespace {

void row(Ui& ui, std::size_t index) {
  const Camera& camera = ui.session.cameras()[index];
  const auto& score = ui.session.camera_scores()[index];
  const bool snapped = ui.session.snapped() == index;
  ImGui::PushID(static_cast<int>(index));
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  const bool test = camera.split == Split::test;
  ImGui::PushStyleColor(ImGuiCol_Text, test ? colors::kTest : colors::kTrain);
  ImGui::TextUnformatted(test ? "test" : "train");
  ImGui::PopStyleColor();
  ImGui::TableNextColumn();
  if (camera.photo.empty()) ImGui::PushStyleColor(ImGuiCol_Text, colors::kDim);
  const float room = ImGui::GetContentRegionAvail().x;
  const std::string name = elided(
      camera.name, [&](const std::string& text) { return ImGui::CalcTextSize(text.c_str()).x <= room; });
  if (ImGui::Selectable(name.c_str(), snapped, ImGuiSelectableFlags_SpanAllColumns)) ui.snap(index);
  if (camera.photo.empty()) ImGui::PopStyleColor();
  if (ImGui::IsItemHovered()) {
    ui.hovered_in_list = index;
    ImGui::BeginTooltip();
    ImGui::TextUnformatted(camera.name.c_str());
    ImGui::TextDisabled("%d x %d, f %.0f px, %s", camera.intrinsics.width, camera.intrinsics.height,
                        camera.intrinsics.fx, test ? "test view" : "training view");
    if (camera.photo.empty()) ImGui::TextColored({0.95f, 0.75f, 0.35f, 1}, "its photo is missing");
    if (score) ImGui::Text("SSIM %.4f, PSNR %.2f dB, MAE %.4f", score->ssim, score->psnr, score->mae);
    ImGui::EndTooltip();
  }
  if (snapped && ui.scroll_to_snapped) {
    ImGui::SetScrollHereY();
    ui.scroll_to_snapped = false;
  }
  ImGui::TableNextColumn();
  if (score)
    ImGui::Text("%.4f", score->ssim);
  else
    ImGui::TextDisabled(camera.photo.empty() ? "none" : "–");
  ImGui::PopID();
}

void measured_mean(const Ui& ui) {
  double ssim = 0, psnr = 0;
  int count = 0;
  for (const auto& score : ui.session.camera_scores())
    if (score && std::isfinite(score->ssim) && std::isfinite(score->psnr)) {
      ssim += score->ssim;
      psnr += score->psnr;
      ++count;
    }
  if (count)
    ImGui::TextDisabled("%d of %zu measured", count, ui.session.cameras().size());
  else
    ImGui::TextDisabled("Left and Right step through");
  if (count) ImGui::Text("mean %.4f   %.2f dB", ssim / count, psnr / count);
}

}  // namespace

void draw_camera_list(Ui& ui, const Rect& area) {
  ui.hovered_in_list.reset();
  if (area.width <= 0) return;
  const Panel panel("cameras", area, ImGuiWindowFlags_NoScrollbar);
  ImGui::Text("Cameras (%zu)", ui.session.cameras().size());
  measured_mean(ui);
  ImGui::Spacing();
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingFixedFit | ImGuiTableFlags_PadOuterX;
  ImGui::PushStyleVar(ImGuiStyleVar_CellPadding, {5 * ui.scale, 2 * ui.scale});
  if (ImGui::BeginTable("list", 3, kFlags, ImGui::GetContentRegionAvail())) {
    ImGui::TableSetupColumn("split", ImGuiTableColumnFlags_WidthFixed);
    ImGui::TableSetupColumn("name", ImGuiTableColumnFlags_WidthStretch);
    ImGui::TableSetupColumn("SSIM", ImGuiTableColumnFlags_WidthFixed, ImGui::CalcTextSize("0.8888").x);
    // Thousands of cameras: only the visible rows are drawn, unless the list has to find the snapped one.
    const int count = static_cast<int>(ui.session.cameras().size());
    if (ui.scroll_to_snapped) {
      for (int i = 0; i < count; ++i) row(ui, static_cast<std::size_t>(i));
      ui.scroll_to_snapped = false;
    } else {
      ImGuiListClipper clipper;
      clipper.Begin(count);
      while (clipper.Step())
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) row(ui, static_cast<std::size_t>(i));
    }
    ImGui::EndTable();
  }
  ImGui::PopStyleVar();
}

}  // namespace fg
