#pragma once
// The Gaussian window of SSIM: sigma 1.5, 7, 9 or 11 taps in each direction.
//
// Wang et al. 2004 take 11 taps; the shorter windows are the same Gaussian cut earlier and normalised again.
// Taps are exp(-k^2 / (2 sigma^2)) divided by their sum, computed in double and rounded to float once. Other
// implementations divide in float: their taps differ by up to 1e-8 (ssim2d_window_test).

#include <cmath>

namespace fg {

inline constexpr int kMaxWindowRadius = 5;

struct WindowTaps {
  int radius = 0;  // 3, 4 or 5
  float tap[kMaxWindowRadius +
            1]{};  // tap[k]: weight of the samples k away from the centre; 0 beyond the radius
};

inline WindowTaps gaussian_window(int radius) {
  constexpr double sigma = 1.5;
  double weight[kMaxWindowRadius + 1] = {};
  double sum = 0;
  for (int k = 0; k <= radius; ++k) {
    weight[k] = std::exp(-k * k / (2 * sigma * sigma));
    sum += k == 0 ? weight[k] : 2 * weight[k];
  }
  WindowTaps window;
  window.radius = radius;
  for (int k = 0; k <= radius; ++k) window.tap[k] = static_cast<float>(weight[k] / sum);
  return window;
}

}  // namespace fg
