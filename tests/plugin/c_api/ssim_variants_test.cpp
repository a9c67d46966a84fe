// fg_ms_ssim and fg_masked_ssim2d: the arguments reach the kernels, and each has its sentence.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "tests/oracle/masked_ssim_oracle.h"
#include "tests/oracle/ms_ssim_oracle.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

oracle::Plane plane_of(const Tensor<float>& t, int n, int c) {
  const std::int64_t size = t.shape[2] * t.shape[3], first = (n * t.shape[1] + c) * size;
  oracle::Plane p{static_cast<int>(t.shape[2]), static_cast<int>(t.shape[3]), {}};
  for (std::int64_t i = 0; i < size; ++i)
    p.value.push_back(static_cast<double>(t.memory[static_cast<std::size_t>(first + i)]));
  return p;
}

// The oracle's loss 1 - mean, differentiated along one direction, against the gradient of the op.
void expect_slope(const std::function<double(double)>& loss_at, const std::vector<float>& gradient,
                  const std::vector<float>& direction) {
  constexpr double kStep = 1e-4;
  double slope = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i)
    slope += static_cast<double>(gradient[i]) * static_cast<double>(direction[i]);
  const double expected = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
  EXPECT_NEAR(slope, expected,
              1e-5 * std::abs(expected));  // kernels' tests; the difference's own error is 1e-8
}

oracle::Plane moved(oracle::Plane p, const oracle::Plane& direction, double by) {
  for (std::size_t i = 0; i < p.value.size(); ++i) p.value[i] += by * direction.value[i];
  return p;
}

TEST(fg_ms_ssim, scores_and_gradient_match_the_oracle) {
  const std::vector<std::int64_t> shape{2, 2, 30, 37};
  Tensor<float> x(shape), y(shape), direction(shape), x_gradient(shape);
  Tensor<double> scores({2, 2}), mean({1});
  fill(x, noisy_scene);
  fill(y, scene);
  fill(direction, [](int n, int c, int row, int column) { return scene(n, c + 3, row, column) - 0.5; });
  FgMsSsim op;
  fg_ms_ssim_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.window = 7;
  op.levels = 3;
  op.data_range = 2;
  op.scores = &scores;
  op.mean = &mean;
  op.x_gradient = &x_gradient;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const std::vector<double> weights(op.weights, op.weights + 3);
  EXPECT_EQ(weights, (std::vector<double>{0.0448, 0.2856, 0.3001}));
  double total = 0;
  const auto score = [&](int n, int c, double by) {
    return oracle::ms_ssim(moved(plane_of(x, n, c), plane_of(direction, n, c), by), plane_of(y, n, c),
                           {.window = 7, .range = 2}, weights);
  };
  for (const int n : {0, 1})
    for (const int c : {0, 1}) {
      EXPECT_NEAR(scores[static_cast<std::size_t>(2 * n + c)], score(n, c, 0), 2e-6);
      total += score(n, c, 0);
    }
  EXPECT_NEAR(mean[0], total / 4, 2e-6);
  expect_slope(
      [&](double by) {
        return 1 - (score(0, 0, by) + score(0, 1, by) + score(1, 0, by) + score(1, 1, by)) / 4;
      },
      x_gradient.memory, direction.memory);
}

TEST(fg_masked_ssim2d, scores_and_gradient_match_the_oracle_with_one_mask_for_all_channels) {
  const std::vector<std::int64_t> shape{1, 2, 30, 37};
  Tensor<float> x(shape), y(shape), direction(shape), y_gradient(shape), mask({1, 1, 30, 37}), map(shape);
  Tensor<double> scores({1, 2}), mean({1});
  fill(x, noisy_scene);
  fill(y, scene);
  fill(direction, [](int n, int c, int row, int column) { return scene(n, c + 3, row, column) - 0.5; });
  fill(mask, [](int, int, int row, int column) { return column + row < 40 ? 0.1 + 0.02 * column : 0.0; });
  FgMaskedSsim2d op;
  fg_masked_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mask = &mask;
  op.window = 9;
  op.map = &map;
  op.scores = &scores;
  op.mean = &mean;
  op.y_gradient = &y_gradient;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  const auto result = [&](int c, double by) {
    return oracle::masked_ssim(plane_of(x, 0, c), moved(plane_of(y, 0, c), plane_of(direction, 0, c), by),
                               plane_of(mask, 0, 0), {.window = 9});
  };
  for (const int c : {0, 1}) EXPECT_NEAR(scores[static_cast<std::size_t>(c)], result(c, 0).mean, 1e-6);
  EXPECT_NEAR(mean[0], (result(0, 0).mean + result(1, 0).mean) / 2, 1e-6);
  EXPECT_NEAR(map[30 * 37 + 5 * 37 + 6], result(1, 0).map.at(5, 6), 2e-6);
  expect_slope([&](double by) { return 1 - (result(0, by).mean + result(1, by).mean) / 2; },
               y_gradient.memory, direction.memory);
}

struct GoodMs {
  Tensor<float> x{{2, 3, 24, 28}, 0.5f}, y{{2, 3, 24, 28}, 0.25f}, x_gradient{{2, 3, 24, 28}};
  Tensor<double> scores{{2, 3}}, mean{{1}}, score_weight{{2, 3}, 1.0};
  FgMsSsim op;

  GoodMs() {
    fg_ms_ssim_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.levels = 2;
    op.scores = &scores;
    op.mean = &mean;
    op.score_weight = &score_weight;
    op.x_gradient = &x_gradient;
  }
};

void expect_ms_sentence(const std::function<void(GoodMs&)>& spoil, FgStatus status,
                        const std::string& sentence) {
  GoodMs good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  spoil(good);
  std::vector<double> scratch(1 << 16);
  good.op.scratch = scratch.data();
  good.op.scratch_bytes = scratch.size() * sizeof(double);
  EXPECT_EQ(fg_ms_ssim(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), "fg_ms_ssim: " + sentence);
}

TEST(fg_ms_ssim_errors, each_argument_has_its_sentence) {
  expect_ms_sentence([](GoodMs& g) { g.op.levels = 0; }, FG_STATUS_INVALID_ARGUMENT,
                     "levels is 0; expected 1 to 8");
  expect_ms_sentence([](GoodMs& g) { g.op.levels = 9; }, FG_STATUS_INVALID_ARGUMENT,
                     "levels is 9; expected 1 to 8");
  expect_ms_sentence([](GoodMs& g) { g.op.weights[1] = -0.5; }, FG_STATUS_INVALID_ARGUMENT,
                     "weights[1] is -0.5; expected a finite number, 0 or more");
  expect_ms_sentence(
      [](GoodMs& g) { g.op.levels = 3; }, FG_STATUS_SIZE_MISMATCH,
      "the images are 24 x 28 (height x width), which leaves 6 x 7 at the last of 3 levels, smaller "
      "than the window of 11; take fewer levels or a smaller window");
  expect_ms_sentence([](GoodMs& g) { g.op.window = 4; }, FG_STATUS_INVALID_ARGUMENT,
                     "window is 4; expected 7, 9 or 11 taps");
  expect_ms_sentence(
      [](GoodMs& g) { g.op.mean_weight = NAN; }, FG_STATUS_INVALID_ARGUMENT,
      "mean_weight is nan; expected -1e18 to 1e18, since gradients are float32: scale the loss");
  expect_ms_sentence([](GoodMs& g) { g.op.scores = g.op.mean = g.op.x_gradient = nullptr; },
                     FG_STATUS_INVALID_ARGUMENT,
                     "scores, mean, x_gradient and y_gradient are all NULL; ask for at least one of them");
  expect_ms_sentence(
      [](GoodMs& g) {
        g.x.tensor.dtype = g.y.tensor.dtype = {kDLUInt, 8, 1};
      },
      FG_STATUS_INVALID_ARGUMENT,
      "x has dtype uint8, and codes have no gradient; convert the images to float32, float16 or bfloat16");
  expect_ms_sentence([](GoodMs& g) { g.mean.tensor.data = g.score_weight.memory.data(); },
                     FG_STATUS_INVALID_ARGUMENT,
                     "mean and score_weight overlap in memory; what is written needs memory of its own");
}

struct GoodMasked {
  Tensor<float> x{{2, 3, 24, 28}, 0.5f}, y{{2, 3, 24, 28}, 0.25f}, mask{{2, 3, 24, 28}, 1.0f};
  Tensor<float> map{{2, 3, 24, 28}}, y_gradient{{2, 3, 24, 28}};
  Tensor<double> mean{{1}};
  FgMaskedSsim2d op;

  GoodMasked() {
    fg_masked_ssim2d_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.mask = &mask;
    op.map = &map;
    op.mean = &mean;
    op.y_gradient = &y_gradient;
  }
};

void expect_masked_sentence(const std::function<void(GoodMasked&)>& spoil, FgStatus status,
                            const std::string& sentence) {
  GoodMasked good;
  ASSERT_EQ(run(good.op), FG_STATUS_OK) << fg_last_error();
  spoil(good);
  std::vector<double> scratch(1 << 12);
  good.op.scratch = scratch.data();
  good.op.scratch_bytes = scratch.size() * sizeof(double);
  EXPECT_EQ(fg_masked_ssim2d(&good.op, nullptr), status);
  EXPECT_EQ(std::string(fg_last_error()), "fg_masked_ssim2d: " + sentence);
}

TEST(fg_masked_ssim2d_errors, each_argument_has_its_sentence) {
  expect_masked_sentence([](GoodMasked& g) { g.op.mask = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
                         "mask is NULL; pass the address of a DLTensor");
  expect_masked_sentence(
      [](GoodMasked& g) { g.mask.shape[1] = 2; }, FG_STATUS_SIZE_MISMATCH,
      "mask has shape [2, 2, 24, 28]; expected [2, 3, 24, 28], the shape of x with the scored "
      "channels, or the same with 1 channel for all");
  expect_masked_sentence(
      [](GoodMasked& g) {
        g.mask.tensor.dtype = {kDLUInt, 8, 1};
      },
      FG_STATUS_INVALID_ARGUMENT, "mask has dtype uint8; expected float32");
  expect_masked_sentence(
      [](GoodMasked& g) { g.op.map = g.op.mean = g.op.y_gradient = nullptr; }, FG_STATUS_INVALID_ARGUMENT,
      "map, scores, mean, x_gradient and y_gradient are all NULL; ask for at least one of them");
  expect_masked_sentence([](GoodMasked& g) { g.map.tensor.data = g.mask.memory.data(); },
                         FG_STATUS_INVALID_ARGUMENT,
                         "map and mask overlap in memory; what is written needs memory of its own");
}

TEST(fg_ms_ssim_errors, CUDA_tensors_in_a_build_without_CUDA_are_unsupported) {
#ifdef FRAMEGAUGE_HAS_CUDA
  GTEST_SKIP() << "this build has CUDA kernels; the sentence belongs to builds without";
#else
  const char* const sentence =
      "the tensors are CUDA tensors, but this build has no CUDA kernels; pass CPU tensors, or configure "
      "with a CUDA toolkit of 12.4 or newer";
  GoodMs ms;
  for (DLTensor* t : {&ms.x, &ms.y, &ms.x_gradient}) t->device = {kDLCUDA, 0};
  for (DLTensor* t : {&ms.scores, &ms.mean, &ms.score_weight}) t->device = {kDLCUDA, 0};
  EXPECT_EQ(fg_ms_ssim(&ms.op, nullptr), FG_STATUS_UNSUPPORTED);
  EXPECT_STREQ(fg_last_error(), sentence);
  GoodMasked masked;
  for (DLTensor* t : {&masked.x, &masked.y, &masked.mask, &masked.map, &masked.y_gradient, &masked.mean})
    t->device = {kDLCUDA, 0};
  EXPECT_EQ(fg_masked_ssim2d(&masked.op, nullptr), FG_STATUS_UNSUPPORTED);
  EXPECT_STREQ(fg_last_error(), sentence);
#endif
}

}  // namespace
}  // namespace fg::test
