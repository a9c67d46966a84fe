#pragma once
// What the CUDA kernels for volumes share: how a map is cut into blocks, and how the sums of the blocks become
// scores. Included by .cu files alone.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/ssim/ssim3d.h"
#include "kernels/ssim/ssim3d_tile.h"

namespace fg::cuda {

// The blocks of a batch of maps, in the order of their numbers: across, down, deep, volumes. Where there are enough
// of them they are twice as high, so that fewer rows are filtered along z for two blocks. How many depends on the
// volumes alone, not on the device: the sums stay the same to the bit.
struct Blocks3d {
  static constexpr std::int64_t kEnough = 512;  // two rounds of two blocks for each of the 132 SMs of an H200

  std::uint32_t across, down, deep;
  std::int32_t rows;  // of a block
  std::int64_t per_volume, volumes;

  Blocks3d(std::int64_t depth, std::int64_t height, std::int64_t width, std::int64_t volume_count)
      : across(parts(width, tile3d::kColumns)), deep(parts(depth, tile3d::kSlices)), volumes(volume_count) {
    rows = 2 * tile3d::kRows;
    down = parts(height, rows);
    if (std::int64_t{across} * down * deep * volumes < kEnough) {
      rows = tile3d::kRows;
      down = parts(height, rows);
    }
    per_volume = std::int64_t{across} * down * deep;
  }
  static std::uint32_t parts(std::int64_t extent, std::int64_t size) {
    return static_cast<std::uint32_t>((extent + size - 1) / size);
  }

  void check_size() const {
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();  // CUDA's limit
    require(per_volume <= kMost && volumes <= kMost / per_volume, ErrorCode::unsupported,
            "the volumes have more voxels than a CUDA launch reaches; score them in parts");
  }
  unsigned count() const { return static_cast<unsigned>(per_volume * volumes); }

  __device__ tile3d::Place place(std::uint32_t block, std::int32_t inset) const {
    return {static_cast<std::int32_t>(block / (across * down) % deep) * tile3d::kSlices,
            static_cast<std::int32_t>(block / across % down) * rows,
            static_cast<std::int32_t>(block % across) * tile3d::kColumns, inset};
  }
  __device__ std::uint32_t volume(std::uint32_t block) const { return block / (across * down * deep); }
};

// The sums of all blocks, at the beginning of scratch.
struct BlockSums3d {
  unsigned* finished;     // volumes whose score is written
  double* volume_scores;  // [volumes]
  double* of_block;       // [volumes, blocks of a volume]

  BlockSums3d(void* scratch, const Blocks3d& blocks)
      : finished(static_cast<unsigned*>(scratch)),
        volume_scores(reinterpret_cast<double*>(static_cast<char*>(scratch) + kScratchAlignmentBytes)),
        of_block(volume_scores + blocks.volumes) {}
  static std::size_t bytes(const Blocks3d& blocks) {
    const std::size_t used =
        kScratchAlignmentBytes +
        static_cast<std::size_t>(blocks.volumes + blocks.volumes * blocks.per_volume) * sizeof(double);
    return (used + kScratchAlignmentBytes - 1) / kScratchAlignmentBytes * kScratchAlignmentBytes;
  }
};

inline constexpr int kFinishThreads = 256;

// One block a volume: adds its blocks; the block that finishes last adds the volumes.
static __global__ void __launch_bounds__(kFinishThreads)
    ssim3d_finish(BlockSums3d sums, std::int32_t blocks_per_volume, std::int64_t channels, double voxels,
                  TableView<double> scores, double* mean) {
  wait_for_previous_kernel();
  const std::int64_t volume = blockIdx.x;
  const int thread = threadIdx.x;
  const double* const parts = sums.of_block + volume * blocks_per_volume;
  double sum = 0;
  for (int i = thread; i < blocks_per_volume; i += kFinishThreads) sum += parts[i];
  sum = block_reduce<kFinishThreads>(sum);

  __shared__ bool last;
  if (thread == 0) {
    const double score = sum / voxels;
    sums.volume_scores[volume] = score;
    if (scores.data != nullptr) scores.at(volume / channels, volume % channels) = score;
    __threadfence();  // the score is visible before it is counted
    last = mean != nullptr && atomicAdd(sums.finished, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;  // the same for the whole block
  __threadfence();
  double total = 0;
  for (unsigned i = thread; i < gridDim.x; i += kFinishThreads) total += __ldcg(sums.volume_scores + i);
  total = block_reduce<kFinishThreads>(total);
  if (thread == 0) *mean = total / gridDim.x;
}

template <class T>
void launch_finish(const Ssim3d<T>& op, const Blocks3d& blocks, const BlockSums3d& sums,
                   cudaStream_t stream) {
  launch_early(ssim3d_finish, dim3(static_cast<unsigned>(blocks.volumes)), kFinishThreads, stream, sums,
               static_cast<std::int32_t>(blocks.per_volume), op.x.channels, op.map_voxels(), op.scores,
               op.mean);
}

// More shared memory than 48 KB has to be asked for, kernel by kernel.
template <class Kernel>
void allow_shared(Kernel* kernel, std::size_t bytes) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "asking for the shared memory of the SSIM kernel");
}

}  // namespace fg::cuda
