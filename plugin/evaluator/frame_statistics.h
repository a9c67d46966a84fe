#pragma once
#include <cstdint>
#include <span>

#include "framegauge/vulkan.h"

namespace fg {

struct StatisticsShape {
  std::uint32_t width = 0, height = 0;  // of the frame
  int window = 11;
  FgPadding padding = FG_PADDING_SAME;
};

// Finishes, in double and in a fixed order, what an executor left (shaders/shared/frame_statistics.h): fills
// the scores of result, from ssim to histogram, and its size.
void finish_statistics(std::span<const std::uint32_t> words, const StatisticsShape& shape,
                       FgFrameResult& result);

}  // namespace fg
