// The CUDA kernel's arithmetic, thread by thread on the host: its terms, added in raster order, have the bits
// of the oracle.

#include "kernels/ssim/integer_ssim_tile.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/kernels/ssim/integer_ssim_case.h"

namespace fg::test {
namespace {

namespace tile = integer_ssim::tile;

double tiled_score(const TestImage<std::uint8_t>& x, const TestImage<std::uint8_t>& y) {
  const int height = x.shape.height, width = x.shape.width;
  std::vector<double> terms(static_cast<std::size_t>(height) * static_cast<std::size_t>(width));
  const tile::Taps taps;
  const auto shared = std::make_unique<tile::Shared>();
  for (int row = 0; row < height; row += tile::kRows)
    for (int column = 0; column < width; column += tile::kColumns) {
      for (int t = 0; t < tile::kThreads; ++t)
        tile::load_codes(t, x.const_view().plane(0), y.const_view().plane(0), row, column, *shared);
      for (int t = 0; t < tile::kThreads; ++t) tile::filter_rows(t, taps, *shared);
      for (int t = 0; t < tile::kThreads; ++t) {
        int r = row + t / tile::kColumns * tile::kRowsPerWarp;
        const int c = column + t % tile::kColumns;
        tile::filter_columns(t, *shared, row, column, height, width, integer_ssim::constants(8),
                             [&](double term) {
                               ASSERT_LT(r, height);
                               if (c < width)
                                 terms[static_cast<std::size_t>(r) * static_cast<std::size_t>(width) +
                                       static_cast<std::size_t>(c)] = term;
                               ++r;
                             });
      }
    }
  double sum = 0;
  for (const double t : terms) sum += t;
  return sum / integer_ssim::weight_sum(height, width);
}

void expect_the_oracles_bits(Shape shape, const PixelFormula& x, const PixelFormula& y, Memory layout = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
  const auto a = make_codes<std::uint8_t>(shape, 8, x, layout), b = make_codes<std::uint8_t>(shape, 8, y);
  EXPECT_EQ(bits_of(tiled_score(a, b)), bits_of(oracle::integer_ssim(a.plane(0, 0), b.plane(0, 0), 8)));
}

TEST(integer_ssim_tile, odd_sizes_have_the_oracles_bits) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 1, 3, 5}, Shape{1, 1, 9, 9}, Shape{1, 1, 56, 32},
                             Shape{1, 1, 57, 33}, Shape{1, 1, 1, 100}, Shape{1, 1, 100, 1},
                             Shape{1, 1, 64, 40}, Shape{1, 1, 121, 131}, Shape{1, 1, 121, 132}}) {
    expect_the_oracles_bits(shape, noisy_scene, scene);
    expect_the_oracles_bits(shape, white_noise, inverted_noise);
  }
}

TEST(integer_ssim_tile, black_and_white_have_the_oracles_bits) {
  for (const double a : {0.0, 1.0})
    for (const double b : {0.0, 1.0})
      expect_the_oracles_bits(
          {1, 1, 60, 40}, [a](int, int, int, int) { return a; }, [b](int, int, int, int) { return b; });
}

TEST(integer_ssim_tile, strides_do_not_change_a_bit) {
  for (const Memory& layout : {Memory{.row_padding = 1}, Memory{.row_padding = 4}, Memory{.column_step = 3}})
    expect_the_oracles_bits({1, 1, 60, 72}, noisy_scene, scene, layout);
}

}  // namespace
}  // namespace fg::test
