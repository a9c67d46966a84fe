#include <imgui.h>

#include <cmath>
#include <cstdio>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

void large(const Ui& ui, const char* name, const char* format, double value, const char* unit) {
  ImGui::BeginGroup();
  ImGui::TextDisabled("%s", name);
  if (ui.large_font) ImGui::PushFont(ui.large_font);
  char text[32];
  if (std::isinf(value))
    std::snprintf(text, sizeof(text), "inf");
  else if (std::isnan(value))
    std::snprintf(text, sizeof(text), "NaN");
  else
    std::snprintf(text, sizeof(text), format, value);
  ImGui::TextUnformatted(text);
  if (ui.large_font) ImGui::PopFont();
  if (*unit) {
    ImGui::SameLine(0, 4 * ui.scale);
    ImGui::TextDisabled("%s", unit);
  }
  ImGui::EndGroup();
}

template <class Value>
void pair(const char* name, const char* format, Value value) {
  ImGui::TableNextColumn();
  ImGui::TextDisabled("%s", name);
  ImGui::TableNextColumn();
  ImGui::Text(format, value);
}

void milliseconds(const char* name, double ms) {
  ImGui::TableNextColumn();
  ImGui::TextDisabled("%s", name);
  ImGui::TableNextColumn();
  if (ms > 0)
    ImGui::Text(ms < 10 ? "%.3f ms" : ms < 1000 ? "%.1f ms" : "%.0f ms", ms);  // as wide as its column
  else
    ImGui::TextDisabled("–");
}

}  // namespace

void draw_scores(Ui& ui) {
  const float half = ImGui::GetContentRegionAvail().x / 2;
  const bool reference = ui.has_reference();
  if (!reference) {
    ImGui::PushTextWrapPos();
    ImGui::TextDisabled("%s", ui.session.no_reference_because().c_str());
    ImGui::PopTextWrapPos();
  } else if (!ui.newest) {
    ImGui::TextDisabled("Measuring ...");
  } else {
    const FgFrameResult& s = ui.newest->scores;
    large(ui, "SSIM", "%.5f", s.ssim, "");
    ImGui::SameLine(half);
    large(ui, "PSNR", "%.3f", s.psnr, "dB");
    ImGui::Spacing();
    if (ImGui::BeginTable("scores", 4, ImGuiTableFlags_SizingStretchProp)) {
      pair("MAE", "%.5f", s.mae);
      pair("max error", "%.4f", s.max_error);
      pair("SSIM min", "%.4f", s.ssim_min);
      pair("SSIM p5", "%.4f", s.ssim_p5);
      ImGui::EndTable();
    }
    ImGui::TextDisabled("SSIM of R, G, B");
    ImGui::SameLine();
    ImGui::Text("%.4f  %.4f  %.4f", s.ssim_channel[0], s.ssim_channel[1], s.ssim_channel[2]);
    if (s.nonfinite)
      ImGui::TextColored({0.95f, 0.75f, 0.35f, 1}, "%llu values are NaN or Inf",
                         static_cast<unsigned long long>(s.nonfinite));
  }
  if (ui.session.out_of_room())
    ImGui::TextColored({0.95f, 0.75f, 0.35f, 1}, "no memory for the farthest splats");
  ImGui::Separator();
  if (ImGui::BeginTable("times", 4, ImGuiTableFlags_SizingStretchProp)) {
    milliseconds("render", ui.newest ? ui.newest->render_ms : ui.render_ms);
    milliseconds("metric", ui.newest ? ui.newest->metric_ms : 0);
    ImGui::TableNextColumn();
    ImGui::TextDisabled("frames/s");
    ImGui::TableNextColumn();
    if (ui.paused)
      ImGui::TextColored({0.95f, 0.75f, 0.35f, 1}, "paused");
    else
      ImGui::Text("%.1f", ui.frames_per_second);
    ImGui::TableNextColumn();
    ImGui::TextDisabled("dropped");
    ImGui::TableNextColumn();
    ImGui::Text("%llu", static_cast<unsigned long long>(ui.newest ? ui.newest->scores.dropped : 0));
    pair("executor", "%s", fg_executor_name(ui.session.executor()));
    pair("tick", "%llu", static_cast<unsigned long long>(ui.newest ? ui.newest->scores.frame_number : 0));
    ImGui::EndTable();
  }
}

}  // namespace fg
