#include <imgui.h>

#include <algorithm>

#include "viewer/app/panels/colors.h"
#include "viewer/app/panels/panels.h"

namespace fg {

void draw_help(Ui& ui) {
  if (!ui.shows_help) return;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({size.x / 2, size.y / 2}, ImGuiCond_Always, {0.5f, 0.5f});
  ImGui::SetNextWindowSizeConstraints({0, 0}, {size.x * 0.96f, size.y * 0.96f});
  ImGui::SetNextWindowFocus();
  ImGui::Begin("Keys", nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_AlwaysAutoResize);
  ImGui::TextUnformatted("Keys and mouse");
  ImGui::SameLine();
  ImGui::TextDisabled("   Esc or F1 closes");
  ImGui::Separator();
  const std::vector<KeyHelp> keys = key_help();
  if (ImGui::BeginTable("keys", 2, ImGuiTableFlags_SizingFixedFit)) {
    for (const KeyHelp& key : keys) {
      ImGui::TableNextRow();
      ImGui::TableNextColumn();
      ImGui::TextColored({0.55f, 0.75f, 0.95f, 1}, "%s  ", key.keys);
      ImGui::TableNextColumn();
      ImGui::TextUnformatted(key.what);
    }
    ImGui::EndTable();
  }
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowHovered(ImGuiHoveredFlags_AnyWindow))
    ui.shows_help = false;
  ImGui::End();
}

// In the top left corner of the picture, below its labels: newest last, gone after a while or with a click.
void draw_messages(Ui& ui, const Rect& picture) {
  constexpr double kSeconds[] = {5, 15, 30};  // info, warning, error
  std::erase_if(ui.messages,
                [&](const Message& m) { return ui.now - m.since > kSeconds[static_cast<int>(m.severity)]; });
  if (ui.messages.empty() || picture.width < 120) return;
  const float inset = 10 * ui.scale;
  const auto width = static_cast<float>(std::min(picture.width - 2.0 * inset, 620.0 * ui.scale));
  ImGui::SetNextWindowPos(
      {static_cast<float>(picture.x) + inset, static_cast<float>(picture.y) + 40 * ui.scale});
  ImGui::SetNextWindowSize({width, 0});
  ImGui::SetNextWindowBgAlpha(0.92f);
  ImGui::Begin("messages", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing | ImGuiWindowFlags_NoNav);
  const std::size_t first = ui.messages.size() > 5 ? ui.messages.size() - 5 : 0;
  for (std::size_t i = first; i < ui.messages.size(); ++i) {
    const Message& message = ui.messages[i];
    const unsigned color = message.severity == Severity::error     ? colors::kError
                           : message.severity == Severity::warning ? colors::kWarning
                                                                   : colors::kText;
    ImGui::PushStyleColor(ImGuiCol_Text, color);
    ImGui::PushTextWrapPos(width - 12 * ui.scale);
    ImGui::TextUnformatted(message.text.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
  }
  const bool clicked = ImGui::IsWindowHovered() && ImGui::IsMouseClicked(ImGuiMouseButton_Left);
  ImGui::End();
  if (clicked) ui.messages.clear();
}

}  // namespace fg
