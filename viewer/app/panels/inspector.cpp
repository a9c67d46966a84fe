#include <imgui.h>

#include <algorithm>
#include <cmath>

#include "viewer/app/panels/panels.h"

namespace fg {
namespace {

ImU32 packed(float r, float g, float b) { return ImGui::GetColorU32(ImVec4(r, g, b, 1)); }

// The texels around the cursor, enlarged, with the middle one framed.
template <class Color>
void magnifier(const ProbeReading& reading, ImVec2 corner, float side, const Color& color) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float cell = side / FG_PROBE_SIZE;
  for (int y = 0; y < FG_PROBE_SIZE; ++y)
    for (int x = 0; x < FG_PROBE_SIZE; ++x) {
      const ProbeTexel& texel = reading.texels[y * FG_PROBE_SIZE + x];
      const ImVec2 from(corner.x + std::floor(x * cell), corner.y + std::floor(y * cell));
      const ImVec2 to(corner.x + std::floor((x + 1) * cell), corner.y + std::floor((y + 1) * cell));
      list->AddRectFilled(from, to, texel.valid != 0 ? color(texel) : packed(0.08f, 0.08f, 0.09f));
    }
  const int middle = FG_PROBE_SIZE / 2;
  const ImVec2 from(corner.x + std::floor(middle * cell) - 1, corner.y + std::floor(middle * cell) - 1);
  const ImVec2 to(corner.x + std::floor((middle + 1) * cell) + 1,
                  corner.y + std::floor((middle + 1) * cell) + 1);
  list->AddRect({from.x - 1, from.y - 1}, {to.x + 1, to.y + 1}, packed(0, 0, 0));
  list->AddRect(from, to, packed(1, 1, 1));
}

void values_row(const char* name, const float rgb[3]) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  ImGui::TextDisabled("%s", name);
  for (int c = 0; c < 3; ++c) {
    ImGui::TableNextColumn();
    // Codes, because the images hold 8 bits; halves never occur.
    ImGui::Text("%d", static_cast<int>(std::lround(rgb[c] * 255)));
  }
}

void values(const ProbeReading& reading) {
  const ProbeTexel& texel = reading.centre();
  if (!ImGui::BeginTable("values", 4, ImGuiTableFlags_SizingStretchProp)) return;
  ImGui::TableSetupColumn("", 0, 1.6f);
  for (const char* name : {"R", "G", "B"}) ImGui::TableSetupColumn(name, 0, 1);
  values_row("render", texel.render);
  if (reading.has_reference) {
    values_row("reference", texel.reference);
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    ImGui::TextDisabled("difference");
    for (int c = 0; c < 3; ++c) {
      ImGui::TableNextColumn();
      ImGui::Text("%+d", static_cast<int>(std::lround((texel.render[c] - texel.reference[c]) * 255)));
    }
  }
  ImGui::EndTable();
}

}  // namespace

void draw_inspector(Ui& ui) {
  ImGui::Checkbox("wheel zooms, drag pans (I)", &ui.settings.inspector);
  const float gap = 6 * ui.scale, available = ImGui::GetContentRegionAvail().x;
  const float side = std::floor(std::min((available - 2 * gap) / 3, 120 * ui.scale));
  if (!ui.reading || ui.session.content() == Session::Content::nothing) {
    ImGui::TextDisabled("Point at the picture.");
    // As tall as with a reading, so that what stands below does not jump: names, pixel and a row for each image.
    const int lines = ui.has_reference() ? 4 : 2;
    if (ui.session.content() != Session::Content::nothing)
      ImGui::Dummy({available, side + static_cast<float>(lines) * ImGui::GetTextLineHeightWithSpacing()});
    return;
  }
  const ProbeReading& reading = *ui.reading;
  const int panels = reading.has_reference ? 3 : 1;
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const DisplaySettings& display = ui.settings.display;
  magnifier(reading, corner, side,
            [](const ProbeTexel& t) { return packed(t.render[0], t.render[1], t.render[2]); });
  if (panels == 3) {
    magnifier(reading, {corner.x + side + gap, corner.y}, side,
              [](const ProbeTexel& t) { return packed(t.reference[0], t.reference[1], t.reference[2]); });
    magnifier(reading, {corner.x + 2 * (side + gap), corner.y}, side, [&](const ProbeTexel& t) {
      std::uint8_t rgba[4];
      fg_color_map_sample(display.color_map, color_position(display, t.ssim), rgba);
      return IM_COL32(rgba[0], rgba[1], rgba[2], 255);
    });
  }
  ImGui::Dummy({available, side});
  ImGui::TextDisabled("render");
  if (panels == 3) {
    ImGui::SameLine(side + gap + ImGui::GetStyle().WindowPadding.x);
    ImGui::TextDisabled("reference");
    ImGui::SameLine(2 * (side + gap) + ImGui::GetStyle().WindowPadding.x);
    ImGui::TextDisabled("SSIM");
  }
  ImGui::Text("pixel %d, %d", reading.middle.x, reading.middle.y);
  if (reading.has_reference) {
    ImGui::SameLine(available / 2);
    if (std::isnan(reading.centre().ssim))
      ImGui::TextUnformatted("local SSIM NaN");
    else
      ImGui::Text("local SSIM %.4f", reading.centre().ssim);
  }
  values(reading);
}

}  // namespace fg
