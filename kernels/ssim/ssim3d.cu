#include "kernels/ssim/ssim3d.h"

#include "kernels/ssim/ssim3d_blocks.h"

namespace fg::cuda {
namespace {

// Two blocks (198 KB of shared memory) share a Hopper SM, which leaves 80 registers a thread (11 warps take the room of 12).
template <int kRadius, bool kMap, class T>
__global__ void __launch_bounds__(tile3d::kThreads, 2)
    ssim3d_tiles(Ssim3d<T> op, WindowTaps window, Blocks3d blocks, PartSums sums) {
  extern __shared__ tile3d::Moments ring[];  // 97 KB for 11 taps
  const int thread = threadIdx.x;
  const std::uint32_t index = blocks.volume(blockIdx.x), channels = static_cast<std::uint32_t>(op.x.channels);
  const std::uint32_t n = index / channels, c = index % channels;
  const std::int32_t inset = op.padding == Padding::valid ? kRadius : 0;
  const tile3d::Place place = blocks.place(blockIdx.x, inset);
  const VolumeView<const T> x = op.x.volume(n, c), y = op.y.volume(n, c);
  const VolumeView<float> map = op.map.volume(n, c);
  const tile3d::Extent extent{x.depth - 2 * inset, x.height - 2 * inset, x.width - 2 * inset};
  const FgSsimConstants constants{op.c1, op.c2};

  float thread_sum = 0;
  int loaded = 0;
#pragma unroll 1
  for (int first = 0; first < blocks.rows && place.row + first < extent.height; first += tile3d::kGroup) {
    const int needed = first + tile3d::Shape<kRadius>::kRingRows;
    tile3d::filter_slices<kRadius>(thread, x, y, window, place, loaded, needed - loaded, ring);
    loaded = needed;
    __syncthreads();
    tile3d::Moments results[tile3d::kGroup];
    tile3d::filter_rows<kRadius>(thread, ring, window, first, results);
    __syncthreads();
    tile3d::store_rows<kRadius>(thread, results, first, ring);
    __syncthreads();
    const bool filters_columns = thread < tile3d::kColumnThreads;
    if constexpr (!kMap) {
      if (filters_columns) {
        tile3d::filter_columns<kRadius>(thread, ring, window, first, results);
        thread_sum += tile3d::score(thread, results, constants, place, first, extent);
      }
    } else {
      if (filters_columns) tile3d::filter_columns<kRadius>(thread, ring, window, first, results);
      __syncthreads();
      if (filters_columns) tile3d::store_columns<kRadius>(thread, results, first, ring);
      __syncthreads();
      const tile3d::Lines lines = tile3d::lines_of(thread, place, first, 0, extent);
      float* to = map.data + lines.slice * map.slice_stride + lines.row * map.row_stride +
                  lines.column * map.column_stride;
      for (int row = 0; row < lines.end; ++row, to += map.row_stride) {
        const float term = fg_ssim_term(
            tile3d::window_moments(ring[tile3d::line_cell<kRadius>(thread, first, row)]), constants);
        *to = term;
        thread_sum += term;
      }
    }
    __syncthreads();
  }
  const double sum = block_reduce<tile3d::kThreads>(thread_sum);
  if (thread == 0) sums.leave(blockIdx.x, sum);
}

template <int kRadius, bool kMap, class T>
void launch_tiles(const Ssim3d<T>& op, const Blocks3d& blocks, const PartSums& sums, cudaStream_t stream) {
  constexpr std::size_t kBytes = sizeof(tile3d::Moments) * tile3d::Shape<kRadius>::kRingCells;
  allow_shared(ssim3d_tiles<kRadius, kMap, T>, kBytes);
  ssim3d_tiles<kRadius, kMap, T>
      <<<blocks.count(), tile3d::kThreads, kBytes, stream>>>(op, gaussian_window(kRadius), blocks, sums);
  check(cudaGetLastError(), "launching the SSIM kernel");
}

template <int kRadius, class T>
void launch_either(const Ssim3d<T>& op, const Blocks3d& blocks, const PartSums& sums, cudaStream_t stream) {
  if (op.map.data != nullptr)
    launch_tiles<kRadius, true>(op, blocks, sums, stream);
  else
    launch_tiles<kRadius, false>(op, blocks, sums, stream);
}

template <class T>
Blocks3d blocks_of(const Ssim3d<T>& op) {
  return {op.map_depth(), op.map_height(), op.map_width(), op.x.volumes()};
}

}  // namespace

template <class T>
std::size_t ssim3d_scratch_bytes(const Ssim3d<T>& op) {
  return blocks_of(op).sum_bytes();
}

template <class T>
void ssim3d(const Ssim3d<T>& op, Scratch scratch, int device, void* stream) {
  const Blocks3d blocks = blocks_of(op);
  blocks.check_size();
  const CurrentDevice current(device);
  const PartSums sums = blocks.sums(scratch.data);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.radius() == 5)
    launch_either<5>(op, blocks, sums, cuda_stream);
  else if (op.radius() == 4)
    launch_either<4>(op, blocks, sums, cuda_stream);
  else
    launch_either<3>(op, blocks, sums, cuda_stream);
  launch_scores(sums, op.x.channels, op.map_voxels(), op.scores, op.mean, cuda_stream);
}

template std::size_t ssim3d_scratch_bytes(const Ssim3d<float>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<std::uint8_t>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<Half>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<BFloat16>&);
template void ssim3d(const Ssim3d<float>&, Scratch, int, void*);
template void ssim3d(const Ssim3d<std::uint8_t>&, Scratch, int, void*);
template void ssim3d(const Ssim3d<Half>&, Scratch, int, void*);
template void ssim3d(const Ssim3d<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
