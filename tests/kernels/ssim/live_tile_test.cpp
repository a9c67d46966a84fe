// The live kernel's tiles on the host, lane by lane: which lane holds what of the matrices, the scales, the numerics, against
// the oracle, without a GPU. The products of matrices that tensor cores make for a warp are made here from the fragments
// of its 32 lanes. What only a GPU has (histogram, stores, sums over blocks) is tested in tests/gpu.

#include "kernels/ssim/live_tile.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "tests/kernels/ssim/live_case.h"
#include "tests/kernels/ssim/live_cover.h"

namespace fg::test {
namespace {

constexpr int kLanes = 32;
template <class T>
using Warp = std::array<T, kLanes>;

float part(HalfPair pair, int i) { return i == 0 ? first_of(pair) : second_of(pair); }

// c + a b, with a of 16 x 16 and b of 16 x 8 (mma.h), rounded to float once.
Warp<MatrixD> multiply_add(const Warp<MatrixA16>& a, const Warp<MatrixB16>& b, const Warp<MatrixD>& c) {
  double left[16][16], right[16][8];
  for (int lane = 0; lane < kLanes; ++lane) {
    const int g = lane / 4, t = lane % 4;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 2; ++j)
        left[g + 8 * (i % 2)][2 * t + 8 * (i / 2) + j] = static_cast<double>(part(a[lane].pair[i], j));
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j) right[2 * t + 8 * i + j][g] = static_cast<double>(part(b[lane].pair[i], j));
  }
  Warp<MatrixD> d;
  for (int lane = 0; lane < kLanes; ++lane)
    for (int i = 0; i < 4; ++i) {
      const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      double sum = static_cast<double>(c[lane].value[i]);
      for (int k = 0; k < 16; ++k) sum += left[row][k] * right[k][column];
      d[lane].value[i] = static_cast<float>(sum);
    }
  return d;
}

template <class Make>
auto for_lanes(const Make& make) {
  Warp<decltype(make(0))> all{};
  for (int lane = 0; lane < kLanes; ++lane) all[lane] = make(lane);
  return all;
}

struct Tile {
  LivePicture& frame;
  LivePicture& reference;
  WindowTaps window;
  int row, column;  // of its first result
  float d0[3];

  // Codes of a pixel, 0 outside.
  std::uint32_t codes(LivePicture& picture, int y, int x) const {
    std::uint32_t word = kHalf;
    if (y < 0 || x < 0 || y >= picture.height || x >= picture.width) return word;
    for (int c = 0; c < 3; ++c)
      word |= static_cast<std::uint32_t>(std::lround(picture.value(c, y, x) * 255)) << 8 * c;
    return word;
  }
  static constexpr std::uint32_t kHalf = live::kHalfBias;

  // The column sums of a chunk: of e, e^2 and e y.
  std::array<Warp<MatrixD>, 3> filter_down(int chunk, int c) const {
    const auto operands = for_lanes([&](int lane) {
      std::uint32_t x[live::kLaneRows], y[live::kLaneRows];
      for (int i = 0; i < live::kLaneRows; ++i) {
        const int r = row - 8 + live::lane_row(lane, i);
        const int col = column + live::kChunk * chunk + live::lane_column(lane);
        x[i] = codes(frame, r, col);
        y[i] = codes(reference, r, col);
      }
      const float scaled = d0[c] * live::kErrorScale;
      return live::operands_of(x, y, c, make_pair(scaled, scaled));
    });
    std::array<Warp<MatrixD>, 3> sums{};
    for (int half = 0; half < 2; ++half) {
      const auto taps = for_lanes([&](int lane) { return live::down_taps(lane, window, half); });
      const auto add = [&](Warp<MatrixD>& to, bool high, const auto& of) {
        to = multiply_add(for_lanes([&](int l) { return high ? taps[l].high : taps[l].low; }),
                          for_lanes([&](int l) { return of(operands[l]); }), to);
      };
      const auto e = [&](const live::Operands& o) { return o.e[half]; };
      const auto squares = [&](const live::Operands& o) { return o.squares[half]; };
      const auto squares_rest = [&](const live::Operands& o) { return o.squares_rest[half]; };
      const auto products = [&](const live::Operands& o) { return o.products[half]; };
      const auto products_rest = [&](const live::Operands& o) { return o.products_rest[half]; };
      add(sums[0], true, e);
      add(sums[0], false, e);
      add(sums[1], true, squares);
      add(sums[1], false, squares);
      add(sums[1], true, squares_rest);
      add(sums[2], true, products);
      add(sums[2], false, products);
      add(sums[2], true, products_rest);
    }
    return sums;
  }

  // The window's sums of results of chunk 0 from the column sums of chunks -1, 0 and 1, in the order of the kernel.
  Warp<MatrixD> filter_across(const std::array<std::array<Warp<MatrixD>, 3>, 3>& chunks, int plane) const {
    Warp<MatrixD> d{};
    for (int chunk = 0; chunk < 3; ++chunk) {
      const auto sums = for_lanes([&](int lane) { return live::split_sums(chunks[chunk][plane][lane]); });
      const auto taps = [&](bool high) {  // results lie 1, 0, -1 chunks to the right of the chunk's
        return for_lanes([&](int lane) {
          const SplitPair t = live::across_taps(lane, window, 1 - chunk);
          return MatrixB16{{high ? t.high : t.low, 0}};
        });
      };
      const auto part = [&](bool high) {
        return for_lanes([&](int lane) {
          const MatrixA8& a = high ? sums[lane].high : sums[lane].low;
          return MatrixA16{{a.pair[0], a.pair[1], 0, 0}};
        });
      };
      d = multiply_add(part(true), taps(true), d);
      d = multiply_add(part(false), taps(true), d);
      d = multiply_add(part(true), taps(false), d);
    }
    return d;
  }
};

// The reference's moments, in double.
live::ReferenceMoments moments_at(LivePicture& picture, const WindowTaps& window, int c, int y, int x) {
  double first = 0, second = 0;
  for (int dy = -window.radius; dy <= window.radius; ++dy)
    for (int dx = -window.radius; dx <= window.radius; ++dx) {
      const int r = y + dy, col = x + dx;
      if (r < 0 || col < 0 || r >= picture.height || col >= picture.width) continue;
      const double weight = static_cast<double>(window.tap[std::abs(dy)]) * window.tap[std::abs(dx)];
      const double v = std::lround(picture.value(c, r, col) * 255);
      first += weight * v;
      second += weight * v * v;
    }
  const double c2 = static_cast<double>(live::live_constants(true).c2);
  return {static_cast<float>(4 * first), static_cast<float>(4 * (second - first * first) + 2 * c2)};
}

std::vector<float> score(LivePicture& frame, LivePicture& reference, int window_taps) {
  std::vector<float> map(static_cast<std::size_t>(frame.width) * frame.height);
  const WindowTaps window = gaussian_window(window_taps / 2);
  for (int row = 0; row < frame.height; row += live::kTileRows)
    for (int column = 0; column < frame.width; column += live::kChunk) {
      Tile tile{frame, reference, window, row, column, {}};
      for (int c = 0; c < 3; ++c)  // any pixel will do; the kernel takes a mean
        tile.d0[c] = static_cast<float>(std::lround(frame.value(c, row, column) * 255) -
                                        std::lround(reference.value(c, row, column) * 255));
      Warp<std::array<float, 4>> lacking{};
      for (int c = 0; c < 3; ++c) {
        std::array<std::array<Warp<MatrixD>, 3>, 3> chunks;
        for (int chunk = -1; chunk <= 1; ++chunk) chunks[chunk + 1] = tile.filter_down(chunk, c);
        const auto e = tile.filter_across(chunks, 0), squares = tile.filter_across(chunks, 1),
                   products = tile.filter_across(chunks, 2);
        for (int lane = 0; lane < kLanes; ++lane) {
          live::ReferenceMoments moments[4];
          for (int i = 0; i < 4; ++i)
            moments[i] = moments_at(reference, window, c, row + live::result_row(lane, i),
                                    column + live::result_column(lane, i));
          float of_channel[4];
          live::score_results(e[lane], squares[lane], products[lane], tile.d0[c], moments,
                              2 * live::live_constants(true).c1, of_channel);
          for (int i = 0; i < 4; ++i) lacking[lane][i] += of_channel[i];
        }
      }
      for (int lane = 0; lane < kLanes; ++lane)
        for (int i = 0; i < 4; ++i) {
          const int y = row + live::result_row(lane, i), x = column + live::result_column(lane, i);
          if (y < frame.height && x < frame.width)
            map[static_cast<std::size_t>(y * frame.width + x)] = 1 - lacking[lane][i] * (2.0f / 3.0f);
        }
    }
  return map;
}

void expect_like_oracle(const PixelFormula& x, const PixelFormula& y, int width, int height, int window,
                        double tolerance = 1e-5) {
  auto frame = make_picture(live::PixelFormat::rgba8, width, height, x, true);
  auto reference = make_picture(live::PixelFormat::rgba8, width, height, y);
  const std::vector<float> map = score(frame, reference, window);
  const LiveExpected expected = expected_scores(frame, reference, {window, false});
  double worst = 0;
  for (std::size_t i = 0; i < map.size(); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(map[i]) - expected.map[i]));
  EXPECT_LE(worst, tolerance);
}

TEST(live_tile, every_window_and_odd_size_matches_the_oracle) {
  for (const auto& [width, height] : {std::pair{1, 1}, {11, 11}, {33, 17}, {9, 37}})
    for (const int window : {7, 9, 11}) {
      SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " window " +
                   std::to_string(window));
      expect_like_oracle(noisy_scene, scene, width, height, window);
    }
}

TEST(live_tile, frames_that_are_off_everywhere_or_nearly_right_keep_their_accuracy) {
  const auto one_code_off = [](int n, int c, int y, int x) {
    return scene(n, c, y, x) + (x % 7 == 0 ? 1 / 255.0 : 0);
  };
  expect_like_oracle(darker, scene, 40, 40, 11);
  expect_like_oracle(black, white, 40, 40, 11);
  expect_like_oracle(white, black, 40, 40, 11);
  expect_like_oracle(one_code_off, scene, 40, 40, 11);
}

TEST(live_tile, identical_frames_score_exactly_1) {
  auto picture = make_picture(live::PixelFormat::rgba8, 40, 30, noisy_scene);
  for (const float m : score(picture, picture, 11)) ASSERT_EQ(m, 1.0f);
}

// All differences of codes, and all products with codes, in two parts of 11 bits.
TEST(live_tile, operands_are_exact) {
  for (int x = 0; x < 256; x += 3)
    for (int y = 0; y < 256; ++y)
      for (const int d0 : {-255, -17, 0, 100, 255}) {
        std::uint32_t xs[live::kLaneRows], ys[live::kLaneRows];
        for (int i = 0; i < live::kLaneRows; ++i) {
          xs[i] = live::kHalfBias | static_cast<std::uint32_t>(x) << 8;
          ys[i] = live::kHalfBias | static_cast<std::uint32_t>(y) << 8;
        }
        const float scaled = static_cast<float>(d0) * live::kErrorScale;
        const live::Operands o = live::operands_of(xs, ys, 1, make_pair(scaled, scaled));
        const double e = (x - y - d0) * static_cast<double>(live::kErrorScale);
        const double reference = y * static_cast<double>(live::kReferenceScale);
        const auto sum = [](const MatrixB16& high, const MatrixB16& rest) {
          return static_cast<double>(part(high.pair[0], 0)) + static_cast<double>(part(rest.pair[0], 0));
        };
        ASSERT_EQ(part(o.e[0].pair[0], 0), e);
        ASSERT_EQ(sum(o.squares[0], o.squares_rest[0]), e * e);
        ASSERT_EQ(sum(o.products[0], o.products_rest[0]), e * reference);
      }
}

TEST(live_tile, tiles_cover_every_size_once) {
  for (const auto& [width, height] : {std::pair{1, 1},
                                      {16, 64},
                                      {17, 65},
                                      {1280, 720},
                                      {1920, 1080},
                                      {3840, 2160},
                                      {20000, 3},
                                      {3, 20000}}) {
    const live::Tiles tiles = live::tiles_of(width, height);
    const live::Tiles again = live::tiles_of_grid(tiles.across, tiles.down, width);
    EXPECT_EQ(again.columns, tiles.columns);
    expect_covered_once(tiles, width, height);
  }
}

}  // namespace
}  // namespace fg::test
