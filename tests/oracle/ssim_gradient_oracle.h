#pragma once
// The gradient of SSIM, naive, from the paper's form of a window's term
//   m = l c,  l = (2 mx my + C1) / (mx^2 + my^2 + C1),  c = (2 sxy + C2) / (sx^2 + sy^2 + C2)
// and what one sample q of the window, of weight w, does to its moments:
//   d mx / d xq = w    d sx^2 / d xq = 2 w (xq - mx)    d sxy / d xq = w (yq - my)
// In long double where it can be: of two constants 1e-7 apart, the digits of double leave 1e-5 of the gradient.
// Shares no code with kernels/. Held against finite differences of ssim_oracle.h by
// ssim2d_gradient_cpu_test "the oracle is the finite difference of the score".

#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/oracle/planes.h"
#include "tests/oracle/ssim_oracle.h"

namespace fg::oracle {

struct SsimGradient {
  Plane x, y;  // dL/dx and dL/dy, as large as the images
};

using Real = long double;

// weight: dL/dm for each value of the map of ssim().
inline SsimGradient ssim_gradient(const Plane& x, const Plane& y, const Plane& weight,
                                  const SsimOptions& options) {
  const int half = options.window / 2, inset = options.crop ? half : 0;
  std::vector<Real> weights;
  Real weight_sum = 0;
  for (int j = -half; j <= half; ++j)
    for (int i = -half; i <= half; ++i) {
      weights.push_back(std::exp(-(i * i + j * j) / Real(2 * 1.5 * 1.5)));
      weight_sum += weights.back();
    }
  for (Real& w : weights) w /= weight_sum;

  const Real c1 = options.k1 * options.range * options.k1 * options.range;
  const Real c2 = options.k2 * options.range * options.k2 * options.range;
  const auto is_inside = [&](int row, int column) {
    return row >= 0 && row < x.height && column >= 0 && column < x.width;
  };
  const auto sample = [&](const Plane& p, int row, int column) {
    return is_inside(row, column) ? Real(p.at(row, column)) : Real(0);
  };

  SsimGradient gradient{{x.height, x.width, std::vector<double>(x.value.size())},
                        {x.height, x.width, std::vector<double>(x.value.size())}};
  const auto over_window = [&](int row, int column, const auto& body) {
    std::size_t k = 0;
    for (int j = -half; j <= half; ++j)
      for (int i = -half; i <= half; ++i, ++k) body(weights[k], row + j, column + i);
  };
  for (int row = inset; row < x.height - inset; ++row)
    for (int column = inset; column < x.width - inset; ++column) {
      const double upstream = weight.at(row - inset, column - inset);
      Real mu_x = 0, mu_y = 0, var_x = 0, var_y = 0, covariance = 0;
      over_window(row, column, [&](Real w, int r, int c) {
        mu_x += w * sample(x, r, c);
        mu_y += w * sample(y, r, c);
      });
      over_window(row, column, [&](Real w, int r, int c) {
        const Real dx = sample(x, r, c) - mu_x, dy = sample(y, r, c) - mu_y;
        var_x += w * dx * dx;
        var_y += w * dy * dy;
        covariance += w * dx * dy;
      });
      const Real luminance_over = 2 * mu_x * mu_y + c1, luminance_under = mu_x * mu_x + mu_y * mu_y + c1;
      const Real contrast_over = 2 * covariance + c2, contrast_under = var_x + var_y + c2;
      const Real luminance = luminance_over / luminance_under, contrast = contrast_over / contrast_under;
      const Real by_mu_x = contrast * (2 * mu_y - 2 * mu_x * luminance) / luminance_under;
      const Real by_mu_y = contrast * (2 * mu_x - 2 * mu_y * luminance) / luminance_under;
      const Real by_variance = -luminance * contrast / contrast_under;  // of x and of y alike
      const Real by_covariance = 2 * luminance / contrast_under;
      over_window(row, column, [&](Real w, int r, int c) {
        if (!is_inside(r, c)) return;
        const Real dx = x.at(r, c) - mu_x, dy = y.at(r, c) - mu_y;
        const auto at =
            static_cast<std::size_t>(r) * static_cast<std::size_t>(x.width) + static_cast<std::size_t>(c);
        gradient.x.value[at] +=
            static_cast<double>(upstream * w * (by_mu_x + 2 * dx * by_variance + dy * by_covariance));
        gradient.y.value[at] +=
            static_cast<double>(upstream * w * (by_mu_y + 2 * dy * by_variance + dx * by_covariance));
      });
    }
  return gradient;
}

}  // namespace fg::oracle
