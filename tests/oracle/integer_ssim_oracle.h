#pragma once
// libvmaf's integer SSIM, naive: for each pixel, the whole two-dimensional window inside the image, in 64-bit
// integers; one double takes the terms in raster order. Shares no code with kernels/.

#include <cstdint>

#include "tests/oracle/planes.h"

namespace fg::oracle {

inline double integer_ssim(const Plane& x, const Plane& y, int bits) {
  static const std::int64_t taps[9] = {2, 9, 28, 55, 68, 55, 28, 9, 2};
  const double largest = static_cast<double>((1 << bits) - 1);
  double sum = 0, weights = 0;
  for (int row = 0; row < x.height; ++row)
    for (int column = 0; column < x.width; ++column) {
      std::int64_t sum_x = 0, sum_y = 0, sum_xx = 0, sum_yy = 0, sum_xy = 0, weight = 0;
      for (int j = -4; j <= 4; ++j)
        for (int i = -4; i <= 4; ++i) {
          const int r = row + j, c = column + i;
          if (r < 0 || r >= x.height || c < 0 || c >= x.width) continue;
          const std::int64_t tap = taps[j + 4] * taps[i + 4];
          const auto a = static_cast<std::int64_t>(x.at(r, c)), b = static_cast<std::int64_t>(y.at(r, c));
          sum_x += tap * a;
          sum_y += tap * b;
          sum_xx += tap * a * a;
          sum_yy += tap * b * b;
          sum_xy += tap * a * b;
          weight += tap;
        }
      const double w = static_cast<double>(weight), mx = static_cast<double>(sum_x),
                   my = static_cast<double>(sum_y);
      // volatile: every product is rounded before it is added, whatever the compiler may fuse.
      volatile double c1 = largest * largest * (0.01 * 0.01) * w * w;
      volatile double c2 = largest * largest * (0.03 * 0.03) * w * w;
      volatile double mx2 = mx * mx, my2 = my * my, mxy = mx * my;
      volatile double w_xx = static_cast<double>(sum_xx) * w, w_yy = static_cast<double>(sum_yy) * w;
      volatile double w_xy = static_cast<double>(sum_xy) * w;
      volatile double twice_mxy = 2 * mxy, twice_covariance = 2 * (w_xy - mxy);
      volatile double above = w * (twice_mxy + c1) * (c2 + twice_covariance);
      volatile double below = (mx2 + my2 + c1) * (w_xx - mx2 + w_yy - my2 + c2);
      sum += above / below;
      weights += w;
    }
  return sum / weights;
}

}  // namespace fg::oracle
