#include "kernels/ssim/ssim2d.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/ssim/ssim2d_tile.h"

namespace fg::cuda {
namespace {

constexpr int kFinishThreads = 256;
constexpr std::int64_t kMaxGridYZ = 65535;  // CUDA's limit

// How the map is cut into tiles, and what scratch holds.
struct Tiles {
  std::int64_t across, down, per_plane, planes;

  template <class T>
  explicit Tiles(const Ssim2d<T>& op)
      : across((op.map_width() + tile::kColumns - 1) / tile::kColumns),
        down((op.map_height() + tile::kSampleRows - 2 * op.radius() - 1) /
             (tile::kSampleRows - 2 * op.radius())),
        per_plane(across * down),
        planes(op.x.planes()) {}

  std::size_t scratch_bytes() const {
    return kScratchAlignmentBytes + static_cast<std::size_t>(planes + planes * per_plane) * sizeof(double);
  }
};

struct Work {
  unsigned* finished;    // planes whose score is written
  double* plane_scores;  // [planes]
  double* tile_sums;     // [planes, tiles]

  Work(Scratch scratch, const Tiles& tiles)
      : finished(static_cast<unsigned*>(scratch.data)),
        plane_scores(reinterpret_cast<double*>(static_cast<char*>(scratch.data) + kScratchAlignmentBytes)),
        tile_sums(plane_scores + tiles.planes) {}
};

// One block a tile: x across, y down, z planes. Five blocks (165 KB of shared memory) share a Hopper SM,
// which leaves 48 registers a thread; four blocks with 64 are 4 % slower on an H200.
template <int kRadius, class T>
__global__ void __launch_bounds__(tile::kThreads, 5)
    ssim2d_tiles(Ssim2d<T> op, WindowTaps window, double* tile_sums, unsigned* finished,
                 unsigned first_plane) {
  __shared__ tile::Shared shared;  // 33.8 KB
  const int thread = threadIdx.x;
  const unsigned plane = first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const unsigned n = plane / channels, c = plane % channels;
  const tile::Place place{static_cast<std::int32_t>(blockIdx.y) * tile::Shape<kRadius>::kRows,
                          static_cast<std::int32_t>(blockIdx.x) * tile::kColumns,
                          op.padding == Padding::valid ? kRadius : 0};

  tile::load_samples<kRadius>(thread, op.x.plane(n, c), op.y.plane(n, c), place, shared.samples);
  __syncthreads();
  tile::Moments moments[tile::kGroupColumns];
  tile::filter_rows<kRadius>(thread, shared.samples, window, moments);
  __syncthreads();
  tile::store_moments(thread, moments, shared.moments);
  __syncthreads();
  const float thread_sum = tile::filter_columns<kRadius>(thread, shared.moments, window, {op.c1, op.c2},
                                                         place, op.x.height - 2 * place.inset,
                                                         op.x.width - 2 * place.inset, op.map.plane(n, c));
  const double sum = block_reduce<tile::kThreads>(thread_sum);
  if (thread != 0) return;
  tile_sums[(std::int64_t{plane} * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x] = sum;
  *finished = 0;  // for the kernel after this one; every block writes the same
}

// One block a plane: adds its tiles; the block that finishes last adds the planes.
__global__ void __launch_bounds__(kFinishThreads)
    ssim2d_finish(Work work, std::int32_t tiles_per_plane, std::int64_t channels, double pixels,
                  TableView<double> scores, double* mean) {
  const std::int64_t plane = blockIdx.x;
  const int thread = threadIdx.x;
  const double* const sums = work.tile_sums + plane * tiles_per_plane;
  double sum = 0;
  for (int i = thread; i < tiles_per_plane; i += kFinishThreads) sum += sums[i];
  sum = block_reduce<kFinishThreads>(sum);

  __shared__ bool last;
  if (thread == 0) {
    const double score = sum / pixels;
    work.plane_scores[plane] = score;
    if (scores.data != nullptr) scores.at(plane / channels, plane % channels) = score;
    __threadfence();  // the score is visible before it is counted
    last = mean != nullptr && atomicAdd(work.finished, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;  // the same for the whole block
  __threadfence();
  double total = 0;
  for (unsigned i = thread; i < gridDim.x; i += kFinishThreads) total += __ldcg(work.plane_scores + i);
  total = block_reduce<kFinishThreads>(total);
  if (thread == 0) *mean = total / gridDim.x;
}

template <int kRadius, class T>
void launch_tiles(const Ssim2d<T>& op, const Tiles& tiles, const Work& work, cudaStream_t stream) {
  const WindowTaps window = gaussian_window(kRadius);
  for (std::int64_t plane = 0; plane < tiles.planes; plane += kMaxGridYZ) {
    const dim3 blocks(static_cast<unsigned>(tiles.across), static_cast<unsigned>(tiles.down),
                      static_cast<unsigned>(std::min(tiles.planes - plane, kMaxGridYZ)));
    ssim2d_tiles<kRadius><<<blocks, tile::kThreads, 0, stream>>>(op, window, work.tile_sums, work.finished,
                                                                 static_cast<unsigned>(plane));
    check(cudaGetLastError(), "launching the SSIM kernel");
  }
}

}  // namespace

template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>& op) {
  return Tiles(op).scratch_bytes();
}

template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch, int device, void* stream) {
  const Tiles tiles(op);
  require(tiles.down <= kMaxGridYZ && tiles.per_plane <= std::numeric_limits<std::int32_t>::max(),
          ErrorCode::unsupported,
          "the images have more rows than a CUDA launch reaches; score them in parts");
  require(tiles.planes <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the batch has more channels than a CUDA launch reaches; score it in parts");
  const CurrentDevice current(device);
  const Work work(scratch, tiles);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.radius() == 5)
    launch_tiles<5>(op, tiles, work, cuda_stream);
  else if (op.radius() == 4)
    launch_tiles<4>(op, tiles, work, cuda_stream);
  else
    launch_tiles<3>(op, tiles, work, cuda_stream);
  ssim2d_finish<<<static_cast<unsigned>(tiles.planes), kFinishThreads, 0, cuda_stream>>>(
      work, static_cast<std::int32_t>(tiles.per_plane), op.x.channels,
      static_cast<double>(op.map_height()) * op.map_width(), op.scores, op.mean);
  check(cudaGetLastError(), "launching the SSIM sum");
}

template std::size_t ssim2d_scratch_bytes(const Ssim2d<float>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<std::uint8_t>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<Half>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<BFloat16>&);
template void ssim2d(const Ssim2d<float>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<std::uint8_t>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<Half>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
