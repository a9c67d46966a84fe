// The C interface on CUDA with more planes or rows than a grid has, and with more than 2^31 elements.

#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <deque>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "kernels/ssim/integer_ssim_math.h"
#include "tests/gpu/kernels/device_memory.h"
#include "tests/plugin/c_api/every_op.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

// ---- more planes, rows and blocks than a grid has ----

template <class Op>
void on_device(Op& op, FgStatus (*ask)(const Op*, std::size_t*), FgStatus (*go)(const Op*, void*)) {
  ASSERT_EQ(ask(&op, &op.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(op.scratch_bytes);
  cuda(cudaMemset(scratch.data(), 0xFF, op.scratch_bytes));
  cuda(cudaDeviceSynchronize());  // the call's stream does not wait for the default one, nor for the images
  op.scratch = scratch.data();
  const Stream stream;
  ASSERT_EQ(go(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();
}

constexpr std::int64_t kManyPlanes = 2 * 65535 + 3;

// Scores of small images, more of them than a grid has rows, on the device and on CPU.
template <class Op>
void expect_many_planes(void (*defaults)(Op*), FgStatus (*ask)(const Op*, std::size_t*),
                        FgStatus (*go)(const Op*, void*), std::vector<std::int64_t> shape,
                        std::vector<std::int64_t> scores_shape,
                        const std::function<void(Op&, std::deque<DeviceArray<float>>*)>& adapt = {}) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  Tensor<std::uint8_t> x(shape), y(shape);
  std::mt19937 random(7);
  for (auto& code : x.memory) code = static_cast<std::uint8_t>(random());
  // Half of it is x's: no mean of covariances is near 0, where the powers of MS-SSIM have no bound.
  for (std::size_t i = 0; i < y.memory.size(); ++i)
    y[i] = static_cast<std::uint8_t>((x[i] + random() % 256) / 2);
  Tensor<double> scores(scores_shape), mean({1});
  Op op;
  defaults(&op);
  op.x = &x;
  op.y = &y;
  op.scores = &scores;
  op.mean = &mean;
  if (adapt) adapt(op, nullptr);
  ASSERT_EQ(run_with_scratch(op, ask, go), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<std::uint8_t> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> device_scores(scores.memory.size()), device_mean(1);
  std::deque<DeviceArray<float>> more;
  if (adapt) adapt(op, &more);
  const auto move = [](DLTensor* t, void* data) {
    t->data = data;
    t->device = {kDLCUDA, 0};
  };
  move(&x, device_x.data());
  move(&y, device_y.data());
  move(&scores, device_scores.data());
  move(&mean, device_mean.data());
  on_device(op, ask, go);
  const std::vector<double> got = device_scores.read();
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], scores[i], 1e-5) << "plane " << i;
  EXPECT_NEAR(device_mean.read()[0], mean[0], 1e-6);
}

TEST(many_planes_on_CUDA, of_SSIM) {
  expect_many_planes<FgSsim2d>(fg_ssim2d_defaults, fg_ssim2d_scratch_bytes, fg_ssim2d,
                               {kManyPlanes / 3, 3, 11, 12}, {kManyPlanes / 3, 3});
}
TEST(many_planes_on_CUDA, of_SSIM_of_volumes) {
  expect_many_planes<FgSsim3d>(fg_ssim3d_defaults, fg_ssim3d_scratch_bytes, fg_ssim3d, {70000, 1, 3, 4, 5},
                               {70000, 1});
}
TEST(many_planes_on_CUDA, of_MS_SSIM) {
  for (const int levels : {1, 3})
    expect_many_planes<FgMsSsim>(fg_ms_ssim_defaults, fg_ms_ssim_scratch_bytes, fg_ms_ssim,
                                 {kManyPlanes / 3, 3, 26, 28}, {kManyPlanes / 3, 3},
                                 [levels](FgMsSsim& op, std::deque<DeviceArray<float>>*) {
                                   op.levels = levels;
                                   op.window = 7;
                                 });
}
TEST(many_planes_on_CUDA, of_masked_SSIM) {
  Tensor<float> mask({kManyPlanes / 3, 1, 11, 12}, 0.5f, {0, 0, 0, 0}, 1);  // one weight for all
  expect_many_planes<FgMaskedSsim2d>(fg_masked_ssim2d_defaults, fg_masked_ssim2d_scratch_bytes,
                                     fg_masked_ssim2d, {kManyPlanes / 3, 3, 11, 12}, {kManyPlanes / 3, 3},
                                     [&](FgMaskedSsim2d& op, std::deque<DeviceArray<float>>* device) {
                                       op.mask = &mask;
                                       if (device == nullptr) return;
                                       mask.tensor.data = device->emplace_back(mask.memory).data();
                                       mask.tensor.device = {kDLCUDA, 0};
                                     });
}
TEST(many_planes_on_CUDA, of_the_SSIMs_of_video_quality) {
  expect_many_planes<FgVmafSsim>(fg_vmaf_ssim_defaults, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim,
                                 {kManyPlanes, 9, 10}, {kManyPlanes});
  expect_many_planes<FgVmafFloatSsim>(fg_vmaf_float_ssim_defaults, fg_vmaf_float_ssim_scratch_bytes,
                                      fg_vmaf_float_ssim, {kManyPlanes, 11, 12}, {kManyPlanes});
}

TEST(tall_images_on_CUDA, beyond_the_rows_of_a_grid_are_refused_or_measured) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  const std::int64_t height = 9'000'000, width = 12;
  const DeviceArray<std::uint8_t> memory(static_cast<std::size_t>(height * width));
  cuda(cudaMemset(memory.data(), 3, memory.size_bytes()));
  std::int64_t shape[2] = {height, width};
  DLTensor x{memory.data(), {kDLCUDA, 0}, 2, {kDLUInt, 8, 1}, shape, nullptr, 0};
  const DeviceArray<double> results(FG_ERROR_COLUMNS);
  std::int64_t one = 1, row[2] = {1, FG_ERROR_COLUMNS};
  DLTensor mean{results.data(), {kDLCUDA, 0}, 1, {kDLFloat, 64, 1}, &one, nullptr, 0};
  DLTensor errors{results.data(), {kDLCUDA, 0}, 2, {kDLFloat, 64, 1}, row, nullptr, 0};
  FgSsim2d ssim;
  fg_ssim2d_defaults(&ssim);
  ssim.x = ssim.y = &x;
  ssim.mean = &mean;
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&ssim, &ssim.scratch_bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(ssim.scratch_bytes);
  ssim.scratch = scratch.data();
  EXPECT_EQ(fg_ssim2d(&ssim, nullptr), FG_STATUS_UNSUPPORTED);
  EXPECT_STREQ(fg_last_error(), "the images have more rows than a CUDA launch reaches; score them in parts");
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = op.y = &x;
  op.errors = &errors;
  on_device(op, fg_image_errors_scratch_bytes, fg_image_errors);
  EXPECT_EQ(results.read()[FG_ERROR_MAX], 0.0);
}

// ---- more than 2^31 elements ----
//
// x and y are zeros but for noise in the far corner, where an index of 32 bits does not lead. What that noise takes away
// from a score of 1 is known from a small image with the same corner.

// A tensor of zeros but for a corner of noise, in the last of its planes or volumes.
template <class T>
struct Cornered {
  std::vector<std::int64_t> shape;
  DeviceArray<T> memory;
  DLTensor tensor{};

  static std::size_t count(const std::vector<std::int64_t>& shape) {
    std::size_t elements = 1;
    for (const std::int64_t extent : shape) elements *= static_cast<std::size_t>(extent);
    return elements;
  }
  // The noise has as many axes as the shape has beyond the first `leading`, each `side` long.
  Cornered(std::vector<std::int64_t> extents, std::size_t leading, std::int64_t side,
           const std::vector<T>& noise)
      : shape(std::move(extents)), memory(count(shape)) {
    cuda(cudaMemset(memory.data(), 0, memory.size_bytes()));
    const std::size_t rank = shape.size();
    const std::vector<std::int64_t> strides = compact_strides(shape);
    std::int64_t first = 0;  // of the corner
    for (std::size_t i = 0; i < rank; ++i)
      first += (i < leading ? shape[i] - 1 : shape[i] - side) * strides[i];
    const std::int64_t slices = rank - leading == 3 ? side : 1;
    for (std::int64_t slice = 0; slice < slices; ++slice)
      cuda(cudaMemcpy2D(memory.data() + first + (slices == 1 ? 0 : slice * strides[rank - 3]),
                        static_cast<std::size_t>(strides[rank - 2]) * sizeof(T),
                        noise.data() + slice * side * side, static_cast<std::size_t>(side) * sizeof(T),
                        static_cast<std::size_t>(side) * sizeof(T), static_cast<std::size_t>(side),
                        cudaMemcpyHostToDevice));
    tensor = {memory.data(), {kDLCUDA, 0}, static_cast<int>(rank), dtype(), shape.data(), nullptr, 0};
  }
  static DLDataType dtype() {
    return {static_cast<std::uint8_t>(std::is_floating_point_v<T> ? kDLFloat : kDLUInt), 8 * sizeof(T), 1};
  }
};

template <class T>
std::vector<T> noise_of(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<T> noise(count);
  for (T& sample : noise) {
    if constexpr (std::is_floating_point_v<T>)
      sample = static_cast<T>(random() % 256) / 255;
    else
      sample = static_cast<T>(random());
  }
  return noise;
}

// Skips where the device has less memory.
std::string lacks_memory(std::size_t gigabytes) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) return reason;
  std::size_t free_bytes = 0, total_bytes = 0;
  cuda(cudaMemGetInfo(&free_bytes, &total_bytes));
  if (free_bytes >= gigabytes << 30) return "";
  return "needs " + std::to_string(gigabytes) + " GiB of device memory, " + std::to_string(free_bytes >> 30) +
         " are free";
}

// The mean of an op on a pair with noise in its corner, 1 minus that, times the number of windows.
template <class T, class Op>
double lost(Op& op, FgStatus (*ask)(const Op*, std::size_t*), FgStatus (*go)(const Op*, void*),
            const std::vector<std::int64_t>& shape, std::size_t leading, std::int64_t side, double windows) {
  const std::size_t samples = static_cast<std::size_t>(std::pow(side, shape.size() - leading) + 0.5);
  Cornered<T> x(shape, leading, side, noise_of<T>(samples, 1)),
      y(shape, leading, side, noise_of<T>(samples, 2));
  const DeviceArray<double> result(1);
  std::int64_t one = 1;
  DLTensor mean{result.data(), {kDLCUDA, 0}, 1, {kDLFloat, 64, 1}, &one, nullptr, 0};
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.mean = &mean;
  on_device(op, ask, go);
  return (1 - result.read()[0]) * windows;
}

constexpr std::int64_t kSide = 46400;  // squared: 2^31 + 5.5e6
double squared(std::int64_t side) { return static_cast<double>(side) * static_cast<double>(side); }

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim2d ssim;
  fg_ssim2d_defaults(&ssim);
  const auto loses = [&](std::int64_t side) {
    return lost<std::uint8_t>(ssim, fg_ssim2d_scratch_bytes, fg_ssim2d, {1, 1, side, side}, 2, 1024,
                              squared(side));
  };
  const double expected = loses(1200);
  EXPECT_GT(expected, 1e5);
  EXPECT_NEAR(loses(kSide), expected, 1e-4 * expected);  // sums in another order
  for (const int level : {0, 1, 2}) {
    FgMsSsim ms;
    fg_ms_ssim_defaults(&ms);
    ms.levels = 3;
    for (int i = 0; i < ms.levels; ++i) ms.weights[i] = i == level ? 1 : 0;
    const auto ms_loses = [&](std::int64_t side) {
      return lost<std::uint8_t>(ms, fg_ms_ssim_scratch_bytes, fg_ms_ssim, {1, 1, side, side}, 2, 1024,
                                squared((side >> level) - 10));
    };
    const double of_level = ms_loses(1200);
    EXPECT_NEAR(ms_loses(kSide), of_level, 1e-4 * of_level) << "level " << level;
  }
  const DeviceArray<float> weight(std::vector<float>{1.0f});
  const auto masked_loses = [&](std::int64_t side) {
    std::int64_t shape[4] = {1, 1, side, side}, strides[4] = {0, 0, 0, 0};
    DLTensor mask{weight.data(), {kDLCUDA, 0}, 4, {kDLFloat, 32, 1}, shape, strides, 0};
    FgMaskedSsim2d masked;
    fg_masked_ssim2d_defaults(&masked);
    masked.mask = &mask;
    return lost<std::uint8_t>(masked, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d, {1, 1, side, side}, 2,
                              1024, squared(side));
  };
  const double of_mask = masked_loses(1200);
  EXPECT_NEAR(masked_loses(kSide), of_mask, 1e-4 * of_mask);
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_a_batch_of_planes_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(24); !reason.empty()) GTEST_SKIP() << reason;
  const std::int64_t large = 1 << 15;  // squared: 2^30, the most that a plane may have
  FgVmafSsim integer;
  fg_vmaf_ssim_defaults(&integer);
  const auto integer_loses = [&](std::int64_t planes, std::int64_t side) {
    return lost<std::uint8_t>(
        integer, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim, {planes, side, side}, 1, 2048,
        static_cast<double>(planes) *
            integer_ssim::weight_sum(static_cast<std::int32_t>(side), static_cast<std::int32_t>(side)));
  };
  const double expected = integer_loses(1, 2200);
  EXPECT_NEAR(integer_loses(3, large), expected, 1e-6 * expected);
  FgVmafFloatSsim floats;
  fg_vmaf_float_ssim_defaults(&floats);
  floats.scale = 1;
  const auto float_loses = [&](std::int64_t planes, std::int64_t side) {
    return lost<std::uint8_t>(floats, fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim,
                              {planes, side, side}, 1, 2048,
                              static_cast<double>(planes) * squared(side - 10));
  };
  const double of_floats = float_loses(1, 2200);
  // The reference rounds a score to float: 6e-8 of 2^30 windows.
  EXPECT_NEAR(float_loses(3, large), of_floats, 65 + 1e-4 * of_floats);
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_have_their_errors_measured) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  const std::vector<std::uint8_t> black(4, 0), white(4, 255);
  Cornered<std::uint8_t> x({1, 1, kSide, kSide}, 2, 2, white), y({1, 1, kSide, kSide}, 2, 2, black);
  const DeviceArray<double> result(FG_ERROR_COLUMNS);
  std::int64_t row[2] = {1, FG_ERROR_COLUMNS};
  DLTensor errors{result.data(), {kDLCUDA, 0}, 2, {kDLFloat, 64, 1}, row, nullptr, 0};
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.errors = &errors;
  on_device(op, fg_image_errors_scratch_bytes, fg_image_errors);
  EXPECT_DOUBLE_EQ(result.read()[FG_ERROR_MSE], 4 / squared(kSide));
  EXPECT_EQ(result.read()[FG_ERROR_MAX], 1.0);
}

// The corner of x's gradient and of the map, of an op whose loss gives each window the same weight at any size.
template <class Op>
std::vector<std::vector<float>> corners(Op& op, FgStatus (*ask)(const Op*, std::size_t*),
                                        FgStatus (*go)(const Op*, void*),
                                        const std::vector<std::int64_t>& shape, std::int64_t side) {
  const std::size_t samples = static_cast<std::size_t>(std::pow(side, shape.size() - 2) + 0.5);
  Cornered<float> x(shape, 2, side, noise_of<float>(samples, 1)),
      y(shape, 2, side, noise_of<float>(samples, 2));
  Cornered<float> gradient(shape, 2, 1, {NAN}), map(shape, 2, 1, {NAN});
  op.x = &x.tensor;
  op.y = &y.tensor;
  op.x_gradient = &gradient.tensor;
  op.map = &map.tensor;
  op.mean_weight = -1;
  for (const std::int64_t extent : shape) op.mean_weight *= static_cast<double>(extent);
  on_device(op, ask, go);
  std::vector<std::vector<float>> last;  // rows of the last plane
  for (const Cornered<float>* from : {&gradient, &map}) {
    std::vector<float> rows(static_cast<std::size_t>(side * side));
    const std::int64_t pitch = shape.back(), count = static_cast<std::int64_t>(Cornered<float>::count(shape));
    cuda(cudaMemcpy2D(rows.data(), static_cast<std::size_t>(side) * sizeof(float),
                      from->memory.data() + count - (side - 1) * pitch - side,
                      static_cast<std::size_t>(pitch) * sizeof(float),
                      static_cast<std::size_t>(side) * sizeof(float), static_cast<std::size_t>(side),
                      cudaMemcpyDeviceToHost));
    last.push_back(std::move(rows));
  }
  return last;
}

void expect_same_corners(const std::vector<std::vector<float>>& got,
                         const std::vector<std::vector<float>>& expected) {
  for (std::size_t k = 0; k < got.size(); ++k) {
    double error = 0, size = 0;
    for (std::size_t i = 0; i < got[k].size(); ++i) {
      error += std::pow(static_cast<double>(got[k][i]) - static_cast<double>(expected[k][i]), 2);
      size += std::pow(static_cast<double>(expected[k][i]), 2);
    }
    EXPECT_GT(size, 0);
    EXPECT_LE(std::sqrt(error / size), 1e-5) << (k == 0 ? "gradient" : "map");
  }
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_images_have_their_gradient_in_the_far_corner) {
  if (const std::string reason = lacks_memory(40); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim2dGradient op;
  fg_ssim2d_gradient_defaults(&op);
  const auto run_at = [&](std::int64_t side) {
    return corners(op, fg_ssim2d_gradient_scratch_bytes, fg_ssim2d_gradient, {1, 1, side, side}, 256);
  };
  expect_same_corners(run_at(kSide), run_at(400));
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_volumes_are_scored_to_the_far_corner) {
  if (const std::string reason = lacks_memory(8); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim3d op;
  fg_ssim3d_defaults(&op);
  const auto loses = [&](std::int64_t side) {
    return lost<std::uint8_t>(op, fg_ssim3d_scratch_bytes, fg_ssim3d, {1, 1, side, side, side}, 2, 96,
                              std::pow(static_cast<double>(side), 3));
  };
  const double expected = loses(160);
  EXPECT_GT(expected, 1e5);
  EXPECT_NEAR(loses(1304), expected, 1e-4 * expected);  // 1304^3: 2^31 + 7e7
}

TEST(more_than_two_to_the_31st_elements_on_CUDA, of_volumes_have_their_gradient_in_the_far_corner) {
  if (const std::string reason = lacks_memory(66); !reason.empty()) GTEST_SKIP() << reason;
  FgSsim3dGradient op;
  fg_ssim3d_gradient_defaults(&op);
  const auto run_at = [&](std::int64_t side) {
    return corners(op, fg_ssim3d_gradient_scratch_bytes, fg_ssim3d_gradient, {1, 1, side, side, side}, 48);
  };
  expect_same_corners(run_at(1304), run_at(120));
}

}  // namespace
}  // namespace fg::test
