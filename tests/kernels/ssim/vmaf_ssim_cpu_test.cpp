#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <memory>

#include "kernels/ssim/vmaf_ssim_tile.h"
#include "tests/kernels/ssim/vmaf_ssim_case.h"

namespace fg::test {
namespace {

oracle::Plane in_255(oracle::Plane plane, int bits) {
  for (double& v : plane.value) v /= 1 << (bits - 8);
  return plane;
}

// The reference rounds moments of up to 255^2 to float, by up to 0.002, twice, and subtracts them: beside
// C2 = 58.5 that is up to 1e-4 of a pixel's term, of either sign. The worst mean below is 2.9e-6, of 30 pixels.
constexpr double kTolerance = 5e-6;

template <class T>
void expect_like_oracle(Shape shape, int bits, int scale, const PixelFormula& fx = noisy_scene,
                        const PixelFormula& fy = scene) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width) + " scale " +
               std::to_string(scale) + ", " + std::to_string(bits) + " bits");
  const auto x = make_codes<T>(shape, bits, fx), y = make_codes<T>(shape, bits, fy);
  const VmafOutput out = run_vmaf_cpu(x, y, bits, 1, scale);
  for (int n = 0; n < shape.batch; ++n) {
    oracle::Plane a = in_255(x.plane(n, 0), bits), b = in_255(y.plane(n, 0), bits);
    if (scale > 1) {
      a = oracle::vmaf_box(a, scale);
      b = oracle::vmaf_box(b, scale);
    }
    const oracle::VmafLevel expected = oracle::vmaf_level(a, b);
    const auto i = static_cast<std::size_t>(n);
    EXPECT_NEAR(out.scores[i], expected.ssim, kTolerance);
    EXPECT_NEAR(out.lcs[3 * i], expected.l, kTolerance);
    EXPECT_NEAR(out.lcs[3 * i + 1], expected.c, kTolerance);
    EXPECT_NEAR(out.lcs[3 * i + 2], expected.s, kTolerance);
  }
}

TEST(vmaf_ssim_cpu, odd_sizes_and_depths_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 11, 11}, Shape{2, 1, 11, 40}, Shape{1, 1, 40, 11},
                             Shape{1, 1, 75, 139}, Shape{1, 1, 150, 140}}) {
    expect_like_oracle<std::uint8_t>(shape, 8, 1);
    for (const int bits : {9, 10, 12, 16}) expect_like_oracle<std::uint16_t>(shape, bits, 1);
  }
}

TEST(vmaf_ssim_cpu, every_scale_matches_the_oracle) {
  for (int scale = 1; scale <= 10; ++scale)
    for (const Shape& shape : {Shape{1, 1, 120, 131}, Shape{1, 1, 135, 189}})
      expect_like_oracle<std::uint8_t>(shape, 8, scale);
}

TEST(vmaf_ssim_cpu, noise_and_its_inverse_match_the_oracle) {
  expect_like_oracle<std::uint8_t>({1, 1, 60, 70}, 8, 1, white_noise, other_white_noise);
  expect_like_oracle<std::uint8_t>({1, 1, 60, 70}, 8, 1, white_noise, inverted_noise);
}

TEST(vmaf_ssim_cpu, five_levels_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 176, 176}, Shape{1, 1, 181, 203}, Shape{1, 1, 190, 333}}) {
    const auto x = make_codes<std::uint8_t>(shape, 8, noisy_scene),
               y = make_codes<std::uint8_t>(shape, 8, scene);
    EXPECT_NEAR(run_vmaf_cpu(x, y, 8, 5).mean, oracle::vmaf_ms_ssim(x.plane(0, 0), y.plane(0, 0)),
                kTolerance);
  }
}

TEST(vmaf_ssim_cpu, identical_planes_score_1) {
  const auto x = make_codes<std::uint16_t>({1, 2, 190, 200}, 10, scene);
  EXPECT_NEAR(run_vmaf_cpu(x, x, 10, 1).mean, 1.0, 1e-7);  // l, c and s are 1 to double's rounding
  EXPECT_NEAR(run_vmaf_cpu(x, x, 10, 5).mean, 1.0, 1e-6);
}

TEST(vmaf_ssim_cpu, memory_layout_and_thread_count_do_not_change_a_bit) {
  const Shape shape{2, 1, 180, 200};
  const auto y = make_codes<std::uint8_t>(shape, 8, scene);
  const VmafOutput plain = run_vmaf_cpu(make_codes<std::uint8_t>(shape, 8, noisy_scene), y, 8, 5);
  for (const Memory& layout : {Memory{.row_padding = 13}, Memory{.column_step = 3}})
    EXPECT_EQ(run_vmaf_cpu(make_codes<std::uint8_t>(shape, 8, noisy_scene, layout), y, 8, 5).lcs, plain.lcs);
  for (const std::size_t threads : {1u, 3u}) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    const VmafOutput again = run_vmaf_cpu(make_codes<std::uint8_t>(shape, 8, noisy_scene), y, 8, 5);
    EXPECT_EQ(again.lcs, plain.lcs);
    EXPECT_EQ(again.scores, plain.scores);
  }
}

// The CUDA kernel's arithmetic, thread by thread: the same sums up to their order.
TEST(vmaf_ssim_tile, tiles_match_the_cpu) {
  namespace tile = vmaf::tile;
  for (const Shape& shape : {Shape{1, 1, 11, 11}, Shape{1, 1, 26, 42}, Shape{1, 1, 43, 75}}) {
    const auto x = make_codes<std::uint8_t>(shape, 8, noisy_scene),
               y = make_codes<std::uint8_t>(shape, 8, scene);
    const std::vector<float> fx(x.memory.begin(), x.memory.end()), fy(y.memory.begin(), y.memory.end());
    const auto shared = std::make_unique<tile::Shared>();
    vmaf::LevelSums sums{};
    const int height = shape.height - 10, width = shape.width - 10;
    for (int row = 0; row < height; row += tile::kRows)
      for (int column = 0; column < width; column += tile::kColumns) {
        for (int t = 0; t < tile::kThreads; ++t)
          tile::load(t, fx.data(), fy.data(), shape.height, shape.width, row, column, *shared);
        for (int t = 0; t < tile::kThreads; ++t) tile::filter_rows(t, *shared);
        for (int t = 0; t < tile::kThreads; ++t) {
          const vmaf::LevelSums own = tile::filter_columns(t, *shared, row, column, height, width);
          sums.ssim += own.ssim;
          sums.l += own.l;
          sums.c += own.c;
          sums.s += own.s;
        }
      }
    const double pixels = static_cast<double>(height) * width;
    double lcs[3];
    const double score = vmaf::score(&sums, &pixels, 1, lcs);
    const VmafOutput cpu = run_vmaf_cpu(x, y, 8, 1);
    // A step of float: the means are rounded to it.
    EXPECT_NEAR(score, cpu.mean, 1.2e-7);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(lcs[i], cpu.lcs[i], 1.2e-7);
  }
}

}  // namespace
}  // namespace fg::test
