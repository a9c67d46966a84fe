// Images between intrinsics on CUDA against those on CPU.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "kernels/registration/resample.h"
#include "tests/gpu/kernels/device_memory.h"

namespace fg::test {

TEST(resample_cuda, pixels_are_those_of_the_cpu_also_from_a_captured_graph) {
  if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  constexpr int kHeight = 61, kWidth = 83, kPlanes = 6;
  std::vector<float> from(kPlanes * kHeight * kWidth);
  for (std::size_t i = 0; i < from.size(); ++i)
    from[i] = std::sin(0.37f * static_cast<float>(i % 4001)) + (i == 777 ? NAN : 0.0f);
  Resample op;
  op.rows = resample_axis({2, 7, kHeight}, {1.9, -3, 90}, 1000.0 / 1300);
  op.columns = resample_axis({1.5, -4, kWidth}, {1.1, 6, 70}, 1000.0 / 1300);
  std::vector<float> cpu(kPlanes * 90 * 70, -1.0f);
  op.input = {from.data(), 3, 2, kHeight, kWidth, 2 * kHeight * kWidth, kHeight * kWidth, kWidth, 1};
  op.output = {cpu.data(), 3, 2, 90, 70, 2 * 90 * 70, 90 * 70, 70, 1};
  cpu::resample(op);
  const DeviceArray<float> input(from), output(std::vector<float>(cpu.size(), -1.0f));
  op.input.data = input.data();
  op.output.data = output.data();
  const Stream stream;
  cuda::resample(op, 0, stream.get());
  stream.wait();
  const std::vector<float> got = output.read();
  std::size_t nans = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(std::isnan(got[i]), std::isnan(cpu[i])) << i;
    nans += std::isnan(cpu[i]);
    if (std::isnan(cpu[i])) continue;
    // Four products of numbers up to 1 in another rounding.
    EXPECT_NEAR(got[i], cpu[i], 1e-6) << i;
  }
  EXPECT_GT(nans, 0u);
  const DeviceArray<float> captured(std::vector<float>(cpu.size(), -1.0f));
  op.output.data = captured.data();
  run_captured(stream, [&] { cuda::resample(op, 0, stream.get()); });
  EXPECT_EQ(std::memcmp(captured.read().data(), got.data(), got.size() * sizeof(float)), 0);
}

}  // namespace fg::test
