// The live kernel's tiles on the host, lane by lane: which lane holds what of the matrices, the scales, the numerics, against
// the oracle, without a GPU. The products of matrices that tensor cores make for a warp are made here from the fragments
// of its 32 lanes. What only a GPU has (histogram, stores, sums over blocks) is tested in tests/gpu.

#include "kernels/live/live_tile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "tests/kernels/live/live_case.h"

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

  // A pixel as it lies in memory, 0 outside.
  static std::uint32_t pixel(LivePicture& picture, int y, int x) {
    if (y < 0 || x < 0 || y >= picture.height || x >= picture.width) return 0;
    std::uint32_t word = 0xFF000000u;
    for (int c = 0; c < 3; ++c)
      word |= static_cast<std::uint32_t>(std::lround(picture.value(c, y, x) * 255)) << 8 * c;
    return word;
  }

  // The column sums of a chunk of a step: of e, e^2 and e y.
  std::array<Warp<MatrixD>, 3> filter_down(int step, int odd, int c) const {
    const auto operands = for_lanes([&](int lane) {
      const auto codes = [&](LivePicture& picture, HalfPair(&to)[live::kLaneRows / 2]) {
        const int col = column + live::kStep * step - live::kHalo + live::lane_column(lane, odd);
        const int r = row - live::kHalo;
        for (int i = 0; i < live::kLaneRows / 2; ++i)
          to[i] = live::codes_of_pair(pixel(picture, r + live::lane_row(lane, 2 * i), col),
                                      pixel(picture, r + live::lane_row(lane, 2 * i + 1), col),
                                      static_cast<std::uint32_t>(c));
      };
      HalfPair x[live::kLaneRows / 2], y[live::kLaneRows / 2];
      codes(frame, x);
      codes(reference, y);
      const float scaled = d0[c] * live::kOperandScale;
      return live::operands_of(x, y, make_pair(scaled, scaled));
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
      add(sums[1], true, squares_rest);
      add(sums[2], true, products_rest);
      add(sums[0], false, e);
      add(sums[1], false, squares);
      add(sums[2], false, products);
      add(sums[0], true, e);
      add(sums[1], true, squares);
      add(sums[2], true, products);
    }
    return sums;
  }

  // The window's sums of the results that steps 0 and 1 complete, in the order of the kernel. sums: of even, of odd columns.
  using Chunks = std::array<std::array<Warp<MatrixD>, 3>, 2>;
  Warp<live::Sums16> filter_across(const std::array<Chunks, 2>& steps, int plane) const {
    Warp<live::Sums16> results{};
    for (int pair = 0; pair < 2; ++pair) {
      Warp<MatrixD> d{};
      for (int step = 0; step < 2; ++step) {
        const auto sums = for_lanes([&](int lane) {
          return live::split_sums(steps[step][0][plane][lane], steps[step][1][plane][lane]);
        });
        const auto taps =
            for_lanes([&](int lane) { return live::across_taps(lane, window, step == 0, pair); });
        const auto add = [&](bool high_sums, bool high_taps) {
          d = multiply_add(for_lanes([&](int l) { return high_sums ? sums[l].high : sums[l].low; }),
                           for_lanes([&](int l) { return high_taps ? taps[l].high : taps[l].low; }), d);
        };
        add(true, false);
        add(false, true);
        add(true, true);
      }
      for (int lane = 0; lane < kLanes; ++lane) results[lane].pair[pair] = d[lane];
    }
    return results;
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
    for (int column = 0; column < frame.width; column += live::kStep) {
      Tile tile{frame, reference, window, row, column, {}};
      for (int c = 0; c < 3; ++c)  // any pixel will do; the kernel takes the middle of a range
        tile.d0[c] = static_cast<float>(std::lround(frame.value(c, row, column) * 255) -
                                        std::lround(reference.value(c, row, column) * 255));
      constexpr int kResults = live::kLaneResults;
      Warp<std::array<float, kResults>> lacking{};
      for (int c = 0; c < 3; ++c) {
        std::array<Tile::Chunks, 2> steps;
        for (int step = 0; step < 2; ++step)
          for (int odd = 0; odd < 2; ++odd) steps[step][odd] = tile.filter_down(step, odd, c);
        const auto e = tile.filter_across(steps, 0), squares = tile.filter_across(steps, 1),
                   products = tile.filter_across(steps, 2);
        for (int lane = 0; lane < kLanes; ++lane) {
          live::ReferenceMoments moments[kResults];
          for (int i = 0; i < kResults; ++i)
            moments[i] = moments_at(reference, window, c, row + live::result_row(lane, i),
                                    column + live::result_column(lane, i));
          float of_channel[kResults];
          live::score_results<kResults>(e[lane], squares[lane], products[lane], 0, tile.d0[c], moments,
                                        2 * live::live_constants(true).c1, of_channel);
          for (int i = 0; i < kResults; ++i) lacking[lane][i] += of_channel[i];
        }
      }
      for (int lane = 0; lane < kLanes; ++lane)
        for (int i = 0; i < kResults; ++i) {
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
        HalfPair xs[live::kLaneRows / 2], ys[live::kLaneRows / 2];
        for (int i = 0; i < live::kLaneRows / 2; ++i) {
          xs[i] =
              live::codes_of_pair(static_cast<std::uint32_t>(x) << 8, static_cast<std::uint32_t>(x) << 8, 1);
          ys[i] =
              live::codes_of_pair(static_cast<std::uint32_t>(y) << 8, static_cast<std::uint32_t>(y) << 8, 1);
        }
        const float scaled = static_cast<float>(d0) * live::kOperandScale;
        const live::Operands o = live::operands_of(xs, ys, make_pair(scaled, scaled));
        const double e = (x - y - d0) * static_cast<double>(live::kOperandScale);
        const double reference = y * static_cast<double>(live::kOperandScale);
        const auto sum = [](const MatrixB16& high, const MatrixB16& rest) {
          return static_cast<double>(part(high.pair[0], 0)) + static_cast<double>(part(rest.pair[0], 0));
        };
        ASSERT_EQ(part(o.e[0].pair[0], 0), e);
        ASSERT_EQ(sum(o.squares[0], o.squares_rest[0]), e * e);
        ASSERT_EQ(sum(o.products[0], o.products_rest[0]), e * reference);
      }
}

// Reads of 8 bytes are served for 16 lanes at a time.
TEST(live_tile, staged_pixels_have_a_word_each_and_lanes_meet_in_no_bank) {
  constexpr int kFirst = live::kFirstStaged, kEnd = kFirst + live::kStagedRows;
  std::set<int> words;
  for (int row = kFirst; row < kEnd; ++row)
    for (int column = 0; column < live::kStep; ++column) words.insert(live::stage_word(row, column));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(live::kStagedRows * live::kStep));
  EXPECT_GE(*words.begin(), 0);
  EXPECT_LT(*words.rbegin(), live::kStageSlots * live::kStep);
  for (int row = kFirst; row + 8 < kEnd; ++row)
    EXPECT_EQ(live::stage_word(row + 8, 5), live::stage_word(row, 5) + 8 * live::kStep);

  for (const int i : {2, 3})
    for (int half = 0; half < 2; ++half) {
      std::set<int> banks;
      for (int lane = 16 * half; lane < 16 * half + 16; ++lane)
        for (int word = 0; word < 2; ++word)
          banks.insert((live::stage_word(live::lane_row(lane, i), live::lane_column(lane, 0)) + word) % 32);
      EXPECT_EQ(banks.size(), 32u);
    }
}

void expect_every_result_once(std::int32_t width, std::int32_t height, std::int32_t multiprocessors) {
  SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " on " +
               std::to_string(multiprocessors));
  const std::int32_t blocks = live::tile_blocks(width, height, multiprocessors);
  const live::Tiles tiles{live::kGroups * blocks};
  std::int32_t row = 0, column = 0;  // where the next place must be
  for (std::int32_t block = 0; block < blocks; ++block) {
    std::int32_t results = 0;
    for (std::int32_t group = live::kGroups * block; group < live::kGroups * (block + 1); ++group) {
      const std::int32_t end = tiles.begin(group + 1, width, height);
      for (std::int32_t at = tiles.begin(group, width, height); at < end;) {
        const live::Place place = tiles.place(at, end, width, height);
        EXPECT_EQ(place.row, row);
        EXPECT_EQ(place.column, column);
        ASSERT_GT(place.columns, 0);
        EXPECT_EQ(place.rows, std::min(live::kTileRows, height - row));
        results += place.rows * place.columns;
        column += place.columns;
        if (column == width) row += place.rows, column = 0;
        at += (place.columns + live::kStep - 1) / live::kStep;
      }
    }
    EXPECT_GT(results, 0);
    EXPECT_LT(results, 65536);  // the histogram's 16 bits
  }
  EXPECT_EQ(row, height);
  EXPECT_EQ(column, 0);
}

TEST(live_tile, tiles_cover_every_size_once_on_every_device) {
  for (const std::int32_t multiprocessors : {1, 46, 128, 132})
    for (const auto& [width, height] : {std::pair{1, 1},
                                        {16, 64},
                                        {17, 65},
                                        {1280, 720},
                                        {1920, 1080},
                                        {3840, 2160},
                                        {20000, 3},
                                        {3, 20000}})
      expect_every_result_once(width, height, multiprocessors);
}

}  // namespace
}  // namespace fg::test
