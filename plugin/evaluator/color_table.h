#pragma once
#include <array>
#include <cstdint>

#include "framegauge/vulkan.h"
#include "shaders/shared/ssim_passes.h"

namespace fg {

// RGBA8, red in the lowest byte. t in 0..1 (clamped; NaN is magenta) is rounded to the nearest of 256
// colours, in heatmaps and legends alike.
std::uint32_t color_of(FgColorMap color_map, float t);

// The 256 colours, then magenta for values that are not numbers and grey for the border of valid padding.
using ColorTable = std::array<std::uint32_t, kFgColorEntries>;
ColorTable make_color_table(FgColorMap color_map);

}  // namespace fg
