// The CUDA kernel's tile, phase by phase, thread by thread, on the host: its index arithmetic and its
// numerics against the oracle, without a GPU. Barriers are the boundaries between the loops over the threads.

#include "kernels/ssim/ssim2d_tile.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <vector>

#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {
namespace {

struct Block {
  tile::Shared shared;
  std::array<std::array<tile::Moments, tile::kGroupColumns>, tile::kThreads> registers;
};

template <int kRadius, class T>
double run_tile(const Ssim2d<T>& op, std::int64_t plane, const tile::Place& place, Block& block) {
  const WindowTaps window = gaussian_window(kRadius);
  for (auto& sample : block.shared.samples) sample = {NAN, NAN};  // what no thread wrote must not be read
  for (int t = 0; t < tile::kThreads; ++t)
    tile::load_samples<kRadius>(t, op.x.plane(plane), op.y.plane(plane), place, block.shared.samples);
  for (int t = 0; t < tile::kThreads; ++t)
    tile::filter_rows<kRadius>(t, block.shared.samples, window,
                               block.registers[static_cast<std::size_t>(t)].data());
  for (auto& moments : block.shared.moments) moments = {NAN, NAN, NAN, NAN};
  for (int t = 0; t < tile::kThreads; ++t)
    tile::store_moments(t, block.registers[static_cast<std::size_t>(t)].data(), block.shared.moments);
  double sum = 0;
  for (int t = 0; t < tile::kThreads; ++t)
    sum += tile::filter_columns<kRadius>(t, block.shared.moments, window, {op.c1, op.c2}, place,
                                         op.map_height(), op.map_width(), op.map.plane(plane));
  return sum;
}

template <int kRadius, class T>
SsimOutput run_tiles(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  Ssim2d<T> op = make_op(x, y, options);
  SsimOutput out{TestImage<float>({x.shape.batch, x.shape.channels, op.map_height(), op.map_width()},
                                  options.map_layout),
                 {},
                 0};
  op.map = out.map.view;
  const auto block = std::make_unique<Block>();
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    double sum = 0;
    for (int row = 0; row < op.map_height(); row += tile::Shape<kRadius>::kRows)
      for (int column = 0; column < op.map_width(); column += tile::kColumns)
        sum += run_tile<kRadius>(op, plane, {row, column, options.padding == Padding::valid ? kRadius : 0},
                                 *block);
    out.scores.push_back(sum / (static_cast<double>(op.map_height()) * op.map_width()));
    out.mean += out.scores.back() / static_cast<double>(op.x.planes());
  }
  return out;
}

template <class T>
SsimOutput run_tiles_of(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  if (options.window == 11) return run_tiles<5>(x, y, options);
  if (options.window == 9) return run_tiles<4>(x, y, options);
  return run_tiles<3>(x, y, options);
}

// Tolerances as for the CPU kernel: the sums are in another order, about a sample up to four pixels from the
// centre. The worst map error of all cases below is 6e-7.
template <class T>
void expect_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  const Tolerance error = errors_against_oracle(x, y, options, run_tiles_of(x, y, options));
  EXPECT_LE(error.score, 1e-6);
  EXPECT_LE(error.map, 2e-6);
}

TEST(ssim2d_tile, every_window_padding_and_odd_size_matches_the_oracle) {
  const Shape shapes[] = {{1, 1, 11, 11}, {1, 2, 17, 33}, {1, 1, 54, 32}, {1, 1, 55, 65}, {1, 1, 127, 70}};
  for (const Shape& shape : shapes)
    for (const int window : {7, 9, 11})
      for (const Padding padding : {Padding::same, Padding::valid}) {
        SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " window " +
                     std::to_string(window));
        const SsimOptions options{.window = window, .padding = padding};
        expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), options);
        expect_like_oracle(
            make_image<std::uint8_t>(shape, noisy_scene, {.interleaved = true, .extra_channels = 1}),
            make_image<std::uint8_t>(shape, scene, {.interleaved = true, .extra_channels = 1}), options);
      }
}

TEST(ssim2d_tile, one_pixel_and_thin_images_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{1, 1, 1, 100}, Shape{1, 1, 100, 1}, Shape{1, 3, 7, 40}})
    expect_like_oracle(make_image<float>(shape, noisy_scene), make_image<float>(shape, scene), {});
}

TEST(ssim2d_tile, identical_images_score_exactly_1) {
  const auto x = make_image<float>({1, 2, 100, 50}, scene), y = make_image<float>({1, 2, 100, 50}, scene);
  const SsimOutput out = run_tiles_of(x, y, {});
  EXPECT_EQ(out.scores, (std::vector<double>{1.0, 1.0}));
  for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
}

TEST(ssim2d_tile, grain_beside_a_hard_edge_keeps_its_accuracy) {
  const Shape shape{1, 1, 96, 140};
  expect_like_oracle(make_image<float>(shape, step_with_grain),
                     make_image<float>(shape, step_with_other_grain), {});
}

TEST(ssim2d_tile, a_NaN_stays_in_its_windows_and_spoils_the_score) {
  auto x = make_image<float>({1, 1, 80, 80}, noisy_scene), y = make_image<float>({1, 1, 80, 80}, scene);
  const SsimOutput clean = run_tiles_of(x, y, {});
  x.at(0, 0, 40, 40) = NAN;
  const SsimOutput out = run_tiles_of(x, y, {});
  EXPECT_TRUE(std::isnan(out.scores[0]));
  // A NaN that serves as the sample about which a group's moments are taken reaches the whole group: up to
  // seven pixels further than its windows.
  for (int row = 0; row < 80; ++row)
    for (int column = 0; column < 80; ++column) {
      if (std::abs(row - 40) <= 5 && std::abs(column - 40) <= 5) {
        ASSERT_TRUE(std::isnan(out.map.at(0, 0, row, column)));
      } else if (std::abs(row - 40) > 12 || std::abs(column - 40) > 12) {
        ASSERT_EQ(out.map.at(0, 0, row, column), clean.map.at(0, 0, row, column));
      }
    }
}

// Lanes that share a transaction must fall into different banks: 16 lanes of 8 bytes, 8 lanes of 16 bytes.
TEST(ssim2d_tile, shared_memory_is_read_and_written_without_bank_conflicts) {
  for (int first = 0; first < tile::kThreads; first += 16) {
    std::set<int> banks;
    for (int t = first; t < first + 16; ++t)
      banks.insert((tile::filtered_row(t) * tile::kSamplePitch + tile::filtered_column(t)) % 16);
    EXPECT_EQ(banks.size(), 16u);
  }
  for (int first = 0; first < tile::kThreads; first += 8) {
    std::set<int> banks;
    for (int t = first; t < first + 8; ++t)
      banks.insert((tile::filtered_row(t) * tile::kMomentPitch + tile::filtered_column(t)) % 8);
    EXPECT_EQ(banks.size(), 8u);
  }
}

}  // namespace
}  // namespace fg::test
