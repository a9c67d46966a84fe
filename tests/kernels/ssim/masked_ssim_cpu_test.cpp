#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/kernels/ssim/masked_ssim_case.h"
#include "tests/kernels/ssim/ssim2d_gradient_case.h"

namespace fg::test {
namespace {

// Scores: the accuracy that is promised. Map: moments in double, the formula in float.
constexpr double kScoreTolerance = 1e-6, kMapTolerance = 2e-6;

template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const TestImage<float>& mask,
                        const MaskedOptions& options = {}) {
  const MaskedOutput out = run_masked(x, y, mask, options);
  const MaskedOutput value_alone = run_masked(x, y, mask, values_alone(options));
  EXPECT_EQ(value_alone.scores, out.scores);
  expect_like_masked_oracle(x, y, mask, options.window, out, kScoreTolerance, kMapTolerance);
}

TEST(masked_ssim_cpu, soft_masks_match_the_oracle) {
  for (const Shape& shape :
       {Shape{2, 2, 40, 47}, Shape{1, 1, 70, 125}, Shape{1, 1, 25, 1}, Shape{1, 2, 30, 30}}) {
    SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
    const auto mask = make_image<float>(shape, soft_mask);
    for (const int window : {7, 9, 11}) {
      expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), mask,
                         {.window = window});
      expect_like_oracle(make_image<std::uint8_t>(shape, noisy_scene), make_image<std::uint8_t>(shape, scene),
                         mask, {.window = window});
    }
    expect_like_oracle(make_image<Half>(shape, noisy_scene), make_image<Half>(shape, scene), mask);
    expect_like_oracle(make_image<BFloat16>(shape, noisy_scene), make_image<BFloat16>(shape, scene), mask);
  }
}

TEST(masked_ssim_cpu, one_mask_serves_all_channels) {
  const Shape shape{2, 3, 40, 47};
  expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
                     make_image<float>({2, 1, 40, 47}, soft_mask));
}

TEST(masked_ssim_cpu, with_a_mask_of_ones_the_inside_is_SSIM_valid) {
  const Shape shape{1, 2, 50, 150};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MaskedOutput out = run_masked(x, y, make_image<float>(shape, ones));
  const SsimOutput valid = run_cpu(x, y, {.padding = Padding::valid});
  for (int c = 0; c < 2; ++c)
    for (int row = 0; row < 40; ++row)
      for (int column = 0; column < 140; ++column)
        ASSERT_NEAR(out.map.at(0, c, row + 5, column + 5), valid.map.at(0, c, row, column), kMapTolerance);
}

TEST(masked_ssim_cpu, what_lies_under_a_weight_of_0_never_counts) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_nothing_of_what_is_hidden(run_masked<float>, options);
}

TEST(masked_ssim_cpu, the_gradient_is_the_finite_difference_of_the_oracle) {
  const Shape shape{1, 2, 34, 36};
  struct Pair {
    PixelFormula x, y, mask;
  };
  const PixelFormula near_wave = [](int n, int c, int y, int x) {
    return wave(n, c, y, x) +
           0.02 * static_cast<double>(noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 5));
  };
  for (const Pair& pair : {Pair{noisy_scene, scene, soft_mask}, Pair{noisy_scene, scene, ones},
                           Pair{near_wave, wave, soft_mask}}) {
    const auto x = make_image<float>(shape, pair.x), y = make_image<float>(shape, pair.y),
               mask = make_image<float>(shape, pair.mask);
    const MaskedOutput out = run_masked(x, y, mask, {.mean_weight = 0.5, .score_weight = {1.5, -0.75}});
    double error = 0, size = 0;
    for (const int c : {0, 1}) {
      const double upstream = 0.5 / 2 + (c == 0 ? 1.5 : -0.75);
      oracle::Plane px = x.plane(0, c), py = y.plane(0, c);
      const oracle::Plane pm = mask.plane(0, c);
      constexpr double kStep = 2e-5;
      for (const auto& [plane, gradient] : {std::pair{&px, &out.x_gradient}, std::pair{&py, &out.y_gradient}})
        for (int i = 0; i < 34 * 36; i += 7) {
          double& sample = plane->value[static_cast<std::size_t>(i)];
          const float value = gradient->at(0, c, i / 36, i % 36);
          if (pm.at(i / 36, i % 36) == 0) {
            EXPECT_EQ(value, 0.0f);
            continue;
          }
          const double before = sample;
          sample = before + kStep;
          const double above = oracle::masked_ssim(px, py, pm, {}).mean;
          sample = before - kStep;
          const double below = oracle::masked_ssim(px, py, pm, {}).mean;
          sample = before;
          const double expected = upstream * (above - below) / (2 * kStep);
          error += std::pow(expected - static_cast<double>(value), 2);
          size += expected * expected;
        }
    }
    EXPECT_LE(std::sqrt(error / size), 1e-5);  // ssim2d_gradient_cpu_test, and the difference's own error
  }
}

TEST(masked_ssim_cpu, identical_images_score_exactly_1_without_gradient) {
  for (const MaskedOptions& options : {MaskedOptions{}, values_alone(MaskedOptions{})})
    expect_exactly_1_of_identical_images(run_masked<float>, options);
}

TEST(masked_ssim_cpu, gradients_are_right_where_a_mask_fades_out) {
  expect_right_gradients_where_a_mask_fades_out(run_masked<float>);
}

TEST(masked_ssim_cpu, weights_of_any_size_count_by_their_ratios) {
  expect_weights_of_any_size_to_count(run_masked<float>);
}

TEST(masked_ssim_cpu, weights_that_are_not_above_0_and_channels_that_show_nothing) {
  expect_weights_not_above_0_to_count_as_0(run_masked<float>);
}

TEST(masked_ssim_cpu, a_NaN_that_is_seen_makes_the_score_of_its_channel_NaN) {
  const Shape shape{1, 2, 40, 40};
  auto x = make_image<float>(shape, noisy_scene);
  x.at(0, 1, 20, 25) = std::numeric_limits<float>::quiet_NaN();
  const MaskedOutput out = run_masked(x, make_image<float>(shape, scene), make_image<float>(shape, ones));
  EXPECT_FALSE(std::isnan(out.scores[0]));
  EXPECT_TRUE(std::isnan(out.scores[1]));
  EXPECT_TRUE(std::isnan(out.x_gradient.at(0, 1, 20, 25)));
  EXPECT_FALSE(std::isnan(out.x_gradient.at(0, 1, 20, 36)));
}

TEST(masked_ssim_cpu, an_outlier_moves_no_gradient_that_its_windows_do_not_reach) {
  const Shape shape{1, 1, 70, 125};
  const auto y = make_image<float>(shape, scene);
  for (const PixelFormula& formula : {PixelFormula(soft_mask), PixelFormula(ones)}) {
    const auto mask = make_image<float>(shape, formula);
    auto x = make_image<float>(shape, noisy_scene);
    const MaskedOutput clean = run_masked(x, y, mask);
    x.at(0, 0, 20, 15) = 1e6f;
    const MaskedOutput out = run_masked(x, y, mask);
    EXPECT_LE(relative_rms_beyond(out.x_gradient, clean.x_gradient, 20, 15, 10), 2e-6);
    EXPECT_LE(relative_rms_beyond(out.y_gradient, clean.y_gradient, 20, 15, 10), 2e-6);
  }
}

TEST(masked_ssim_cpu, memory_layout_and_thread_count_do_not_change_a_bit) {
  const Shape shape{2, 3, 70, 150};
  const MaskedOutput first = run_masked(make_image<float>(shape, noisy_scene),
                                        make_image<float>(shape, scene), make_image<float>(shape, soft_mask));
  for (const Memory& layout :
       {Memory{.row_padding = 5}, Memory{.column_step = 2}, Memory{.interleaved = true}}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
    const MaskedOutput out =
        run_masked(make_image<float>(shape, noisy_scene, layout), make_image<float>(shape, scene, layout),
                   make_image<float>(shape, soft_mask, layout), {.output_layout = layout});
    EXPECT_EQ(out.scores, first.scores);
    for (int n = 0; n < shape.batch; ++n)
      for (int c = 0; c < shape.channels; ++c)
        for (int row = 0; row < shape.height; ++row)
          for (int column = 0; column < shape.width; ++column) {
            ASSERT_EQ(out.map.at(n, c, row, column), first.map.at(n, c, row, column));
            ASSERT_EQ(out.x_gradient.at(n, c, row, column), first.x_gradient.at(n, c, row, column));
            ASSERT_EQ(out.y_gradient.at(n, c, row, column), first.y_gradient.at(n, c, row, column));
          }
  }
}

}  // namespace
}  // namespace fg::test
