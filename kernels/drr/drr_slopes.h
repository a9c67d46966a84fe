#pragma once
// The slopes of rays in memory: written along with the images, read by the gradient, which then need not walk through
// the volume again.

#include "kernels/drr/drr.h"

namespace fg {

FG_HD void store_slope(const ImageView<float>& slopes, std::int64_t pose, int row, int column,
                       const FgDrrSlope& slope) {
  const float numbers[kDrrSlopes] = {slope.at.x,    slope.at.y,    slope.at.z,  slope.along.x,
                                     slope.along.y, slope.along.z, slope.length};
  float* const first = &slopes.plane(pose, 0).at(row, column);
  for (int i = 0; i < kDrrSlopes; ++i) first[i * slopes.channel_stride] = numbers[i];
}

FG_HD FgDrrSlope load_slope(const ImageView<float>& slopes, std::int64_t pose, int row, int column) {
  const float* const first = &slopes.plane(pose, 0).at(row, column);
  float n[kDrrSlopes];
  for (int i = 0; i < kDrrSlopes; ++i) n[i] = first[i * slopes.channel_stride];
  return {{n[0], n[1], n[2]}, {n[3], n[4], n[5]}, n[6]};
}

}  // namespace fg
