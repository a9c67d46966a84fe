#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

// What is promised; the test of the hard cases records the map's worst error.
constexpr Tolerance3d kTolerance{1e-6, 1e-5};

template <class T>
Tolerance3d expect_like_oracle(const TestVolume<T>& x, const TestVolume<T>& y,
                               const Ssim3dOptions& options = {}) {
  const Tolerance3d error = errors_against_oracle(x, y, options, run_cpu(x, y, options));
  EXPECT_LE(error.score, kTolerance.score);
  EXPECT_LE(error.map, kTolerance.map);
  return error;
}

template <class T>
void expect_organs_like_oracle(const VolumeShape& shape, const Ssim3dOptions& options = {}) {
  SCOPED_TRACE(name_of(shape, options.window));
  expect_like_oracle(make_volume<T>(shape, noisy_organ_voxel), make_volume<T>(shape, organ_voxel), options);
}

VoxelFormula constant(double value) {
  return [value](int, int, int, int, int) { return value; };
}

TEST(ssim3d_cpu, sides_of_1_below_at_and_above_the_window_match_the_oracle) {
  for (const VolumeShape& shape :
       {VolumeShape{1, 1, 1, 1, 1}, VolumeShape{1, 1, 1, 1, 40}, VolumeShape{1, 1, 1, 40, 1},
        VolumeShape{1, 1, 40, 1, 1}, VolumeShape{1, 1, 7, 8, 9}, VolumeShape{2, 3, 11, 11, 11},
        VolumeShape{1, 1, 33, 17, 5}, VolumeShape{1, 1, 12, 18, 131}}) {
    expect_organs_like_oracle<float>(shape);
    expect_organs_like_oracle<std::uint8_t>(shape);
  }
}

TEST(ssim3d_cpu, a_ragged_batch_of_several_channels_matches_the_oracle) {
  expect_organs_like_oracle<float>({2, 3, 37, 41, 53});
}

TEST(ssim3d_cpu, every_window_padding_and_dtype_matches_the_oracle) {
  const VolumeShape shape{1, 2, 13, 21, 26};
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      const Ssim3dOptions options{.window = window, .padding = padding};
      expect_organs_like_oracle<float>(shape, options);
      expect_organs_like_oracle<std::uint8_t>(shape, options);
      expect_organs_like_oracle<Half>(shape, options);
      expect_organs_like_oracle<BFloat16>(shape, options);
      expect_organs_like_oracle<float>({1, 1, window, window, window}, options);
    }
}

TEST(ssim3d_cpu, identical_volumes_score_exactly_1) {
  const VolumeShape shape{2, 2, 35, 20, 70};
  const auto x = make_volume<float>(shape, organ_voxel), y = make_volume<float>(shape, organ_voxel);
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      const Ssim3dOutput out = run_cpu(x, y, {.window = window, .padding = padding});
      EXPECT_EQ(out.mean, 1.0);
      for (const double score : out.scores) EXPECT_EQ(score, 1.0);
      for (const float m : out.map.memory) ASSERT_EQ(m, 1.0f);
    }
}

TEST(ssim3d_cpu, random_smooth_near_and_constant_volumes_and_grain_beside_a_step_match_the_oracle) {
  const VolumeShape shape{1, 1, 28, 32, 36};
  const std::pair<VoxelFormula, VoxelFormula> pairs[] = {
      {random_voxel, other_random_voxel}, {smooth_voxel, organ_voxel}, {near_voxel, smooth_voxel},
      {constant(0.5), constant(0.2)},     {constant(0), constant(1)},  {grain_voxel, other_grain_voxel}};
  double worst = 0;
  for (const auto& [x, y] : pairs)
    worst =
        std::max(worst, expect_like_oracle(make_volume<float>(shape, x), make_volume<float>(shape, y)).map);
  RecordProperty("worst_map_error", std::to_string(worst));
  EXPECT_GT(worst, 0);
}

TEST(ssim3d_cpu, nearly_equal_constants_score_within_float_of_1_and_never_above) {
  const VolumeShape shape{1, 1, 20, 22, 24};
  const Ssim3dOutput out =
      run_cpu(make_volume<float>(shape, constant(0.6)), make_volume<float>(shape, constant(0.6 + 1e-7)), {});
  for (const float m : out.map.memory) {
    ASSERT_LE(m, 1.0f);
    ASSERT_NEAR(m, 1.0f, 1.2e-7f);  // one step of float below 1 for each of the two quotients
  }
}

TEST(ssim3d_cpu, a_NaN_or_Inf_makes_only_its_channel_NaN) {
  const VolumeShape shape{2, 2, 14, 18, 40};
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto x = make_volume<float>(shape, noisy_organ_voxel);
    const auto y = make_volume<float>(shape, organ_voxel);
    const Ssim3dOutput clean = run_cpu(x, y, {});
    x.at(1, 1, 13, 17, 39) = bad;
    const Ssim3dOutput out = run_cpu(x, y, {});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(out.scores[i], clean.scores[i]);
    EXPECT_TRUE(std::isnan(out.scores[3]));
    EXPECT_TRUE(std::isnan(out.mean));
    EXPECT_TRUE(std::isnan(out.map.at(1, 1, 8, 12, 34)));  // the window just reaches it
    EXPECT_EQ(out.map.at(1, 1, 7, 12, 34), clean.map.at(1, 1, 7, 12, 34));
  }
}

TEST(ssim3d_cpu, memory_layout_does_not_change_a_bit) {
  const VolumeShape shape{2, 3, 9, 12, 140};
  const auto check = [&](auto sample) {
    using T = decltype(sample);
    const Ssim3dOutput plain =
        run_cpu(make_volume<T>(shape, noisy_organ_voxel), make_volume<T>(shape, organ_voxel), {});
    for (const VolumeMemory& layout :
         {VolumeMemory{.row_padding = 13}, VolumeMemory{.column_step = 3}, VolumeMemory{.interleaved = true},
          VolumeMemory{.interleaved = true, .row_padding = 9}}) {
      const auto x = make_volume<T>(shape, noisy_organ_voxel, layout);
      const Ssim3dOutput both =
          run_cpu(x, make_volume<T>(shape, organ_voxel, layout), {.map_layout = layout});
      EXPECT_EQ(both.scores, plain.scores);
      EXPECT_EQ(run_cpu(x, make_volume<T>(shape, organ_voxel), {}).scores, plain.scores);
      for (int n = 0; n < shape.batch; ++n)
        for (int c = 0; c < shape.channels; ++c)
          ASSERT_EQ(both.map.volume(n, c).value, plain.map.volume(n, c).value);
    }
  };
  check(float{});
  check(std::uint8_t{});
}

TEST(ssim3d_cpu, the_thread_count_does_not_change_a_bit) {
  const VolumeShape shape{1, 2, 70, 40, 150};
  const auto x = make_volume<float>(shape, noisy_organ_voxel), y = make_volume<float>(shape, organ_voxel);
  const Ssim3dOutput first = run_cpu(x, y, {});
  for (const std::size_t threads : {1u, 2u, 3u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const Ssim3dOutput out = run_cpu(x, y, {});
    EXPECT_EQ(out.scores, first.scores);
    EXPECT_EQ(out.mean, first.mean);
    EXPECT_EQ(out.map.memory, first.map.memory);
  }
}

}  // namespace
}  // namespace fg::test
