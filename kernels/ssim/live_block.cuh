#pragma once
// What the blocks of the live kernels share: the histogram of a block and the record of its sums.

#include <cstdint>

#include "kernels/ssim/live_ssim.h"
#include "kernels/ssim/live_strip.h"

namespace fg::live {

// Two bins a word, bin and bin + half the bins: 8.2 KB. A block has less than 65,536 results.
constexpr std::uint32_t kPairs = kFgMapBins / 2;
struct Histogram {
  std::uint32_t pairs[kPairs];
};

__device__ inline void count_bin(Histogram& histogram, std::uint32_t bin, std::uint32_t count) {
  atomicAdd(&histogram.pairs[bin % kPairs], bin < kPairs ? count : count << 16);
}

// A value of 4 bytes to an image.
__device__ inline void write_surface(std::uint64_t surface, std::int32_t row, std::int32_t column,
                                     std::uint32_t value) {
  surf2Dwrite(value, surface, column * 4, row, cudaBoundaryModeTrap);
}

// What threads sum: half of what the terms of each channel lack of 1, d^2, |d|; then the largest |d|, the smallest value of
// the map, the count of values that are not finite.
constexpr int kTotals = 8;
template <class T>
__device__ T combined(int which, T a, T b) {
  return which == 5 ? (a > b ? a : b) : which == 6 ? (a < b ? a : b) : a + b;
}

// Adds the threads' totals in a fixed order, float within a warp and double then, and writes the block's record. counted:
// results of the block that count. scale: of d, to 0..1.
template <int kBlockThreads>
__device__ void leave_record(const float (&of_thread)[kTotals], double counted, double scale,
                             std::uint32_t* record) {
  __shared__ float of_warp[kTotals][kBlockThreads / 32];
  const int thread = threadIdx.x;
#pragma unroll
  for (int i = 0; i < kTotals; ++i) {
    float value = of_thread[i];
#pragma unroll
    for (int step = 16; step > 0; step /= 2)
      value = combined(i, value, __shfl_down_sync(0xFFFFFFFFu, value, step));
    if (thread % 32 == 0) of_warp[i][thread / 32] = value;
  }
  __syncthreads();
  if (thread >= kTotals) return;
  double total = static_cast<double>(of_warp[thread][0]);
#pragma unroll
  for (int warp = 1; warp < kBlockThreads / 32; ++warp)
    total = combined(thread, total, static_cast<double>(of_warp[thread][warp]));
  if (thread < 3) total = counted - 2 * total;
  if (thread == 3) total *= scale * scale;
  if (thread == 4 || thread == 5) total *= scale;
  const auto high = static_cast<float>(total);
  if (thread < 5) {
    record[2 * thread] = __float_as_uint(high);
    record[2 * thread + 1] = __float_as_uint(static_cast<float>(total - static_cast<double>(high)));
  } else {
    static_assert(kFgMaxError == 10 && kFgMapMin == 11 && kFgNonfinite == 12 && kFgRecordWords == 16);
    record[5 + thread] = thread == 7 ? static_cast<std::uint32_t>(total) : __float_as_uint(high);
    record[8 + thread] = 0;
  }
}

// Adds the block's histogram, complete and visible to its threads, to the frame's, and clears its share of the next one's.
template <int kBlockThreads>
__device__ void leave_histogram(const LiveSsim& op, const Histogram& histogram, std::uint32_t block) {
  const std::uint32_t thread = threadIdx.x;
#pragma unroll 4
  for (std::uint32_t i = thread; i < kPairs; i += kBlockThreads) {
    const std::uint32_t pair = histogram.pairs[i];
    if (pair & 0xFFFFu) atomicAdd(op.statistics + i, pair & 0xFFFFu);
    if (pair >> 16) atomicAdd(op.statistics + kPairs + i, pair >> 16);
  }
  if (op.next_bins == nullptr) return;
  const std::uint32_t blocks = gridDim.x * gridDim.y;
  for (std::uint32_t i = block * kBlockThreads + thread; i < kFgMapBins; i += blocks * kBlockThreads)
    op.next_bins[i] = 0;
}

}  // namespace fg::live
