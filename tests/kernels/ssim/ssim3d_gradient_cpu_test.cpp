#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

// What is promised, of the whole gradient: the inputs' own rounding in s = x + y bounds what float can give.
constexpr double kTolerance = 1e-5;

VoxelFormula constant(double value) {
  return [value](int, int, int, int, int) { return value; };
}

template <class T>
double error_of(const VolumeShape& shape, const VoxelFormula& fx, const VoxelFormula& fy,
                const Gradient3dOptions& options = {}) {
  const auto x = make_volume<T>(shape, fx), y = make_volume<T>(shape, fy);
  return gradient_error(x, y, options, run_cpu_gradient(x, y, options));
}

TEST(ssim3d_gradient_cpu, random_smooth_near_and_constant_volumes_match_the_oracle) {
  const VolumeShape shape{1, 1, 22, 24, 26};
  EXPECT_LE(error_of<float>(shape, random_voxel, other_random_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, noisy_organ_voxel, organ_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, smooth_voxel, organ_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, near_voxel, smooth_voxel), kTolerance);
  EXPECT_LE(error_of<float>(shape, constant(0.6), constant(0.6 + 1e-7)), kTolerance);
  EXPECT_LE(error_of<float>(shape, constant(0), constant(1)), kTolerance);
}

TEST(ssim3d_gradient_cpu, every_window_padding_dtype_and_weight_matches_the_oracle) {
  const VolumeShape shape{2, 2, 13, 17, 19};
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid})
      for (const bool weighted : {false, true}) {
        SCOPED_TRACE(window);
        const Gradient3dOptions options{.ssim = {.window = window, .padding = padding}, .weighted = weighted};
        EXPECT_LE(error_of<float>(shape, noisy_organ_voxel, organ_voxel, options), kTolerance);
        EXPECT_LE(error_of<Half>({1, 1, 12, 13, 14}, noisy_organ_voxel, organ_voxel, options), kTolerance);
        EXPECT_LE(error_of<BFloat16>({1, 1, 12, 13, 14}, noisy_organ_voxel, organ_voxel, options),
                  kTolerance);
      }
}

TEST(ssim3d_gradient_cpu, sides_of_1_below_and_at_the_window_and_a_ragged_batch_match_the_oracle) {
  for (const VolumeShape& shape :
       {VolumeShape{1, 1, 1, 1, 1}, VolumeShape{1, 1, 1, 1, 40}, VolumeShape{1, 1, 40, 1, 1},
        VolumeShape{1, 1, 7, 8, 9}, VolumeShape{1, 1, 11, 11, 11}, VolumeShape{1, 1, 12, 18, 131},
        VolumeShape{2, 3, 37, 19, 29}}) {
    SCOPED_TRACE(name_of(shape));
    EXPECT_LE(error_of<float>(shape, noisy_organ_voxel, organ_voxel), kTolerance);
  }
}

TEST(ssim3d_gradient_cpu, identical_volumes_have_a_gradient_of_exactly_0) {
  const auto x = make_volume<float>({1, 2, 35, 20, 40}, organ_voxel),
             y = make_volume<float>({1, 2, 35, 20, 40}, organ_voxel);
  for (const Padding padding : {Padding::same, Padding::valid}) {
    const Gradient3dOutput out = run_cpu_gradient(x, y, {.ssim = {.padding = padding}, .weighted = true});
    EXPECT_EQ(out.values.mean, 1.0);
    for (const float g : out.x.memory) ASSERT_EQ(g, 0.0f);
    for (const float g : out.y.memory) ASSERT_EQ(g, 0.0f);
  }
}

TEST(ssim3d_gradient_cpu, one_gradient_alone_and_other_layouts_give_the_same_bits) {
  const VolumeShape shape{2, 3, 9, 12, 40};
  const auto x = make_volume<float>(shape, noisy_organ_voxel), y = make_volume<float>(shape, organ_voxel);
  const Gradient3dOutput both = run_cpu_gradient(x, y, {});
  for (const bool of_x : {true, false}) {
    Gradient3dCase<float> that(x, y, {});
    TestVolume<float> gradient(shape, {.interleaved = true});
    (of_x ? that.op.x_gradient : that.op.y_gradient) = gradient.view;
    std::vector<double> scratch(cpu::ssim3d_gradient_scratch_bytes(that.op) / sizeof(double) + 1);
    cpu::ssim3d_gradient(that.op, {scratch.data(), scratch.size() * sizeof(double)});
    for (int n = 0; n < shape.batch; ++n)
      for (int c = 0; c < shape.channels; ++c)
        ASSERT_EQ(gradient.volume(n, c).value, (of_x ? both.x : both.y).volume(n, c).value);
  }
}

}  // namespace
}  // namespace fg::test
