// The two CUDA kernels of the gradient, phase by phase, thread by thread, on the host (ssim3d_tile_test).

#include "kernels/ssim/ssim3d_gradient_tile.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

namespace tile = tile3d;

template <class Body>
void for_threads(const Body& body, int threads = tile::kThreads) {
  for (int thread = 0; thread < threads; ++thread) body(thread);
}

template <class Cell>
struct Block {
  std::vector<Cell> ring;
  std::vector<std::array<Cell, tile::kGroup>> registers;

  explicit Block(int cells)
      : ring(static_cast<std::size_t>(cells), Cell{NAN, NAN, NAN, NAN}), registers(tile::kThreads) {}
  Cell* of(int thread) { return registers[static_cast<std::size_t>(thread)].data(); }
};

template <int kRadius, int kFields, class T>
double fields_of_block(const Ssim3dGradient<T>& op, std::int64_t volume, const tile::Place& place,
                       const tile::FieldView<kFields>& view, bool y_alone) {
  const Ssim3d<T>& forward = op.forward;
  const WindowTaps window = gaussian_window(kRadius);
  const FgSsimConstants constants{forward.c1, forward.c2};
  const tile::Extent extent{view.depth, view.height, view.width};
  const VolumeView<float> map = forward.map.volume(volume);
  const VolumeView<const float> map_weight = op.map_weight.volume(volume);
  const float weight = volume_weight(op, volume / forward.x.channels, volume % forward.x.channels);
  Block<tile::Moments> block(tile::Shape<kRadius>::kRingCells);
  tile::Moments* const ring = block.ring.data();
  double sum = 0;
  int loaded = 0;
  for (int first = 0; first < tile::kRows && place.row + first < extent.height; first += tile::kGroup) {
    const int needed = first + tile::Shape<kRadius>::kRingRows;
    for_threads([&](int t) {
      tile::filter_slices<kRadius>(t, forward.x.volume(volume), forward.y.volume(volume), window, place,
                                   loaded, needed - loaded, ring);
    });
    loaded = needed;
    for_threads([&](int t) { tile::filter_rows<kRadius>(t, ring, window, first, block.of(t)); });
    for_threads([&](int t) { tile::store_rows<kRadius>(t, block.of(t), first, ring); });
    for_threads([&](int t) { tile::filter_columns<kRadius>(t, ring, window, first, block.of(t)); },
                tile::kColumnThreads);
    for_threads([&](int t) { tile::store_columns<kRadius>(t, block.of(t), first, ring); },
                tile::kColumnThreads);
    const tile::Centre centre = tile::centre_of_step<kRadius>(ring, place, first, extent);
    view.centre(volume, place.slice >> 3, (place.row + first) >> 3, place.column) = centre;
    for_threads([&](int t) {
      const tile::Lines lines = tile::lines_of(t, place, first, 0, extent);
      for (int row = 0; row < lines.end; ++row) {
        const std::int32_t map_row = lines.row + row;
        const FgSsimMoments m = tile::window_moments(ring[tile::line_cell<kRadius>(t, first, row)]);
        const float of_map =
            map_weight.data == nullptr ? 0.0f : map_weight.at(lines.slice, map_row, lines.column);
        const float term = tile::store_fields<kFields>(m, constants, centre, weight + of_map, y_alone,
                                                       view.at(volume, lines.slice, map_row, lines.column));
        sum += term;
        map.at(lines.slice, map_row, lines.column) = term;
      }
    });
  }
  return sum;
}

template <int kRadius, int kFields, class T>
void gather_block(const Ssim3dGradient<T>& op, std::int64_t volume, const tile::Place& place,
                  const tile::FieldView<kFields>& view, bool y_alone) {
  const VolumeView<const T> x = op.forward.x.volume(volume), y = op.forward.y.volume(volume);
  const WindowTaps window = gaussian_window(kRadius);
  const float sign = y_alone ? -1.0f : 1.0f;
  Block<tile::FieldSums> block(tile::Shape<kRadius>::kRingCells);
  tile::FieldSums* const ring = block.ring.data();
  int loaded = 0;
  for (int first = 0; first < tile::kRows && place.row + first + place.inset < x.height;
       first += tile::kGroup) {
    const int needed = first + tile::Shape<kRadius>::kRingRows;
    for_threads([&](int t) {
      tile::spread_slices<kRadius>(t, view, volume, window, place, sign, loaded, needed - loaded, ring);
    });
    loaded = needed;
    for_threads([&](int t) {
      tile::spread_rows<kRadius>(t, ring, window, view, volume, place, sign, first, block.of(t));
    });
    for_threads([&](int t) { tile::store_rows<kRadius>(t, block.of(t), first, ring); });
    for_threads([&](int t) { tile::spread_columns<kRadius, kFields>(t, ring, window, first, block.of(t)); },
                tile::kColumnThreads);
    for_threads([&](int t) { tile::store_columns<kRadius>(t, block.of(t), first, ring); },
                tile::kColumnThreads);
    for_threads([&](int t) {
      tile::store_gradients<kRadius>(t, ring, x, y, view, volume, place, sign, first,
                                     y_alone ? op.y_gradient.volume(volume) : op.x_gradient.volume(volume),
                                     op.y_gradient.volume(volume));
    });
  }
}

template <int kRadius, int kFields, class T>
void run_kernels(Ssim3dGradient<T>& op, Gradient3dOutput& out) {
  const Ssim3d<T>& forward = op.forward;
  const bool y_alone = op.x_gradient.data == nullptr;
  tile::FieldView<kFields> view;
  view.depth = forward.map_depth();
  view.height = forward.map_height();
  view.width = forward.map_width();
  const std::int64_t volumes = forward.x.volumes();
  std::vector<float> fields(static_cast<std::size_t>(volumes * view.volume_floats()), NAN);
  std::vector<tile::Centre> centres(static_cast<std::size_t>(volumes * view.volume_cells()), {NAN, NAN});
  view.fields = fields.data();
  view.centres = centres.data();
  const std::int32_t inset = forward.padding == Padding::valid ? kRadius : 0;
  for (std::int64_t volume = 0; volume < volumes; ++volume) {
    double sum = 0;
    for (int slice = 0; slice < view.depth; slice += tile::kSlices)
      for (int row = 0; row < view.height; row += tile::kRows)
        for (int column = 0; column < view.width; column += tile::kColumns)
          sum += fields_of_block<kRadius>(op, volume, {slice, row, column, inset}, view, y_alone);
    out.values.scores[static_cast<std::size_t>(volume)] = sum / forward.map_voxels();
    out.values.mean += sum / forward.map_voxels() / static_cast<double>(volumes);
    const int lead = inset == 0 ? 0 : tile::kGroup - kRadius;
    for (int slice = 0; slice < forward.x.depth + lead; slice += tile::kSlices)
      for (int row = 0; row < forward.x.height + lead; row += tile::kRows)
        for (int column = 0; column < forward.x.width; column += tile::kColumns)
          gather_block<kRadius>(op, volume, tile::gather_place({slice, row, column, inset}), view, y_alone);
  }
}

template <class T>
Gradient3dOutput run_tiles(const TestVolume<T>& x, const TestVolume<T>& y, const Gradient3dOptions& options,
                           bool of_x = true, bool of_y = true) {
  Gradient3dCase<T> that(x, y, options);
  Ssim3dGradient<T>& op = that.op;
  Gradient3dOutput out{make_output(op.forward, options.ssim.map_layout),
                       TestVolume<float>(x.shape, options.gradient_layout),
                       TestVolume<float>(x.shape, options.gradient_layout)};
  if (of_x) op.x_gradient = out.x.view;
  if (of_y) op.y_gradient = out.y.view;
  const auto run = [&]<int kRadius> {
    if (of_x && of_y)
      run_kernels<kRadius, 4>(op, out);
    else
      run_kernels<kRadius, 3>(op, out);
  };
  if (op.forward.radius() == 5)
    run.template operator()<5>();
  else if (op.forward.radius() == 4)
    run.template operator()<4>();
  else
    run.template operator()<3>();
  return out;
}

VoxelFormula constant(double value) {
  return [value](int, int, int, int, int) { return value; };
}

template <class T>
double error_of(const VolumeShape& shape, const VoxelFormula& fx, const VoxelFormula& fy,
                const Gradient3dOptions& options = {}) {
  const auto x = make_volume<T>(shape, fx), y = make_volume<T>(shape, fy);
  return gradient_error(x, y, options, run_tiles(x, y, options));
}

constexpr double kTolerance = 1e-5;

TEST(ssim3d_gradient_tile, random_smooth_near_and_constant_volumes_match_the_oracle) {
  const VolumeShape shape{1, 1, 22, 24, 36};
  EXPECT_LE(error_of<float>(shape, random_voxel, other_random_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, noisy_organ_voxel, organ_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, smooth_voxel, organ_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, near_voxel, smooth_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, constant(0.6), constant(0.6 + 1e-7)), kTolerance);
  EXPECT_LE(error_of<float>(shape, constant(0), constant(1)), kTolerance);
}

TEST(ssim3d_gradient_tile, every_window_padding_dtype_and_weight_matches_the_oracle) {
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid})
      for (const bool weighted : {false, true}) {
        SCOPED_TRACE(window);
        const Gradient3dOptions options{.ssim = {.window = window, .padding = padding}, .weighted = weighted};
        EXPECT_LE(error_of<float>({2, 2, 13, 17, 35}, noisy_organ_voxel, organ_voxel, options), kTolerance);
        EXPECT_LE(error_of<Half>({1, 1, 12, 13, 14}, noisy_organ_voxel, organ_voxel, options), kTolerance);
        EXPECT_LE(error_of<BFloat16>({1, 1, 12, 13, 14}, noisy_organ_voxel, organ_voxel, options),
                  kTolerance);
      }
}

TEST(ssim3d_gradient_tile, sides_of_1_below_at_and_beyond_a_block_match_the_oracle) {
  for (const VolumeShape& shape :
       {VolumeShape{1, 1, 1, 1, 1}, VolumeShape{1, 1, 1, 1, 70}, VolumeShape{1, 1, 40, 1, 1},
        VolumeShape{1, 1, 7, 8, 9}, VolumeShape{1, 2, 11, 11, 11}, VolumeShape{1, 1, 12, 75, 33}}) {
    SCOPED_TRACE(name_of(shape));
    EXPECT_LE(error_of<float>(shape, noisy_organ_voxel, organ_voxel), kTolerance);
  }
  EXPECT_LE(error_of<float>({1, 1, 20, 85, 40}, noisy_organ_voxel, organ_voxel,
                            {.ssim = {.padding = Padding::valid}}),
            kTolerance);
}

TEST(ssim3d_gradient_tile, identical_volumes_have_a_gradient_of_exactly_0) {
  const auto x = make_volume<float>({1, 2, 20, 40, 40}, organ_voxel),
             y = make_volume<float>({1, 2, 20, 40, 40}, organ_voxel);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const Gradient3dOutput out = run_tiles(x, y, {.ssim = {.padding = padding}, .weighted = true});
    EXPECT_EQ(out.values.mean, 1.0);
    for (const float g : out.x.memory) ASSERT_EQ(g, 0.0f);
    for (const float g : out.y.memory) ASSERT_EQ(g, 0.0f);
  }
}

TEST(ssim3d_gradient_tile, one_gradient_alone_gives_the_same) {
  const VolumeShape shape{1, 2, 12, 20, 40};
  const auto x = make_volume<float>(shape, noisy_organ_voxel), y = make_volume<float>(shape, organ_voxel);
  const Gradient3dOutput both = run_tiles(x, y, {});
  EXPECT_EQ(run_tiles(x, y, {}, true, false).x.memory, both.x.memory);
  EXPECT_EQ(run_tiles(x, y, {}, false, true).y.memory, both.y.memory);
}

}  // namespace
}  // namespace fg::test
