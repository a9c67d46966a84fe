#pragma once
// What the CUDA kernels for volumes share: how a map is cut into blocks, and how the sums of the blocks become
// scores. Included by .cu files alone.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_scores.h"
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

  std::size_t sum_bytes() const { return PartSums::bytes(volumes, per_volume); }
  PartSums sums(void* memory) const { return {memory, volumes, per_volume}; }

  __device__ tile3d::Place place(std::uint32_t block, std::int32_t inset) const {
    return {static_cast<std::int32_t>(block / (across * down) % deep) * tile3d::kSlices,
            static_cast<std::int32_t>(block / across % down) * rows,
            static_cast<std::int32_t>(block % across) * tile3d::kColumns, inset};
  }
  __device__ std::uint32_t volume(std::uint32_t block) const { return block / (across * down * deep); }
};

// More shared memory than 48 KB has to be asked for, kernel by kernel.
template <class Kernel>
void allow_shared(Kernel* kernel, std::size_t bytes) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)),
        "asking for the shared memory of the SSIM kernel");
}

}  // namespace fg::cuda
