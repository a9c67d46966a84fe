#pragma once
// The live kernel for all frames but those that live_tile.cuh scores: what live_strip.h computes, walked down a strip.

#include <cstdint>

#include "kernels/live/live_block.cuh"
#include "kernels/live/live_strip.h"

namespace fg::live {

// A block is all that a multiprocessor holds: groups of kThreads threads, which share a histogram and nothing else. A graphics
// queue gives all blocks of a multiprocessor 48 KB of shared memory, whatever there is.
inline constexpr int kStripThreads = kStripGroups * kThreads;

static_assert(kThreads == 4 * 32);
struct GroupSums {
  Sums sums;
  // Read from shared memory, the places are the thread's own: what is the whole warp's would be moved for each use.
  Places places[3];
  float d0[3];
  Four d_of_warp[3];  // of the four warps: read at once
};
struct StripShared {
  GroupSums group[kStripGroups];
  Histogram histogram;
  WarpTotals<kStripThreads> totals;
};
static_assert(sizeof(StripShared) <= 47 * 1024);

// Of a group's threads.
__device__ inline void group_barrier(int group) {
  asm volatile("bar.sync %0, %1;" ::"r"(1 + group), "n"(kThreads) : "memory");
}

// Writes a group's pixels to an image: 16 bytes at a time where rows allow it.
template <class T>
__device__ void store_group(T* image, std::int32_t pitch, const Group& group, const T* values) {
  T* const at = image + std::int64_t{group.row} * pitch + group.column;
  if (group.count >= kGroupColumns && pitch % 4 == 0) {
#pragma unroll
    for (int i = 0; i < kGroupColumns; i += 4)
      *reinterpret_cast<uint4*>(at + i) = *reinterpret_cast<const uint4*>(values + i);
  } else {
#pragma unroll
    for (int i = 0; i < kGroupColumns; ++i)
      if (i < group.count) at[i] = values[i];
  }
}

// The mean over the channels of a group: map, heatmap, histogram. Returns the smallest finite value that counts.
template <bool kMayBeNaN>
__device__ float finish_group(const LiveSsim& op, const Group& group, std::uint32_t counts,
                              const float* lacking, std::uint32_t pairs) {
  alignas(16) float mean[kGroupColumns];
  alignas(16) std::uint32_t color[kGroupColumns];
  const ColorScale scale = color_scale(op.worst, op.colors_per_unit);
  float smallest = __int_as_float(0x7F800000);
  bool all = counts == 0xFFu;
#pragma unroll
  for (int i = 0; i < kGroupColumns; ++i) {
    mean[i] = 1.0f - lacking[i] * (2.0f / 3.0f);
    if (kMayBeNaN) all = all && is_finite(mean[i]);
  }
  if (all) {
    std::uint32_t bins[kGroupColumns], different = 0;
#pragma unroll
    for (int i = 0; i < kGroupColumns; ++i) {
      color[i] = __ldg(op.colors + color_index(mean[i], scale));
      bins[i] = bin_of(mean[i]);
      different |= bins[i] ^ bins[0];
      smallest = fminf(smallest, mean[i]);
    }
    if (different == 0) {
      count_bin(op, pairs, bins[0], kGroupColumns);
    } else {
#pragma unroll
      for (int i = 0; i < kGroupColumns; ++i) count_bin(op, pairs, bins[i], 1);
    }
  } else {
#pragma unroll  // few groups come here, but a loop would put all groups' values on the stack
    for (int i = 0; i < kGroupColumns; ++i) {
      if (!(counts >> i & 1u)) {
        color[i] = __ldg(op.colors + kFgColorBorder);
        mean[i] = __int_as_float(0x7FC00000);
      } else if (!is_finite(mean[i])) {
        color[i] = __ldg(op.colors + kFgColorNotANumber);
      } else {
        color[i] = __ldg(op.colors + color_index(mean[i], scale));
        smallest = fminf(smallest, mean[i]);
        count_bin(op, pairs, bin_of(mean[i]), 1);
      }
    }
  }
  if (op.map == nullptr) {
#pragma unroll
    for (int i = 0; i < kGroupColumns; ++i) {
      if (i >= group.count) continue;
      write_surface(op.map_surface, group.row, group.column + i, __float_as_uint(mean[i]));
      write_surface(op.heatmap_surface, group.row, group.column + i, color[i]);
    }
    return smallest;
  }
  store_group(op.map, op.map_pitch, group, mean);
  store_group(op.heatmap, op.heatmap_pitch, group, color);
  return smallest;
}

// The reference's moments of a group, one channel.
__device__ inline void load_moments(const LiveSsim& op, const Group& group, int c,
                                    ReferenceMoments* moments) {
  const ReferenceMoments* const from =
      op.moments + (std::int64_t{c} * op.height + group.row) * op.moments_pitch + group.column;
  if (group.count >= kGroupColumns) {  // pitch and columns are even: 16 bytes at a time
#pragma unroll
    for (int i = 0; i < kGroupColumns; i += 2) {
      const float4 two = __ldg(reinterpret_cast<const float4*>(from + i));
      moments[i] = {two.x, two.y};
      moments[i + 1] = {two.z, two.w};
    }
  } else {
#pragma unroll
    for (int i = 0; i < kGroupColumns; ++i) moments[i] = i < group.count ? from[i] : ReferenceMoments{0, 1};
  }
}

// One of 16 x 8 samples of d over the strip, for each channel; zero where it is infinite or NaN.
template <PixelFormat kFrame, PixelFormat kReference>
__device__ void sample_strip(const LiveSsim& op, const Place& place, int thread, float* d) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr float kFrameScale = kFrame == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  constexpr float kReferenceScale = kReference == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  const std::int32_t row = place.row + (2 * (thread / 16) + 1) * place.rows / 16;
  const std::int32_t column = place.column + (2 * (thread % 16) + 1) * place.columns / 32;
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    const float v =
        Reader<kFrame>::sample(op.frame, row, column, op.frame.channel[c]) * kFrameScale -
        Reader<kReference>::sample(op.reference, row, column, op.reference.channel[c]) * kReferenceScale;
    d[c] = is_finite(v) ? v : 0.0f;
  }
}

// Their mean over the group's threads: d0. Codes stay whole.
template <bool kCodes>
__device__ void centre_strip(const float* d, int thread, int group, GroupSums& shared) {
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    float sum = d[c];
#pragma unroll
    for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, step);
    if (thread % 32 == 0) shared.d_of_warp[c].value[thread / 32] = sum;
  }
  group_barrier(group);
  if (thread < 3) {
    const float* const sums = shared.d_of_warp[thread].value;
    const float mean = (sums[0] + sums[1] + (sums[2] + sums[3])) * (1.0f / kThreads);
    shared.d0[thread] = kCodes ? rintf(mean) : mean;
  }
  group_barrier(group);
}

struct StripTotals {
  float lacking[3] = {};
  float smallest = INFINITY;
  Errors errors;
};

// One strip, by one group.
template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__device__ void score_strip(const LiveSsim& op, const Place& place, int thread, int group_number,
                            GroupSums& shared, Histogram& histogram, StripTotals& totals) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr int kRows = kRunRows + 2 * kRadius;
  const std::int32_t column = place.column - kRadius + thread;
  const bool inside = column >= 0 && column < op.width && thread < place.columns + 2 * kRadius;
  const bool own = thread >= kRadius && thread < place.columns + kRadius;
  Track<kFrame, kRows, kCodes> x(op.frame, place.row - kRadius, column, op.height, inside);
  Track<kReference, kRows, kCodes> y(op.reference, place.row - kRadius, column, op.height, inside);
  // Everything from memory is asked for before anything is waited for.
  float d_of_thread[3];
  sample_strip<kFrame, kReference>(op, place, thread, d_of_thread);
  x.template advance<kRows>();
  y.template advance<kRows>();
  if (thread < 3) shared.places[thread] = {op.frame.channel[thread], op.reference.channel[thread]};
  centre_strip<kCodes>(d_of_thread, thread, group_number, shared);

  const std::uint32_t pairs = pairs_of(histogram);
  const float two_c1 = 2.0f * live_constants(kCodes).c1;
  const bool has_columns = thread / 32 * 32 < place.columns + 2 * kRadius;
  // A thread adds few terms: some tens of runs, each summed by itself.
  for (std::int32_t row = 0; row < place.rows; row += kRunRows) {
    const Group group = group_of(thread, place, row);
    const std::uint32_t counts = counting(group, op.width, op.height, op.border);
    Errors errors;
    float lacking[kGroupColumns] = {};
#pragma unroll 1  // three times the code does not fit into the instruction caches
    for (int c = 0; c < 3; ++c) {
      const float d0 = shared.d0[c];
      ColumnSums sums;
      if (has_columns)
        sums = filter_columns<kRadius>(x, y, op.frame, op.reference, shared.places[c], d0, op.window, own,
                                       errors);
      // Asked for before the barriers, so that they arrive meanwhile.
      ReferenceMoments moments[kGroupColumns];
      load_moments(op, group, c, moments);
      group_barrier(group_number);
      if (has_columns) store_columns(thread, sums, shared.sums);
      group_barrier(group_number);
      if (group.count <= 0) continue;
      float of_channel[kGroupColumns];
      score_channel<kRadius>(thread, shared.sums, op.window, d0, moments, two_c1, of_channel);
      float sum = 0;
#pragma unroll
      for (int i = 0; i < kGroupColumns; ++i) lacking[i] += of_channel[i];
      if (counts == 0xFFu) {
#pragma unroll
        for (int i = 0; i < kGroupColumns; ++i) sum += of_channel[i];
      } else {
#pragma unroll
        for (int i = 0; i < kGroupColumns; ++i) sum += counts >> i & 1u ? of_channel[i] : 0.0f;
      }
#pragma unroll
      for (int i = 0; i < 3; ++i) totals.lacking[i] += c == i ? sum : 0.0f;
    }
    if (row + kRunRows < place.rows) {  // the next rows travel while these are finished
      x.template advance<kRunRows>();
      y.template advance<kRunRows>();
    }
    totals.errors.squares += errors.squares;
    totals.errors.absolute += errors.absolute;
    totals.errors.largest = fmaxf(totals.errors.largest, errors.largest);
    totals.errors.nonfinite += errors.nonfinite;
    if (group.count > 0)
      totals.smallest = fminf(totals.smallest, finish_group<!kCodes>(op, group, counts, lacking, pairs));
  }
}

// A strip for each of a block's groups.
template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__device__ void score_strips(const LiveSsim& op) {
  __shared__ StripShared shared;
  const auto block = static_cast<std::int32_t>(blockIdx.x);
  const int group = __shfl_sync(0xFFFFFFFFu, static_cast<int>(threadIdx.x) / kThreads, 0);
  const Strips strips = score_strips(op.width, op.height);
  const auto place_of = [&](int g) { return strips.place(kStripGroups * block + g, op.width, op.height); };
  clear_histogram<kStripThreads>(shared.histogram);
  __syncthreads();
  StripTotals totals;
  const Place place = place_of(group);
  if (place.rows > 0)
    score_strip<kRadius, kFrame, kReference>(op, place, threadIdx.x % kThreads, group, shared.group[group],
                                             shared.histogram, totals);
  const float of_thread[kTotals] = {totals.lacking[0],      totals.lacking[1],
                                    totals.lacking[2],      totals.errors.squares,
                                    totals.errors.absolute, totals.errors.largest,
                                    totals.smallest,        static_cast<float>(totals.errors.nonfinite)};
  std::int32_t counted = 0;
  for (int g = 0; g < kStripGroups; ++g)
    counted += results_that_count(place_of(g), op.width, op.height, op.border);
  leave_record<kStripThreads>(of_thread, counted, kInCodes<kFrame, kReference> ? 1.0 / 255.0 : 1.0,
                              shared.totals, op.statistics + kFgMapBins + block * kFgRecordWords);
  // The histogram has been complete since the barrier of the record.
  leave_histogram<kStripThreads>(op, shared.histogram, static_cast<std::uint32_t>(block));
  leave_results<kStripThreads>(op);
}

}  // namespace fg::live
