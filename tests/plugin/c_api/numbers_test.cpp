// The numbers among an op's arguments at and beyond the edge: windows, ranges, constants, bits, scales.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// Numbers that no op by SSIM takes, asked of an op on [1, 16, 20]: an image, or a volume of one slice.
template <class Op>
void expect_numbers_refused(void (*defaults)(Op*), FgStatus (*ask)(const Op*, std::size_t*)) {
  Tensor<float> x({1, 16, 20}), y({1, 16, 20});
  std::size_t bytes = 0;
  const auto expect = [&](const auto& spoil, FgStatus status, const std::string& name) {
    Op op;
    defaults(&op);
    if constexpr (requires { op.levels; }) op.levels = 1;
    op.x = &x;
    op.y = &y;
    ASSERT_EQ(ask(&op, &bytes), FG_STATUS_OK) << fg_last_error();
    spoil(op);
    EXPECT_EQ(ask(&op, &bytes), status) << fg_last_error();
    EXPECT_NE(std::string(fg_last_error()).find(name), std::string::npos) << fg_last_error();
  };
  for (const int window : {8, 0, -7, 5, 13, std::numeric_limits<int>::max()})
    expect([&](Op& op) { op.window = window; }, FG_STATUS_INVALID_ARGUMENT,
           "window is " + std::to_string(window));
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), -1.0, 0.0, -0.0, 1e300, 1e-300,
                           std::numeric_limits<double>::infinity()}) {
    expect([&](Op& op) { op.data_range = bad; }, FG_STATUS_INVALID_ARGUMENT, "data_range");
    expect([&](Op& op) { op.k1 = bad; }, FG_STATUS_INVALID_ARGUMENT, "k");
    expect([&](Op& op) { op.k2 = bad; }, FG_STATUS_INVALID_ARGUMENT, "k");
  }
  expect([](Op& op) { op.channels = -1; }, FG_STATUS_INVALID_ARGUMENT, "channels is -1");
  expect([](Op& op) { op.channels = 2; }, FG_STATUS_INVALID_ARGUMENT, "channels is 2");
  if constexpr (requires(Op op) { op.mean_weight; })
    for (const auto& [bad, part] :
         {std::pair{-HUGE_VAL, "mean_weight is -inf"}, {1e45, "mean_weight is 1e+45"}})
      expect([bad = bad](Op& op) { op.mean_weight = bad; }, FG_STATUS_INVALID_ARGUMENT, part);
  // Below the window.
  x.shape[1] = y.shape[1] = 10;
  if constexpr (requires(Op op) { op.padding; })
    expect([](Op& op) { op.padding = FG_PADDING_VALID; }, FG_STATUS_SIZE_MISMATCH,
           "smaller than the window of 11");
  x.shape[1] = y.shape[1] = 16;
  if constexpr (requires(Op op) { op.levels; })
    for (const int levels : {2, 8})
      expect([&](Op& op) { op.levels = levels; }, FG_STATUS_SIZE_MISMATCH, "smaller than the window of 11");
}

TEST(numbers_out_of_range, are_refused_by_every_op_by_SSIM) {
  expect_numbers_refused(fg_ssim2d_defaults, fg_ssim2d_scratch_bytes);
  expect_numbers_refused(fg_ssim2d_gradient_defaults, fg_ssim2d_gradient_scratch_bytes);
  expect_numbers_refused(fg_ssim3d_defaults, fg_ssim3d_scratch_bytes);
  expect_numbers_refused(fg_ssim3d_gradient_defaults, fg_ssim3d_gradient_scratch_bytes);
  expect_numbers_refused(fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes);
  expect_numbers_refused(fg_masked_ssim2d_defaults, fg_masked_ssim2d_scratch_bytes);
}

TEST(numbers_out_of_range, are_refused_by_the_SSIMs_of_video_quality) {
  const auto expect = [](auto op, auto ask, int bits, int height, FgStatus status, const std::string& part) {
    Tensor<std::uint8_t> x({height, 176}), y({height, 176});
    std::size_t bytes = 0;
    op.x = &x;
    op.y = &y;
    op.bits = bits;
    EXPECT_EQ(ask(&op, &bytes), status) << fg_last_error();
    EXPECT_NE(std::string(fg_last_error()).find(part), std::string::npos) << fg_last_error();
  };
  FgVmafSsim integer;
  fg_vmaf_ssim_defaults(&integer);
  FgVmafFloatSsim floats;
  fg_vmaf_float_ssim_defaults(&floats);
  FgVmafMsSsim scales;
  fg_vmaf_ms_ssim_defaults(&scales);
  for (const int bits : {-1, 1, 7, 9, 16}) {
    const std::string part = "bits is " + std::to_string(bits);
    expect(integer, fg_vmaf_ssim_scratch_bytes, bits, 176, FG_STATUS_INVALID_ARGUMENT, part);
    expect(floats, fg_vmaf_float_ssim_scratch_bytes, bits, 176, FG_STATUS_INVALID_ARGUMENT, part);
    expect(scales, fg_vmaf_ms_ssim_scratch_bytes, bits, 176, FG_STATUS_INVALID_ARGUMENT, part);
  }
  expect(integer, fg_vmaf_ssim_scratch_bytes, 8, 1, FG_STATUS_OK, "");  // the window is cut off at the border
  expect(floats, fg_vmaf_float_ssim_scratch_bytes, 8, 10, FG_STATUS_SIZE_MISMATCH, "smaller than the window");
  expect(scales, fg_vmaf_ms_ssim_scratch_bytes, 8, 175, FG_STATUS_SIZE_MISMATCH,
         "need at least 176 each way");
  for (const int scale : {-1, 11, std::numeric_limits<int>::max()}) {
    floats.scale = scale;
    expect(floats, fg_vmaf_float_ssim_scratch_bytes, 8, 176, FG_STATUS_INVALID_ARGUMENT,
           "scale is " + std::to_string(scale));
  }
}

TEST(numbers_out_of_range, planes_of_the_SSIMs_of_video_quality_have_at_most_2_to_the_30_pixels) {
  std::int64_t shape[2] = {1 << 15, (1 << 15) + 1};
  DLTensor x{nullptr, {kDLCPU, 0}, 2, {kDLUInt, 8, 1}, shape, nullptr, 0};
  FgVmafMsSsim op;
  fg_vmaf_ms_ssim_defaults(&op);
  op.x = op.y = &x;
  std::size_t bytes = 0;
  EXPECT_EQ(fg_vmaf_ms_ssim_scratch_bytes(&op, &bytes), FG_STATUS_UNSUPPORTED);
  EXPECT_NE(std::string(fg_last_error()).find("at most 1073741824 pixels"), std::string::npos);
  shape[1] = 1 << 15;
  EXPECT_EQ(fg_vmaf_ms_ssim_scratch_bytes(&op, &bytes), FG_STATUS_OK) << fg_last_error();
}

TEST(fg_ssim2d_constants, a_k_that_overflows_float32_is_refused) {
  Tensor<float> x({16, 20}, 0.5f), y({16, 20}, 0.25f);
  Tensor<double> mean({1});
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  op.k1 = 1e15;
  EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_ssim2d_scratch_bytes: data_range 1 with k 1e+15 leaves what float32 can hold; scale the "
               "images, to 0..1 for instance");
  op.k1 = op.k2 = 1e9;  // (k data_range)^2 of 1e18, beside which the images vanish
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(mean[0], 1);
}

TEST(fg_ssim2d_constants, data_range_makes_no_difference_to_uint8_but_k_does) {
  Tensor<std::uint8_t> x({16, 20}, 100), y({16, 20}, 90);
  Tensor<double> mean({1});
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const double expected = mean[0];
  for (const double range : {1e-20, 1e20}) {
    op.data_range = range;
    mean[0] = 42;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    EXPECT_EQ(mean[0], expected);
  }
  op.data_range = 1e6;
  op.k1 = 1e-13;  // of 255, not of 1e6
  EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(),
               "fg_ssim2d_scratch_bytes: data_range 255 with k 1e-13 leaves what float32 can hold; scale the "
               "images, to 0..1 for instance");
}

// x and y scaled by a power of two with data_range: the same scores, gradients divided by it.
template <class Op>
void expect_gradient_scales(Op& op, Tensor<float>& x, Tensor<float>& y, Tensor<float>& gradient,
                            Tensor<double>& mean) {
  const std::vector<float> x_values = x.memory, y_values = y.memory;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const std::vector<float> at_one = gradient.memory;
  const double mean_at_one = mean[0];
  float largest = 0;
  for (const float g : at_one) largest = std::max(largest, std::fabs(g));
  ASSERT_GT(largest, 0);
  // c1 of 2^-46 1e-4 is near the least that is taken, 1e-18.
  for (const int power : {-23, -13, 10, 26}) {
    const float scale = std::exp2(static_cast<float>(power));
    for (std::size_t i = 0; i < x_values.size(); ++i) {
      x[i] = x_values[i] * scale;
      y[i] = y_values[i] * scale;
    }
    op.data_range = static_cast<double>(scale);
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    EXPECT_NEAR(mean[0], mean_at_one, 1e-6) << "data_range 2^" << power;
    for (std::size_t i = 0; i < at_one.size(); ++i)
      ASSERT_NEAR(gradient[i] * scale, at_one[i], 1e-5f * largest)  // rounding in another order
          << "data_range 2^" << power << ", sample " << i;
  }
}

// Half of it black in both, where all moments are 0; the rest black in x alone, then a scene.
double dark_scene(int n, int c, int row, int column) {
  return column < 30 ? 0.0 : noisy_scene(n, c, row, column);
}
double darker_scene(int n, int c, int row, int column) {
  return column < 60 ? 0.0 : scene(n, c, row, column);
}

TEST(ssim_gradients, scale_with_data_range_down_to_the_least_and_up_to_the_most) {
  Tensor<float> x({1, 1, 40, 90}), y({1, 1, 40, 90}), gradient({1, 1, 40, 90});
  fill(x, dark_scene);
  fill(y, darker_scene);
  Tensor<double> mean({1});
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  op.x_gradient = &gradient;
  expect_gradient_scales(op, x, y, gradient, mean);
}

// By the largest mean_weight that is taken, gradients are finite, and those of identical images 0.
template <class Op>
void expect_finite_gradients_of_a_large_loss(void (*defaults)(Op*),
                                             FgStatus (*scratch_bytes)(const Op*, std::size_t*),
                                             FgStatus (*call)(const Op*, void*)) {
  const std::vector<std::int64_t> shape{1, 1, 16, 20};
  Tensor<float> x(shape), y(shape), mask(shape, 1.0f), gradient(shape, 7.0f);
  fill(x, scene);
  fill(y, scene);
  Op op;
  defaults(&op);
  if constexpr (requires { op.levels; }) op.levels = 1;
  if constexpr (requires { op.mask; }) op.mask = &mask;
  op.x = &x;
  op.y = &y;
  op.x_gradient = &gradient;
  op.mean_weight = -1e18;
  ASSERT_EQ(run_with(op, scratch_bytes, call), FG_STATUS_OK) << fg_last_error();
  for (const float g : gradient.memory) ASSERT_EQ(g, 0.0f);
  for (float& value : y.memory) value *= 0.5f;
  ASSERT_EQ(run_with(op, scratch_bytes, call), FG_STATUS_OK) << fg_last_error();
  for (const float g : gradient.memory) ASSERT_TRUE(std::isfinite(g));
}

TEST(ssim_gradients, are_finite_by_the_largest_loss_that_is_taken) {
  expect_finite_gradients_of_a_large_loss(fg_ssim2d_gradient_defaults, fg_ssim2d_gradient_scratch_bytes,
                                          fg_ssim2d_gradient);
  expect_finite_gradients_of_a_large_loss(fg_ssim3d_gradient_defaults, fg_ssim3d_gradient_scratch_bytes,
                                          fg_ssim3d_gradient);
  expect_finite_gradients_of_a_large_loss(fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes, fg_ms_ssim);
  expect_finite_gradients_of_a_large_loss(fg_masked_ssim2d_defaults, fg_masked_ssim2d_scratch_bytes,
                                          fg_masked_ssim2d);
}

TEST(ssim_gradients, of_masked_SSIM_scale_likewise) {
  Tensor<float> x({1, 1, 40, 90}), y({1, 1, 40, 90}), mask({1, 1, 40, 90}, 1.0f), gradient({1, 1, 40, 90});
  fill(x, dark_scene);
  fill(y, darker_scene);
  Tensor<double> mean({1});
  FgMaskedSsim2d op;
  fg_masked_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mask = &mask;
  op.mean = &mean;
  op.x_gradient = &gradient;
  expect_gradient_scales(op, x, y, gradient, mean);
}

TEST(fg_image_errors_range, ranges_whose_squares_float32_does_not_hold_are_refused) {
  Tensor<float> x({8, 8}, 0.5f), y({8, 8}, 0.25f);
  Tensor<double> errors({1, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.errors = &errors;
  for (const double range : {1e-200, 1e-13, 1e19, 1e300}) {
    op.data_range = range;
    EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(std::string(fg_last_error()).find(" leaves what float32 can hold; scale the images"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace fg::test
