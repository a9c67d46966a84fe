#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "viewer/app/panels/colors.h"
#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

struct Plot {
  const char* name;
  float HistoryPoint::*value;
  const char* format;
  float at_least, floor, ceiling;  // of the range shown
  unsigned color;
};
constexpr Plot kPlots[] = {
    {"SSIM", &HistoryPoint::ssim, "%.4f", 0.002f, -1, 1, 0xFFE0A860},
    {"PSNR dB", &HistoryPoint::psnr, "%.2f", 0.2f, 0, 200, 0xFF8CC88C},
    {"MAE", &HistoryPoint::mae, "%.4f", 0.002f, 0, 1, 0xFF60B0F0},
};

constexpr unsigned kBackground = 0xFF1A1816;

struct Box {
  ImVec2 from, to;
  float width() const { return to.x - from.x; }
  float height() const { return to.y - from.y; }
};

void text_at(ImVec2 at, unsigned color, const char* text) {
  ImGui::GetWindowDrawList()->AddText(at, color, text);
}

void label(ImVec2 at, const char* format, float value) {
  char text[24];
  std::snprintf(text, sizeof(text), format, static_cast<double>(value));
  const ImVec2 size = ImGui::CalcTextSize(text);
  // Above the curve, which would otherwise cross the digits.
  ImGui::GetWindowDrawList()->AddRectFilled({at.x - 2, at.y}, {at.x + size.x + 2, at.y + size.y},
                                            kBackground);
  text_at(at, colors::kDim, text);
}

Box frame(const char* title, ImVec2 corner, ImVec2 size) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  text_at(corner, colors::kText, title);
  const Box box{{corner.x, corner.y + ImGui::GetTextLineHeight() + 3},
                {corner.x + size.x, corner.y + size.y}};
  list->AddRectFilled(box.from, box.to, kBackground);
  list->AddRect(box.from, box.to, colors::kLine);
  return box;
}

void plot(const Ui& ui, const Plot& what, ImVec2 corner, ImVec2 size) {
  const Box box = frame(what.name, corner, size);
  const History& history = ui.history;
  if (history.size() == 0 || box.width() < 20) return;
  const PlotRange range = plot_range(history, what.value, what.at_least, what.floor, what.ceiling);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto point = [&](std::size_t i) {
    const float v = history[i].*what.value;
    const float t = std::clamp((v - range.low) / (range.high - range.low), 0.0f, 1.0f);
    return ImVec2(box.from.x + box.width() * static_cast<float>(i) / (History::kLength - 1),
                  box.to.y - 1 - t * (box.height() - 2));
  };
  list->PushClipRect(box.from, box.to, true);
  for (std::size_t i = 0; i < history.size(); ++i) {
    if (history[i].new_view && i > 0)
      list->AddLine({point(i).x, box.from.y}, {point(i).x, box.to.y}, colors::kLine);
    if (!std::isfinite(history[i].*what.value)) continue;
    const bool joined = i > 0 && !history[i].new_view && std::isfinite(history[i - 1].*what.value);
    if (joined)
      list->AddLine(point(i - 1), point(i), what.color, 1.4f * ui.scale);
    else
      list->AddCircleFilled(point(i), 1.4f * ui.scale, what.color, 6);
  }
  list->PopClipRect();
  const float line = ImGui::GetTextLineHeight();
  label({box.from.x + 4, box.from.y + 2}, what.format, range.high);
  label({box.from.x + 4, box.to.y - line - 2}, what.format, range.low);
  char now[24];
  std::snprintf(now, sizeof(now), what.format, static_cast<double>(history[history.size() - 1].*what.value));
  text_at({box.to.x - ImGui::CalcTextSize(now).x, corner.y}, what.color, now);

  if (!ImGui::IsMouseHoveringRect(box.from, box.to)) return;
  const float share = (ImGui::GetMousePos().x - box.from.x) / box.width();
  const auto index = static_cast<std::size_t>(std::lround(std::max(0.0f, share) * (History::kLength - 1)));
  if (index >= history.size()) return;
  list->AddLine({point(index).x, box.from.y}, {point(index).x, box.to.y}, colors::kDim);
  const HistoryPoint& p = history[index];
  ImGui::SetTooltip("tick %llu\nSSIM %.5f\nPSNR %.3f dB\nMAE %.5f", static_cast<unsigned long long>(p.tick),
                    static_cast<double>(p.ssim), static_cast<double>(p.psnr), static_cast<double>(p.mae));
}

// Pixels per SSIM value, coloured as the heatmap is. Heights are square roots: the few bad pixels matter.
void histogram(const Ui& ui, ImVec2 corner, ImVec2 size) {
  const Box box = frame("SSIM map histogram", corner, size);
  if (!ui.newest || !ui.has_reference() || box.width() < 20) return;
  const std::uint32_t* bins = ui.newest->scores.histogram;
  double total = 0, negative = 0;
  for (int i = 0; i < FG_HISTOGRAM_BINS; ++i) {
    total += bins[i];
    if (i < FG_HISTOGRAM_BINS / 2) negative += bins[i];
  }
  if (total == 0) return;
  const int first = negative > 0.001 * total ? 0 : FG_HISTOGRAM_BINS / 2;
  const int shown = FG_HISTOGRAM_BINS - first;
  std::uint32_t highest = 1;
  for (int i = first; i < FG_HISTOGRAM_BINS; ++i) highest = std::max(highest, bins[i]);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const DisplaySettings& display = ui.settings.display;
  const bool hovered = ImGui::IsMouseHoveringRect(box.from, box.to);
  for (int i = first; i < FG_HISTOGRAM_BINS; ++i) {
    constexpr float kStep = 2.0f / int{FG_HISTOGRAM_BINS};
    const float low = -1 + kStep * i, high = low + kStep;
    const float x0 = box.from.x + box.width() * (i - first) / shown;
    const float x1 = box.from.x + box.width() * (i + 1 - first) / shown;
    const float tall = std::sqrt(static_cast<float>(bins[i]) / highest) * (box.height() - 3);
    std::uint8_t rgba[4];
    fg_color_map_sample(display.color_map, color_position(display, (low + high) / 2), rgba);
    list->AddRectFilled({x0, box.to.y - 1 - tall}, {x1 - 1, box.to.y - 1},
                        IM_COL32(rgba[0], rgba[1], rgba[2], 255));
    const float mouse = ImGui::GetMousePos().x;
    if (hovered && mouse >= x0 && mouse < x1)
      ImGui::SetTooltip("SSIM %.3f to %.3f\n%u pixels, %.2f %%", static_cast<double>(low),
                        static_cast<double>(high), bins[i], 100 * bins[i] / total);
  }
  label({box.from.x + 4, box.from.y + 2}, "from %.0f", first ? 0.0f : -1.0f);
}

}  // namespace

void draw_plots(Ui& ui, const Rect& area) {
  if (area.height <= 0) return;
  const Panel panel("plots", area, ImGuiWindowFlags_NoScrollbar);
  const ImVec2 corner = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const float gap = 10 * ui.scale;
  const bool three = room.x < 560 * ui.scale;  // too narrow for all: the histogram goes
  const float width = (room.x - gap * (three ? 2 : 3)) / (three ? 3 : 4);
  for (int i = 0; i < 3; ++i) plot(ui, kPlots[i], {corner.x + i * (width + gap), corner.y}, {width, room.y});
  if (!three) histogram(ui, {corner.x + 3 * (width + gap), corner.y}, {width, room.y});
}

}  // namespace fg
