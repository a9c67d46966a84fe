// The live kernels on a CUDA stream. One kernel a frame: blocks score tiles (live_tile.cuh) or strips (live_strip.cuh), each
// leaves its sums and adds to the histogram.

#include "kernels/live/live_ssim.h"

#include <cuda_runtime.h>

#include "kernels/core/cuda_launch.h"
#include "kernels/live/live_launch.h"
#include "kernels/live/live_reference.cuh"
#include "kernels/live/live_strip.cuh"
#include "kernels/live/live_tile.cuh"

namespace fg::live {
namespace {

template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__global__ void __launch_bounds__(kStripThreads, 1) live_ssim_strips(const __grid_constant__ LiveSsim op) {
  score_strips<kRadius, kFrame, kReference>(op);
}

template <PixelFormat kFrame>
__global__ void __launch_bounds__(kTileThreads, 1) live_ssim_tiles(const __grid_constant__ LiveSsim op) {
  score_tile<kFrame>(op);
}

__global__ void __launch_bounds__(kThreads, 4)
    live_reference_strips(const __grid_constant__ LiveReference op) {
  filter_reference(op);
}

using Kernel = void (*)(LiveSsim);

template <PixelFormat kFrame, PixelFormat kReference>
Kernel strips_of_radius(int radius) {
  return radius == 5   ? live_ssim_strips<5, kFrame, kReference>
         : radius == 4 ? live_ssim_strips<4, kFrame, kReference>
                       : live_ssim_strips<3, kFrame, kReference>;
}

template <PixelFormat kFrame>
Kernel strips_of_reference(PixelFormat reference, int radius) {
  return reference == PixelFormat::rgba8 ? strips_of_radius<kFrame, PixelFormat::rgba8>(radius)
                                         : strips_of_radius<kFrame, PixelFormat::planar32f>(radius);
}

Kernel kernel_of(const LiveSsim& op) {
  const int radius = op.window.radius;
  switch (op.frame_format) {
    case PixelFormat::rgba8:
      if (op.reference_format == PixelFormat::rgba8) return live_ssim_tiles<PixelFormat::rgba8>;
      return strips_of_radius<PixelFormat::rgba8, PixelFormat::planar32f>(radius);
    case PixelFormat::texture8:
      if (op.reference_format == PixelFormat::rgba8) return live_ssim_tiles<PixelFormat::texture8>;
      return strips_of_reference<PixelFormat::texture>(op.reference_format, radius);
    case PixelFormat::rgba16f:
      return strips_of_reference<PixelFormat::rgba16f>(op.reference_format, radius);
    case PixelFormat::rgba32f:
      return strips_of_reference<PixelFormat::rgba32f>(op.reference_format, radius);
    case PixelFormat::planar32f:
      return strips_of_reference<PixelFormat::planar32f>(op.reference_format, radius);
    case PixelFormat::texture:
      return strips_of_reference<PixelFormat::texture>(op.reference_format, radius);
  }
  return nullptr;
}

dim3 grid_of(const Launch& launch) { return {launch.grid[0], launch.grid[1], launch.grid[2]}; }

}  // namespace
}  // namespace fg::live

namespace fg::cuda {

void live_reference(const live::LiveReference& op, void* stream) {
  const live::Launch launch = live::launch_of(op);
  live::
      live_reference_strips<<<live::grid_of(launch), launch.threads, 0, static_cast<cudaStream_t>(stream)>>>(
          op);
  check(cudaGetLastError(), "launching the moments of the live reference");
}

void live_ssim(const live::LiveSsim& op, void* stream) {
  const live::Launch launch = live::launch_of(op);
  live::kernel_of(op)<<<live::grid_of(launch), launch.threads, 0, static_cast<cudaStream_t>(stream)>>>(op);
  check(cudaGetLastError(), "launching the live SSIM kernel");
}

}  // namespace fg::cuda
