#pragma once
// Which block of a launch ends last, and goes on with what all of them left. Included by .cu files alone.

#include <cuda_runtime.h>

namespace fg::cuda {

// To be asked by all threads of each of the launch's `blocks`, once they have left what they have to: true for the block that
// asks last. It sees what the others left, but for what it has read before; __ldcg reads anew. `finished` is 0 before the launch.
__device__ inline bool is_last_block(unsigned* finished, unsigned blocks) {
  __threadfence();  // what this thread left is there before its block counts
  __syncthreads();
  const bool last = __syncthreads_or(threadIdx.x == 0 && atomicAdd(finished, 1u) == blocks - 1) != 0;
  if (last) __threadfence();
  return last;
}

}  // namespace fg::cuda
