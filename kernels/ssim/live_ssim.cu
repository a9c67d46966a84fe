// The live kernels and their launch on a stream. One kernel a frame: blocks score strips (live_strip.h), the last block to
// finish adds up what all left.

#include "kernels/ssim/live_ssim.h"

#include <cuda_runtime.h>

#include <cmath>

#include "kernels/core/cuda_launch.h"
#include "kernels/ssim/live_reference_tile.h"
#include "kernels/ssim/live_strip.h"

#ifndef FG_LIVE_BLOCKS
#define FG_LIVE_BLOCKS 4
#endif

namespace fg::live {
namespace {

constexpr int kPackedBlocksPerSm = FG_LIVE_BLOCKS;
constexpr int kWideBlocksPerSm = 4;

// Two bins a word, bin and bin + half the bins: 8.2 KB. A strip has less than 65,536 results.
constexpr std::uint32_t kPairs = kFgMapBins / 2;
struct Histogram {
  std::uint32_t pairs[kPairs];
};

__device__ void count_bin(Histogram& histogram, std::uint32_t bin, std::uint32_t count) {
  atomicAdd(&histogram.pairs[bin % kPairs], bin < kPairs ? count : count << 16);
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
                              const float* lacking, const std::uint32_t* colors, Histogram& histogram) {
  alignas(16) float mean[kGroupColumns];
  alignas(16) std::uint32_t color[kGroupColumns];
  const float colors_at_0 = 0.5f - op.worst * op.colors_per_unit;
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
      color[i] = colors[color_index(mean[i], op.colors_per_unit, colors_at_0)];
      bins[i] = bin_of(mean[i]);
      different |= bins[i] ^ bins[0];
      smallest = fminf(smallest, mean[i]);
    }
    if (different == 0) {
      count_bin(histogram, bins[0], kGroupColumns);
    } else {
#pragma unroll
      for (int i = 0; i < kGroupColumns; ++i) count_bin(histogram, bins[i], 1);
    }
  } else {
#pragma unroll 1
    for (int i = 0; i < kGroupColumns; ++i) {
      if (!(counts >> i & 1u)) {
        color[i] = colors[kFgColorBorder];
        mean[i] = __int_as_float(0x7FC00000);
      } else if (!is_finite(mean[i])) {
        color[i] = colors[kFgColorNotANumber];
      } else {
        color[i] = colors[color_index(mean[i], op.colors_per_unit, colors_at_0)];
        smallest = fminf(smallest, mean[i]);
        count_bin(histogram, bin_of(mean[i]), 1);
      }
    }
  }
  store_group(op.map, op.map_pitch, group, mean);
  store_group(op.heatmap, op.heatmap_pitch, group, color);
  return smallest;
}

// The reference's moments of a group, one channel.
__device__ void load_moments(const LiveSsim& op, const Group& group, int c, ReferenceMoments* moments) {
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

// The means of d over 16 x 8 samples of the strip, for each channel; infinite and NaN ones are left out. Codes stay whole.
template <PixelFormat kFrame, PixelFormat kReference>
__device__ void centre_strip(const LiveSsim& op, const Place& place, float* d0) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr float kFrameScale = kFrame == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  constexpr float kReferenceScale = kReference == PixelFormat::rgba8 && !kCodes ? 1.0f / 255.0f : 1.0f;
  __shared__ float of_warp[3][kThreads / 32];
  const int thread = threadIdx.x;
  const std::int32_t row = place.row + (2 * (thread / 16) + 1) * place.rows / 16;
  const std::int32_t column = place.column + (2 * (thread % 16) + 1) * place.columns / 32;
#pragma unroll
  for (int c = 0; c < 3; ++c) {
    const float d = Reader<kFrame>::sample(op.frame, row, column, op.frame.channel[c]) * kFrameScale -
                    Reader<kReference>::sample(op.reference, row, column, op.reference.channel[c]) * kReferenceScale;
    float sum = is_finite(d) ? d : 0.0f;
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

template <class T>
__device__ T combined(int which, T a, T b) {
  return which == 5 ? (a > b ? a : b) : which == 6 ? (a < b ? a : b) : a + b;
}

// The totals of all threads of the block, in a fixed order: T within a warp, in double then; valid in thread 0.
template <class T>
__device__ Totals block_totals(const T (&of_thread)[kTotals]) {
  __shared__ T of_warp[kTotals][kThreads / 32];
  const int thread = threadIdx.x;
#pragma unroll
  for (int i = 0; i < kTotals; ++i) {
    T value = of_thread[i];
#pragma unroll
    for (int step = 16; step > 0; step /= 2)
      value = combined(i, value, __shfl_down_sync(0xFFFFFFFFu, value, step));
    if (thread % 32 == 0) of_warp[i][thread / 32] = value;
  }
  __syncthreads();
  Totals totals{};
  if (thread == 0) {
#pragma unroll
    for (int i = 0; i < kTotals; ++i) {
      totals.value[i] = static_cast<double>(of_warp[i][0]);
#pragma unroll
      for (int warp = 1; warp < kThreads / 32; ++warp)
        totals.value[i] = combined(i, totals.value[i], static_cast<double>(of_warp[i][warp]));
    }
  }
  return totals;
}

__device__ void fence() { asm volatile("fence.acq_rel.gpu;" ::: "memory"); }

// Adds the blocks' totals in their order, writes the frame's statistics, and leaves the counters zero. By one block.
__device__ void finish_frame(const LiveSsim& op, std::uint32_t blocks, double scale) {
  const int thread = threadIdx.x;
  double sums[kTotals] = {0, 0, 0, 0, 0, 0, INFINITY, 0};
  constexpr int kBinsEach = kFgMapBins / kThreads;
  std::uint32_t bins[kBinsEach];  // everything is asked for before anything is waited for
#pragma unroll
  for (int i = 0; i < kBinsEach; ++i) bins[i] = __ldcg(&op.counters->bins[i * kThreads + thread]);
#pragma unroll 4
  for (std::uint32_t block = thread; block < blocks; block += kThreads)
#pragma unroll
    for (int i = 0; i < kTotals; ++i)
      sums[i] = combined(i, sums[i], __ldcg(&op.records[block].value[i]));
#pragma unroll
  for (int i = 0; i < kBinsEach; ++i) {
    op.statistics[i * kThreads + thread] = bins[i];
    op.counters->bins[i * kThreads + thread] = 0;
  }
  const Totals totals = block_totals(sums);
  if (thread != 0) return;
  std::uint32_t* const record = op.statistics + kFgMapBins;
  // The terms of a channel sum to their count less twice what they lack.
  const double count = static_cast<double>(op.width - 2 * op.border) * (op.height - 2 * op.border);
  const double factor[5] = {-2, -2, -2, scale * scale, scale};
#pragma unroll
  for (int i = 0; i < 5; ++i) {
    const double sum = totals.value[i] * factor[i] + (i < 3 ? count : 0);
    const auto high = static_cast<float>(sum);
    record[2 * i] = __float_as_uint(high);
    record[2 * i + 1] = __float_as_uint(static_cast<float>(sum - high));
  }
  record[kFgMaxError] = __float_as_uint(static_cast<float>(totals.value[5] * scale));
  record[kFgMapMin] = __float_as_uint(static_cast<float>(totals.value[6]));
  record[kFgNonfinite] = static_cast<std::uint32_t>(totals.value[7]);
  for (int i = kFgNonfinite + 1; i < kFgRecordWords; ++i) record[i] = 0;
  op.counters->finished_blocks = 0;
}

// One block a strip: x across, y down.
template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__device__ void score_strip(const LiveSsim& op, const Strips& strips) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr int kRows = kRunRows + 2 * kRadius;
  __shared__ Sums buffers[2];                       // 26.9 KB
  __shared__ Histogram histogram;                   // 8.2 KB
  __shared__ std::uint32_t colors[kFgColorEntries];  // 1 KB
  const int thread = threadIdx.x;
  const Place place = strips.place(static_cast<std::int32_t>(blockIdx.x), static_cast<std::int32_t>(blockIdx.y),
                                   op.width, op.height);
  const std::int32_t column = place.column - kRadius + thread;
  const bool inside = column >= 0 && column < op.width && thread < place.columns + 2 * kRadius;
  const bool own = thread >= kRadius && thread < place.columns + kRadius;
  Track<kFrame, kRows, kCodes> x(op.frame, place.row - kRadius, column, op.height, inside);
  Track<kReference, kRows, kCodes> y(op.reference, place.row - kRadius, column, op.height, inside);
  x.template advance<kRows>();
  y.template advance<kRows>();
  for (int i = thread; i < kFgMapBins / 2; i += kThreads) histogram.pairs[i] = 0;
  for (int i = thread; i < kFgColorEntries; i += kThreads) colors[i] = op.colors[i];
  // Read from shared memory, the places are the thread's own: what is the whole warp's would be moved for each use.
  __shared__ Places places[3];
  if (thread < 3) places[thread] = {op.frame.channel[thread], op.reference.channel[thread]};
  __shared__ float d0[3];
  centre_strip<kFrame, kReference>(op, place, d0);

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
    float lacking[kGroupColumns] = {}, before = 0;
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
      score_channel<kRadius>(thread, buffers[turn], op.window, d0_of_channel, moments, two_c1, lacking);
      // The channel's sum is what the sum over all channels so far has grown by.
      float sum = 0;
      if (counts == 0xFFu) {
#pragma unroll
        for (int i = 0; i < kGroupColumns; ++i) sum += lacking[i];
      } else {
#pragma unroll
        for (int i = 0; i < kGroupColumns; ++i) sum += counts >> i & 1u ? lacking[i] : 0.0f;
      }
      const float grown = sum - before;
      lacking_of[0] += c == 0 ? grown : 0.0f;
      lacking_of[1] += c == 1 ? grown : 0.0f;
      lacking_of[2] += c == 2 ? grown : 0.0f;
      before = sum;
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
      smallest = fminf(smallest, finish_group<!kCodes>(op, group, counts, lacking, colors, histogram));
  }

  const float of_thread[kTotals] = {lacking_of[0], lacking_of[1], lacking_of[2],          squares, absolute,
                                    largest,       smallest,      static_cast<float>(nonfinite)};
  const Totals totals = block_totals(of_thread);  // the histogram is complete after its barrier
#pragma unroll 4
  for (std::uint32_t i = thread; i < kPairs; i += kThreads) {
    const std::uint32_t pair = histogram.pairs[i];
    if (pair & 0xFFFFu) atomicAdd(&op.counters->bins[i], pair & 0xFFFFu);
    if (pair >> 16) atomicAdd(&op.counters->bins[kPairs + i], pair >> 16);
  }
  const std::uint32_t blocks = gridDim.x * gridDim.y;
  // The barrier gathers the block's writes, one thread's fence makes them visible before the block is counted.
  if (thread == 0) op.records[blockIdx.y * gridDim.x + blockIdx.x] = totals;
  __syncthreads();
  __shared__ bool last;
  if (thread == 0) {
    fence();
    last = atomicAdd(&op.counters->finished_blocks, 1u) == blocks - 1;
    fence();
  }
  __syncthreads();
  if (!last) return;  // the same for the whole block
  finish_frame(op, blocks, kCodes ? 1.0 / 255.0 : 1.0);
}

template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__global__ void __launch_bounds__(kThreads, Reader<kFrame>::kPacked&& Reader<kReference>::kPacked
                                                ? kPackedBlocksPerSm
                                                : kWideBlocksPerSm)
    live_ssim_strips(const __grid_constant__ LiveSsim op, const __grid_constant__ Strips strips) {
  score_strip<kRadius, kFrame, kReference>(op, strips);
}

// z: channels.
__global__ void __launch_bounds__(kTileThreads) live_reference_tiles(const __grid_constant__ LiveReference op) {
  __shared__ ReferenceTile tile;
  const int thread = threadIdx.x, c = blockIdx.z;
  const std::int32_t row = blockIdx.y * kTile, column = blockIdx.x * kTile;
  const double centre = tile_centre(op, row, column, c);
  filter_rows(thread, op, row, column, c, centre, tile);
  if (c == 0 && op.copy != nullptr) copy_pixels(thread, op, row, column);
  __syncthreads();
  filter_columns(thread, op, row, column, c, centre, tile);
}

template <PixelFormat kFrame, PixelFormat kReference>
void launch(const LiveSsim& op, cudaStream_t stream) {
  const Strips strips = strips_of(op.width, op.height);
  const auto kernel = op.window.radius == 5   ? live_ssim_strips<5, kFrame, kReference>
                      : op.window.radius == 4 ? live_ssim_strips<4, kFrame, kReference>
                                              : live_ssim_strips<3, kFrame, kReference>;
  kernel<<<dim3(static_cast<unsigned>(strips.across), static_cast<unsigned>(strips.down)), kThreads, 0, stream>>>(
      op, strips);
  cuda::check(cudaGetLastError(), "launching the live SSIM kernel");
}

template <PixelFormat kFrame>
void launch_frame(const LiveSsim& op, cudaStream_t stream) {
  if (op.reference_format == PixelFormat::rgba8)
    launch<kFrame, PixelFormat::rgba8>(op, stream);
  else
    launch<kFrame, PixelFormat::planar32f>(op, stream);
}

}  // namespace

std::int32_t live_blocks(std::int32_t width, std::int32_t height) {
  const Strips strips = strips_of(width, height);
  return strips.across * strips.down;
}

}  // namespace fg::live

namespace fg::cuda {

void live_reference(const live::LiveReference& op, void* stream) {
  const auto tiles = [](std::int32_t n) { return static_cast<unsigned>((n + live::kTile - 1) / live::kTile); };
  live::live_reference_tiles<<<dim3(tiles(op.width), tiles(op.height), 3), live::kTileThreads, 0,
                               static_cast<cudaStream_t>(stream)>>>(op);
  check(cudaGetLastError(), "launching the moments of the live reference");
}

void live_ssim(const live::LiveSsim& op, void* stream) {
  using live::PixelFormat;
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  switch (op.frame_format) {
    case PixelFormat::rgba8: return live::launch_frame<PixelFormat::rgba8>(op, cuda_stream);
    case PixelFormat::rgba16f: return live::launch_frame<PixelFormat::rgba16f>(op, cuda_stream);
    case PixelFormat::rgba32f: return live::launch_frame<PixelFormat::rgba32f>(op, cuda_stream);
    case PixelFormat::planar32f: return live::launch_frame<PixelFormat::planar32f>(op, cuda_stream);
  }
}

}  // namespace fg::cuda
