#pragma once
// Score maps as pictures.

#include <string>
#include <vector>

#include "framegauge/vulkan.h"
#include "viewer/io/image.h"

namespace fg {

// The map through a colour map whose first colour stands for best and whose last, the hot one, for worst; NaN in
// magenta, as the live heatmap draws it.
Image8 draw_heatmap(const std::vector<float>& map, int width, int height, FgColorMap color_map, float worst,
                    float best);

// "viridis", "turbo", "magma", "grey"
FgColorMap color_map_named(const std::string& name);
std::vector<std::string> color_map_names();

}  // namespace fg
