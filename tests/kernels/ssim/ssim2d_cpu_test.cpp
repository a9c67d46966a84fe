#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {
namespace {

// Scores: the accuracy that is promised. Map: float32 sums of 121 terms about a sample of the window, then a
// quotient whose denominator is at least 2 c2; the worst of all cases below is 6e-7.
constexpr Tolerance kTolerance{1e-6, 2e-6};

template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options = {},
                        Tolerance tolerance = kTolerance) {
  const SsimOutput out = run_cpu(x, y, options);
  const Tolerance error = errors_against_oracle(x, y, options, out);
  EXPECT_LE(error.score, tolerance.score);
  EXPECT_LE(error.map, tolerance.map);
}

TEST(ssim2d_cpu, odd_sizes_match_the_oracle) {
  const Shape shapes[] = {{1, 1, 1, 1},    {1, 3, 1, 200}, {1, 1, 200, 1}, {1, 1, 7, 200},  {1, 1, 200, 7},
                          {2, 3, 11, 11},  {1, 3, 16, 16}, {1, 3, 17, 17}, {1, 1, 33, 65},  {2, 2, 64, 128},
                          {1, 2, 65, 129}, {1, 1, 10, 12}, {1, 1, 31, 33}, {1, 1, 127, 257}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
    expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene));
    expect_like_oracle(make_image<std::uint8_t>(shape, noisy_scene), make_image<std::uint8_t>(shape, scene));
  }
}

TEST(ssim2d_cpu, every_window_and_padding_matches_the_oracle) {
  const Shape shape{1, 2, 37, 141};
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      SCOPED_TRACE(window);
      expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
                         {.window = window, .padding = padding});
      expect_like_oracle(make_image<std::uint8_t>(shape, noisy_scene), make_image<std::uint8_t>(shape, scene),
                         {.window = window, .padding = padding});
    }
}

TEST(ssim2d_cpu, an_image_as_large_as_the_window_has_one_valid_result) {
  for (const int window : {7, 9, 11}) {
    const Shape shape{1, 1, window, window};
    const SsimOptions options{.window = window, .padding = Padding::valid};
    const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
    const SsimOutput out = run_cpu(x, y, options);
    EXPECT_EQ(out.map.memory.size(), 1u);
    EXPECT_EQ(out.mean, static_cast<double>(out.map.memory[0]));
    expect_like_oracle(x, y, options);
  }
}

TEST(ssim2d_cpu, identical_images_score_exactly_1) {
  const auto x = make_image<float>({2, 3, 65, 130}, scene), y = make_image<float>({2, 3, 65, 130}, scene);
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      const SsimOutput out = run_cpu(x, y, {.window = window, .padding = padding});
      EXPECT_EQ(out.mean, 1.0);
      for (const double score : out.scores) EXPECT_EQ(score, 1.0);
      for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
    }
}

TEST(ssim2d_cpu, constant_images_match_the_closed_form) {
  const auto half = make_image<float>({1, 1, 40, 50}, [](int, int, int, int) { return 0.5; });
  const auto dark = make_image<float>({1, 1, 40, 50}, [](int, int, int, int) { return 0.2; });
  const SsimOutput out = run_cpu(half, dark, {.padding = Padding::valid});
  const double expected = (2 * 0.5 * 0.2 + 1e-4) / (0.5 * 0.5 + 0.2 * 0.2 + 1e-4);  // no variance at all
  EXPECT_NEAR(out.mean, expected, 2e-7);  // 0.2 and the quotient in float32
  expect_like_oracle(half, dark);
}

TEST(ssim2d_cpu, nearly_equal_constants_score_within_float_of_1_and_never_above) {
  const auto x = make_image<float>({1, 1, 64, 64}, [](int, int, int, int) { return 0.6; });
  const auto y = make_image<float>({1, 1, 64, 64}, [](int, int, int, int) { return 0.6 + 1e-7; });
  const SsimOutput out = run_cpu(x, y, {});
  for (const float m : out.map.memory) {
    ASSERT_LE(m, 1.0f);
    ASSERT_NEAR(m, 1.0f, 1.2e-7f);  // one step of float below 1 for each of the two quotients
  }
}

TEST(ssim2d_cpu, black_against_white_is_the_luminance_constant) {
  const auto black = make_image<float>({1, 1, 30, 30}, [](int, int, int, int) { return 0.0; });
  const auto white = make_image<float>({1, 1, 30, 30}, [](int, int, int, int) { return 1.0; });
  const SsimOutput out = run_cpu(black, white, {.padding = Padding::valid});
  EXPECT_NEAR(out.mean, 1e-4 / (1 + 1e-4), 1e-7);
  expect_like_oracle(black, white);
  expect_like_oracle(make_image<std::uint8_t>({1, 1, 30, 30}, [](int, int, int, int) { return 0.0; }),
                     make_image<std::uint8_t>({1, 1, 30, 30}, [](int, int, int, int) { return 1.0; }));
}

TEST(ssim2d_cpu, grain_beside_a_hard_edge_keeps_its_accuracy) {
  const Shape shape{1, 1, 96, 140};
  expect_like_oracle(make_image<float>(shape, step_with_grain),
                     make_image<float>(shape, step_with_other_grain));
}

TEST(ssim2d_cpu, a_NaN_or_Inf_makes_only_its_channel_NaN) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()})
    for (const bool in_both : {false, true}) {
      auto x = make_image<float>({2, 3, 40, 150}, noisy_scene), y = make_image<float>({2, 3, 40, 150}, scene);
      const SsimOutput clean = run_cpu(x, y, {});
      x.at(1, 2, 39, 149) = bad;
      if (in_both) y.at(1, 2, 39, 149) = bad;
      const SsimOutput out = run_cpu(x, y, {});
      for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(out.scores[i], clean.scores[i]);
      EXPECT_TRUE(std::isnan(out.scores[5]));
      EXPECT_TRUE(std::isnan(out.mean));
      EXPECT_TRUE(std::isnan(out.map.at(1, 2, 34, 144)));  // the window just reaches it
      EXPECT_EQ(out.map.at(1, 2, 33, 144), clean.map.at(1, 2, 33, 144));
    }
}

TEST(ssim2d_cpu, memory_layout_does_not_change_a_bit) {
  const Shape shape{2, 3, 35, 140};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    const SsimOutput plain = run_cpu(make_image<T>(shape, noisy_scene), make_image<T>(shape, scene), {});
    const Memory layouts[] = {{.row_padding = 13},
                              {.column_step = 3},
                              {.column_step = 4},
                              {.interleaved = true},
                              {.interleaved = true, .extra_channels = 1},
                              {.interleaved = true, .extra_channels = 1, .row_padding = 9}};
    for (const Memory& layout : layouts) {
      const auto x = make_image<T>(shape, noisy_scene, layout);
      // Both alike, and each against a compact partner.
      const SsimOutput both = run_cpu(x, make_image<T>(shape, scene, layout), {.map_layout = layout});
      const SsimOutput mixed = run_cpu(x, make_image<T>(shape, scene), {});
      EXPECT_EQ(both.scores, plain.scores);
      EXPECT_EQ(mixed.scores, plain.scores);
      for (int n = 0; n < shape.batch; ++n)
        for (int c = 0; c < shape.channels; ++c)
          for (int row = 0; row < shape.height; ++row)
            for (int column = 0; column < shape.width; ++column)
              ASSERT_EQ(both.map.at(n, c, row, column), plain.map.at(n, c, row, column));
    }
  };
  check(float{});
  check(std::uint8_t{});
}

// The image with every sample as the float that it stands for.
template <class T>
TestImage<float> widened(const TestImage<T>& image) {
  return make_image<float>(image.shape, [&](int n, int c, int y, int x) {
    return static_cast<double>(to_float(image.at(n, c, y, x)));
  });
}

TEST(ssim2d_cpu, sixteen_bit_images_score_to_the_bit_as_floats_of_the_same_values) {
  const Shape shape{2, 3, 35, 141};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    // From subnormal numbers to large ones, of both signs.
    const PixelFormula formulas[] = {noisy_scene, [](int n, int c, int y, int x) {
                                       return std::ldexp(scene(n, c, y, x) - 0.5, (x + y) % 40 - 28);
                                     }};
    for (const PixelFormula& formula : formulas)
      for (const Memory& layout : {Memory{}, Memory{.column_step = 3}, Memory{.interleaved = true}}) {
        const auto x = make_image<T>(shape, formula, layout), y = make_image<T>(shape, scene, layout);
        const SsimOutput out = run_cpu(x, y, {}), expected = run_cpu(widened(x), widened(y), {});
        EXPECT_EQ(out.scores, expected.scores);
        EXPECT_EQ(out.map.memory, expected.map.memory);
        EXPECT_FALSE(std::isnan(out.mean));
      }
    expect_like_oracle(make_image<T>(shape, noisy_scene), make_image<T>(shape, scene));
  };
  check(Half{});
  check(BFloat16{});
}

TEST(ssim2d_cpu, a_sixteen_bit_NaN_or_Inf_makes_only_its_channel_NaN) {
  const auto check = [&](auto sample, std::initializer_list<std::uint16_t> bad) {
    using T = decltype(sample);
    for (const std::uint16_t bits : bad) {
      auto x = make_image<T>({1, 2, 40, 150}, noisy_scene), y = make_image<T>({1, 2, 40, 150}, scene);
      x.at(0, 1, 20, 70) = T{bits};
      const SsimOutput out = run_cpu(x, y, {});
      EXPECT_FALSE(std::isnan(out.scores[0]));
      EXPECT_TRUE(std::isnan(out.scores[1])) << bits;
    }
  };
  check(Half{}, {0x7C00, 0xFC00, 0x7C01, 0xFE00});
  check(BFloat16{}, {0x7F80, 0xFF80, 0x7F81, 0xFFC0});
}

TEST(ssim2d_cpu, a_padded_map_is_written_at_its_pixels_alone) {
  const Shape shape{1, 3, 20, 30};
  const SsimOutput out =
      run_cpu(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene),
              {.map_layout = {.interleaved = true, .extra_channels = 1, .row_padding = 5}});
  std::size_t untouched = 0;
  for (const float v : out.map.memory) untouched += std::isnan(v);
  EXPECT_EQ(untouched, out.map.memory.size() - 3u * 20u * 30u);
}

TEST(ssim2d_cpu, each_output_can_be_left_out) {
  const Shape shape{2, 2, 70, 140};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const SsimOutput all = run_cpu(x, y, {});
  Ssim2d<float> op = make_op(x, y, {});
  std::vector<double> scratch(cpu::ssim2d_scratch_bytes(op) / sizeof(double)), scores(4);
  double mean = 0;
  op.mean = &mean;
  cpu::ssim2d(op, {scratch.data(), scratch.size() * sizeof(double)});
  EXPECT_EQ(mean, all.mean);
  op.mean = nullptr;
  op.scores = {scores.data(), 2, 2, 2, 1};
  cpu::ssim2d(op, {scratch.data(), scratch.size() * sizeof(double)});
  EXPECT_EQ(scores, all.scores);
}

TEST(ssim2d_cpu, the_thread_count_does_not_change_a_bit) {
  const Shape shape{2, 3, 200, 300};
  const auto x = make_image<float>(shape, noisy_scene), y = make_image<float>(shape, scene);
  const SsimOutput first = run_cpu(x, y, {});
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    for (int run = 0; run < 3; ++run) {
      const SsimOutput out = run_cpu(x, y, {});
      EXPECT_EQ(out.scores, first.scores);
      EXPECT_EQ(out.mean, first.mean);
      EXPECT_EQ(out.map.memory, first.map.memory);
    }
  }
}

}  // namespace
}  // namespace fg::test
