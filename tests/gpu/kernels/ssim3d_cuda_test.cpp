#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

class ssim3d_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

VoxelFormula constant(double value) {
  return [value](int, int, int, int, int) { return value; };
}

// Value and gradients on the device; without gradients the forward op. Scratch is filled with bytes that make
// NaNs: it may not be read unwritten.
struct Launch {
  bool map = true, x_gradient = false, y_gradient = false;
  int times = 1;
};

template <class T>
Gradient3dOutput run_cuda(const TestVolume<T>& x, const TestVolume<T>& y, const Gradient3dOptions& options,
                          const Launch& how) {
  Gradient3dCase<T> that(x, y, options);
  Ssim3dGradient<T>& op = that.op;
  Gradient3dOutput out{make_output(op.forward, options.ssim.map_layout),
                       TestVolume<float>(x.shape, options.gradient_layout),
                       TestVolume<float>(x.shape, options.gradient_layout)};
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<float> map(out.values.map.memory), x_gradient(out.x.memory), y_gradient(out.y.memory);
  const DeviceArray<float> map_weight(that.map_weight.memory);
  const DeviceArray<double> score_weight(that.score_weight.empty() ? std::vector<double>(1)
                                                                   : that.score_weight);
  const DeviceArray<double> results(std::vector<double>(out.values.scores.size() + 1, NAN));
  op.forward.x.data = device_x.data();
  op.forward.y.data = device_y.data();
  op.forward.map.data = how.map ? map.data() : nullptr;
  op.forward.scores.data = results.data() + 1;
  op.forward.mean = results.data();
  if (op.map_weight.data != nullptr) op.map_weight.data = map_weight.data();
  if (op.score_weight.data != nullptr) op.score_weight.data = score_weight.data();
  if (how.x_gradient) op.x_gradient = out.x.view, op.x_gradient.data = x_gradient.data();
  if (how.y_gradient) op.y_gradient = out.y.view, op.y_gradient.data = y_gradient.data();
  const bool gradient = how.x_gradient || how.y_gradient;
  std::size_t bytes = 0;
  if constexpr (!std::is_same_v<T, std::uint8_t>)
    if (gradient) bytes = cuda::ssim3d_gradient_scratch_bytes(op);
  if (!gradient) bytes = cuda::ssim3d_scratch_bytes(op.forward);
  const DeviceArray<unsigned char> scratch(bytes);
  cuda(cudaMemset(scratch.data(), 0xFF, bytes));
  const Stream stream;
  for (int run = 0; run < how.times; ++run) {
    if (!gradient) cuda::ssim3d(op.forward, {scratch.data(), bytes}, 0, stream.get());
    if constexpr (!std::is_same_v<T, std::uint8_t>)
      if (gradient) cuda::ssim3d_gradient(op, {scratch.data(), bytes}, 0, stream.get());
  }
  stream.wait();
  const auto fetch_to = [](const DeviceArray<float>& from, TestVolume<float>& to) {
    const std::vector<float> values = from.read();
    std::copy(values.begin(), values.end(), to.memory.begin());
  };
  fetch_to(map, out.values.map);
  fetch_to(x_gradient, out.x);
  fetch_to(y_gradient, out.y);
  const std::vector<double> values = results.read();
  out.values.mean = values[0];
  out.values.scores.assign(values.begin() + 1, values.end());
  return out;
}

// Both are within 1e-6 (scores) and 1e-5 (map) of the oracle; sums in another order, moments about another
// sample of the window.
void expect_like_cpu(const Ssim3dOutput& gpu, const Ssim3dOutput& cpu) {
  for (std::size_t i = 0; i < cpu.scores.size(); ++i) EXPECT_NEAR(gpu.scores[i], cpu.scores[i], 1e-6);
  EXPECT_NEAR(gpu.mean, cpu.mean, 1e-6);
  for (int n = 0; n < cpu.map.shape.batch; ++n)
    for (int c = 0; c < cpu.map.shape.channels; ++c) {
      const oracle::Volume a = gpu.map.volume(n, c), b = cpu.map.volume(n, c);
      for (std::size_t i = 0; i < b.value.size(); ++i) ASSERT_NEAR(a.value[i], b.value[i], 1e-5);
    }
}

void expect_gradient_like_cpu(const TestVolume<float>& gpu, const TestVolume<float>& cpu) {
  RelativeError error;
  for (int n = 0; n < cpu.shape.batch; ++n)
    for (int c = 0; c < cpu.shape.channels; ++c) error.add(cpu.volume(n, c), gpu.volume(n, c));
  EXPECT_LE(error.value(), 1e-5);
}

template <class T>
void check_forward(const VolumeShape& shape, const Ssim3dOptions& options = {},
                   const VolumeMemory& layout = {}, const VoxelFormula& fx = noisy_organ_voxel,
                   const VoxelFormula& fy = organ_voxel) {
  SCOPED_TRACE(name_of(shape, options.window));
  const auto x = make_volume<T>(shape, fx, layout), y = make_volume<T>(shape, fy, layout);
  const Ssim3dOutput cpu = run_cpu(x, y, options);
  expect_like_cpu(run_cuda(x, y, {.ssim = options}, {}).values, cpu);
  const Gradient3dOutput no_map = run_cuda(x, y, {.ssim = options}, {.map = false});  // another kernel
  EXPECT_NEAR(no_map.values.mean, cpu.mean, 1e-6);
}

template <class T>
void check_gradient(const VolumeShape& shape, const Gradient3dOptions& options = {},
                    const VolumeMemory& layout = {}, const VoxelFormula& fx = noisy_organ_voxel,
                    const VoxelFormula& fy = organ_voxel) {
  SCOPED_TRACE(name_of(shape, options.ssim.window));
  const auto x = make_volume<T>(shape, fx, layout), y = make_volume<T>(shape, fy, layout);
  const Gradient3dOutput cpu = run_cpu_gradient(x, y, options);
  const Gradient3dOutput both = run_cuda(x, y, options, {.x_gradient = true, .y_gradient = true});
  expect_like_cpu(both.values, cpu.values);
  expect_gradient_like_cpu(both.x, cpu.x);
  expect_gradient_like_cpu(both.y, cpu.y);
  expect_gradient_like_cpu(run_cuda(x, y, options, {.map = false, .x_gradient = true}).x, cpu.x);
  expect_gradient_like_cpu(run_cuda(x, y, options, {.map = false, .y_gradient = true}).y, cpu.y);
}

TEST_F(ssim3d_cuda, sides_of_1_below_at_and_beyond_a_block_match_the_cpu) {
  for (const VolumeShape& shape :
       {VolumeShape{1, 1, 1, 1, 1}, VolumeShape{1, 1, 1, 1, 70}, VolumeShape{1, 1, 1, 150, 1},
        VolumeShape{1, 1, 40, 1, 1}, VolumeShape{1, 1, 7, 8, 9}, VolumeShape{2, 3, 11, 11, 11},
        VolumeShape{2, 3, 37, 41, 53}, VolumeShape{2, 1, 96, 96, 96}}) {
    check_forward<float>(shape);
    check_gradient<float>(shape);
  }
}

TEST_F(ssim3d_cuda, every_window_padding_dtype_and_weight_matches_the_cpu) {
  const VolumeShape shape{1, 2, 17, 75, 40};
  for (const int window : {7, 9, 11})
    for (const Padding padding : {Padding::same, Padding::valid}) {
      const Ssim3dOptions options{.window = window, .padding = padding};
      check_forward<float>(shape, options);
      check_forward<std::uint8_t>(shape, options);
      check_forward<Half>(shape, options);
      check_forward<BFloat16>(shape, options);
      check_gradient<float>(shape, {.ssim = options, .weighted = true});
      check_gradient<Half>(shape, {.ssim = options});
      check_gradient<BFloat16>(shape, {.ssim = options});
      check_gradient<float>({1, 1, window, window, window}, {.ssim = options});
    }
}

TEST_F(ssim3d_cuda, strided_and_interleaved_memory_matches_the_cpu) {
  const VolumeShape shape{2, 3, 12, 20, 50};
  for (const VolumeMemory& layout :
       {VolumeMemory{.row_padding = 13}, VolumeMemory{.column_step = 3}, VolumeMemory{.interleaved = true}}) {
    check_forward<float>(shape, {.map_layout = layout}, layout);
    check_forward<std::uint8_t>(shape, {.map_layout = layout}, layout);
    check_gradient<float>(shape, {.ssim = {.map_layout = layout}, .gradient_layout = layout}, layout);
  }
}

TEST_F(ssim3d_cuda, random_smooth_near_and_constant_volumes_and_grain_beside_a_step_match_the_cpu) {
  const VolumeShape shape{1, 1, 48, 80, 64};
  const std::pair<VoxelFormula, VoxelFormula> pairs[] = {
      {random_voxel, other_random_voxel},    {smooth_voxel, organ_voxel}, {near_voxel, smooth_voxel},
      {constant(0.6), constant(0.6 + 1e-7)}, {constant(0), constant(1)},  {grain_voxel, other_grain_voxel}};
  for (const auto& [x, y] : pairs) {
    check_forward<float>(shape, {}, {}, x, y);
    check_gradient<float>(shape, {}, {}, x, y);
  }
}

TEST_F(ssim3d_cuda, identical_volumes_score_exactly_1_with_a_gradient_of_exactly_0) {
  const VolumeShape shape{2, 2, 40, 70, 90};
  const auto x = make_volume<float>(shape, organ_voxel), y = make_volume<float>(shape, organ_voxel);
  for (const int window : {7, 9, 11}) {
    const Gradient3dOptions options{.ssim = {.window = window}};
    EXPECT_EQ(run_cuda(x, y, options, {.map = false}).values.mean, 1.0);
    const Gradient3dOutput out = run_cuda(x, y, options, {.x_gradient = true, .y_gradient = true});
    EXPECT_EQ(out.values.mean, 1.0);
    for (const float m : out.values.map.memory) ASSERT_EQ(m, 1.0f);
    for (const float g : out.x.memory) ASSERT_EQ(g, 0.0f);
    for (const float g : out.y.memory) ASSERT_EQ(g, 0.0f);
  }
}

TEST_F(ssim3d_cuda, a_NaN_makes_only_its_channel_NaN) {
  const VolumeShape shape{2, 2, 14, 40, 40};
  auto x = make_volume<float>(shape, noisy_organ_voxel);
  const auto y = make_volume<float>(shape, organ_voxel);
  const Gradient3dOutput clean = run_cuda(x, y, {}, {});
  x.at(1, 1, 13, 39, 39) = std::numeric_limits<float>::quiet_NaN();
  for (const bool map : {false, true}) {
    const Gradient3dOutput out = run_cuda(x, y, {}, {.map = map});
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(out.values.scores[i], clean.values.scores[i], 1e-7);
    EXPECT_TRUE(std::isnan(out.values.scores[3]));
    EXPECT_TRUE(std::isnan(out.values.mean));
  }
}

TEST_F(ssim3d_cuda, every_run_gives_the_same_bits) {
  const VolumeShape shape{2, 2, 50, 90, 70};
  const auto x = make_volume<float>(shape, noisy_organ_voxel), y = make_volume<float>(shape, organ_voxel);
  for (const Launch& how : {Launch{.map = false}, Launch{}, Launch{.x_gradient = true}}) {
    const Gradient3dOutput once = run_cuda(x, y, {}, how);
    Launch many = how;
    many.times = 10;
    const Gradient3dOutput again = run_cuda(x, y, {}, many);
    EXPECT_EQ(once.values.scores, again.values.scores);
    EXPECT_EQ(once.values.mean, again.values.mean);
    if (how.x_gradient) {
      EXPECT_EQ(once.x.memory, again.x.memory);
    }
  }
}

}  // namespace
}  // namespace fg::test
