#pragma once
// MS-SSIM (Wang, Simoncelli, Bovik 2003) with the conventions of pytorch-msssim, naive, in double: valid windows,
// levels halved by the mean of 2 x 2 samples, odd sides padded with a zero on both ends that counts, negative means
// cut to 0. Shares no code with kernels/.

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/oracle/planes.h"
#include "tests/oracle/ssim_oracle.h"

namespace fg::oracle {

inline Plane half_size(const Plane& p) {
  const int pad_y = p.height % 2, pad_x = p.width % 2;
  Plane half{(p.height + 2 * pad_y) / 2, (p.width + 2 * pad_x) / 2, {}};
  for (int y = 0; y < half.height; ++y)
    for (int x = 0; x < half.width; ++x) {
      double sum = 0;
      for (int j = 2 * y - pad_y; j < 2 * y - pad_y + 2; ++j)
        for (int i = 2 * x - pad_x; i < 2 * x - pad_x + 2; ++i)
          if (j >= 0 && j < p.height && i >= 0 && i < p.width) sum += p.at(j, i);
      half.value.push_back(sum / 4);
    }
  return half;
}

// window and range from the options; crop is always on.
inline double ms_ssim(Plane x, Plane y, SsimOptions options, const std::vector<double>& weights) {
  options.crop = true;
  double product = 1;
  for (std::size_t level = 0; level < weights.size(); ++level) {
    const SsimResult result = ssim(x, y, options);
    const bool is_last = level + 1 == weights.size();
    product *= std::pow(std::max(is_last ? result.mean : result.contrast, 0.0), weights[level]);
    x = half_size(x);
    y = half_size(y);
  }
  return product;
}

}  // namespace fg::oracle
