// The CUDA kernel's blocks, phase by phase, thread by thread, on the host: their index arithmetic and their
// numerics against the oracle, without a GPU. Barriers are the boundaries between the loops over the threads.

#include "kernels/ssim/ssim3d_tile.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <vector>

#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

namespace tile = tile3d;

using Registers = std::array<std::array<tile::Moments, tile::kGroup>, tile::kThreads>;

template <class Body>
void for_threads(const Body& body, int threads = tile::kThreads) {
  for (int thread = 0; thread < threads; ++thread) body(thread);
}

// The sum of a block: as the kernel does without a map, and with one.
template <int kRadius, class T>
double run_block(const Ssim3d<T>& op, std::int64_t volume, const tile::Place& place, bool with_map) {
  const WindowTaps window = gaussian_window(kRadius);
  const FgSsimConstants constants{op.c1, op.c2};
  const tile::Extent extent{op.map_depth(), op.map_height(), op.map_width()};
  const VolumeView<float> map = op.map.volume(volume);
  // What no thread wrote must not be read.
  std::vector<tile::Moments> ring(tile::Shape<kRadius>::kRingCells, {NAN, NAN, NAN, NAN});
  const auto registers = std::make_unique<Registers>();
  const auto of = [&](int thread) { return (*registers)[static_cast<std::size_t>(thread)].data(); };
  double sum = 0;
  int loaded = 0;
  for (int first = 0; first < tile::kRows && place.row + first < extent.height; first += tile::kGroup) {
    const int needed = first + tile::Shape<kRadius>::kRingRows;
    for_threads([&](int t) {
      tile::filter_slices<kRadius>(t, op.x.volume(volume), op.y.volume(volume), window, place, loaded,
                                   needed - loaded, ring.data());
    });
    loaded = needed;
    for_threads([&](int t) { tile::filter_rows<kRadius>(t, ring.data(), window, first, of(t)); });
    for_threads([&](int t) { tile::store_rows<kRadius>(t, of(t), first, ring.data()); });
    for_threads([&](int t) { tile::filter_columns<kRadius>(t, ring.data(), window, first, of(t)); },
                tile::kColumnThreads);
    if (!with_map) {
      for_threads([&](int t) { sum += tile::score(t, of(t), constants, place, first, extent); },
                  tile::kColumnThreads);
      continue;
    }
    for_threads([&](int t) { tile::store_columns<kRadius>(t, of(t), first, ring.data()); },
                tile::kColumnThreads);
    for_threads([&](int t) {
      const tile::Lines lines = tile::lines_of(t, place, first, 0, extent);
      for (int row = 0; row < lines.end; ++row) {
        const tile::Moments& moments =
            ring[static_cast<std::size_t>(tile::line_cell<kRadius>(t, first, row))];
        const float term = fg_ssim_term(tile::window_moments(moments), constants);
        map.at(lines.slice, lines.row + row, lines.column) = term;
        sum += term;
      }
    });
  }
  return sum;
}

template <int kRadius, class T>
Ssim3dOutput run_blocks(const TestVolume<T>& x, const TestVolume<T>& y, const Ssim3dOptions& options) {
  Ssim3d<T> op = make_op(x, y, options);
  Ssim3dOutput out = make_output(op, options.map_layout);
  const std::int32_t inset = options.padding == Padding::valid ? kRadius : 0;
  for (std::int64_t volume = 0; volume < op.x.volumes(); ++volume) {
    double with_map = 0, without = 0;
    for (int slice = 0; slice < op.map_depth(); slice += tile::kSlices)
      for (int row = 0; row < op.map_height(); row += tile::kRows)
        for (int column = 0; column < op.map_width(); column += tile::kColumns) {
          with_map += run_block<kRadius>(op, volume, {slice, row, column, inset}, true);
          without += run_block<kRadius>(op, volume, {slice, row, column, inset}, false);
        }
    EXPECT_NEAR(with_map, without, 1e-7 * op.map_voxels());  // another order of the sum, in float for 8 terms
    out.scores[static_cast<std::size_t>(volume)] = without / op.map_voxels();
    out.mean += out.scores[static_cast<std::size_t>(volume)] / static_cast<double>(op.x.volumes());
  }
  return out;
}

template <class T>
Ssim3dOutput run_blocks_of(const TestVolume<T>& x, const TestVolume<T>& y, const Ssim3dOptions& options) {
  if (options.window == 11) return run_blocks<5>(x, y, options);
  if (options.window == 9) return run_blocks<4>(x, y, options);
  return run_blocks<3>(x, y, options);
}

template <class T>
void expect_like_oracle(const VolumeShape& shape, const VoxelFormula& fx, const VoxelFormula& fy,
                        const Ssim3dOptions& options = {}, const VolumeMemory& layout = {}) {
  SCOPED_TRACE(name_of(shape, options.window));
  const auto x = make_volume<T>(shape, fx, layout), y = make_volume<T>(shape, fy, layout);
  const Tolerance3d error = errors_against_oracle(x, y, options, run_blocks_of(x, y, options));
  EXPECT_LE(error.score, 1e-6);
  EXPECT_LE(error.map, 1e-5);
}

VoxelFormula constant(double value) {
  return [value](int, int, int, int, int) { return value; };
}

TEST(ssim3d_tile, every_window_padding_and_dtype_matches_the_oracle) {
  for (const VolumeShape& shape : {VolumeShape{1, 1, 11, 11, 11}, VolumeShape{1, 2, 13, 21, 34}})
    for (const int window : {7, 9, 11})
      for (const Padding padding : {Padding::same, Padding::valid}) {
        const Ssim3dOptions options{.window = window, .padding = padding};
        expect_like_oracle<float>(shape, noisy_organ_voxel, organ_voxel, options);
        expect_like_oracle<std::uint8_t>(shape, noisy_organ_voxel, organ_voxel, options,
                                         {.interleaved = true});
        expect_like_oracle<Half>(shape, noisy_organ_voxel, organ_voxel, options, {.row_padding = 3});
        expect_like_oracle<BFloat16>(shape, noisy_organ_voxel, organ_voxel, options);
      }
}

TEST(ssim3d_tile, sides_of_1_and_sides_beyond_a_block_match_the_oracle) {
  for (const VolumeShape& shape :
       {VolumeShape{1, 1, 1, 1, 1}, VolumeShape{1, 1, 1, 1, 70}, VolumeShape{1, 1, 1, 150, 1},
        VolumeShape{1, 1, 40, 1, 1}, VolumeShape{1, 1, 7, 75, 9}, VolumeShape{2, 2, 17, 66, 33}})
    expect_like_oracle<float>(shape, noisy_organ_voxel, organ_voxel);
}

TEST(ssim3d_tile, random_smooth_near_and_constant_volumes_and_grain_beside_a_step_match_the_oracle) {
  const VolumeShape shape{1, 1, 28, 32, 36};
  expect_like_oracle<float>(shape, random_voxel, other_random_voxel);
  expect_like_oracle<float>(shape, smooth_voxel, organ_voxel);
  expect_like_oracle<float>(shape, near_voxel, smooth_voxel);
  expect_like_oracle<float>(shape, constant(0.5), constant(0.2));
  expect_like_oracle<float>(shape, constant(0.6), constant(0.6 + 1e-7));
  expect_like_oracle<float>(shape, constant(0), constant(1));
  expect_like_oracle<float>(shape, grain_voxel, other_grain_voxel);
}

TEST(ssim3d_tile, identical_volumes_score_exactly_1) {
  const auto x = make_volume<float>({1, 2, 20, 70, 40}, organ_voxel),
             y = make_volume<float>({1, 2, 20, 70, 40}, organ_voxel);
  for (const int window : {7, 9, 11}) {
    const Ssim3dOutput out = run_blocks_of(x, y, {.window = window});
    EXPECT_EQ(out.scores, (std::vector<double>{1.0, 1.0}));
    for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
  }
}

// Lanes that share a transaction must fall into different banks: 8 lanes of 16 bytes.
TEST(ssim3d_tile, shared_memory_is_read_along_x_without_bank_conflicts) {
  for (int first = 0; first < tile::kColumnThreads; first += 8) {
    std::set<int> banks;
    for (int t = first; t < first + 8; ++t) banks.insert(tile::run_cell<5>(t, 0) % 8);
    EXPECT_EQ(banks.size(), 8u);
  }
}

}  // namespace
}  // namespace fg::test
