// How long SSIM of volumes and its gradient take on CUDA device 0: CUDA events around one call, 256 MB written
// in between so that nothing is left in L2, median of 100. Inputs are noise.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "kernels/ssim/ssim3d_gradient.h"
#include "tests/bench/median.h"
#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/test_images.h"

namespace {

using fg::test::cuda;
using fg::test::DeviceArray;

constexpr std::size_t kFlushBytes = std::size_t{256} << 20;

std::vector<double> time(const fg::test::Stream& stream, const DeviceArray<char>& flush,
                         const std::function<void()>& body) {
  cudaEvent_t begin = nullptr, end = nullptr;
  cuda(cudaEventCreate(&begin));
  cuda(cudaEventCreate(&end));
  std::vector<double> microseconds;
  for (int run = -10; run < 100; ++run) {
    cuda(cudaMemsetAsync(flush.data(), run & 0xFF, kFlushBytes, stream.get()));
    cuda(cudaEventRecord(begin, stream.get()));
    body();
    cuda(cudaEventRecord(end, stream.get()));
    stream.wait();
    float milliseconds = 0;
    cuda(cudaEventElapsedTime(&milliseconds, begin, end));
    if (run >= 0) microseconds.push_back(1e3 * static_cast<double>(milliseconds));
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return microseconds;
}

void measure(const fg::test::Stream& stream, const DeviceArray<char>& flush, int batch, int channels,
             int depth, int height, int width) {
  const std::int64_t slice = std::int64_t{height} * width, volume = slice * depth;
  const auto voxels = static_cast<std::size_t>(batch * channels * volume);
  std::vector<float> values(voxels), others(voxels);
  for (std::size_t i = 0; i < voxels; ++i) {
    values[i] = fg::test::noise(static_cast<std::uint32_t>(i), 7, 1);
    others[i] = fg::test::noise(static_cast<std::uint32_t>(i), 8, 1);
  }
  const DeviceArray<float> x(values), y(others), map(voxels), gradient(voxels), other_gradient(voxels);
  const DeviceArray<double> mean(1);
  const auto view = [&]<class T>(T* data) {
    return fg::VolumeBatchView<T>{data,   batch, channels, depth, height, width, channels * volume,
                                  volume, slice, width,    1};
  };
  const std::string shape = std::to_string(batch) + "x" + std::to_string(channels) + "x" +
                            std::to_string(depth) + "x" + std::to_string(height) + "x" +
                            std::to_string(width) + " float32";
  const double bytes = static_cast<double>(voxels) * sizeof(float);
  fg::Ssim3dGradient<float> op;
  op.forward.x = view(static_cast<const float*>(x.data()));
  op.forward.y = view(static_cast<const float*>(y.data()));
  op.forward.mean = mean.data();
  op.mean_weight = -1;
  const DeviceArray<char> scratch(fg::cuda::ssim3d_scratch_bytes(op.forward));
  const auto forward = [&] {
    fg::cuda::ssim3d(op.forward, {scratch.data(), scratch.size_bytes()}, 0, stream.get());
  };
  fg::bench::print_line(("ssim3d " + shape).c_str(), time(stream, flush, forward), 2 * bytes);
  op.forward.map = view(map.data());
  fg::bench::print_line(("ssim3d with map " + shape).c_str(), time(stream, flush, forward), 3 * bytes);
  op.forward.map.data = nullptr;
  op.x_gradient = view(gradient.data());
  for (const char* what : {"ssim3d value and gradient ", "ssim3d value and both gradients "}) {
    const DeviceArray<char> gradient_scratch(fg::cuda::ssim3d_gradient_scratch_bytes(op));
    fg::bench::print_line((what + shape).c_str(),
                          time(stream, flush,
                               [&] {
                                 fg::cuda::ssim3d_gradient(
                                     op, {gradient_scratch.data(), gradient_scratch.size_bytes()}, 0,
                                     stream.get());
                               }),
                          (op.y_gradient.data == nullptr ? 3 : 4) * bytes);
    op.y_gradient = view(other_gradient.data());
  }
}

}  // namespace

int main() {
  if (const std::string reason = fg::test::no_cuda_device(); !reason.empty()) {
    std::printf("nothing measured: %s\n", reason.c_str());
    return 0;
  }
  cudaDeviceProp device;
  cuda(cudaGetDeviceProperties(&device, 0));
  std::printf("%s\n", device.name);
  const fg::test::Stream stream;
  const DeviceArray<char> flush(kFlushBytes);
  measure(stream, flush, 1, 1, 256, 256, 256);
  measure(stream, flush, 2, 1, 96, 96, 96);
}
