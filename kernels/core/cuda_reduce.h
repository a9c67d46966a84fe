#pragma once
// Sums over a block in a fixed order. Included by .cu files alone.

#include <cuda_runtime.h>

namespace fg::cuda {

struct Add {
  __device__ double operator()(double a, double b) const { return a + b; }
};
struct Larger {
  __device__ double operator()(double a, double b) const { return a > b ? a : b; }
};

// The value of all kThreads threads combined, valid in thread 0. Every thread of the block must arrive.
template <int kThreads, class Combine = Add>
__device__ double block_reduce(double value, Combine combine = {}) {
  static_assert(kThreads % 32 == 0 && kThreads <= 1024);
  __shared__ double of_warp[kThreads / 32];  // at most 256 B
  for (int step = 16; step > 0; step /= 2) value = combine(value, __shfl_down_sync(0xFFFFFFFFu, value, step));
  __syncthreads();  // of_warp may still be read from the previous call
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x == 0)
    for (int warp = 1; warp < kThreads / 32; ++warp) value = combine(value, of_warp[warp]);
  return value;
}

}  // namespace fg::cuda
