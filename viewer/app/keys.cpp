#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>

#include "viewer/app/camera_json.h"
#include "viewer/app/panels.h"

namespace fg {
namespace {

constexpr FgColorMap kMaps[] = {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA, FG_COLOR_MAP_GREY};

bool pressed(int key, bool repeats = false) { return ImGui::IsKeyPressed(key, repeats); }
bool down(int key) { return ImGui::IsKeyDown(key); }

// The brackets turn what the current mode can be turned by.
void adjust(DisplaySettings& display, int by) {
  switch (display.mode) {
    case ViewMode::split: display.split = std::clamp(display.split + 0.05f * by, 0.0f, 1.0f); break;
    case ViewMode::blink: display.blink_hz = std::clamp(display.blink_hz * (by > 0 ? 1.25f : 0.8f), 0.25f, 10.0f); break;
    case ViewMode::difference: display.gain = std::clamp(display.gain * (by > 0 ? 1.25f : 0.8f), 1.0f, 64.0f); break;
    case ViewMode::heatmap_over: display.opacity = std::clamp(display.opacity + 0.1f * by, 0.0f, 1.0f); break;
    default: break;
  }
}

void next_color_map(DisplaySettings& display, bool backwards) {
  const auto at = std::find(std::begin(kMaps), std::end(kMaps), display.color_map) - std::begin(kMaps);
  display.color_map = kMaps[(at + (backwards ? 3 : 1)) % 4];
}

void zoom_by(Ui& ui, double by) {
  const Rect area{0, 0, ui.layout.left.width, ui.layout.left.height};
  if (area.width <= 0 || ui.image.x <= 0) return;
  ui.zoom = zoomed_at(ui.zoom, ui.image, area, {area.width / 2, area.height / 2}, by);
}

void fly(Ui& ui) {
  if (ui.navigator.mode != Navigator::Mode::fly || ui.session.content() != Session::Content::splats) return;
  if (ImGui::GetIO().KeyCtrl) return;
  const auto axis = [](int plus, int minus) { return static_cast<double>(down(plus)) - static_cast<double>(down(minus)); };
  const glm::dvec3 direction(axis(GLFW_KEY_D, GLFW_KEY_A), axis(GLFW_KEY_Q, GLFW_KEY_E), axis(GLFW_KEY_W, GLFW_KEY_S));
  if (direction == glm::dvec3(0)) return;
  ui.leave_snapped();
  // A slow frame must not become a leap.
  ui.navigator.fly(direction, std::min(ui.frame_seconds, 0.2), ImGui::GetIO().KeyShift);
}

void mode_keys(Ui& ui) {
  for (std::size_t i = 0; i < kViewModes.size(); ++i)
    if (pressed(GLFW_KEY_1 + static_cast<int>(i))) ui.choose_mode(kViewModes[i]);
  DisplaySettings& display = ui.settings.display;
  if (pressed(GLFW_KEY_LEFT_BRACKET, true)) adjust(display, -1);
  if (pressed(GLFW_KEY_RIGHT_BRACKET, true)) adjust(display, 1);
  if (pressed(GLFW_KEY_M)) next_color_map(display, ImGui::GetIO().KeyShift);
  if (pressed(GLFW_KEY_N)) display.nearest = !display.nearest;
  if (pressed(GLFW_KEY_EQUAL, true) || pressed(GLFW_KEY_KP_ADD, true)) zoom_by(ui, 1.25);
  if (pressed(GLFW_KEY_MINUS, true) || pressed(GLFW_KEY_KP_SUBTRACT, true)) zoom_by(ui, 0.8);
  if (pressed(GLFW_KEY_0) || pressed(GLFW_KEY_KP_0)) ui.zoom = {};
}

void camera_keys(Ui& ui) {
  if (pressed(GLFW_KEY_RIGHT, true)) ui.step(1);
  if (pressed(GLFW_KEY_LEFT, true)) ui.step(-1);
  if (pressed(GLFW_KEY_BACKSPACE) && ui.last_snapped) ui.snap(*ui.last_snapped);
  if ((pressed(GLFW_KEY_HOME) || pressed(GLFW_KEY_F)) && ui.session.content() != Session::Content::nothing) {
    if (ui.session.content() == Session::Content::volume) ui.session.drr().reset_pose();
    else ui.frame_scene();
  }
  if (pressed(GLFW_KEY_G)) {
    const bool fly_now = ui.navigator.mode == Navigator::Mode::orbit;
    ui.navigator.mode = fly_now ? Navigator::Mode::fly : Navigator::Mode::orbit;
    ui.say(Severity::info, fly_now ? "Fly: W A S D and Q E move, drag looks around, the wheel changes the speed"
                                   : "Orbit: drag turns around the scene, the wheel goes nearer");
  }
  if (pressed(GLFW_KEY_V)) ui.settings.show_frustums = !ui.settings.show_frustums;
}

void program_keys(Ui& ui) {
  if (pressed(GLFW_KEY_C)) {
    ui.copied_to_clipboard = camera_json(ui.session);
    ui.say(Severity::info, "The camera is in the clipboard (JSON).");
  }
  if (pressed(GLFW_KEY_P) || pressed(GLFW_KEY_F12)) ui.wants_screenshot = true;
  if (pressed(GLFW_KEY_I)) ui.settings.inspector = !ui.settings.inspector;
  if (pressed(GLFW_KEY_H)) ui.settings.show_panels = !ui.settings.show_panels;
  if (pressed(GLFW_KEY_SPACE)) ui.paused = !ui.paused;
}

}  // namespace

std::vector<KeyHelp> key_help() {
  return {
      {"1 ... 8", "render, reference, split, blink, side by side, difference, heatmap, heatmap over render"},
      {"Tab (hold)", "show the reference alone"},
      {"[   ]", "less or more: split position, blink rate, gain, opacity"},
      {"M   Shift+M", "next or previous colour map"},
      {"Left   Right", "snap to the previous or next ground-truth camera"},
      {"Backspace", "back to the camera that was snapped last"},
      {"Home   F", "show the whole scene; radiograph: reset the pose"},
      {"Left drag   wheel", "orbit, or look around in fly mode; nearer and farther (fly: speed)"},
      {"Right or middle drag", "move the scene sideways"},
      {"G", "orbit or fly;  W A S D, Q E fly (down, up), Shift faster"},
      {"Click a pyramid", "snap to that camera;  V shows or hides them"},
      {"Ctrl+wheel   + -   0", "zoom the picture, fit it;  Ctrl+drag moves it"},
      {"I", "inspector: wheel and drag zoom and move the picture, never the camera"},
      {"N", "square or smooth pixels"},
      {"C", "copy the camera to the clipboard"},
      {"P   F12", "save frame, reference, heatmap, overlay and scores"},
      {"Space", "pause and go on"},
      {"H", "hide or show the panels"},
      {"F1   ?", "this list"},
      {"Ctrl+Q", "quit"},
      {"Drop files", ".ply scene, cameras, photos, a picture, a CT volume (Shift+drop a .ply: as the reference)"},
  };
}

void handle_keys(Ui& ui) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool question = std::find(io.InputQueueCharacters.begin(), io.InputQueueCharacters.end(), ImWchar('?')) !=
                        io.InputQueueCharacters.end();
  if (io.WantTextInput) return;
  if (pressed(GLFW_KEY_F1) || question) ui.shows_help = !ui.shows_help;
  if (pressed(GLFW_KEY_ESCAPE)) {
    ui.shows_help = false;
    ui.messages.clear();
  }
  ui.reference_held = down(GLFW_KEY_TAB) && !io.KeyAlt;
  if (io.KeyCtrl) {
    if (pressed(GLFW_KEY_Q)) ui.wants_close = true;
    return;
  }
  mode_keys(ui);
  camera_keys(ui);
  program_keys(ui);
  fly(ui);
}

}  // namespace fg
