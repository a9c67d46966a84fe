#pragma once
// What the gradient kernels of SSIM 2D subtract from s and d of a strip (cs and cd of ssim_math.h). Included by .cu files
// alone.

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/ssim/ssim2d_strip.h"

namespace fg::cuda {

// The sum over the block's threads, for all of them. Infinite and NaN samples are left out: they spoil the windows that
// they lie in, not the whole strip.
__device__ inline strip::Sample sum_of_finite(strip::Sample sample) {
  static_assert(strip::kThreads == 128);
  __shared__ float of_warp[2][4];
  const int thread = threadIdx.x;
  float s = isfinite(sample.s) ? sample.s : 0.0f, d = isfinite(sample.d) ? sample.d : 0.0f;
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    s += __shfl_down_sync(0xFFFFFFFFu, s, step);
    d += __shfl_down_sync(0xFFFFFFFFu, d, step);
  }
  if (thread % 32 == 0) {
    of_warp[0][thread / 32] = s;
    of_warp[1][thread / 32] = d;
  }
  __syncthreads();
  return {of_warp[0][0] + of_warp[0][1] + (of_warp[0][2] + of_warp[0][3]),
          of_warp[1][0] + of_warp[1][1] + (of_warp[1][2] + of_warp[1][3])};
}

// A thread's own of the 16 x 8 samples of a strip that stand for all of it.
__device__ inline std::int32_t centre_row(const strip::Place& place) {
  return place.row + (2 * static_cast<int>(threadIdx.x / 16) + 1) * place.rows / 16;
}
__device__ inline std::int32_t centre_column(const strip::Place& place) {
  return place.column + (2 * static_cast<int>(threadIdx.x % 16) + 1) * place.columns / 32;
}

// The means of s and d over them.
template <class T>
__device__ strip::Sample centre_of_strip(const PlaneView<const T>& x, const PlaneView<const T>& y,
                                         const strip::Place& place) {
  const std::int32_t row = centre_row(place), column = centre_column(place);
  const strip::Sample sum = sum_of_finite(strip::sample_of(x.at(row, column), y.at(row, column)));
  const float share = 1.0f / strip::kThreads;
  return {sum.s * share, sum.d * share};
}

}  // namespace fg::cuda
