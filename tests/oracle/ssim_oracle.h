#pragma once
// SSIM as the paper writes it (Wang, Bovik, Sheikh, Simoncelli 2004, eq. 13-16), naive, in double: a square
// window of normalised Gaussian weights, means, weighted squared differences from the means. Shares no code
// with kernels/.

#include <cmath>
#include <vector>

#include "tests/oracle/planes.h"

namespace fg::oracle {

struct SsimOptions {
  int window = 11;
  bool crop = false;  // true: only windows inside the image; false: zeros outside
  double range = 1, k1 = 0.01, k2 = 0.03;
};

struct SsimResult {
  Plane map;
  double mean = 0;
  double contrast = 0;  // the mean of the second factor alone, (2 sxy + c2) / (sx^2 + sy^2 + c2)
};

inline SsimResult ssim(const Plane& x, const Plane& y, const SsimOptions& options) {
  const int half = options.window / 2, inset = options.crop ? half : 0;
  std::vector<double> weights;
  double weight_sum = 0;
  for (int j = -half; j <= half; ++j)
    for (int i = -half; i <= half; ++i) {
      weights.push_back(std::exp(-(i * i + j * j) / (2.0 * 1.5 * 1.5)));
      weight_sum += weights.back();
    }
  for (double& w : weights) w /= weight_sum;

  const double c1 = options.k1 * options.range * options.k1 * options.range;
  const double c2 = options.k2 * options.range * options.k2 * options.range;
  const auto sample = [](const Plane& p, int row, int column) {
    return row < 0 || row >= p.height || column < 0 || column >= p.width ? 0.0 : p.at(row, column);
  };

  SsimResult result;
  result.map.height = x.height - 2 * inset;
  result.map.width = x.width - 2 * inset;
  double total = 0;
  for (int row = inset; row < x.height - inset; ++row)
    for (int column = inset; column < x.width - inset; ++column) {
      double mu_x = 0, mu_y = 0;
      std::size_t k = 0;
      for (int j = -half; j <= half; ++j)
        for (int i = -half; i <= half; ++i, ++k) {
          mu_x += weights[k] * sample(x, row + j, column + i);
          mu_y += weights[k] * sample(y, row + j, column + i);
        }
      double var_x = 0, var_y = 0, covariance = 0;
      k = 0;
      for (int j = -half; j <= half; ++j)
        for (int i = -half; i <= half; ++i, ++k) {
          const double dx = sample(x, row + j, column + i) - mu_x, dy = sample(y, row + j, column + i) - mu_y;
          var_x += weights[k] * dx * dx;
          var_y += weights[k] * dy * dy;
          covariance += weights[k] * dx * dy;
        }
      const double m = (2 * mu_x * mu_y + c1) * (2 * covariance + c2) /
                       ((mu_x * mu_x + mu_y * mu_y + c1) * (var_x + var_y + c2));
      result.contrast += (2 * covariance + c2) / (var_x + var_y + c2);
      result.map.value.push_back(m);
      total += m;
    }
  result.mean = total / static_cast<double>(result.map.value.size());
  result.contrast /= static_cast<double>(result.map.value.size());
  return result;
}

}  // namespace fg::oracle
