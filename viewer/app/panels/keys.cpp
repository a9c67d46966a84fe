#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>

#include "viewer/app/panels/panels.h"
#include "viewer/app/session/camera_json.h"

namespace fg {
namespace {

bool down(int key) { return ImGui::IsKeyDown(key); }

// The brackets turn what the current mode can be turned by.
void adjust(DisplaySettings& display, int by) {
  switch (display.mode) {
    case ViewMode::split:
      display.split = std::clamp(display.split + 0.05f * by, 0.0f, 1.0f);
      break;
    case ViewMode::blink:
      display.blink_hz = std::clamp(display.blink_hz * (by > 0 ? 1.25f : 0.8f), 0.25f, 10.0f);
      break;
    case ViewMode::difference:
      display.gain = std::clamp(display.gain * (by > 0 ? 1.25f : 0.8f), 1.0f, 64.0f);
      break;
    case ViewMode::heatmap_over:
      display.opacity = std::clamp(display.opacity + 0.1f * by, 0.0f, 1.0f);
      break;
    default:
      break;
  }
}

void next_color_map(DisplaySettings& display, bool backwards) {
  const auto at =
      std::find(std::begin(kColorMaps), std::end(kColorMaps), display.color_map) - std::begin(kColorMaps);
  display.color_map = kColorMaps[(at + (backwards ? 3 : 1)) % 4];
}

void zoom_by(Ui& ui, double by) {
  const Rect area{0, 0, ui.layout.left.width, ui.layout.left.height};
  if (area.width <= 0 || ui.image.x <= 0) return;
  ui.zoom = zoomed_at(ui.zoom, ui.image, area, {area.width / 2, area.height / 2}, by);
}

void fly(Ui& ui) {
  if (ui.navigator.mode != Navigator::Mode::fly || ui.session.content() != Session::Content::splats) return;
  if (ImGui::GetIO().KeyCtrl) return;
  const auto axis = [](int plus, int minus) {
    return static_cast<double>(down(plus)) - static_cast<double>(down(minus));
  };
  const glm::dvec3 direction(axis(GLFW_KEY_D, GLFW_KEY_A), axis(GLFW_KEY_Q, GLFW_KEY_E),
                             axis(GLFW_KEY_W, GLFW_KEY_S));
  if (direction == glm::dvec3(0)) return;
  ui.leave_snapped();
  // A slow frame must not become a leap.
  ui.navigator.fly(direction, std::min(ui.frame_seconds, 0.2), ImGui::GetIO().KeyShift);
}

void toggle_fly(Ui& ui) {
  const bool fly_now = ui.navigator.mode == Navigator::Mode::orbit;
  ui.navigator.mode = fly_now ? Navigator::Mode::fly : Navigator::Mode::orbit;
  ui.say(Severity::info, fly_now ? "Fly: W A S D and Q E move, drag looks around, the wheel changes the speed"
                                 : "Orbit: drag turns around the scene, the wheel goes nearer");
}

void home(Ui& ui) {
  if (ui.session.content() == Session::Content::volume)
    ui.session.drr().reset_pose();
  else if (ui.session.content() == Session::Content::splats)
    ui.frame_scene();
}

void copy_camera(Ui& ui) {
  ui.copied_to_clipboard = camera_json(ui.session);
  ui.say(Severity::info, "The camera is in the clipboard (JSON).");
}

// Keys that go on while they are held.
bool repeating_key(Ui& ui, int key) {
  DisplaySettings& display = ui.settings.display;
  switch (key) {
    case GLFW_KEY_LEFT_BRACKET:
      adjust(display, -1);
      return true;
    case GLFW_KEY_RIGHT_BRACKET:
      adjust(display, 1);
      return true;
    case GLFW_KEY_EQUAL:
    case GLFW_KEY_KP_ADD:
      zoom_by(ui, 1.25);
      return true;
    case GLFW_KEY_MINUS:
    case GLFW_KEY_KP_SUBTRACT:
      zoom_by(ui, 0.8);
      return true;
    case GLFW_KEY_RIGHT:
      ui.step(1);
      return true;
    case GLFW_KEY_LEFT:
      ui.step(-1);
      return true;
    default:
      return false;
  }
}

void single_key(Ui& ui, const KeyPress& press) {
  if (press.key >= GLFW_KEY_1 && press.key < GLFW_KEY_1 + static_cast<int>(kViewModes.size()))
    return ui.choose_mode(kViewModes[press.key - GLFW_KEY_1]);
  switch (press.key) {
    case GLFW_KEY_F1:
      ui.shows_help = !ui.shows_help;
      break;
    case GLFW_KEY_ESCAPE:
      ui.shows_help = false;
      ui.messages.clear();
      break;
    case GLFW_KEY_M:
      next_color_map(ui.settings.display, press.shift);
      break;
    case GLFW_KEY_N:
      ui.settings.display.nearest = !ui.settings.display.nearest;
      break;
    case GLFW_KEY_0:
    case GLFW_KEY_KP_0:
      ui.zoom = {};
      break;
    case GLFW_KEY_BACKSPACE:
      if (ui.last_snapped) ui.snap(*ui.last_snapped);
      break;
    case GLFW_KEY_HOME:
    case GLFW_KEY_F:
      home(ui);
      break;
    case GLFW_KEY_G:
      toggle_fly(ui);
      break;
    case GLFW_KEY_V:
      ui.settings.show_frustums = !ui.settings.show_frustums;
      break;
    case GLFW_KEY_C:
      copy_camera(ui);
      break;
    case GLFW_KEY_P:
    case GLFW_KEY_F12:
      ui.wants_screenshot = true;
      break;
    case GLFW_KEY_I:
      ui.settings.inspector = !ui.settings.inspector;
      break;
    case GLFW_KEY_H:
      ui.settings.show_panels = !ui.settings.show_panels;
      break;
    case GLFW_KEY_R:
      press.shift ? undo_registration(ui) : toggle_registration(ui);
      break;
    case GLFW_KEY_SPACE:
      ui.paused = !ui.paused;
      break;
    default:
      break;
  }
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
      {"C   Ctrl+C", "copy the camera to the clipboard"},
      {"P   F12", "save frame, reference, heatmap, overlay and scores"},
      {"R   Shift+R", "radiograph: register to the X-ray, pause and go on;  undo"},
      {"Space", "pause and go on"},
      {"H", "hide or show the panels"},
      {"F1   ?", "this list"},
      {"Ctrl+Q", "quit"},
      {"Drop files",
       ".ply scene, cameras, photos, a picture, a CT, an X-ray (Shift+drop a .ply: as the reference)"},
  };
}

void handle_keys(Ui& ui) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool question = std::find(io.InputQueueCharacters.begin(), io.InputQueueCharacters.end(),
                                  ImWchar('?')) != io.InputQueueCharacters.end();
  if (io.WantTextInput) return;  // a number is being typed into a slider
  if (question) ui.shows_help = !ui.shows_help;
  ui.reference_held = down(GLFW_KEY_TAB) && !io.KeyAlt;
  for (const KeyPress& press : ui.keys) {
    if (press.control) {
      if (press.key == GLFW_KEY_Q) ui.wants_close = true;
      if (press.key == GLFW_KEY_C) copy_camera(ui);
    } else if (!repeating_key(ui, press.key) && !press.repeated) {
      single_key(ui, press);
    }
  }
  fly(ui);
}

}  // namespace fg
