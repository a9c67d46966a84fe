// The C interface with CUDA tensors: the same calls as on CPU, other memory and a stream.

#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

#include <cmath>
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
  EXPECT_STREQ(fg_last_error(), "selecting the CUDA device of the tensors: invalid device ordinal");
}

}  // namespace
}  // namespace fg::test
