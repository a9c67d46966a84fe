#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/kernels/test_volumes.h"
#include "tests/oracle/ssim3d_oracle.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

FgStatus run(FgSsim3d& op) {
  std::size_t bytes = 0;
  const FgStatus status = fg_ssim3d_scratch_bytes(&op, &bytes);
  if (status != FG_STATUS_OK) return status;
  std::vector<double> scratch((bytes + 7) / 8);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return fg_ssim3d(&op, nullptr);
}
FgStatus run(FgSsim3dGradient& op) {
  std::size_t bytes = 0;
  const FgStatus status = fg_ssim3d_gradient_scratch_bytes(&op, &bytes);
  if (status != FG_STATUS_OK) return status;
  std::vector<double> scratch((bytes + 7) / 8);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return fg_ssim3d_gradient(&op, nullptr);
}

// A pair of volumes as tensors, planar or interleaved.
struct Pair {
  int batch = 2, channels = 2, depth = 12, height = 13, width = 14;
  bool interleaved;
  Tensor<float> x, y;

  explicit Pair(bool channels_last)
      : interleaved(channels_last),
        x(channels_last ? std::vector<std::int64_t>{2, 12, 13, 14, 2}
                        : std::vector<std::int64_t>{2, 2, 12, 13, 14}),
        y(x.shape) {
    for_voxels([&](std::size_t i, int n, int c, int z, int row, int column) {
      x[i] = static_cast<float>(noisy_organ_voxel(n, c, z, row, column));
      y[i] = static_cast<float>(organ_voxel(n, c, z, row, column));
    });
  }
  template <class Body>
  void for_voxels(const Body& body) const {
    for (int n = 0; n < batch; ++n)
      for (int c = 0; c < channels; ++c)
        for (int z = 0; z < depth; ++z)
          for (int row = 0; row < height; ++row)
            for (int column = 0; column < width; ++column) {
              const int planar = (((n * channels + c) * depth + z) * height + row) * width + column;
              const int last = (((n * depth + z) * height + row) * width + column) * channels + c;
              body(static_cast<std::size_t>(interleaved ? last : planar), n, c, z, row, column);
            }
  }
  oracle::Volume volume(const Tensor<float>& t, int of_n, int of_c) const {
    oracle::Volume v(depth, height, width);
    for_voxels([&](std::size_t i, int n, int c, int z, int row, int column) {
      if (n == of_n && c == of_c) v.value[v.index(z, row, column)] = static_cast<double>(t.memory[i]);
    });
    return v;
  }
};

TEST(fg_ssim3d, scores_map_gradients_and_mean_of_both_layouts_match_the_oracle) {
  for (const bool interleaved : {false, true}) {
    Pair pair(interleaved);
    Tensor<float> map(pair.x.shape), x_gradient(pair.x.shape), y_gradient(pair.x.shape);
    Tensor<double> scores({2, 2}), mean({1}), value({1});
    FgSsim3d op;
    fg_ssim3d_defaults(&op);
    op.layout = interleaved ? FG_LAYOUT_NHWC : FG_LAYOUT_NCHW;
    op.x = &pair.x;
    op.y = &pair.y;
    op.map = &map;
    op.scores = &scores;
    op.mean = &mean;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    FgSsim3dGradient gradient;
    fg_ssim3d_gradient_defaults(&gradient);
    gradient.layout = op.layout;
    gradient.x = &pair.x;
    gradient.y = &pair.y;
    gradient.x_gradient = &x_gradient;
    gradient.y_gradient = &y_gradient;
    gradient.mean = &value;
    ASSERT_EQ(run(gradient), FG_STATUS_OK) << fg_last_error();
    EXPECT_EQ(mean[0], value[0]);

    double total = 0;
    for (int n = 0; n < 2; ++n)
      for (int c = 0; c < 2; ++c) {
        oracle::Volume weight(12, 13, 14);
        for (double& w : weight.value) w = -1.0 / (4.0 * static_cast<double>(weight.value.size()));
        const auto expected =
            oracle::ssim3d(pair.volume(pair.x, n, c), pair.volume(pair.y, n, c), {}, &weight);
        EXPECT_NEAR(scores[static_cast<std::size_t>(2 * n + c)], expected.mean, 1e-6);
        total += expected.mean / 4;
        double squares = 0, expected_squares = 0;
        const oracle::Volume got_map = pair.volume(map, n, c), got_x = pair.volume(x_gradient, n, c),
                             got_y = pair.volume(y_gradient, n, c);
        for (std::size_t i = 0; i < weight.value.size(); ++i) {
          ASSERT_NEAR(got_map.value[i], expected.map.value[i], 1e-5);
          squares += std::pow(got_x.value[i] - expected.x_gradient.value[i], 2) +
                     std::pow(got_y.value[i] - expected.y_gradient.value[i], 2);
          expected_squares +=
              std::pow(expected.x_gradient.value[i], 2) + std::pow(expected.y_gradient.value[i], 2);
        }
        EXPECT_LE(std::sqrt(squares / expected_squares), 1e-5);
      }
    EXPECT_NEAR(mean[0], total, 1e-6);
  }
}

TEST(fg_ssim3d, a_plain_volume_of_rank_3_scores_in_its_valid_region) {
  Tensor<std::uint8_t> x({9, 10, 11}), y({9, 10, 11});
  for (std::size_t i = 0; i < x.memory.size(); ++i) {
    x[i] = static_cast<std::uint8_t>(7 * i % 251);
    y[i] = static_cast<std::uint8_t>(7 * i % 251 + i % 3);
  }
  Tensor<float> map({1, 2, 3});
  Tensor<double> mean({1});
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.window = 9;
  op.padding = FG_PADDING_VALID;
  op.map = &map;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  oracle::Volume vx(9, 10, 11), vy(9, 10, 11);
  vx.value.assign(x.memory.begin(), x.memory.end());
  vy.value.assign(y.memory.begin(), y.memory.end());
  const auto expected = oracle::ssim3d(vx, vy, {.window = 9, .crop = true, .range = 255});
  EXPECT_NEAR(mean[0], expected.mean, 1e-6);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(map[i], expected.map.value[i], 1e-5);
}

TEST(fg_ssim3d, bad_arguments_get_a_sentence) {
  Tensor<float> x({4, 5, 6}), y({4, 5, 6}), other({4, 5, 7}), flat({5, 6});
  Tensor<double> mean({1});
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  op.x = &x;
  op.y = &other;
  op.mean = &mean;
  EXPECT_EQ(run(op), FG_STATUS_SIZE_MISMATCH);
  EXPECT_STREQ(fg_last_error(),
               "fg_ssim3d_scratch_bytes: y has shape [4, 5, 7], x has [4, 5, 6]; both must be the same");
  op.x = op.y = &flat;
  EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(
      fg_last_error(),
      "fg_ssim3d_scratch_bytes: x has 2 dimensions; expected [N, C, D, H, W], [C, D, H, W] or [D, H, W]");
  op.x = op.y = &x;
  op.padding = FG_PADDING_VALID;
  EXPECT_EQ(run(op), FG_STATUS_SIZE_MISMATCH);
  EXPECT_STREQ(
      fg_last_error(),
      "fg_ssim3d_scratch_bytes: the volumes are 4 x 5 x 6 (depth x height x width), smaller than the window "
      "of 11 with FG_PADDING_VALID; take a smaller window or FG_PADDING_SAME");
  op.padding = FG_PADDING_SAME;
  op.mean = nullptr;
  EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_STREQ(fg_last_error(), "fg_ssim3d: map, scores and mean are all NULL; ask for at least one of them");

  Tensor<std::uint8_t> codes({4, 5, 6});
  FgSsim3dGradient gradient;
  fg_ssim3d_gradient_defaults(&gradient);
  gradient.x = gradient.y = &codes;
  EXPECT_EQ(run(gradient), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fg_last_error()).find("codes have no gradient"), std::string::npos);
  gradient.x = &x;
  gradient.y = &y;
  EXPECT_EQ(run(gradient), FG_STATUS_INVALID_ARGUMENT);
  EXPECT_NE(std::string(fg_last_error()).find("x_gradient and y_gradient are both NULL"), std::string::npos);
}

}  // namespace
}  // namespace fg::test
