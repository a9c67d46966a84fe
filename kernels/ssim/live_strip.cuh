#pragma once
// The live kernel for all frames but those that live_tile.cuh scores: what live_strip.h computes, walked down a strip.

#include <cstdint>

#include "kernels/ssim/live_block.cuh"
#include "kernels/ssim/live_strip.h"

namespace fg::live {

// With 128 registers a thread four blocks share a multiprocessor; pixels of 16 bits take more, and three blocks.
template <PixelFormat kFrame>
inline constexpr int kBlocksPerSm = kFrame == PixelFormat::rgba16f ? 3 : 4;

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
                              const float* lacking, const std::uint32_t* colors, std::uint32_t pairs) {
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
      color[i] = colors[color_index(mean[i], scale)];
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
        color[i] = colors[kFgColorBorder];
        mean[i] = __int_as_float(0x7FC00000);
      } else if (!is_finite(mean[i])) {
        color[i] = colors[kFgColorNotANumber];
      } else {
        color[i] = colors[color_index(mean[i], scale)];
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
__device__ void sample_strip(const LiveSsim& op, const Place& place, float* d) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr float kFrameScale = kFrame == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  constexpr float kReferenceScale = kReference == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  const int thread = threadIdx.x;
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

// Their mean over the block's threads: d0. Codes stay whole.
template <bool kCodes>
__device__ void centre_strip(const float* d, float* d0) {
  __shared__ float of_warp[3][kThreads / 32];
  const int thread = threadIdx.x;
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    float sum = d[c];
#pragma unroll
    for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFFu, sum, step);
    if (thread % 32 == 0) of_warp[c][thread / 32] = sum;
  }
  __syncthreads();
  if (thread < 3) {
    const float* const sums = of_warp[thread];
    const float mean = (sums[0] + sums[1] + (sums[2] + sums[3])) * (1.0f / kThreads);
    d0[thread] = kCodes ? rintf(mean) : mean;
  }
  __syncthreads();
}

// One block a strip: x across, y down.
template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__device__ void score_strip(const LiveSsim& op) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr int kRows = kRunRows + 2 * kRadius;
  __shared__ Sums buffers[2];                        // 26.9 KB
  __shared__ Histogram histogram;                    // 8.2 KB
  __shared__ std::uint32_t colors[kFgColorEntries];  // 1 KB
  const int thread = threadIdx.x;
  const Strips strips =
      strips_of_grid(static_cast<std::int32_t>(gridDim.x), static_cast<std::int32_t>(gridDim.y), op.height);
  const Place place = strips.place(static_cast<std::int32_t>(blockIdx.x),
                                   static_cast<std::int32_t>(blockIdx.y), op.width, op.height);
  const std::int32_t column = place.column - kRadius + thread;
  const bool inside = column >= 0 && column < op.width && thread < place.columns + 2 * kRadius;
  const bool own = thread >= kRadius && thread < place.columns + kRadius;
  Track<kFrame, kRows, kCodes> x(op.frame, place.row - kRadius, column, op.height, inside);
  Track<kReference, kRows, kCodes> y(op.reference, place.row - kRadius, column, op.height, inside);
  // Everything from memory is asked for before anything is waited for.
  float d_of_thread[3];
  sample_strip<kFrame, kReference>(op, place, d_of_thread);
  x.template advance<kRows>();
  y.template advance<kRows>();
  constexpr int kColorsEach = (kFgColorEntries + kThreads - 1) / kThreads;
  std::uint32_t colors_of_thread[kColorsEach];
#pragma unroll
  for (int i = 0; i < kColorsEach; ++i)
    colors_of_thread[i] = i * kThreads + thread < kFgColorEntries ? op.colors[i * kThreads + thread] : 0;
  for (int i = thread; i < static_cast<int>(kPairs); i += kThreads) histogram.pairs[i] = 0;
  // Read from shared memory, the places are the thread's own: what is the whole warp's would be moved for each use.
  __shared__ Places places[3];
  if (thread < 3) places[thread] = {op.frame.channel[thread], op.reference.channel[thread]};
  __shared__ float d0[3];
#pragma unroll
  for (int i = 0; i < kColorsEach; ++i)
    if (i * kThreads + thread < kFgColorEntries) colors[i * kThreads + thread] = colors_of_thread[i];
  centre_strip<kCodes>(d_of_thread, d0);

  const std::uint32_t pairs = pairs_of(histogram);
  const float two_c1 = 2.0f * live_constants(kCodes).c1;
  const bool has_columns = thread / 32 * 32 < place.columns + 2 * kRadius;
  // A thread adds few terms: some tens of runs, each summed by itself.
  float lacking_of[3] = {}, squares = 0, absolute = 0;
  float largest = 0, smallest = __int_as_float(0x7F800000);
  std::uint32_t nonfinite = 0;
  int turn = 0;
  for (std::int32_t row = 0; row < place.rows; row += kRunRows) {
    const Group group = group_of(thread, place, row);
    const std::uint32_t counts = counting(group, op.width, op.height, op.border);
    Errors errors;
    float lacking[kGroupColumns] = {};
#pragma unroll 1  // three times the code does not fit into the instruction caches
    for (int c = 0; c < 3; ++c, turn ^= 1) {
      const float d0_of_channel = d0[c];
      if (has_columns)
        filter_columns<kRadius>(thread, x, y, op.frame, op.reference, places[c], d0_of_channel, op.window,
                                own, buffers[turn], errors);
      // Asked for before the barrier, so that they arrive while sums are filtered.
      ReferenceMoments moments[kGroupColumns];
      load_moments(op, group, c, moments);
      __syncthreads();
      if (group.count <= 0) continue;
      float of_channel[kGroupColumns];
      score_channel<kRadius>(thread, buffers[turn], op.window, d0_of_channel, moments, two_c1, of_channel);
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
      lacking_of[0] += c == 0 ? sum : 0.0f;
      lacking_of[1] += c == 1 ? sum : 0.0f;
      lacking_of[2] += c == 2 ? sum : 0.0f;
    }
    if (row + kRunRows < place.rows) {  // the next rows travel while these are finished
      x.template advance<kRunRows>();
      y.template advance<kRunRows>();
    }
    squares += errors.squares;
    absolute += errors.absolute;
    largest = fmaxf(largest, errors.largest);
    nonfinite += errors.nonfinite;
    if (group.count > 0)
      smallest = fminf(smallest, finish_group<!kCodes>(op, group, counts, lacking, colors, pairs));
  }

  const float of_thread[kTotals] = {
      lacking_of[0], lacking_of[1], lacking_of[2], squares,
      absolute,      largest,       smallest,      static_cast<float>(nonfinite)};
  __shared__ WarpTotals<kThreads> of_warp;
  const std::uint32_t block = blockIdx.y * gridDim.x + blockIdx.x;
  leave_record<kThreads>(of_thread, results_that_count(place, op.width, op.height, op.border),
                         kCodes ? 1.0 / 255.0 : 1.0, of_warp,
                         op.statistics + kFgMapBins + block * kFgRecordWords);
  // The histogram has been complete since the barrier of the record.
  leave_histogram<kThreads>(op, histogram, block);
}

}  // namespace fg::live
