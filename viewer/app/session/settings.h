#pragma once
// What the window remembers from one start to the next.

#include <filesystem>
#include <string>

#include "viewer/app/view/display.h"

namespace fg {

struct Settings {
  int window_width = 1600, window_height = 900;  // screen coordinates
  bool show_panels = true;
  bool show_frustums = true;
  bool inspector = false;
  bool fly = false;
  double fly_speed = 1;
  double vertical_fov_deg = 50;
  int free_resolution = 1;  // free views are rendered at 1/n of the window's resolution: 1, 2 or 4
  DisplaySettings display;
};

// $XDG_CONFIG_HOME/framegauge/settings.json, ~/.config/... without that variable; empty when neither is
// known.
std::filesystem::path default_settings_file();

// A missing file gives the defaults. A damaged one too, and a sentence in *complaint; single values that are
// out of range or of the wrong type keep their default.
Settings load_settings(const std::filesystem::path& file, std::string* complaint);
// Written beside and renamed. False, and a sentence, when it cannot be written.
bool save_settings(const std::filesystem::path& file, const Settings& settings, std::string* complaint);

}  // namespace fg
