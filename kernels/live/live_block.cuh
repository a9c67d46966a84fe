#pragma once
// What the blocks of the live kernels share: the histogram of a block, the record of its sums, and who copies all of them.

#include <cstdint>

#include "kernels/core/last_block.h"
#include "kernels/live/live_ssim.h"
#include "kernels/live/live_strip.h"

namespace fg::live {

// Of values from 0 on, where nearly all are: two bins a word, neighbours, 4.1 KB. Those below 0 are counted in global memory
// at once. The less shared memory, the more blocks a graphics queue runs at a time. A block has less than 65,536 results.
constexpr std::uint32_t kLowBins = kFgMapBins / 2, kPairs = (kFgMapBins - kLowBins) / 2;
struct alignas(16) Histogram {
  std::uint32_t pairs[kPairs];
};
static_assert(kPairs % 4 == 0 && kFgMapBins == 2 * kLowBins && (kLowBins & (kLowBins - 1)) == 0);

template <int kBlockThreads>
__device__ void clear_histogram(Histogram& histogram) {
  for (std::uint32_t i = 4 * threadIdx.x; i < kPairs; i += 4 * kBlockThreads)
    *reinterpret_cast<uint4*>(histogram.pairs + i) = {};
}

// pairs: the histogram's address, of pairs_of().
__device__ inline void count_high_bin(std::uint32_t pairs, std::uint32_t bin, std::uint32_t count) {
  asm volatile("red.shared.add.u32 [%0], %1;" ::"r"(pairs + (bin - kLowBins) / 2 * 4),
               "r"(count * (1u + (bin & 1u) * 0xFFFFu))
               : "memory");
}
__device__ inline void count_bin(const LiveSsim& op, std::uint32_t pairs, std::uint32_t bin,
                                 std::uint32_t count) {
  if (bin >= kLowBins)
    count_high_bin(pairs, bin, count);
  else
    atomicAdd(op.statistics + bin, count);
}
// By all of a warp's lanes. Whatever else it came from, the compiler would find the address again for each value.
__device__ inline std::uint32_t pairs_of(Histogram& histogram) {
  return __shfl_sync(0xFFFFFFFFu, static_cast<std::uint32_t>(__cvta_generic_to_shared(histogram.pairs)), 0);
}

// A value of 4 bytes to an image.
__device__ inline void write_surface(std::uint64_t surface, std::int32_t row, std::int32_t column,
                                     std::uint32_t value) {
  surf2Dwrite(value, surface, column * 4, row, cudaBoundaryModeTrap);
}

// Four of a row, the first in a column that is a multiple of 4.
__device__ inline void write_surface(std::uint64_t surface, std::int32_t row, std::int32_t column,
                                     uint4 values) {
  surf2Dwrite(values, surface, column * 4, row, cudaBoundaryModeTrap);
}

// What threads sum: half of what the terms of each channel lack of 1, d^2, |d|; then the largest |d|, the smallest value of
// the map, the count of values that are not finite.
constexpr int kTotals = 8;
template <class T>
__device__ T combined(int which, T a, T b) {
  return which == 5 ? (a > b ? a : b) : which == 6 ? (a < b ? a : b) : a + b;
}

template <int kBlockThreads>
using WarpTotals = float[kTotals][kBlockThreads / 32];

// Adds the threads' totals in a fixed order, float within a warp and double then, and writes the block's record. counted:
// results of the block that count. scale: of d, to 0..1. of_warp: shared memory for this
// alone.
template <int kBlockThreads>
__device__ void leave_record(const float (&of_thread)[kTotals], double counted, double scale,
                             WarpTotals<kBlockThreads>& of_warp, std::uint32_t* record) {
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
  // Blocks end together: each begins somewhere else, so that they do not meet at the same bins.
  using Two = unsigned long long;
  auto* const bins = reinterpret_cast<Two*>(op.statistics + kLowBins);
  static_assert((kPairs & (kPairs - 1)) == 0);
#pragma unroll 4
  for (std::uint32_t run = thread; run < kPairs; run += kBlockThreads) {
    const std::uint32_t i = (run + block * kBlockThreads) % kPairs;
    const std::uint32_t pair = histogram.pairs[i];
    if (pair != 0) atomicAdd(bins + i, Two{pair & 0xFFFFu} | Two{pair >> 16} << 32);
  }
  if (op.next_bins == nullptr) return;
  const std::uint32_t blocks = gridDim.x * gridDim.y;
  for (std::uint32_t i = block * kBlockThreads + thread; i < kFgMapBins; i += blocks * kBlockThreads)
    op.next_bins[i] = 0;
}

// By all of a block's threads, after its record and its histogram: what ends last copies everybody's.
template <int kBlockThreads>
__device__ void leave_results(const LiveSsim& op) {
  if (op.results == nullptr) return;
  const std::uint32_t blocks = gridDim.x * gridDim.y, thread = threadIdx.x;
  if (!cuda::is_last_block(op.finished_blocks, blocks)) return;
  static_assert(kFgMapBins % 4 == 0 && kFgRecordWords % 4 == 0);
  const auto* const from = reinterpret_cast<const uint4*>(op.statistics);
  auto* const to = reinterpret_cast<uint4*>(op.results);
  const std::uint32_t fours = (kFgMapBins + blocks * kFgRecordWords) / 4;
#pragma unroll 4
  for (std::uint32_t i = thread; i < fours; i += kBlockThreads)
    to[i] = __ldcg(from + i);  // not from this SM's cache
  if (thread == 0) *op.finished_blocks = 0;
}

}  // namespace fg::live
