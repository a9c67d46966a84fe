#include "kernels/ssim/window.h"

#include <gtest/gtest.h>

namespace fg::test {
namespace {

double sum_of(const WindowTaps& window) {
  double sum = window.tap[0];
  for (int k = 1; k <= window.radius; ++k) sum += 2.0 * window.tap[k];
  return sum;
}

// 16 digits of the double-precision taps, from exp(-k^2 / 4.5) / sum; half a step of float is at most 1.5e-8.
TEST(window, taps_are_the_sigma_1_5_Gaussian_rounded_once) {
  const double w11[] = {0.2660117248617944, 0.2130055377112537, 0.1093606895094400,
                        0.0360007721284277, 0.0075987582094967, 0.0010283801238984};
  const WindowTaps window = gaussian_window(5);
  for (int k = 0; k <= 5; ++k) EXPECT_NEAR(window.tap[k], w11[k], 1.5e-8) << k;
}

// Known to six or seven digits: an implementation in use ships taps of sigma 1 for 7 and an unnormalised 9.
TEST(window, the_shorter_windows_are_the_same_Gaussian_cut_and_normalised) {
  const double w7[] = {0.2706821, 0.2167453, 0.1112808, 0.0366328};
  const double w9[] = {0.2665600, 0.2134445, 0.1095861, 0.0360750, 0.0076144};
  const WindowTaps seven = gaussian_window(3), nine = gaussian_window(4);
  for (int k = 0; k <= 3; ++k) EXPECT_NEAR(seven.tap[k], w7[k], 6e-8) << k;
  for (int k = 0; k <= 4; ++k) EXPECT_NEAR(nine.tap[k], w9[k], 6e-8) << k;
}

TEST(window, taps_add_up_to_1) {
  for (const int radius : {3, 4, 5})
    EXPECT_NEAR(sum_of(gaussian_window(radius)), 1.0, 6e-8);  // six roundings
}

}  // namespace
}  // namespace fg::test
