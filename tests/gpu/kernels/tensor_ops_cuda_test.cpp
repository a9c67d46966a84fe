// The C interface with CUDA tensors: the same calls as on CPU, other memory and a stream.

#include <framegauge/drr.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/test_images.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

TEST(tensor_ops_cuda, scores_and_errors_of_CUDA_tensors_equal_those_of_CPU_tensors) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  const int height = 90, width = 130;
  Tensor<float> x({3, height, width}), y({3, height, width});
  Tensor<double> mean({1}), errors({1, FG_ERROR_COLUMNS});
  for (int i = 0; i < 3 * height * width; ++i) {
    const int c = i / (height * width), row = i / width % height, column = i % width;
    x[static_cast<std::size_t>(i)] = static_cast<float>(noisy_scene(0, c, row, column));
    y[static_cast<std::size_t>(i)] = static_cast<float>(scene(0, c, row, column));
  }
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mean = &mean;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  FgImageErrors errors_op;
  fg_image_errors_defaults(&errors_op);
  errors_op.x = &x;
  errors_op.y = &y;
  errors_op.errors = &errors;
  ASSERT_EQ(run(errors_op), FG_STATUS_OK) << fg_last_error();

  const DeviceArray<float> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> device_mean(1), device_errors(FG_ERROR_COLUMNS);
  const auto move = [](DLTensor* t, void* data) {
    t->data = data;
    t->device = {kDLCUDA, 0};
  };
  move(&x, device_x.data());
  move(&y, device_y.data());
  move(&mean, device_mean.data());
  move(&errors, device_errors.data());
  const Stream stream;

  std::size_t bytes = 0;
  ASSERT_EQ(fg_ssim2d_scratch_bytes(&op, &bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(bytes);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  ASSERT_EQ(fg_ssim2d(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(fg_image_errors_scratch_bytes(&errors_op, &bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> errors_scratch(bytes);
  errors_op.scratch = errors_scratch.data();
  errors_op.scratch_bytes = bytes;
  ASSERT_EQ(fg_image_errors(&errors_op, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();

  EXPECT_NEAR(device_mean.read()[0], mean[0], 1e-6);  // ssim2d_cuda_test
  for (std::size_t i = 0; i < FG_ERROR_COLUMNS; ++i)
    EXPECT_NEAR(device_errors.read()[i], errors[i], 1e-6 * std::abs(errors[i]));  // image_errors_cuda_test
}

void expect_near(double cpu_mean, double mean, const std::vector<float>& cpu_gradient,
                 const std::vector<float>& gradient) {
  EXPECT_NEAR(mean, cpu_mean, 2e-6);  // ms_ssim_cuda_test, masked_ssim_cuda_test
  double error = 0, size = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    error += std::pow(static_cast<double>(gradient[i]) - static_cast<double>(cpu_gradient[i]), 2);
    size += std::pow(static_cast<double>(cpu_gradient[i]), 2);
  }
  EXPECT_GT(size, 0);
  EXPECT_LE(std::sqrt(error / size), 1e-5);
}

// Runs an op on the CPU; then moves its tensors to the device and runs it again there.
template <class Op>
void expect_same_on_cuda(Op& op, FgStatus (*scratch_bytes)(const Op*, std::size_t*),
                         FgStatus (*call)(const Op*, void*),
                         std::initializer_list<std::reference_wrapper<Tensor<float>>> images,
                         Tensor<double>& mean, Tensor<float>& gradient) {
  ASSERT_EQ(run_with(op, scratch_bytes, call), FG_STATUS_OK) << fg_last_error();
  const double cpu_mean = mean[0];
  const std::vector<float> cpu_gradient = gradient.memory;
  std::deque<DeviceArray<float>> memory;
  for (Tensor<float>& image : images) {
    image.tensor.data = memory.emplace_back(image.memory).data();
    image.tensor.device = {kDLCUDA, 0};
  }
  const DeviceArray<double> device_mean(1);
  mean.tensor.data = device_mean.data();
  mean.tensor.device = {kDLCUDA, 0};
  const DeviceArray<float> device_gradient(gradient.memory.size());
  gradient.tensor.data = device_gradient.data();
  gradient.tensor.device = {kDLCUDA, 0};
  std::size_t bytes = 0;
  ASSERT_EQ(scratch_bytes(&op, &bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(bytes);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  const Stream stream;
  ASSERT_EQ(call(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();
  expect_near(cpu_mean, device_mean.read()[0], cpu_gradient, device_gradient.read());
}

TEST(tensor_ops_cuda, MS_SSIM_of_CUDA_tensors_equals_that_of_CPU_tensors) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  Tensor<float> x({1, 3, 90, 131}), y({1, 3, 90, 131}), gradient({1, 3, 90, 131});
  fill(x, noisy_scene);
  fill(y, scene);
  Tensor<double> mean({1});
  FgMsSsim op;
  fg_ms_ssim_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.levels = 4;
  op.mean = &mean;
  op.x_gradient = &gradient;
  expect_same_on_cuda(op, fg_ms_ssim_scratch_bytes, fg_ms_ssim, {x, y}, mean, gradient);
}

TEST(tensor_ops_cuda, masked_SSIM_of_CUDA_tensors_equals_that_of_CPU_tensors) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  Tensor<float> x({1, 3, 90, 131}), y({1, 3, 90, 131}), mask({1, 1, 90, 131}), gradient({1, 3, 90, 131});
  fill(x, noisy_scene);
  fill(y, scene);
  fill(mask, [](int, int, int row, int column) { return row / 30 == column / 40 ? 0.0 : 0.5; });
  Tensor<double> mean({1});
  FgMaskedSsim2d op;
  fg_masked_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.mask = &mask;
  op.mean = &mean;
  op.y_gradient = &gradient;
  expect_same_on_cuda(op, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d, {x, y, mask}, mean, gradient);
}

TEST(tensor_ops_cuda, a_device_that_does_not_exist_is_unavailable) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  const DeviceArray<float> image(400);
  const DeviceArray<double> result(1);
  Tensor<float> x({20, 20});
  Tensor<double> mean({1});
  x.tensor.data = image.data();
  mean.tensor.data = result.data();
  x.tensor.device = mean.tensor.device = {kDLCUDA, 4321};
  FgSsim2d op;
  fg_ssim2d_defaults(&op);
  op.x = &x;
  op.y = &x;
  op.mean = &mean;
  const DeviceArray<unsigned char> scratch(4096);
  op.scratch = scratch.data();
  op.scratch_bytes = 4096;
  EXPECT_EQ(fg_ssim2d(&op, nullptr), FG_STATUS_UNAVAILABLE);
  int devices = 0;
  cuda(cudaGetDeviceCount(&devices));
  EXPECT_EQ(std::string(fg_last_error()),
            "fg_ssim2d: the tensors are on CUDA device 4321, this machine has " + std::to_string(devices) +
                " of them, counted from 0; check DLTensor.device.device_id");
}

TEST(tensor_ops_cuda, DRRs_of_CUDA_tensors_and_their_gradients_equal_those_of_CPU_tensors) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  Tensor<float> volume({20, 30, 40}), images({1, 1, 60, 70}), upstream({1, 1, 60, 70}, 1.0f);
  for (std::size_t i = 0; i < volume.memory.size(); ++i)
    volume[i] = static_cast<float>(800 * std::sin(0.2 * static_cast<double>(i % 40)) *
                                   std::cos(0.001 * static_cast<double>(i)));
  Tensor<double> poses({1, 3, 4}), gradient({1, 3, 4});
  poses.memory = {-1, 0, 0, 20.3, 0, 0, -1, 850.1, 0, -1, 0, 10.2};
  poses.tensor.data = poses.memory.data();
  FgDrr op;
  fg_drr_defaults(&op);
  op.volume = &volume;
  op.poses = &poses;
  op.delx_mm = op.dely_mm = 0.7;
  op.sampling = FG_DRR_SAMPLES_BY_STEP;
  op.step_mm = 0.3;
  op.images = &images;
  FgDrrGradient back;
  fg_drr_gradient_defaults(&back);
  back.drr = &op;
  back.image_gradient = &upstream;
  back.poses_gradient = &gradient;
  ASSERT_EQ(fg_drr(&op, nullptr), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(run_with(back, fg_drr_gradient_scratch_bytes, fg_drr_gradient), FG_STATUS_OK) << fg_last_error();

  const DeviceArray<float> device_volume(volume.memory), device_images(images.memory.size()),
      device_upstream(upstream.memory);
  const DeviceArray<double> device_poses(poses.memory), device_gradient(12);
  const auto move = [](DLTensor* t, void* data) {
    t->data = data;
    t->device = {kDLCUDA, 0};
  };
  move(&volume, device_volume.data());
  move(&images, device_images.data());
  move(&upstream, device_upstream.data());
  move(&poses, device_poses.data());
  move(&gradient, device_gradient.data());
  const Stream stream;
  ASSERT_EQ(fg_drr(&op, stream.get()), FG_STATUS_OK) << fg_last_error();
  std::size_t bytes = 0;
  ASSERT_EQ(fg_drr_gradient_scratch_bytes(&back, &bytes), FG_STATUS_OK) << fg_last_error();
  const DeviceArray<unsigned char> scratch(bytes);
  back.scratch = scratch.data();
  back.scratch_bytes = bytes;
  ASSERT_EQ(fg_drr_gradient(&back, stream.get()), FG_STATUS_OK) << fg_last_error();
  stream.wait();

  const std::vector<float> gpu = device_images.read();
  const float most = *std::max_element(images.memory.begin(), images.memory.end());
  EXPECT_GT(most, 0.1f);
  for (std::size_t i = 0; i < gpu.size(); ++i) ASSERT_NEAR(gpu[i], images[i], 2e-5f * most);  // drr_cuda_test
  const std::vector<double> gpu_gradient = device_gradient.read();
  double error = 0, size = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    error += std::pow(gpu_gradient[i] - gradient[i], 2);
    size += std::pow(gradient[i], 2);
  }
  EXPECT_LT(std::sqrt(error / size), 2e-4);  // drr_cuda_test
}

}  // namespace
}  // namespace fg::test
