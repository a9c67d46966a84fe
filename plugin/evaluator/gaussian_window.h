#pragma once
#include <array>
#include <cmath>

namespace fg {

// The taps of the SSIM window (Wang et al. 2004: Gaussian, sigma 1.5) from the centre outwards, for 7, 9 or 11 taps;
// they sum to 1 over the whole window. Entries past window / 2 are 0.
inline std::array<float, 6> gaussian_taps(int window) {
  constexpr double kSigma = 1.5;
  std::array<double, 6> exact{};
  double sum = 0;
  for (int i = 0; i <= window / 2; ++i) {
    exact[i] = std::exp(-i * i / (2 * kSigma * kSigma));
    sum += i == 0 ? exact[i] : 2 * exact[i];
  }
  std::array<float, 6> taps{};
  for (int i = 0; i <= window / 2; ++i) taps[i] = static_cast<float>(exact[i] / sum);
  return taps;
}

}  // namespace fg
