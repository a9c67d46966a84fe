#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "tests/kernels/test_images.h"
#include "tests/oracle/ssim_oracle.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// One channel of an image of the oracle.
oracle::Plane plane_of(const PixelFormula& formula, int n, int c, int height, int width, bool codes) {
  oracle::Plane p{height, width, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double v = formula(n, c, y, x);
      p.value.push_back(codes ? static_cast<double>(std::lround(v * 255))
                              : static_cast<double>(static_cast<float>(v)));
    }
  return p;
}

TEST(fg_ssim2d, scores_map_and_mean_of_a_planar_batch_match_the_oracle) {
  const int batch = 2, channels = 3, height = 33, width = 65;
  Tensor<float> x({batch, channels, height, width}), y({batch, channels, height, width});
  Tensor<float> map({batch, channels, height, width});
  Tensor<double> scores({batch, channels}), mean({1});
  std::size_t i = 0;
  for (int n = 0; n < batch; ++n)
    for (int c = 0; c < channels; ++c)
      for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column, ++i) {
          x[i] = static_cast<float>(noisy_scene(n, c, row, column));
          y[i] = static_cast<float>(scene(n, c, row, column));
        }
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.map = &map;
  op.scores = &scores;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();

  double total = 0;
  for (int n = 0; n < batch; ++n)
    for (int c = 0; c < channels; ++c) {
      const auto expected = oracle::ssim(plane_of(noisy_scene, n, c, height, width, false),
                                         plane_of(scene, n, c, height, width, false), {});
      const auto p = static_cast<std::size_t>(n * channels + c);
      EXPECT_NEAR(scores[p], expected.mean, 1e-6);  // tolerances: ssim2d_cpu_test
      for (std::size_t k = 0; k < expected.map.value.size(); ++k)
        ASSERT_NEAR(map[p * expected.map.value.size() + k], expected.map.value[k], 1e-5);
      total += expected.mean;
    }
  EXPECT_NEAR(mean[0], total / (batch * channels), 1e-6);
}

TEST(fg_ssim2d, pitched_RGBA8_scores_its_three_colours) {
  const int height = 40, width = 50, pitch = 4 * width + 24;
  const std::vector<std::int64_t> strides{pitch, 4, 1};
  Tensor<std::uint8_t> x({height, width, 4}, 7, strides, static_cast<std::size_t>(pitch * height));
  Tensor<std::uint8_t> y({height, width, 4}, 250, strides, static_cast<std::size_t>(pitch * height));
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column)
      for (int c = 0; c < 3; ++c) {
        const auto at = static_cast<std::size_t>(row * pitch + column * 4 + c);
        x[at] = static_cast<std::uint8_t>(std::lround(255 * noisy_scene(0, c, row, column)));
        y[at] = static_cast<std::uint8_t>(std::lround(255 * scene(0, c, row, column)));
      }
  for (const FgPadding padding : {FG_PADDING_SAME, FG_PADDING_VALID}) {
    const int less = padding == FG_PADDING_VALID ? 8 : 0;
    Tensor<float> map({height - less, width - less, 3});
    Tensor<double> scores({1, 3});
    FgSsim2d op;
    fg_ssim2d_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.layout = FG_LAYOUT_NHWC;
    op.channels = 3;
    op.window = 9;
    op.padding = padding;
    op.data_range = 3;  // no matter: codes stand for 0..data_range
    op.map = &map;
    op.scores = &scores;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    for (int c = 0; c < 3; ++c) {
      const auto expected = oracle::ssim(plane_of(noisy_scene, 0, c, height, width, true),
                                         plane_of(scene, 0, c, height, width, true),
                                         {.window = 9, .crop = padding == FG_PADDING_VALID, .range = 255});
      EXPECT_NEAR(scores[static_cast<std::size_t>(c)], expected.mean, 1e-6);
      for (std::size_t k = 0; k < expected.map.value.size(); ++k)
        ASSERT_NEAR(map[3 * k + static_cast<std::size_t>(c)], expected.map.value[k], 1e-5);
    }
  }
}

TEST(fg_ssim2d, a_flipped_view_with_negative_strides_scores_as_its_copy) {
  const int size = 30;
  Tensor<float> x({size, size}), y({size, size}), flipped({size, size}, 0, {-size, 1});
  for (int row = 0; row < size; ++row)
    for (int column = 0; column < size; ++column) {
      x[static_cast<std::size_t>(row * size + column)] = static_cast<float>(noisy_scene(0, 0, row, column));
      y[static_cast<std::size_t>(row * size + column)] = static_cast<float>(scene(0, 0, row, column));
      flipped[static_cast<std::size_t>((size - 1 - row) * size + column)] =
          static_cast<float>(noisy_scene(0, 0, row, column));
    }
  flipped.tensor.byte_offset = static_cast<std::uint64_t>((size - 1) * size) * sizeof(float);
  Tensor<double> plain_mean({1}), flipped_mean({1});
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &plain_mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  op.x = &flipped;
  op.mean = &flipped_mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(plain_mean[0], flipped_mean[0]);
}

TEST(fg_ssim2d, data_range_and_k_scale_the_constants) {
  const int size = 24;
  Tensor<float> x({size, size}), y({size, size});
  Tensor<double> mean({1});
  oracle::Plane px{size, size, {}}, py{size, size, {}};
  for (int i = 0; i < size * size; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<float>(1000 * noisy_scene(0, 0, i / size, i % size));
    y[static_cast<std::size_t>(i)] = static_cast<float>(1000 * scene(0, 0, i / size, i % size));
    px.value.push_back(static_cast<double>(x[static_cast<std::size_t>(i)]));
    py.value.push_back(static_cast<double>(y[static_cast<std::size_t>(i)]));
  }
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  op.data_range = 1000;
  op.k1 = 0.02;
  op.k2 = 0.05;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_NEAR(mean[0], oracle::ssim(px, py, {.range = 1000, .k1 = 0.02, .k2 = 0.05}).mean, 1e-6);
}

TEST(fg_ssim2d, an_image_with_itself_scores_exactly_1) {
  Tensor<float> x({3, 20, 20});
  for (std::size_t i = 0; i < x.memory.size(); ++i) x[i] = noise(static_cast<std::uint32_t>(i), 3, 4);
  Tensor<double> mean({1});
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &x;  // the same memory is fine for inputs
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(mean[0], 1.0);
}

}  // namespace
}  // namespace fg::test
