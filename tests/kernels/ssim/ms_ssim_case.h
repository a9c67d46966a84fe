#pragma once
// Runs an implementation of MS-SSIM on test images; what the oracle and the CPU say.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "kernels/ssim/ms_ssim.h"
#include "tests/kernels/ssim/pair_op.h"
#include "tests/kernels/ssim/ssim2d_gradient_case.h"
#include "tests/kernels/test_compare.h"
#include "tests/oracle/ms_ssim_oracle.h"

namespace fg::test {

struct MsOptions {
  int window = 11, levels = 5;
  std::vector<double> weights = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  double mean_weight = 1;
  std::vector<double> score_weight = {};
  bool wants_x = true, wants_y = true;  // gradients
  Memory gradient_layout = {};
};

struct MsOutput {
  TestImage<float> x_gradient, y_gradient;
  std::vector<double> scores;  // [N, C]
  double mean = 0;
};

// All memory of a call but the images and the scratch.
template <class T>
struct MsCase {
  MsOptions options;
  MsOutput out;
  MsSsim<T> op;  // on host memory, without scratch

  MsCase(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& how)
      : options(how),
        out{TestImage<float>(x.shape, how.gradient_layout),
            TestImage<float>(x.shape, how.gradient_layout),
            {}} {
    connect(op, x, y, options, out);
    op.levels = how.levels;
    op.weights = {};
    std::copy_n(how.weights.begin(), how.levels, op.weights.begin());
  }
  MsCase(const MsCase&) = delete;
};

template <class T>
MsOutput run_ms(const TestImage<T>& x, const TestImage<T>& y, const MsOptions& options) {
  MsCase<T> with(x, y, options);
  std::vector<double> scratch(cpu::ms_ssim_scratch_bytes(with.op) / sizeof(double), NAN);
  cpu::ms_ssim(with.op, {scratch.data(), scratch.size() * sizeof(double)});
  return std::move(with.out);
}

inline double oracle_score(const oracle::Plane& x, const oracle::Plane& y, const MsOptions& options,
                           double range = 1) {
  return oracle::ms_ssim(x, y, {.window = options.window, .range = range},
                         {options.weights.begin(), options.weights.begin() + options.levels});
}

// What holds for every implementation; run(x, y, options) gives the MsOutput of float images.
template <class Run>
void expect_exactly_1_of_identical_images(const Run& run) {
  const auto x = make_image<float>({1, 2, 176, 181}, scene), y = make_image<float>({1, 2, 176, 181}, scene);
  const MsOutput out = run(x, y, MsOptions{});
  EXPECT_EQ(out.mean, 1.0);
  EXPECT_EQ(out.scores, (std::vector<double>{1.0, 1.0}));
  for (const int c : {0, 1}) expect_no_gradient(out.x_gradient, out.y_gradient, 0, c);
}

template <class Run>
void expect_no_gradient_of_a_level_that_is_not_above_0(const Run& run) {
  const Shape shape{1, 2, 40, 40};
  const auto x = make_image<float>(shape, scene);
  // Channel 0 is the negative: its structure is opposite.
  const auto y = make_image<float>(shape, [](int n, int c, int row, int column) {
    return c == 0 ? 1 - scene(n, c, row, column) : noisy_scene(n, c, row, column);
  });
  const MsOutput out = run(x, y, MsOptions{.levels = 2});
  EXPECT_EQ(out.scores[0], 0.0);
  EXPECT_GT(out.scores[1], 0.5);
  expect_no_gradient(out.x_gradient, out.y_gradient, 0, 0);
  double moved = 0;
  for (int row = 0; row < 40; ++row)
    for (int column = 0; column < 40; ++column)
      moved += std::abs(static_cast<double>(out.x_gradient.at(0, 1, row, column)));
  EXPECT_GT(moved, 0.0);
}

template <class Run>
void expect_a_NaN_or_Inf_to_spoil_its_channel_alone(const Run& run) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    const Shape shape{1, 2, 60, 90};
    auto x = make_image<float>(shape, noisy_scene);
    const auto y = make_image<float>(shape, scene);
    const MsOutput clean = run(x, y, MsOptions{.levels = 2});
    x.at(0, 1, 59, 89) = bad;
    const MsOutput out = run(x, y, MsOptions{.levels = 2});
    EXPECT_EQ(out.scores[0], clean.scores[0]);
    EXPECT_TRUE(std::isnan(out.scores[1]));
    EXPECT_TRUE(std::isnan(out.mean));
    for (int row = 0; row < 60; ++row)
      for (int column = 0; column < 90; ++column) {
        ASSERT_EQ(out.x_gradient.at(0, 0, row, column), clean.x_gradient.at(0, 0, row, column));
        ASSERT_TRUE(std::isnan(out.x_gradient.at(0, 1, row, column)));
      }
  }
}

// Calls expect(x, y, options) for the easy and the hard pairs.
template <class Expect>
void for_each_pair(const Expect& expect) {
  for (const GradientPair& pair : gradient_pairs()) {
    SCOPED_TRACE(pair.name);
    const Shape shape{1, 2, 95, 130};
    const auto x = make_image<float>(shape, pair.x), y = make_image<float>(shape, pair.y);
    // Beside an image of one colour the levels' means are near 0, where powers magnify the rounding of the means.
    const MsOptions options{.levels = 3};
    expect(x, y, is_flat(x) || is_flat(y) ? values_alone(options) : options);
  }
}

}  // namespace fg::test
