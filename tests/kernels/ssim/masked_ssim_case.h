#pragma once
// Runs an implementation of masked SSIM on test images and holds it against the oracle.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/ssim/masked_ssim.h"
#include "tests/kernels/ssim/pair_op.h"
#include "tests/kernels/test_compare.h"
#include "tests/oracle/masked_ssim_oracle.h"

namespace fg::test {

struct MaskedOptions {
  int window = 11;
  double mean_weight = 1;
  std::vector<double> score_weight = {};
  bool wants_x = true, wants_y = true;  // gradients
  Memory output_layout = {};
  double data_range = 1;  // of float images
};

struct MaskedOutput {
  TestImage<float> map, x_gradient, y_gradient;
  std::vector<double> scores;  // [N, C]
  double mean = 0;
};

// All memory of a call but the images, the mask and the scratch.
template <class T>
struct MaskedCase {
  MaskedOptions options;
  MaskedOutput out;
  MaskedSsim2d<T> op;  // on host memory, without scratch

  MaskedCase(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
             const MaskedOptions& how)
      : options(how),
        out{TestImage<float>(x.shape, how.output_layout),
            TestImage<float>(x.shape, how.output_layout),
            TestImage<float>(x.shape, how.output_layout),
            {}} {
    connect(op, x, y, options, out);
    op.mask = mask.const_view();
    op.mask.channels = x.shape.channels;
    if (mask.shape.channels == 1) op.mask.channel_stride = 0;
    op.map = out.map.view;
    if (options.data_range == 1) return;
    op.c1 = static_cast<float>(std::pow(0.01 * options.data_range, 2));
    op.c2 = static_cast<float>(std::pow(0.03 * options.data_range, 2));
  }
  MaskedCase(const MaskedCase&) = delete;
};

template <class T>
MaskedOutput run_masked(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                        const MaskedOptions& options = {}) {
  MaskedCase<T> with(x, y, mask, options);
  std::vector<double> scratch(cpu::masked_ssim2d_scratch_bytes(with.op) / sizeof(double), NAN);
  cpu::masked_ssim2d(with.op, {scratch.data(), scratch.size() * sizeof(double)});
  return std::move(with.out);
}

// A disc and a few scattered samples, with soft weights, other for each image and channel.
inline double soft_mask(int n, int c, int y, int x) {
  const double grain = static_cast<double>(noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                                 static_cast<std::uint32_t>(c + 77 * n)));
  const double distance = std::hypot(x - 22 - 3 * c, y - 18 - 2 * n);
  return distance < 14 ? 0.2 + grain : grain > 0.98 ? 0.5 : 0;
}
inline double ones(int, int, int, int) { return 1; }

// Scores, and the map where a window sees something; elsewhere it is 1.
template <class T>
void expect_like_masked_oracle(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                               int window, const MaskedOutput& out, double score_tolerance,
                               double map_tolerance) {
  double total = 0;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const oracle::SsimResult expected = oracle::masked_ssim(
          x.plane(n, c), y.plane(n, c), mask.plane(n, std::min(c, mask.shape.channels - 1)),
          {.window = window, .range = range_of<T>()});
      EXPECT_NEAR(out.scores[static_cast<std::size_t>(n * x.shape.channels + c)], expected.mean,
                  score_tolerance);
      total += expected.mean;
      for (int row = 0; row < x.shape.height; ++row)
        for (int column = 0; column < x.shape.width; ++column)
          if (std::isnan(expected.map.at(row, column))) {  // a window that sees nothing: 0 / 0
            ASSERT_EQ(out.map.at(n, c, row, column), 1.0f);
          } else {
            ASSERT_NEAR(out.map.at(n, c, row, column), expected.map.at(row, column), map_tolerance);
          }
    }
  EXPECT_NEAR(out.mean, total / (x.shape.batch * x.shape.channels), score_tolerance);
}

// Masks that are hard for moments about a sample: few samples, far from each other, or of very different weights.
inline std::vector<PixelFormula> hard_masks() {
  return {[](int, int, int y, int x) { return std::hypot(x - 60, y - 30) < 12 ? 0.0 : 1.0; },
          [](int, int, int y, int) { return y % 9 == 0 ? 1.0 : 0.0; },
          [](int, int, int, int x) { return x % 13 < 2 ? 0.25 : 0.0; },
          [](int, int, int y, int x) { return y % 7 == 3 && x % 11 == 5 ? 2.0 : 0.0; },
          [](int, int, int y, int x) { return (y < 20) != (x < 50) ? 1e-4 : 30.0; }};
}

// Calls expect(x, y, mask, options) for masks, sizes, windows and dtypes of all kinds.
template <class Expect>
void for_each_soft_mask(const Expect& expect) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 2, 40, 47}, Shape{1, 1, 70, 125}, Shape{1, 1, 25, 1},
                             Shape{1, 2, 30, 30}, Shape{1, 1, 33, 251}}) {
    const auto mask = make_image<float>(shape, soft_mask);
    const auto pair = [&]<class T>(T, const MaskedOptions& options) {
      expect(make_image<T>(shape, noisy_scene), make_image<T>(shape, scene), mask, options);
    };
    for (const int window : {7, 9, 11}) {
      pair(float{}, {.window = window, .mean_weight = 0.5});
      pair(std::uint8_t{}, {.window = window});
    }
    pair(Half{}, {});
    pair(BFloat16{}, {});
  }
}
template <class Expect>
void for_each_hard_mask(const Expect& expect) {
  const Shape shape{1, 1, 60, 140};
  for (const PixelFormula& formula : hard_masks()) {
    const auto mask = make_image<float>(shape, formula);
    expect(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), mask, MaskedOptions{});
    expect(make_image<float>(shape, step_with_grain), make_image<float>(shape, step_with_other_grain), mask,
           MaskedOptions{});
  }
}
template <class Expect>
void for_each_layout_with_one_mask(const Expect& expect) {
  const Shape shape{2, 3, 40, 147};
  for (const Memory& layout : {Memory{}, Memory{.row_padding = 13}, Memory{.column_step = 3},
                               Memory{.interleaved = true, .extra_channels = 1}})
    expect(make_image<float>(shape, noisy_scene, layout), make_image<float>(shape, scene, layout),
           make_image<float>({2, 1, 40, 147}, soft_mask, layout),
           MaskedOptions{.score_weight = {1, -2, 0.5, 3, 0.25, 1}, .output_layout = layout});
}

// What holds for every implementation; run(x, y, mask, options) gives the MaskedOutput of float images.
template <class Run>
void expect_nothing_of_what_is_hidden(const Run& run, const MaskedOptions& options) {
  const Shape shape{2, 2, 70, 130};
  const auto mask = make_image<float>(shape, soft_mask);
  const MaskedOutput clean =
      run(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), mask, options);
  for (const double content : {5.0, -1e30, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    const auto hide = [&](const PixelFormula& formula) {
      return make_image<float>(shape, [&](int n, int c, int row, int column) {
        return mask.at(n, c, row, column) > 0 ? formula(n, c, row, column) : content;
      });
    };
    const MaskedOutput out = run(hide(noisy_scene), hide(scene), mask, options);
    EXPECT_EQ(out.scores, clean.scores);
    EXPECT_EQ(out.mean, clean.mean);
    EXPECT_EQ(out.map.memory, clean.map.memory);
    if (options.wants_x) {
      EXPECT_EQ(out.x_gradient.memory, clean.x_gradient.memory);
    }
    if (options.wants_y) {
      EXPECT_EQ(out.y_gradient.memory, clean.y_gradient.memory);
    }
  }
}

template <class Run>
void expect_exactly_1_of_identical_images(const Run& run, const MaskedOptions& options) {
  const Shape shape{1, 2, 170, 130};
  const auto x = make_image<float>(shape, scene), y = make_image<float>(shape, scene);
  const MaskedOutput out = run(x, y, make_image<float>(shape, soft_mask), options);
  EXPECT_EQ(out.mean, 1.0);  // the sums of m and of m ssim run in the same order
  for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
  for (const int c : {0, 1})
    if (options.wants_x) expect_no_gradient(out.x_gradient, out.y_gradient, 0, c);
}

template <class Run>
void expect_weights_not_above_0_to_count_as_0(const Run& run) {
  const Shape shape{1, 2, 40, 40};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const auto with = [&](double hidden) {  // of channel 0 nothing is seen
    return run(x, y,
               make_image<float>(shape,
                                 [&](int n, int c, int row, int column) {
                                   const double m = c == 0 ? 0 : soft_mask(n, c, row, column);
                                   return m > 0 ? m : hidden;
                                 }),
               MaskedOptions{});
  };
  const MaskedOutput zero = with(0);
  EXPECT_EQ(zero.scores[0], 1.0);
  EXPECT_LT(zero.scores[1], 1.0);
  expect_no_gradient(zero.x_gradient, zero.y_gradient, 0, 0);
  for (int row = 0; row < 40; ++row)
    for (int column = 0; column < 40; ++column) ASSERT_EQ(zero.map.at(0, 0, row, column), 1.0f);
  for (const double hidden : {-2.0, static_cast<double>(NAN)}) {
    const MaskedOutput out = with(hidden);
    EXPECT_EQ(out.scores, zero.scores);
    EXPECT_EQ(out.x_gradient.memory, zero.x_gradient.memory);
  }
}

// Fades out through all of float32's numbers, denormals included, to 0.
inline double vignette(int, int, int y, int x) {
  return std::exp(-(std::pow(x - 12, 2) + std::pow(y - 10, 2)) / (2 * 8.0 * 8.0));
}
// What is left of it: framegauge.h, FgMaskedSsim2d.
inline double counted_vignette(int n, int c, int y, int x) {
  const double m = vignette(n, c, y, x);
  return static_cast<float>(m) < 1e-30f ? 0 : m;
}

// d sum_p m ssim / d x of one sample, by the oracle, over the windows that reach it.
inline double masked_difference(oracle::Plane x, const oracle::Plane& y, const oracle::Plane& mask, int row,
                                int column) {
  constexpr double kStep = 1e-5;
  const auto at = static_cast<std::size_t>(row * x.width + column);
  const double before = x.value[at];
  x.value[at] = before + kStep;
  const oracle::Plane above = oracle::masked_ssim(x, y, mask, {}).map;
  x.value[at] = before - kStep;
  const oracle::Plane below = oracle::masked_ssim(x, y, mask, {}).map;
  double sum = 0;
  for (int r = std::max(row - 5, 0); r <= std::min(row + 5, x.height - 1); ++r)
    for (int c = std::max(column - 5, 0); c <= std::min(column + 5, x.width - 1); ++c)
      if (mask.at(r, c) > 0) sum += mask.at(r, c) * (above.at(r, c) - below.at(r, c));
  return sum / (2 * kStep);
}

template <class Run>
void expect_right_gradients_where_a_mask_fades_out(const Run& run) {
  const Shape shape{1, 1, 40, 140};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const auto mask = make_image<float>(shape, vignette), counted = make_image<float>(shape, counted_vignette);
  const MaskedOutput out = run(x, y, mask, MaskedOptions{});
  expect_like_masked_oracle(x, y, counted, 11, out, 1e-6, 4e-6);
  double weight = 0;
  for (const float m : counted.memory) weight += static_cast<double>(m);
  double error = 0, size = 0;  // of gradients divided by the samples' weights
  for (int row = 0; row < 40; ++row)
    for (int column = row % 4; column < 140; ++column) {
      const auto m = static_cast<double>(counted.at(0, 0, row, column));
      const float value = out.x_gradient.at(0, 0, row, column);
      ASSERT_TRUE(std::isfinite(value));
      if (m == 0) {
        ASSERT_EQ(value, 0.0f);
        continue;
      }
      if ((row * 140 + column) % 37 != 0) continue;
      const double expected =
          masked_difference(x.plane(0, 0), y.plane(0, 0), counted.plane(0, 0), row, column) / m;
      error += std::pow(static_cast<double>(value) * weight / m - expected, 2);
      size += expected * expected;
    }
  EXPECT_LE(std::sqrt(error / size), 5e-6);  // on CPU 5e-7; window moments in float on CUDA
  const MaskedOutput same = run(x, x, mask, MaskedOptions{});
  EXPECT_EQ(same.mean, 1.0);
  expect_no_gradient(same.x_gradient, same.y_gradient, 0, 0);
}

// Masks of one weight count as a mask of ones, whatever the weight and the range of the images, from 1e-30 on.
template <class Run>
void expect_weights_of_any_size_to_count(const Run& run) {
  const Shape shape{1, 1, 30, 130};
  const auto with = [&](double weight, double range) {
    const auto in_range = [range](const PixelFormula& formula) {
      return [=](int n, int c, int y, int x) { return range * formula(n, c, y, x); };
    };
    return run(make_image<float>(shape, in_range(noisy_scene)), make_image<float>(shape, in_range(scene)),
               make_image<float>(shape, [weight](int, int, int, int) { return weight; }),
               MaskedOptions{.data_range = range});
  };
  for (const double range : {1e-7, 1.0, 255.0, 1e8}) {
    SCOPED_TRACE(range);
    const MaskedOutput one = with(1, range);
    for (const double weight : {1.001e-30, 1e-25, 1e-9, 1e18, 1e20, 1e38, static_cast<double>(INFINITY)}) {
      SCOPED_TRACE(weight);
      const MaskedOutput out = with(weight, range);
      EXPECT_NEAR(out.mean, one.mean, 1e-7);
      for (int column = 0; column < 130; ++column)
        ASSERT_NEAR(out.map.at(0, 0, 7, column), one.map.at(0, 0, 7, column), 4e-6);
      EXPECT_LE(relative_rms(out.x_gradient, one.x_gradient), 2e-6);
      EXPECT_LE(relative_rms(out.y_gradient, one.y_gradient), 2e-6);
    }
    for (const double weight : {0.999e-30, 1e-39, 1e-45}) {
      const MaskedOutput out = with(weight, range);
      EXPECT_EQ(out.mean, 1.0);
      for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
      expect_no_gradient(out.x_gradient, out.y_gradient, 0, 0);
    }
  }
}

}  // namespace fg::test
