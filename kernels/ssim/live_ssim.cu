// The live kernels and their launch on a stream. One kernel a frame: blocks score strips (live_strip.h), each leaves its sums
// and adds to the histogram.

#include "kernels/ssim/live_ssim.h"

#include <cuda_runtime.h>

#include <cmath>
#include <string>

#include "kernels/core/cuda_launch.h"
#include "kernels/ssim/live_reference_tile.h"
#include "kernels/ssim/live_strip.h"

namespace fg::live {
namespace {

// With 128 registers a thread four blocks share a multiprocessor; pixels of 16 bits take more, and three blocks.
template <PixelFormat kFrame>
inline constexpr int kBlocksPerSm = kFrame == PixelFormat::rgba16f ? 3 : 4;

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
#pragma unroll  // few groups come here, but a loop would put all groups' values on the stack
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

// What threads sum: half of what the terms of each channel lack of 1, d^2, |d|; then the largest |d|, the smallest value of
// the map, the count of values that are not finite.
constexpr int kTotals = 8;
template <class T>
__device__ T combined(int which, T a, T b) {
  return which == 5 ? (a > b ? a : b) : which == 6 ? (a < b ? a : b) : a + b;
}

// Adds the threads' totals in a fixed order, float within a warp and double then, and writes the block's record. counted:
// results of the block that count. scale: of d, to 0..1.
__device__ void leave_record(const float (&of_thread)[kTotals], double counted, double scale,
                             std::uint32_t* record) {
  __shared__ float of_warp[kTotals][kThreads / 32];
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
  for (int warp = 1; warp < kThreads / 32; ++warp)
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

// One block a strip: x across, y down.
template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__device__ void score_strip(const LiveSsim& op, const Strips& strips) {
  constexpr bool kCodes = kInCodes<kFrame, kReference>;
  constexpr int kRows = kRunRows + 2 * kRadius;
  __shared__ Sums buffers[2];                        // 26.9 KB
  __shared__ Histogram histogram;                    // 8.2 KB
  __shared__ std::uint32_t colors[kFgColorEntries];  // 1 KB
  const int thread = threadIdx.x;
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

  const float of_thread[kTotals] = {
      lacking_of[0], lacking_of[1], lacking_of[2], squares,
      absolute,      largest,       smallest,      static_cast<float>(nonfinite)};
  const std::int32_t block = static_cast<std::int32_t>(blockIdx.y * gridDim.x + blockIdx.x);
  leave_record(of_thread, results_that_count(place, op.width, op.height, op.border),
               kCodes ? 1.0 / 255.0 : 1.0, op.statistics + kFgMapBins + block * kFgRecordWords);
  // The histogram has been complete since the barrier of the record.
#pragma unroll 4
  for (std::uint32_t i = thread; i < kPairs; i += kThreads) {
    const std::uint32_t pair = histogram.pairs[i];
    if (pair & 0xFFFFu) atomicAdd(op.statistics + i, pair & 0xFFFFu);
    if (pair >> 16) atomicAdd(op.statistics + kPairs + i, pair >> 16);
  }
  if (op.next_bins == nullptr) return;
  const std::uint32_t blocks = gridDim.x * gridDim.y;
  for (std::uint32_t i = block * kThreads + thread; i < kFgMapBins; i += blocks * kThreads)
    op.next_bins[i] = 0;
}

template <int kRadius, PixelFormat kFrame, PixelFormat kReference>
__global__ void __launch_bounds__(kThreads, kBlocksPerSm<kFrame>)
    live_ssim_strips(const __grid_constant__ LiveSsim op, const __grid_constant__ Strips strips) {
  score_strip<kRadius, kFrame, kReference>(op, strips);
}

// z: channels.
__global__ void __launch_bounds__(kTileThreads)
    live_reference_tiles(const __grid_constant__ LiveReference op) {
  __shared__ ReferenceTile tile;
  const int thread = threadIdx.x, c = blockIdx.z;
  const std::int32_t row = blockIdx.y * kTile, column = blockIdx.x * kTile;
  const double centre = tile_centre(op, row, column, c);
  filter_rows(thread, op, row, column, c, centre, tile);
  if (c == 0 && op.copy != nullptr) copy_pixels(thread, op, row, column);
  __syncthreads();
  filter_columns(thread, op, row, column, c, centre, tile);
}

void check_reach(const Pixels& pixels, std::int32_t height) {
  require(pixels.row_bytes > 0 && pixels.row_bytes * (height + 2 * kThreads) <= 0x7FFFFFFF,
          ErrorCode::unsupported,
          "a live frame or its reference has rows of " + std::to_string(pixels.row_bytes) + " bytes and " +
              std::to_string(height) +
              " of them; its live score reaches less than 2^31 bytes, score it as a tensor");
}

template <PixelFormat kFrame, PixelFormat kReference>
void launch(const LiveSsim& op, cudaStream_t stream) {
  check_reach(op.frame, op.height);
  check_reach(op.reference, op.height);
  const Strips strips = strips_of(op.width, op.height);
  const auto kernel = op.window.radius == 5   ? live_ssim_strips<5, kFrame, kReference>
                      : op.window.radius == 4 ? live_ssim_strips<4, kFrame, kReference>
                                              : live_ssim_strips<3, kFrame, kReference>;
  kernel<<<dim3(static_cast<unsigned>(strips.across), static_cast<unsigned>(strips.down)), kThreads, 0,
           stream>>>(op, strips);
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

std::size_t live_statistics_words(std::int32_t width, std::int32_t height) {
  const Strips strips = strips_of(width, height);
  return kFgMapBins +
         static_cast<std::size_t>(strips.across) * static_cast<std::size_t>(strips.down) * kFgRecordWords;
}

}  // namespace fg::live

namespace fg::cuda {

void live_reference(const live::LiveReference& op, void* stream) {
  const auto tiles = [](std::int32_t n) {
    return static_cast<unsigned>((n + live::kTile - 1) / live::kTile);
  };
  live::live_reference_tiles<<<dim3(tiles(op.width), tiles(op.height), 3), live::kTileThreads, 0,
                               static_cast<cudaStream_t>(stream)>>>(op);
  check(cudaGetLastError(), "launching the moments of the live reference");
}

void live_ssim(const live::LiveSsim& op, void* stream) {
  using live::PixelFormat;
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  switch (op.frame_format) {
    case PixelFormat::rgba8:
      return live::launch_frame<PixelFormat::rgba8>(op, cuda_stream);
    case PixelFormat::rgba16f:
      return live::launch_frame<PixelFormat::rgba16f>(op, cuda_stream);
    case PixelFormat::rgba32f:
      return live::launch_frame<PixelFormat::rgba32f>(op, cuda_stream);
    case PixelFormat::planar32f:
      return live::launch_frame<PixelFormat::planar32f>(op, cuda_stream);
  }
}

}  // namespace fg::cuda
