#pragma once
// The mean of numbers that blocks make one each, in a fixed order. Included by .cu files alone.

#include <cuda_runtime.h>

#include "kernels/core/cuda_reduce.h"

namespace fg::cuda {

// Thread 0 of each block of the launch has a score; the block that comes last writes the mean of all of them. `finished`
// is 0 before the launch. Every thread of the block arrives.
template <int kThreads>
__device__ void add_to_mean(double score, double* scores, unsigned* finished, double* mean) {
  __shared__ bool last;
  const unsigned thread = threadIdx.x;
  if (thread == 0) {
    scores[blockIdx.x] = score;
    __threadfence();  // the score is visible before it is counted
    last = mean != nullptr && atomicAdd(finished, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!last) return;  // the same for the whole block
  __threadfence();
  double total = 0;
  for (unsigned i = thread; i < gridDim.x; i += kThreads) total += __ldcg(scores + i);
  total = block_reduce<kThreads>(total);
  if (thread == 0) *mean = total / gridDim.x;
}

}  // namespace fg::cuda
