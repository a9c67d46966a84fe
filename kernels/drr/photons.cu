#include "kernels/drr/photons.h"

#include <cuda_runtime.h>

#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/drr/photons_math.h"

namespace fg::cuda {
namespace {

constexpr int kThreads = 256;

__global__ void __launch_bounds__(kThreads) count_photons(PhotonCounts op, std::int64_t pixels) {
  const std::int64_t index = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (index >= op.input.planes() * pixels) return;
  const std::int64_t plane = index / pixels, pixel = index % pixels;
  const int row = static_cast<int>(pixel / op.input.width), column = static_cast<int>(pixel % op.input.width);
  op.output.plane(plane).at(row, column) =
      photon_count(op.i0, op.input.plane(plane).at(row, column),
                   {op.seed, static_cast<std::uint64_t>(op.first_image * op.input.channels + plane),
                    static_cast<std::uint64_t>(pixel)});
}

}  // namespace

void photon_counts(const PhotonCounts& op, int device, void* stream) {
  const CurrentDevice current(device);
  const std::int64_t pixels = std::int64_t{op.input.height} * op.input.width;
  const std::int64_t blocks = (op.input.planes() * pixels + kThreads - 1) / kThreads;
  require(blocks <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the images have more pixels than a CUDA launch reaches; expose them in parts, with first_image");
  count_photons<<<static_cast<unsigned>(blocks), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(op,
                                                                                                   pixels);
  check(cudaGetLastError(), "launching the photon kernel");
}

}  // namespace fg::cuda
