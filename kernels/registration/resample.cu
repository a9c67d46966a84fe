#include "kernels/registration/resample.h"

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda_launch.h"

namespace fg::cuda {
namespace {

constexpr int kThreads = 256;

// A thread walks through output pixels, row after row of plane after plane.
__global__ void __launch_bounds__(kThreads) resample_pixels(Resample op, std::int64_t pixels) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * kThreads;
  const int width = op.output.width, height = op.output.height;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * kThreads + threadIdx.x; i < pixels;
       i += stride) {
    const int x = static_cast<int>(i % width), y = static_cast<int>(i / width % height);
    const std::int64_t plane = i / (static_cast<std::int64_t>(width) * height);
    op.output.plane(plane).at(y, x) = resampled(op.input.plane(plane), op.rows.at(y), op.columns.at(x));
  }
}

}  // namespace

void resample(const Resample& op, int device, void* stream) {
  const CurrentDevice current(device);
  const std::int64_t pixels = op.output.planes() * op.output.height * op.output.width;
  constexpr std::int64_t kMostBlocks = 1 << 16;
  const auto blocks = static_cast<unsigned>(std::min((pixels + kThreads - 1) / kThreads, kMostBlocks));
  resample_pixels<<<blocks, kThreads, 0, static_cast<cudaStream_t>(stream)>>>(op, pixels);
  check(cudaGetLastError(), "launching the kernel that resamples images");
}

}  // namespace fg::cuda
