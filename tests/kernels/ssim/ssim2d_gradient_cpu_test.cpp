#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/kernels/ssim/ssim2d_gradient_case.h"

namespace fg::test {
namespace {

// Of the root mean square of the gradient. What float32 loses in the sums of 121 terms and in the quotients: the
// worst of all cases below is 3e-6 in the mean (a smooth image with an offset) and 4e-5 in a single sample.
constexpr double kTolerance = 1e-5, kWorst = 1e-4;

template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options = {}) {
  const GradientOutput out = run_gradient_cpu(x, y, options);
  const GradientError error = gradient_error(x, y, options, out);
  EXPECT_LE(error.x, kTolerance);
  EXPECT_LE(error.y, kTolerance);
  EXPECT_LE(error.x_worst, kWorst);
  EXPECT_LE(error.y_worst, kWorst);
  // The value is the forward's.
  const SsimOutput forward = run_cpu(x, y, {.window = options.window, .padding = options.padding});
  EXPECT_NEAR(out.mean, forward.mean, 1e-7);
  for (std::size_t i = 0; i < out.scores.size(); ++i) EXPECT_NEAR(out.scores[i], forward.scores[i], 1e-7);
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c)
      for (int row = 0; row < forward.map.shape.height; ++row)
        for (int column = 0; column < forward.map.shape.width; ++column)
          ASSERT_NEAR(out.map.at(n, c, row, column), forward.map.at(n, c, row, column), 2e-6);
}

TEST(ssim2d_gradient_oracle, the_oracle_is_the_finite_difference_of_the_score) {
  for (const bool crop : {false, true}) {
    const oracle::SsimOptions options{.window = 7, .crop = crop};
    oracle::Plane x{13, 15, {}}, y{13, 15, {}}, weight{crop ? 7 : 13, crop ? 9 : 15, {}};
    for (int i = 0; i < 13 * 15; ++i) {
      x.value.push_back(noisy_scene(0, 0, i / 15, i % 15));
      y.value.push_back(scene(0, 1, i / 15, i % 15));
    }
    for (int i = 0; i < weight.height * weight.width; ++i)
      weight.value.push_back(random_weight(0, 0, i / weight.width, i % weight.width));
    const auto loss = [&] {
      const oracle::SsimResult result = oracle::ssim(x, y, options);
      double sum = 0;
      for (std::size_t i = 0; i < weight.value.size(); ++i) sum += weight.value[i] * result.map.value[i];
      return sum;
    };
    const oracle::SsimGradient gradient = oracle::ssim_gradient(x, y, weight, options);
    constexpr double kStep = 1e-5;
    for (auto [image, expected] : {std::pair{&x, &gradient.x}, std::pair{&y, &gradient.y}})
      for (std::size_t i = 0; i < image->value.size(); ++i) {
        const double value = image->value[i];
        image->value[i] = value + kStep;
        const double above = loss();
        image->value[i] = value - kStep;
        const double below = loss();
        image->value[i] = value;
        // The third derivative times step^2 / 6, and 1e-16 / step of rounding; gradients are of size 1.
        ASSERT_NEAR((above - below) / (2 * kStep), expected->value[i], 1e-6);
      }
  }
}

TEST(ssim2d_gradient_cpu, easy_and_hard_pairs_match_the_oracle) {
  for (const GradientPair& pair : gradient_pairs())
    for (const Padding padding : {Padding::same, Padding::valid}) {
      SCOPED_TRACE(std::string(pair.name) + (padding == Padding::same ? ", same" : ", valid"));
      const Shape shape{1, 2, 75, 130};
      const auto x = make_image<float>(shape, pair.x), y = make_image<float>(shape, pair.y);
      expect_like_oracle(x, y, {.padding = padding});
      expect_like_oracle(x, y, {.padding = padding, .mean_weight = 0, .map_weight = random_weight});
    }
}

TEST(ssim2d_gradient_cpu, odd_sizes_match_the_oracle) {
  for (const Shape& shape :
       {Shape{1, 1, 1, 1}, Shape{1, 3, 1, 200}, Shape{1, 1, 200, 1}, Shape{1, 1, 10, 10}, Shape{2, 3, 11, 11},
        Shape{1, 1, 12, 12}, Shape{1, 1, 10, 12}, Shape{1, 1, 11, 200}, Shape{1, 1, 64, 118},
        Shape{1, 1, 65, 119}, Shape{1, 1, 127, 257}}) {
    SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
    const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
    expect_like_oracle(x, y);
    if (shape.height >= 11 && shape.width >= 11) expect_like_oracle(x, y, {.padding = Padding::valid});
  }
}

TEST(ssim2d_gradient_cpu, every_window_and_padding_matches_the_oracle) {
  const auto x = make_image<float>({1, 2, 37, 141}, noisy_scene),
             y = make_image<float>({1, 2, 37, 141}, scene);
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      SCOPED_TRACE(window);
      expect_like_oracle(x, y, {.window = window, .padding = padding});
      const Shape smallest{1, 1, window, window};
      expect_like_oracle(make_image<float>(smallest, noisy_scene), make_image<float>(smallest, scene),
                         {.window = window, .padding = padding});
    }
}

TEST(ssim2d_gradient_cpu, weights_of_map_scores_mean_and_l1_add_up) {
  const Shape shape{2, 2, 30, 125};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    expect_like_oracle(x, y, {.padding = padding, .mean_weight = -0.2, .l1_weight = 0.8});
    expect_like_oracle(x, y, {.padding = padding, .mean_weight = 0, .score_weight = {1, -2, 0.5, 3}});
    expect_like_oracle(x, y, {.padding = padding, .mean_weight = 0, .l1_weight = 1});
    expect_like_oracle(x, y,
                       {.padding = padding,
                        .mean_weight = 40,
                        .l1_weight = 30,
                        .map_weight = random_weight,
                        .score_weight = {10, -20, 5, 30}});
  }
}

TEST(ssim2d_gradient_cpu, identical_images_have_exactly_no_gradient) {
  for (const PixelFormula& formula :
       {PixelFormula(scene), PixelFormula(wave), PixelFormula([](int, int, int, int) { return 0.0; })})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      const auto x = make_image<float>({1, 3, 70, 130}, formula),
                 y = make_image<float>({1, 3, 70, 130}, formula);
      const GradientOutput out = run_gradient_cpu(x, y, {.padding = padding, .l1_weight = 1});
      EXPECT_EQ(out.mean, 1.0);
      EXPECT_EQ(out.l1, 0.0);
      for (const float g : out.x_gradient.memory) ASSERT_EQ(g, 0.0f);
      for (const float g : out.y_gradient.memory) ASSERT_EQ(g, 0.0f);
    }
}

TEST(ssim2d_gradient_cpu, the_identical_part_of_an_image_has_no_gradient) {
  const auto x = make_image<float>({1, 1, 60, 110}, [](int n, int c, int y, int column) {
    return column < 50 ? scene(n, c, y, column) : 0.7 * scene(n, c, y, column) + 0.2;
  });
  const auto y = make_image<float>({1, 1, 60, 110}, scene);
  const GradientOutput out = run_gradient_cpu(x, y, {});
  for (int row = 0; row < 60; ++row)
    for (int column = 0; column < 110; ++column) {
      // A window centred in column 45 reaches column 50, and sample 40.
      const bool is_reached = column >= 40;
      ASSERT_EQ(out.x_gradient.at(0, 0, row, column) != 0, is_reached) << row << " " << column;
      ASSERT_EQ(out.y_gradient.at(0, 0, row, column) != 0, is_reached) << row << " " << column;
    }
  expect_like_oracle(x, y);
}

TEST(ssim2d_gradient_cpu, sixteen_bit_images_have_the_gradient_of_the_rounded_image) {
  const Shape shape{1, 2, 40, 130};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    for (const GradientPair& pair : gradient_pairs()) {
      if (std::string(pair.name).find("0.6") == 0) continue;  // the same number in 16 bits
      SCOPED_TRACE(pair.name);
      expect_like_oracle(make_image<T>(shape, pair.x), make_image<T>(shape, pair.y));
    }
  };
  check(Half{});
  check(BFloat16{});
}

TEST(ssim2d_gradient_cpu, a_data_range_of_255_matches_the_oracle) {
  const Shape shape{1, 1, 40, 130};
  const auto in_codes = [](const PixelFormula& formula) {
    return [=](int n, int c, int y, int x) { return 255 * formula(n, c, y, x); };
  };
  const auto x = make_image<float>(shape, in_codes(noisy_scene)),
             y = make_image<float>(shape, in_codes(scene));
  GradientCase<float> with(x, y, {});
  with.op.forward.c1 = 6.5025f;
  with.op.forward.c2 = 58.5225f;
  std::vector<double> scratch(cpu::ssim2d_gradient_scratch_bytes(with.op) / sizeof(double));
  cpu::ssim2d_gradient(with.op, {scratch.data(), scratch.size() * sizeof(double)});
  const GradientOutput unit =
      run_gradient_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), {});
  double error = 0, squares = 0;
  for (std::size_t i = 0; i < unit.x_gradient.memory.size(); ++i) {
    const double expected = static_cast<double>(unit.x_gradient.memory[i]);
    error += std::pow(255 * static_cast<double>(with.out.x_gradient.memory[i]) - expected, 2);
    squares += expected * expected;
  }
  EXPECT_LE(std::sqrt(error / squares), kTolerance);
}

TEST(ssim2d_gradient_cpu, memory_layout_does_not_change_a_bit) {
  const Shape shape{2, 3, 35, 140};
  const GradientOptions plain_options{.l1_weight = 0.1, .map_weight = random_weight};
  const GradientOutput plain =
      run_gradient_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), plain_options);
  for (const Memory& layout :
       {Memory{.row_padding = 13}, Memory{.column_step = 3}, Memory{.interleaved = true},
        Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}}) {
    GradientOptions options = plain_options;
    options.map_layout = options.gradient_layout = layout;
    const GradientOutput out = run_gradient_cpu(make_image<float>(shape, noisy_scene, layout),
                                                make_image<float>(shape, scene), options);
    EXPECT_EQ(out.scores, plain.scores);
    EXPECT_EQ(out.l1, plain.l1);
    std::size_t untouched = 0;
    for (const float g : out.x_gradient.memory) untouched += std::isnan(g);
    EXPECT_EQ(untouched, out.x_gradient.memory.size() - 2u * 3u * 35u * 140u);
    for (int n = 0; n < shape.batch; ++n)
      for (int c = 0; c < shape.channels; ++c)
        for (int row = 0; row < shape.height; ++row)
          for (int column = 0; column < shape.width; ++column) {
            ASSERT_EQ(out.map.at(n, c, row, column), plain.map.at(n, c, row, column));
            ASSERT_EQ(out.x_gradient.at(n, c, row, column), plain.x_gradient.at(n, c, row, column));
            ASSERT_EQ(out.y_gradient.at(n, c, row, column), plain.y_gradient.at(n, c, row, column));
          }
  }
}

TEST(ssim2d_gradient_cpu, each_output_can_be_left_out) {
  const Shape shape{1, 2, 70, 140};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const GradientOutput all = run_gradient_cpu(x, y, {.l1_weight = 0.3});
  const GradientOutput x_alone = run_gradient_cpu(x, y, {.l1_weight = 0.3, .wants_y = false});
  const GradientOutput y_alone = run_gradient_cpu(x, y, {.l1_weight = 0.3, .wants_x = false});
  EXPECT_EQ(x_alone.x_gradient.memory, all.x_gradient.memory);
  EXPECT_EQ(y_alone.y_gradient.memory, all.y_gradient.memory);
  GradientCase<float> bare(x, y, {.l1_weight = 0.3});
  bare.op.forward.map.data = nullptr;
  bare.op.forward.scores.data = nullptr;
  bare.op.forward.mean = nullptr;
  bare.op.l1 = nullptr;
  std::vector<double> scratch(cpu::ssim2d_gradient_scratch_bytes(bare.op) / sizeof(double));
  cpu::ssim2d_gradient(bare.op, {scratch.data(), scratch.size() * sizeof(double)});
  EXPECT_EQ(bare.out.x_gradient.memory, all.x_gradient.memory);
}

TEST(ssim2d_gradient_cpu, a_NaN_or_Inf_spoils_what_its_windows_touch_and_nothing_else) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = make_image<float>({1, 2, 60, 90}, noisy_scene), y = make_image<float>({1, 2, 60, 90}, scene);
    const GradientOutput clean = run_gradient_cpu(x, y, {});
    x.at(0, 1, 20, 30) = bad;
    const GradientOutput out = run_gradient_cpu(x, y, {});
    EXPECT_EQ(out.scores[0], clean.scores[0]);
    EXPECT_TRUE(std::isnan(out.scores[1]));
    for (int row = 0; row < 60; ++row)
      for (int column = 0; column < 90; ++column) {
        EXPECT_EQ(out.x_gradient.at(0, 0, row, column), clean.x_gradient.at(0, 0, row, column));
        // A window that reaches the bad sample is centred at most 5 away from it, and reaches 5 further.
        const bool is_touched = std::abs(row - 20) <= 10 && std::abs(column - 30) <= 10;
        ASSERT_EQ(std::isnan(out.x_gradient.at(0, 1, row, column)), is_touched) << row << " " << column;
        ASSERT_EQ(std::isnan(out.y_gradient.at(0, 1, row, column)), is_touched) << row << " " << column;
      }
  }
}

TEST(ssim2d_gradient_cpu, an_outlier_moves_no_gradient_that_its_windows_do_not_reach) {
  for (const Shape& shape : {Shape{1, 1, 60, 90}, Shape{1, 1, 130, 250}, Shape{1, 1, 24, 60}})
    for (const float outlier : {1e6f, -1e9f, 1e15f}) {
      SCOPED_TRACE(outlier);
      auto x = make_image<float>(shape, noisy_scene);
      const auto y = make_image<float>(shape, scene);
      const GradientOutput clean = run_gradient_cpu(x, y, {});
      x.at(0, 0, 20, 30) = outlier;
      const GradientOutput out = run_gradient_cpu(x, y, {});
      // A window that sees it is centred at most 5 away from it, and reaches 5 further.
      EXPECT_LE(relative_rms_beyond(out.x_gradient, clean.x_gradient, 20, 30, 10), 2e-6);
      EXPECT_LE(relative_rms_beyond(out.y_gradient, clean.y_gradient, 20, 30, 10), 2e-6);
    }
}

TEST(ssim2d_gradient_cpu, the_thread_count_does_not_change_a_bit) {
  const Shape shape{2, 3, 200, 300};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const GradientOptions options{.l1_weight = 0.5, .map_weight = random_weight};
  const GradientOutput first = run_gradient_cpu(x, y, options);
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const GradientOutput out = run_gradient_cpu(x, y, options);
    EXPECT_EQ(out.scores, first.scores);
    EXPECT_EQ(out.mean, first.mean);
    EXPECT_EQ(out.l1, first.l1);
    EXPECT_EQ(out.x_gradient.memory, first.x_gradient.memory);
    EXPECT_EQ(out.y_gradient.memory, first.y_gradient.memory);
  }
}

}  // namespace
}  // namespace fg::test
