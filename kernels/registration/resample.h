#pragma once
// An image as another detector before the same source would have it: the homography between two sets of intrinsics.

#include "kernels/core/tensor_view.h"
#include "kernels/drr/drr.h"
#include "kernels/registration/detector_axis.h"

namespace fg {

// Row or column of the source's pixels that lies on the ray of pixel i: first + i * step, pixel centres at whole numbers.
struct ResampleAxis {
  double first = 0, step = 1;

  FG_HD double at(int i) const { return first + i * step; }
};

// Bilinear between pixel centres; falling to 0 within a pixel outside of them.
struct Resample {
  ImageView<const float> input;  // [N, C, H, W]
  ImageView<float> output;       // [N, C, h, w]
  ResampleAxis rows, columns;
};

// stretch: the sdd of `from` divided by that of `to`; both planes face the same source.
inline ResampleAxis resample_axis(const DetectorAxis& from, const DetectorAxis& to, double stretch) {
  return {from.pixel_of(to.mm_of(0.5) * stretch) - 0.5, stretch * to.pitch_mm / from.pitch_mm};
}

// One output pixel.
FG_HD float resampled(const PlaneView<const float>& input, double row, double column) {
  if (!(row > -1 && row < input.height && column > -1 && column < input.width))
    return row == row ? 0.0f : NAN;
  const double top = floor(row), left = floor(column);
  const int y = static_cast<int>(top), x = static_cast<int>(left);
  const float fy = static_cast<float>(row - top), fx = static_cast<float>(column - left);
  float sum = 0;
  for (int dy = 0; dy < 2; ++dy)
    for (int dx = 0; dx < 2; ++dx) {
      const float weight = (dy != 0 ? fy : 1 - fy) * (dx != 0 ? fx : 1 - fx);
      const bool inside = y + dy >= 0 && y + dy < input.height && x + dx >= 0 && x + dx < input.width;
      // A weight of 0 leaves out what may be NaN: a map onto itself gives the same image.
      if (inside && weight > 0) sum += weight * input.at(y + dy, x + dx);
    }
  return sum;
}

namespace cpu {
void resample(const Resample& op);
}
namespace cuda {
void resample(const Resample& op, int device, void* stream);
}

}  // namespace fg
