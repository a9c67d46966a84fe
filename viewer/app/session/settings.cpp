#include "viewer/app/session/settings.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace fg {
namespace {

using nlohmann::json;

void read(const json& object, const char* key, bool& value) {
  if (const auto it = object.find(key); it != object.end() && it->is_boolean()) value = it->get<bool>();
}

template <class Number>
void read(const json& object, const char* key, Number& value, double low, double high) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number()) return;
  const double number = it->get<double>();
  if (std::isfinite(number) && number >= low && number <= high) value = static_cast<Number>(number);
}

std::string text(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

Settings from_json(const json& root) {
  Settings s;
  read(root, "window_width", s.window_width, 320, 16384);
  read(root, "window_height", s.window_height, 240, 16384);
  read(root, "show_panels", s.show_panels);
  read(root, "show_frustums", s.show_frustums);
  read(root, "inspector", s.inspector);
  read(root, "fly", s.fly);
  read(root, "fly_speed", s.fly_speed, 0.01, 100);
  read(root, "vertical_fov_deg", s.vertical_fov_deg, 5, 120);
  int resolution = s.free_resolution;
  read(root, "free_resolution", resolution, 1, 4);
  if (resolution == 1 || resolution == 2 || resolution == 4) s.free_resolution = resolution;

  const auto it = root.find("display");
  if (it == root.end() || !it->is_object()) return s;
  DisplaySettings& d = s.display;
  if (const auto mode = view_mode_from(text(*it, "mode"))) d.mode = *mode;
  if (const auto map = color_map_from(text(*it, "color_map"))) d.color_map = *map;
  read(*it, "split", d.split, 0, 1);
  read(*it, "blink_hz", d.blink_hz, 0.25, 10);
  read(*it, "gain", d.gain, 1, 64);
  read(*it, "difference_mapped", d.difference_mapped);
  read(*it, "opacity", d.opacity, 0, 1);
  read(*it, "nearest", d.nearest);
  read(*it, "errors_bright", d.errors_bright);
  float worst = d.worst, best = d.best;
  read(*it, "worst", worst, -1, 1);
  read(*it, "best", best, -1, 1);
  if (worst < best) {
    d.worst = worst;
    d.best = best;
  }
  return s;
}

json to_json(const Settings& s) {
  const DisplaySettings& d = s.display;
  return {{"window_width", s.window_width},
          {"window_height", s.window_height},
          {"show_panels", s.show_panels},
          {"show_frustums", s.show_frustums},
          {"inspector", s.inspector},
          {"fly", s.fly},
          {"fly_speed", s.fly_speed},
          {"vertical_fov_deg", s.vertical_fov_deg},
          {"free_resolution", s.free_resolution},
          {"display",
           {{"mode", name_of(d.mode)},
            {"color_map", name_of(d.color_map)},
            {"split", d.split},
            {"blink_hz", d.blink_hz},
            {"gain", d.gain},
            {"difference_mapped", d.difference_mapped},
            {"opacity", d.opacity},
            {"worst", d.worst},
            {"best", d.best},
            {"nearest", d.nearest},
            {"errors_bright", d.errors_bright}}}};
}

}  // namespace

std::filesystem::path default_settings_file() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  // The XDG specification ignores relative paths.
  if (config && std::filesystem::path(config).is_absolute())
    return std::filesystem::path(config) / "framegauge/settings.json";
  const char* home = std::getenv("HOME");
  if (home && *home) return std::filesystem::path(home) / ".config/framegauge/settings.json";
  return {};
}

Settings load_settings(const std::filesystem::path& file, std::string* complaint) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) return {};
  std::ifstream in(file);
  const json root = json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) {
    if (complaint) *complaint = file.string() + ": not a JSON object, so the default settings are used";
    return {};
  }
  return from_json(root);
}

bool save_settings(const std::filesystem::path& file, const Settings& settings, std::string* complaint) {
  if (file.empty()) return true;
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::filesystem::path beside = file.string() + ".new";
  bool written = false;
  if (!error) {
    std::ofstream out(beside, std::ios::trunc);
    out << to_json(settings).dump(2) << '\n';
    out.close();
    written = out.good();
  }
  if (written) std::filesystem::rename(beside, file, error);
  if (written && !error) return true;
  std::error_code ignored;
  std::filesystem::remove(beside, ignored);
  if (complaint)
    *complaint = file.string() + ": the settings could not be written" +
                 (error ? " (" + error.message() + ")" : std::string());
  return false;
}

}  // namespace fg
