#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "tests/kernels/ssim/ssim2d_gradient_case.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// Relative to the root mean square of what is expected.
double relative_error(const std::vector<float>& values, const std::vector<float>& expected) {
  double error = 0, size = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    error += std::pow(static_cast<double>(values[i]) - static_cast<double>(expected[i]), 2);
    size += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(error / size);
}

TEST(fg_ssim2d_gradient, the_defaults_are_the_gradient_of_1_minus_SSIM) {
  Tensor<float> x({2, 3, 33, 65}), y({2, 3, 33, 65}), x_gradient({2, 3, 33, 65}), y_gradient({2, 3, 33, 65});
  Tensor<double> mean({1});
  fill(x, noisy_scene);
  fill(y, scene);
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.x_gradient = &x_gradient;
  op.y_gradient = &y_gradient;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const auto image_x = make_image<float>({2, 3, 33, 65}, noisy_scene),
             image_y = make_image<float>({2, 3, 33, 65}, scene);
  const GradientOptions options{.mean_weight = -1};
  std::size_t i = 0;
  double error = 0, size = 0;
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c) {
      const oracle::SsimGradient expected = expected_gradient(image_x, image_y, options, n, c).gradient;
      for (std::size_t k = 0; k < expected.x.value.size(); ++k, ++i) {
        error += std::pow(static_cast<double>(x_gradient[i]) - expected.x.value[k], 2);
        error += std::pow(static_cast<double>(y_gradient[i]) - expected.y.value[k], 2);
        size += std::pow(expected.x.value[k], 2) + std::pow(expected.y.value[k], 2);
      }
    }
  EXPECT_LE(std::sqrt(error / size), 1e-5);  // ssim2d_gradient_cpu_test

  Tensor<double> forward({1});
  FgSsim2d value;
  fg_ssim2d_defaults(&value);
  value.x = &x;
  value.y = &y;
  value.mean = &forward;
  ASSERT_EQ(run(value), FG_STATUS_OK) << fg_last_error();
  EXPECT_NEAR(mean[0], forward[0], 1e-9);
}

TEST(fg_ssim2d_gradient, map_score_and_mean_weights_of_the_same_loss_give_the_same_gradient) {
  const std::vector<std::int64_t> shape{2, 2, 30, 40};
  Tensor<float> x(shape), y(shape), by_mean(shape), by_scores(shape), by_map(shape);
  fill(x, noisy_scene);
  fill(y, scene);
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.padding = FG_PADDING_VALID;
  op.window = 7;
  op.x_gradient = &by_mean;
  op.mean_weight = 1;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();

  Tensor<double> score_weight({2, 2}, 0.25);
  op.mean_weight = 0;
  op.score_weight = &score_weight;
  op.x_gradient = &by_scores;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();

  Tensor<float> map_weight({2, 2, 24, 34}, 1.0f / (2 * 2 * 24 * 34), {0, 0, 0, 0});  // one number for all
  op.score_weight = nullptr;
  op.map_weight = &map_weight;
  op.x_gradient = &by_map;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_LE(relative_error(by_scores.memory, by_mean.memory), 1e-6);
  EXPECT_LE(relative_error(by_map.memory, by_mean.memory), 1e-6);
}

TEST(fg_ssim2d_gradient, channels_leaves_alpha_out_and_l1_is_its_mean_difference) {
  const int height = 20, width = 30;
  Tensor<float> x({height, width, 4}, 0.5f), y({height, width, 4}, 0.25f), gradient({height, width, 3});
  Tensor<double> l1({1}), mean({1});
  for (std::size_t i = 3; i < x.memory.size(); i += 4) x[i] = std::numeric_limits<float>::quiet_NaN();
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.x_gradient = &gradient;
  op.l1 = &l1;
  op.mean = &mean;
  op.mean_weight = 0;
  op.l1_weight = 2;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(l1[0], 0.25);
  EXPECT_FALSE(std::isnan(mean[0]));
  for (const float g : gradient.memory) ASSERT_FLOAT_EQ(g, 2.0f / (3 * height * width));
}

// A call that succeeds; each test below spoils one thing of it.
struct Good {
  Tensor<float> x{{2, 3, 16, 20}, 0.5f}, y{{2, 3, 16, 20}, 0.25f}, map{{2, 3, 16, 20}};
  Tensor<float> x_gradient{{2, 3, 16, 20}}, y_gradient{{2, 3, 16, 20}}, map_weight{{2, 3, 16, 20}, 1.0f};
  Tensor<double> scores{{2, 3}}, mean{{1}}, l1{{1}}, score_weight{{2, 3}, 1.0};
  alignas(16) double scratch[512] = {};
  FgSsim2dGradient op;

  Good() {
    fg_ssim2d_gradient_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.map_weight = &map_weight;
    op.score_weight = &score_weight;
    op.x_gradient = &x_gradient;
    op.y_gradient = &y_gradient;
    op.map = &map;
    op.scores = &scores;
    op.mean = &mean;
    op.l1 = &l1;
    op.scratch = scratch;
    op.scratch_bytes = sizeof(scratch);
  }
};

void expect_sentence(const std::function<void(Good&)>& spoil, FgStatus status, const std::string& sentence) {
  Good good;
  spoil(good);
  EXPECT_EQ(fg_ssim2d_gradient(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), "fg_ssim2d_gradient: " + sentence);
}

TEST(fg_ssim2d_gradient_errors, each_argument_has_its_sentence) {
  Good good;
  ASSERT_EQ(fg_ssim2d_gradient(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(fg_ssim2d_gradient(nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT);
  expect_sentence(
      [](Good& g) { g.op.x_gradient = g.op.y_gradient = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
      "x_gradient and y_gradient are both NULL; ask for at least one of them, or call fg_ssim2d() for the "
      "value alone");
  expect_sentence(
      [](Good& g) {
        g.x.tensor.dtype = g.y.tensor.dtype = {kDLUInt, 8, 1};
      },
      FG_STATUS_INVALID_ARGUMENT,
      "x has dtype uint8, and codes have no gradient; convert the images to float32, float16 or bfloat16");
  expect_sentence([](Good& g) { g.op.mean_weight = NAN; }, FG_STATUS_INVALID_ARGUMENT,
                  "mean_weight is nan; expected -1e18 to 1e18, since gradients are float32: scale the loss");
  expect_sentence([](Good& g) { g.op.l1_weight = INFINITY; }, FG_STATUS_INVALID_ARGUMENT,
                  "l1_weight is inf; expected -1e18 to 1e18, since gradients are float32: scale the loss");
  expect_sentence([](Good& g) { g.op.window = 5; }, FG_STATUS_INVALID_ARGUMENT,
                  "window is 5; expected 7, 9 or 11 taps");
  expect_sentence([](Good& g) { g.x_gradient.shape[3] = 19; }, FG_STATUS_SIZE_MISMATCH,
                  "x_gradient has shape [2, 3, 16, 19]; expected [2, 3, 16, 20], the shape of x with the "
                  "scored channels");
  expect_sentence(
      [](Good& g) {
        g.y_gradient.tensor.dtype = {kDLFloat, 16, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "y_gradient has dtype float16; expected float32");
  expect_sentence(
      [](Good& g) {
        g.op.padding = FG_PADDING_VALID;
        g.op.map = nullptr;
      },
      FG_STATUS_SIZE_MISMATCH,
      "map_weight has shape [2, 3, 16, 20]; expected [2, 3, 6, 10], the layout of x with the scored "
      "channels, "
      "for this window and padding");
  expect_sentence([](Good& g) { g.score_weight.shape[0] = 1; }, FG_STATUS_SIZE_MISMATCH,
                  "score_weight has shape [1, 3]; expected [2, 3], images by scored channels");
  expect_sentence([](Good& g) { g.l1.shape[0] = 3; }, FG_STATUS_SIZE_MISMATCH,
                  "l1 has shape [3]; expected [1], one number");
  const std::string apart = " overlap in memory; what is written needs memory of its own";
  expect_sentence([](Good& g) { g.x_gradient.tensor.data = g.map_weight.memory.data(); },
                  FG_STATUS_INVALID_ARGUMENT, "x_gradient and map_weight" + apart);
  expect_sentence([](Good& g) { g.y_gradient.tensor.data = g.x_gradient.memory.data(); },
                  FG_STATUS_INVALID_ARGUMENT, "y_gradient and x_gradient" + apart);
  expect_sentence([](Good& g) { g.score_weight.tensor.data = g.scratch; }, FG_STATUS_INVALID_ARGUMENT,
                  "scratch and score_weight" + apart);
  std::int64_t strides[4] = {960, 320, 0, 1};
  expect_sentence(
      [&](Good& g) { g.x_gradient.tensor.strides = strides; }, FG_STATUS_INVALID_ARGUMENT,
      "x_gradient has strides by which its elements lie on top of each other; every element of an "
      "output needs a place of its own");
  expect_sentence([](Good& g) { g.x.shape[0] = g.y.shape[0] = 0; }, FG_STATUS_INVALID_ARGUMENT,
                  "x has shape [0, 3, 16, 20]; every extent must be between 1 and 1073741824");
}

TEST(fg_ssim2d_gradient_errors, CUDA_tensors_in_a_build_without_CUDA_are_unsupported) {
#ifdef FRAMEGAUGE_HAS_CUDA
  GTEST_SKIP() << "this build has CUDA kernels; the sentence belongs to builds without";
#else
  Good good;
  for (DLTensor* t : {&good.x, &good.y, &good.map, &good.x_gradient, &good.y_gradient, &good.map_weight})
    t->device = {kDLCUDA, 0};
  for (DLTensor* t : {&good.scores, &good.mean, &good.l1, &good.score_weight}) t->device = {kDLCUDA, 0};
  EXPECT_EQ(fg_ssim2d_gradient(&good.op, nullptr), FG_STATUS_UNSUPPORTED);
  EXPECT_STREQ(
      fg_last_error(),
      "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors, or configure "
      "with a CUDA toolkit of 12.4 or newer");
#endif
}

}  // namespace
}  // namespace fg::test
