#include "viewer/report/heatmap.h"

#include <algorithm>
#include <cmath>

#include "viewer/error.h"

namespace fg {

Image8 draw_heatmap(const std::vector<float>& map, int width, int height, FgColorMap color_map, float worst,
                    float best) {
  constexpr std::uint8_t kNotANumber[4] = {255, 0, 255, 255};
  Image8 image{.width = width, .height = height, .rgba = std::vector<std::uint8_t>(map.size() * 4)};
  for (std::size_t i = 0; i < map.size(); ++i) {
    std::uint8_t* pixel = &image.rgba[4 * i];
    if (std::isnan(map[i]))
      std::copy_n(kNotANumber, 4, pixel);
    else
      fg_color_map_sample(color_map, (map[i] - best) / (worst - best), pixel);
  }
  return image;
}

std::vector<std::string> color_map_names() { return {"viridis", "turbo", "magma", "grey"}; }

FgColorMap color_map_named(const std::string& name) {
  const std::vector<std::string> names = color_map_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    throw Failure(ExitCode::usage,
                  "there is no colour map '" + name + "'; choose viridis, turbo, magma or grey");
  return static_cast<FgColorMap>(found - names.begin());
}

}  // namespace fg
