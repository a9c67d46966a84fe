#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <random>

#include "kernels/ssim/integer_ssim_math.h"
#include "tests/kernels/ssim/integer_ssim_case.h"

namespace fg::test {
namespace {

template <class T>
void expect_the_oracles_bits(const TestImage<T>& x, const TestImage<T>& y, int bits) {
  const IntegerOutput out = run_integer_cpu(x, y, bits);
  double total = 0;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const double expected = oracle::integer_ssim(x.plane(n, c), y.plane(n, c), bits);
      EXPECT_EQ(bits_of(out.scores[static_cast<std::size_t>(n * x.shape.channels + c)]), bits_of(expected))
          << bits << " bits, expected " << expected;
      total += expected;
    }
  EXPECT_EQ(bits_of(out.mean), bits_of(total / (x.shape.batch * x.shape.channels)));
}

void expect_the_oracles_bits_at_every_depth(Shape shape, const PixelFormula& x, const PixelFormula& y) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
  expect_the_oracles_bits(make_codes<std::uint8_t>(shape, 8, x), make_codes<std::uint8_t>(shape, 8, y), 8);
  for (const int bits : {8, 9, 10, 12, 16})
    expect_the_oracles_bits(make_codes<std::uint16_t>(shape, bits, x),
                            make_codes<std::uint16_t>(shape, bits, y), bits);
}

TEST(integer_ssim_cpu, odd_sizes_have_the_oracles_bits) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 2, 1, 200}, Shape{1, 1, 200, 1}, Shape{1, 1, 3, 5},
                             Shape{1, 1, 4, 8}, Shape{1, 1, 8, 4}, Shape{2, 1, 9, 9}, Shape{1, 1, 7, 130},
                             Shape{3, 1, 17, 16}, Shape{1, 1, 65, 129}, Shape{1, 1, 127, 257}})
    expect_the_oracles_bits_at_every_depth(shape, noisy_scene, scene);
}

TEST(integer_ssim_cpu, noise_and_its_inverse_have_the_oracles_bits) {
  expect_the_oracles_bits_at_every_depth({1, 1, 70, 140}, white_noise, other_white_noise);
  expect_the_oracles_bits_at_every_depth({1, 1, 70, 140}, white_noise, inverted_noise);
}

TEST(integer_ssim_cpu, constant_planes_have_the_oracles_bits) {
  for (const double a : {0.0, 0.04, 0.5, 1.0})
    for (const double b : {0.0, 1.0})
      expect_the_oracles_bits_at_every_depth(
          {1, 1, 40, 50}, [a](int, int, int, int) { return a; }, [b](int, int, int, int) { return b; });
}

TEST(integer_ssim_cpu, identical_planes_score_exactly_1) {
  for (const int bits : {8, 10, 12}) {  // the reference's 16 bits round: W x2 has more than 53 bits
    const auto x = make_codes<std::uint16_t>({1, 2, 65, 130}, bits, scene);
    EXPECT_EQ(run_integer_cpu(x, x, bits).mean, 1.0);
  }
}

TEST(integer_ssim_cpu, a_plane_of_several_bands_has_the_oracles_bits) {
  // 2^20 terms are added in one go: 1100 rows of 1000 are two bands.
  const Shape shape{1, 1, 1100, 1000};
  expect_the_oracles_bits(make_codes<std::uint8_t>(shape, 8, noisy_scene),
                          make_codes<std::uint8_t>(shape, 8, scene), 8);
}

TEST(integer_ssim_cpu, memory_layout_does_not_change_a_bit) {
  const Shape shape{2, 3, 35, 140};
  const auto check = [&](auto sample, int bits) {
    using T = decltype(sample);
    const auto y = make_codes<T>(shape, bits, scene);
    const IntegerOutput plain = run_integer_cpu(make_codes<T>(shape, bits, noisy_scene), y, bits);
    for (const Memory& layout : {Memory{.row_padding = 13}, Memory{.column_step = 2},
                                 Memory{.column_step = 5}, Memory{.interleaved = true, .extra_channels = 1}})
      EXPECT_EQ(run_integer_cpu(make_codes<T>(shape, bits, noisy_scene, layout), y, bits).scores,
                plain.scores);
  };
  check(std::uint8_t{}, 8);
  check(std::uint16_t{}, 10);
}

TEST(integer_ssim_cpu, the_thread_count_does_not_change_a_bit) {
  const auto x = make_codes<std::uint8_t>({1, 1, 700, 1000}, 8, noisy_scene),
             y = make_codes<std::uint8_t>({1, 1, 700, 1000}, 8, scene);
  const IntegerOutput first = run_integer_cpu(x, y, 8);
  for (const std::size_t threads : {1u, 3u, 8u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    EXPECT_EQ(bits_of(run_integer_cpu(x, y, 8).mean), bits_of(first.mean));
  }
}

TEST(integer_ssim_cpu, each_output_can_be_left_out) {
  const auto x = make_codes<std::uint8_t>({1, 2, 30, 40}, 8, noisy_scene),
             y = make_codes<std::uint8_t>({1, 2, 30, 40}, 8, scene);
  const IntegerOutput all = run_integer_cpu(x, y, 8);
  IntegerSsim<std::uint8_t> op = make_integer_op(x, y, 8);
  std::vector<double> scratch(cpu::integer_ssim_scratch_bytes(op) / sizeof(double)), scores(2);
  double mean = 0;
  op.mean = &mean;
  cpu::integer_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
  EXPECT_EQ(mean, all.mean);
  op.mean = nullptr;
  op.scores = {scores.data(), 2, 1, 1, 1};
  cpu::integer_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
  EXPECT_EQ(scores, all.scores);
}

TEST(integer_ssim_math, weights_are_those_of_the_taps_inside) {
  for (int height = 1; height < 24; ++height)
    for (const int width : {1, 4, 8, 9, 30}) {
      double sum = 0;
      for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column)
          sum += integer_ssim::weight_along(row, height) * integer_ssim::weight_along(column, width);
      EXPECT_EQ(integer_ssim::weight_sum(height, width), sum);
    }
  EXPECT_EQ(integer_ssim::weight_along(4, 9), 256);
}

TEST(integer_ssim_math, four_moments_of_8_bit_codes_give_the_bits_of_five) {
  std::mt19937 random(3);
  for (int repeat = 0; repeat < 20000; ++repeat) {
    // A window of random codes in a random range, so that variances of all sizes occur.
    const int low = static_cast<int>(random() % 256),
              span = static_cast<int>(random() % (256u - static_cast<unsigned>(low))) + 1;
    const int rows = 5 + static_cast<int>(random() % 5), columns = 5 + static_cast<int>(random() % 5);
    integer_ssim::Moments five{};
    std::int64_t a = 0, b = 0, squares = 0, ab = 0, w = 0;
    for (int j = -4; j < rows - 4; ++j)
      for (int i = -4; i < columns - 4; ++i) {
        const int x = low + static_cast<int>(random() % static_cast<unsigned>(span));
        const int y = low + static_cast<int>(random() % static_cast<unsigned>(span));
        const int tap = integer_ssim::tap(i) * integer_ssim::tap(j);
        five.x += tap * x;
        five.y += tap * y;
        five.xx += tap * x * x;
        five.yy += tap * y * y;
        five.xy += tap * x * y;
        a += tap * (x - 128);
        b += tap * (y - 128);
        squares += tap * ((x - 128) * (x - 128) + (y - 128) * (y - 128));
        ab += tap * ((x - 128) * (y - 128));
        w += tap;
      }
    const integer_ssim::Moments8 four{static_cast<double>(a), static_cast<double>(b),
                                      static_cast<std::uint32_t>(squares), static_cast<std::int32_t>(ab)};
    ASSERT_EQ(four.squares, squares);
    const double weight = static_cast<double>(w);
    const integer_ssim::Constants k = integer_ssim::weighted(integer_ssim::constants(8), weight);
    ASSERT_EQ(bits_of(integer_ssim::term(four, weight, k)), bits_of(integer_ssim::term(five, weight, k)));
  }
}

}  // namespace
}  // namespace fg::test
