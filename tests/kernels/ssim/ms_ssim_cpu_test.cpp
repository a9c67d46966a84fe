#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <vector>

#include "assets/golden/ms_ssim_golden.h"
#include "tests/kernels/ssim/golden_images.h"
#include "tests/kernels/ssim/ms_ssim_case.h"

namespace fg::test {
namespace {

// The bound of the scores of single levels (ssim2d_cpu_test), whose powers sum to about 1.
constexpr double kTolerance = 2e-6;

TEST(ms_ssim_cpu, golden_images_have_their_golden_scores) {
  for (const golden::MsSsim& golden : golden::kMsSsim) {
    SCOPED_TRACE(std::to_string(golden.height) + "x" + std::to_string(golden.width) + " levels " +
                 std::to_string(golden.levels));
    MsOptions options{.window = golden.window, .levels = golden.levels};
    if (golden.equal_weights)
      options.weights.assign(static_cast<std::size_t>(golden.levels), 1.0 / golden.levels);
    const auto check = [&](auto sample) {
      using T = decltype(sample);
      const auto x = golden_image<T>(golden.height, golden.width, golden.channel, test_code),
                 y = golden_image<T>(golden.height, golden.width, golden.channel, reference_code);
      EXPECT_NEAR(run_ms(x, y, values_alone(options)).mean, golden.score, kTolerance);
      // The oracle and the script are two programs of the same definition, both in double.
      if (sizeof(T) == 1) {
        EXPECT_NEAR(oracle_score(x.plane(0, 0), y.plane(0, 0), options, 255), golden.score, 1e-12);
      }
    };
    check(float{});
    check(std::uint8_t{});
  }
}

TEST(ms_ssim_cpu, channels_and_images_are_scored_on_their_own) {
  const Shape shape{2, 3, 50, 61};
  const MsOptions options{.window = 7, .levels = 3};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MsOutput out = run_ms(x, y, options);
  double total = 0;
  for (int n = 0; n < 2; ++n)
    for (int c = 0; c < 3; ++c) {
      const double expected = oracle_score(x.plane(n, c), y.plane(n, c), options);
      EXPECT_NEAR(out.scores[static_cast<std::size_t>(n * 3 + c)], expected, kTolerance);
      total += expected;
    }
  EXPECT_NEAR(out.mean, total / 6, kTolerance);
}

TEST(ms_ssim_cpu, one_level_of_weight_1_is_SSIM) {
  const Shape shape{1, 2, 40, 45};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MsOutput out = run_ms(x, y, {.levels = 1, .weights = {1}});
  const GradientOutput ssim = run_gradient_cpu(x, y, {.padding = Padding::valid, .mean_weight = 1});
  EXPECT_NEAR(out.mean, ssim.mean,
              1e-7);  // far from 1 a level's terms are rounded elsewhere (contrast_math.h)
  EXPECT_EQ(out.x_gradient.memory, ssim.x_gradient.memory);
  EXPECT_EQ(out.y_gradient.memory, ssim.y_gradient.memory);
}

TEST(ms_ssim_cpu, the_gradient_is_the_finite_difference_of_the_oracle) {
  struct Case {
    int height, width;
    MsOptions options;
    int every;         // n-th sample
    double amplitude;  // of the difference
    double step = 2e-5;
  };
  const Case cases[] = {{26, 31, {.window = 7, .levels = 2}, 3, 1},
                        {31, 33, {.window = 7, .levels = 3}, 3, 1},
                        {45, 47, {.window = 11, .levels = 3, .weights = {0.2, 0.3, 0.5}}, 23, 1},
                        {30, 32, {.window = 7, .levels = 3}, 5, 0.02},
                        // A score of nearly 1 leaves few digits to a smaller step.
                        {92, 95, {.window = 11, .levels = 4}, 661, 1e-3, 2e-4}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.height) + "x" + std::to_string(c.width));
    const Shape shape{1, 1, c.height, c.width};
    const auto x = make_image<float>(
                   shape,
                   [&](int n, int ch, int row, int column) {
                     return scene(n, ch, row, column) +
                            c.amplitude * (noisy_scene(n, ch, row, column) - scene(n, ch, row, column));
                   }),
               y = make_image<float>(shape, scene);
    const MsOutput out = run_ms(x, y, c.options);
    oracle::Plane px = x.plane(0, 0), py = y.plane(0, 0);
    double error = 0, size = 0;
    for (const auto& [plane, gradient] : {std::pair{&px, &out.x_gradient}, std::pair{&py, &out.y_gradient}})
      for (std::size_t i = 0; i < plane->value.size(); i += static_cast<std::size_t>(c.every)) {
        const double value = plane->value[i];
        const auto difference = [&](double step) {
          plane->value[i] = value + step;
          const double above = oracle_score(px, py, c.options);
          plane->value[i] = value - step;
          const double below = oracle_score(px, py, c.options);
          plane->value[i] = value;
          return (above - below) / (2 * step);
        };
        const double expected = (4 * difference(c.step) - difference(2 * c.step)) / 3;  // Richardson
        error += std::pow(expected - static_cast<double>(gradient->memory[i]), 2);
        size += expected * expected;
      }
    EXPECT_LE(std::sqrt(error / size),
              1e-5);  // float32 (ssim2d_gradient_cpu_test), and the difference's own error
  }
}

TEST(ms_ssim_cpu, score_weights_and_the_mean_weight_add_up) {
  const Shape shape{2, 2, 30, 32};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const MsOutput by_mean = run_ms(x, y, {.window = 7, .levels = 2});
  const MsOutput by_both =
      run_ms(x, y, {.window = 7, .levels = 2, .mean_weight = 0.5, .score_weight = {.125, .125, .125, .125}});
  EXPECT_EQ(by_both.x_gradient.memory, by_mean.x_gradient.memory);
  EXPECT_EQ(by_both.y_gradient.memory, by_mean.y_gradient.memory);
}

TEST(ms_ssim_cpu, identical_images_score_exactly_1_without_gradient) {
  expect_exactly_1_of_identical_images(run_ms<float>);
}

TEST(ms_ssim_cpu, a_level_that_is_not_above_0_scores_0_with_a_gradient_of_0) {
  expect_no_gradient_of_a_level_that_is_not_above_0(run_ms<float>);
}

TEST(ms_ssim_cpu, a_NaN_or_Inf_makes_its_channel_NaN_and_no_other) {
  expect_a_NaN_or_Inf_to_spoil_its_channel_alone(run_ms<float>);
}

TEST(ms_ssim_cpu, memory_layout_dtype_and_thread_count_do_not_change_a_bit) {
  const Shape shape{2, 3, 61, 150};
  const MsOptions options{.levels = 3};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    const auto x = make_image<T>(shape, noisy_scene), y = make_image<T>(shape, scene);
    const auto float_of = [&](const TestImage<T>& image, Memory layout) {
      return make_image<float>(
          shape,
          [&](int n, int c, int row, int column) {
            return static_cast<double>(to_float(image.at(n, c, row, column)));
          },
          layout);
    };
    const MsOutput first = run_ms(x, y, options);
    for (const Memory& layout : {Memory{.row_padding = 5}, Memory{.interleaved = true}}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
      const MsOutput out =
          run_ms(float_of(x, layout), float_of(y, {}), {.levels = 3, .gradient_layout = layout});
      EXPECT_EQ(out.scores, first.scores);
      for (int n = 0; n < shape.batch; ++n)
        for (int c = 0; c < shape.channels; ++c)
          for (int row = 0; row < shape.height; ++row)
            for (int column = 0; column < shape.width; ++column)
              ASSERT_EQ(out.x_gradient.at(n, c, row, column), first.x_gradient.at(n, c, row, column));
    }
  };
  check(float{});
  check(Half{});
  check(BFloat16{});
}

}  // namespace
}  // namespace fg::test
