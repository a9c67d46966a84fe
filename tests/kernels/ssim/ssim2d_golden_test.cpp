// SSIM on CPU, and the oracle itself, against the numbers of scikit-image and pytorch-msssim (tests/golden).

#include "assets/golden/ssim_golden.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "tests/kernels/ssim/golden_images.h"
#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {
namespace {

template <class T>
SsimOutput valid_ssim(int height, int width, int channel, int window) {
  return run_cpu(golden_image<T>(height, width, channel, test_code),
                 golden_image<T>(height, width, channel, reference_code),
                 {.window = window, .padding = Padding::valid});
}

TEST(ssim2d_golden, means_and_map_values_of_scikit_image) {
  for (const auto& golden : golden::kSkimageSsim) {
    SCOPED_TRACE(std::to_string(golden.height) + "x" + std::to_string(golden.width));
    const SsimOutput codes = valid_ssim<std::uint8_t>(golden.height, golden.width, golden.channel, 11);
    const SsimOutput floats = valid_ssim<float>(golden.height, golden.width, golden.channel, 11);
    // What is promised against double precision (ssim2d_cpu_test).
    EXPECT_NEAR(codes.mean, golden.mean, 1e-6);
    EXPECT_NEAR(floats.mean, golden.mean, 1e-6);
    EXPECT_NEAR(codes.map.at(0, 0, golden.row, golden.column), golden.value, 2e-6);
    EXPECT_NEAR(floats.map.at(0, 0, golden.row, golden.column), golden.value, 2e-6);
  }
}

TEST(ssim2d_golden, means_of_pytorch_msssim_for_every_window) {
  for (const auto& golden : golden::kPytorchSsim) {
    SCOPED_TRACE(std::to_string(golden.height) + "x" + std::to_string(golden.width) + " window " +
                 std::to_string(golden.window));
    const SsimOutput codes =
        valid_ssim<std::uint8_t>(golden.height, golden.width, golden.channel, golden.window);
    const SsimOutput floats = valid_ssim<float>(golden.height, golden.width, golden.channel, golden.window);
    EXPECT_NEAR(codes.mean, golden.mean_with_exact_taps, 1e-6);
    EXPECT_NEAR(floats.mean, golden.mean_with_exact_taps, 1e-6);
    // Its own taps are made in float and add up to 1 within 6e-8 only; 255^2 times that, against c2 = 58.5,
    // moves the scores of these images by up to 4e-6.
    EXPECT_NEAR(codes.mean, golden.mean, 5e-6);
  }
}

TEST(ssim2d_golden, the_oracle_agrees_with_scikit_image_to_double_precision) {
  for (const auto& golden : golden::kSkimageSsim) {
    const auto result = oracle::ssim(
        golden_image<std::uint8_t>(golden.height, golden.width, golden.channel, test_code).plane(0, 0),
        golden_image<std::uint8_t>(golden.height, golden.width, golden.channel, reference_code).plane(0, 0),
        {.crop = true, .range = 255});
    // Double on both sides; scikit-image subtracts the squared mean from the mean square: 1e-16 * 255^2
    // / 58.5.
    EXPECT_NEAR(result.mean, golden.mean, 1e-12);
    EXPECT_NEAR(result.map.at(golden.row, golden.column), golden.value, 1e-12);
  }
}

}  // namespace
}  // namespace fg::test
