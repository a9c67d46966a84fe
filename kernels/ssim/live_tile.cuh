#pragma once
// The live kernel for frames and references of 8 bits: what live_tile.h computes, walked along a strip of 16 rows.

#include <cstdint>
#include <type_traits>

#include "kernels/ssim/live_block.cuh"
#include "kernels/ssim/live_tile.h"

namespace fg::live {

// A lane's pixels of a step as they come from memory or texture unit: until they are used they are on their way.
template <PixelFormat kFormat>
struct StepPixels;

// Where a lane reads: its first row, its column. Outside the frame all codes are 0.
struct Reach {
  std::int32_t row, column;
  bool all_inside;     // of the whole warp
  std::uint32_t rows;  // bit i: the lane's row i is inside
  std::int32_t width, height;

  __device__ bool reads(int i) const {
    return all_inside || ((rows >> i & 1u) != 0 && column >= 0 && column < width);
  }
};
__device__ inline std::uint32_t rows_inside_frame(std::int32_t row, std::int32_t height) {
  std::uint32_t rows = 0;
#pragma unroll
  for (int i = 0; i < kLaneRows; ++i) {
    const std::int32_t r = row + 8 * (i / 2) + i % 2;
    rows |= (r >= 0 && r < height ? 1u : 0u) << i;
  }
  return rows;
}

template <>
struct StepPixels<PixelFormat::rgba8> {
  std::uint32_t word[kLaneRows];

  __device__ void load(const Pixels& image, const Reach& at) {
    const auto row_bytes = static_cast<std::int32_t>(image.row_bytes);
    const std::int32_t offset = at.row * row_bytes + 4 * at.column;
    const auto read = [&](int i) {  // offsets of pixels inside are positive
      const std::int32_t from = offset + (8 * (i / 2) + i % 2) * row_bytes;
      return *reinterpret_cast<const std::uint32_t*>(static_cast<const char*>(image.data) +
                                                     static_cast<std::uint32_t>(from));
    };
    if (at.all_inside) {
#pragma unroll
      for (int i = 0; i < kLaneRows; ++i) word[i] = read(i);
    } else {
#pragma unroll
      for (int i = 0; i < kLaneRows; ++i) word[i] = at.reads(i) ? read(i) : 0u;
    }
  }
  // order: of the channels, for __byte_perm with 0x64 as the fifth byte.
  __device__ std::uint32_t codes(int i, std::uint32_t order) const {
    return __byte_perm(word[i], 0x64u, order);
  }
};

// A texel of 8-bit values, 0..1 as 16-bit floats.
struct Texel {
  HalfPair red_green, blue_alpha;
};
__device__ inline Texel texel_at(const Pixels& image, std::int32_t row, std::int32_t column) {
  Texel texel;
  asm("tex.2d.v2.f16x2.f32 {%0, %1}, [%2, {%3, %4}];"
      : "=r"(texel.red_green), "=r"(texel.blue_alpha)
      : "l"(image.texture), "f"((static_cast<float>(column) + 0.5f) * image.texel_width),
        "f"((static_cast<float>(row) + 0.5f) * image.texel_height));
  return texel;
}
// A 16-bit float from 1024 on has whole values only.
__device__ inline std::uint32_t codes_of(const Texel& texel) {
  const HalfPair scale = make_pair(255, 255), bias = make_pair(1024, 1024);
  return __byte_perm(mul_add(texel.red_green, scale, bias), mul_add(texel.blue_alpha, scale, bias), 0x1420u);
}

template <>
struct StepPixels<PixelFormat::texture8> {
  Texel texel[kLaneRows];

  __device__ void load(const Pixels& image, const Reach& at) {
#pragma unroll
    for (int i = 0; i < kLaneRows; ++i)
      texel[i] = at.reads(i) ? texel_at(image, at.row + 8 * (i / 2) + i % 2, at.column) : Texel{};
  }
  __device__ std::uint32_t codes(int i, std::uint32_t) const { return codes_of(texel[i]); }
};

__device__ inline std::uint32_t order_of(const Pixels& image) {
  return image.channel[0] | image.channel[1] << 4 | image.channel[2] << 8 | 0x4000u;
}

// The codes of a pixel inside the frame, in order.
template <PixelFormat kFormat>
__device__ std::uint32_t codes_at(const Pixels& image, std::int32_t row, std::int32_t column) {
  if constexpr (kFormat == PixelFormat::rgba8)
    return __byte_perm(Reader<kFormat>::pixel(image, row, column), 0x64u, order_of(image));
  else
    return codes_of(texel_at(image, row, column));
}

// The mean of d over 128 of a warp's pixels, whole, for each channel.
template <PixelFormat kFrame>
__device__ void centre_tile(const LiveSsim& op, int lane, const Place& place, float* d0) {
  int sum[3] = {};
#pragma unroll
  for (int i = 0; i < 4; ++i) {  // 4 rows of 32 samples
    const std::int32_t row = place.row + (2 * i + 1) * place.rows / 8;
    const std::int32_t column = place.column + (2 * lane + 1) * place.columns / 64;
    const std::uint32_t x = codes_at<kFrame>(op.frame, row, column);
    const std::uint32_t y = codes_at<PixelFormat::rgba8>(op.reference, row, column);
#pragma unroll
    for (int c = 0; c < 3; ++c)
      sum[c] += static_cast<int>(x >> 8 * c & 0xFFu) - static_cast<int>(y >> 8 * c & 0xFFu);
  }
#pragma unroll
  for (int c = 0; c < 3; ++c) {
#pragma unroll
    for (int step = 16; step > 0; step /= 2) sum[c] += __shfl_xor_sync(0xFFFFFFFFu, sum[c], step);
    d0[c] = rintf(static_cast<float>(sum[c]) * (1.0f / 128));
  }
}

// The lane's four results of a step: two neighbours in two rows.
//   result 2 half + i: row + 8 half, column + i
struct Results {
  std::int32_t row, column;
};
__device__ inline bool exists(const LiveSsim& op, const Results& at, int i) {
  return at.row + 8 * (i / 2) < op.height && at.column + i % 2 < op.width;
}
__device__ inline bool counts(const LiveSsim& op, const Results& at, int i) {
  const std::int32_t row = at.row + 8 * (i / 2), column = at.column + i % 2;
  return row >= op.border && row < op.height - op.border && column >= op.border &&
         column < op.width - op.border;
}

// kAll: all results of the warp exist and count, and images are aligned.

// The reference's moments of the lane's results, one channel. Columns are even, and so is the pitch.
template <bool kAll>
__device__ void load_moments(const LiveSsim& op, int c, const Results& at, ReferenceMoments (&moments)[4]) {
  const auto row_bytes = static_cast<std::uint32_t>(op.moments_pitch) * sizeof(ReferenceMoments);
  const char* const from = reinterpret_cast<const char*>(op.moments);
  const std::uint32_t offset = (static_cast<std::uint32_t>(c * op.height + at.row)) * row_bytes +
                               static_cast<std::uint32_t>(at.column) * sizeof(ReferenceMoments);
#pragma unroll
  for (int i = 0; i < 4; i += 2) {
    const char* const pair = from + (offset + (i / 2 ? 8 * row_bytes : 0u));
    if (kAll) {
      const float4 two = __ldg(reinterpret_cast<const float4*>(pair));
      moments[i] = {two.x, two.y};
      moments[i + 1] = {two.z, two.w};
    } else {
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        float2 one = {0, 1};
        if (exists(op, at, i + j)) one = __ldg(reinterpret_cast<const float2*>(pair) + j);
        moments[i + j] = {one.x, one.y};
      }
    }
  }
}

// Those of the next step's results into L2: 16 rows of three channels, 64 bytes each.
__device__ inline void prefetch_moments(const LiveSsim& op, int lane, std::int32_t row, std::int32_t column) {
  const std::int32_t r = min(row + lane % 16, op.height - 1);
  const ReferenceMoments* const at = op.moments + std::int64_t{r} * op.moments_pitch + column;
  const std::int64_t plane = std::int64_t{op.height} * op.moments_pitch;
  if (column >= op.width) return;
  asm volatile("prefetch.global.L2 [%0];" ::"l"(at + (lane / 16) * plane));
  if (lane < 16) asm volatile("prefetch.global.L2 [%0];" ::"l"(at + 2 * plane));
}

struct alignas(8) TwoFloats {
  float a, b;
};
struct alignas(8) TwoWords {
  std::uint32_t a, b;
};

// Map, heatmap and histogram of the lane's results; returns the smallest value that counts.
template <bool kAll>
__device__ float finish_results(const LiveSsim& op, int lane, const Results& at, const float (&lacking)[4],
                                const std::uint32_t* colors, Histogram& histogram) {
  float mean[4];
  std::uint32_t color[4], bin[4], different = 0;
  const float colors_at_0 = 0.5f - op.worst * op.colors_per_unit;
  float smallest = __int_as_float(0x7F800000);
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    mean[i] = 1.0f - lacking[i] * (2.0f / 3.0f);
    bin[i] = bin_of(mean[i]);
    different |= bin[i] ^ bin[0];
    color[i] = colors[color_index(mean[i], op.colors_per_unit, colors_at_0)];
  }
  if (kAll) {
#pragma unroll
    for (int i = 0; i < 4; ++i) smallest = fminf(smallest, mean[i]);
    different |= bin[0] ^ __shfl_sync(0xFFFFFFFFu, bin[0], 0);
    if (__all_sync(0xFFFFFFFFu, different == 0)) {
      if (lane == 0) count_bin(histogram, bin[0], 128);
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) count_bin(histogram, bin[i], 1);
    }
  } else {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (counts(op, at, i)) {
        smallest = fminf(smallest, mean[i]);
        count_bin(histogram, bin[i], 1);
      } else {
        color[i] = colors[kFgColorBorder];
        mean[i] = __int_as_float(0x7FC00000);
      }
    }
  }
  if (op.map == nullptr) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (!kAll && !exists(op, at, i)) continue;
      const std::int32_t row = at.row + 8 * (i / 2), column = at.column + i % 2;
      write_surface(op.map_surface, row, column, __float_as_uint(mean[i]));
      write_surface(op.heatmap_surface, row, column, color[i]);
    }
    return smallest;
  }
#pragma unroll
  for (int i = 0; i < 4; i += 2) {
    const std::int32_t row = at.row + 8 * (i / 2), column = at.column;
    float* const map = op.map + std::int64_t{row} * op.map_pitch + column;
    std::uint32_t* const heatmap = op.heatmap + std::int64_t{row} * op.heatmap_pitch + column;
    if (kAll) {
      *reinterpret_cast<TwoFloats*>(map) = {mean[i], mean[i + 1]};
      *reinterpret_cast<TwoWords*>(heatmap) = {color[i], color[i + 1]};
    } else {
#pragma unroll
      for (int j = 0; j < 2; ++j)
        if (exists(op, at, i + j)) {
          map[j] = mean[i + j];
          heatmap[j] = color[i + j];
        }
    }
  }
  return smallest;
}

// Sums of a plane between two steps: of results that lack the next chunk, and of those that lack the next two. With three
// planes of three channels they fill a quarter of the registers, so that two blocks share a multiprocessor, and the loop
// over the channels is unrolled to name them. Elsewhere they cost more than the warps they make room for: in local memory
// each step's lines of pixels and moments drive them out of L1; in shared memory the blocks have 48 KB, which a graphics
// queue does not have for them.
struct WaitingSums {
  MatrixD one, two;
};

// A plane's results left of the chunk, which are complete with its column sums. taps: of across_taps(), for results left,
// own, right.
__device__ inline MatrixD filter_across(const MatrixD& column_sums, const SplitPair (&taps)[3],
                                        WaitingSums& waiting) {
  const SplitSums sums = split_sums(column_sums);
  const auto add = [&](int which, const MatrixD& to) {
    MatrixD d = multiply_add(sums.high, taps[which].high, to);
    d = multiply_add(sums.low, taps[which].high, d);
    return multiply_add(sums.high, taps[which].low, d);
  };
  const MatrixD complete = add(0, waiting.one);
  waiting.one = add(1, waiting.two);
  waiting.two = add(2, {});
  return complete;
}

// The column sums of a chunk. taps: the lane's, high and low of the upper and the lower half of the rows, 32 apart.
__device__ inline void filter_down(const Operands& o, const uint4* taps, MatrixD& errors, MatrixD& squares,
                                   MatrixD& products) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const uint4 high_taps = taps[64 * half], low_taps = taps[64 * half + 32];
    const MatrixA16 high = {{high_taps.x, high_taps.y, high_taps.z, high_taps.w}};
    const MatrixA16 low = {{low_taps.x, low_taps.y, low_taps.z, low_taps.w}};
    errors = multiply_add(high, o.e[half], errors);
    squares = multiply_add(high, o.squares[half], squares);
    products = multiply_add(high, o.products[half], products);
    errors = multiply_add(low, o.e[half], errors);
    squares = multiply_add(low, o.squares[half], squares);
    products = multiply_add(low, o.products[half], products);
    squares = multiply_add(high, o.squares_rest[half], squares);
    products = multiply_add(high, o.products_rest[half], products);
  }
}

template <PixelFormat kFrame>
__device__ void score_tile(const LiveSsim& op) {
  __shared__ uint4 down[4][32];                      // 2 KB
  __shared__ Histogram histogram;                    // 8.2 KB
  __shared__ std::uint32_t colors[kFgColorEntries];  // 1 KB
  __shared__ float d0_of_warp[kTileWarps][3];
  const int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  WaitingSums waiting[3][3] = {};  // channel, plane
  for (int i = thread; i < static_cast<int>(kPairs); i += kTileThreads) histogram.pairs[i] = 0;
  for (int i = thread; i < kFgColorEntries; i += kTileThreads) colors[i] = op.colors[i];
  for (int half = warp; half < 2; half += kTileWarps) {
    const DownTaps taps = down_taps(lane, op.window, half);
    down[2 * half][lane] = {taps.high.pair[0], taps.high.pair[1], taps.high.pair[2], taps.high.pair[3]};
    down[2 * half + 1][lane] = {taps.low.pair[0], taps.low.pair[1], taps.low.pair[2], taps.low.pair[3]};
  }
  __syncthreads();

  const Tiles tiles =
      tiles_of_grid(static_cast<std::int32_t>(gridDim.x), static_cast<std::int32_t>(gridDim.y), op.width);
  const Place block = tiles.place(static_cast<std::int32_t>(blockIdx.x),
                                  static_cast<std::int32_t>(blockIdx.y), op.width, op.height);
  Place place = block;
  place.row += warp * kTileRows;
  place.rows = min(kTileRows, op.height - place.row);
  const float two_c1 = 2.0f * live_constants(true).c1;
  float lacking_of[3] = {}, smallest = __int_as_float(0x7F800000);
  std::uint32_t squares = 0, absolute = 0;
  HalfPair largest = 0;
  if (place.rows > 0) {
    StepPixels<kFrame> x_pixels;
    StepPixels<PixelFormat::rgba8> y_pixels;
    const bool all_rows = place.row >= 8 && place.row + 24 <= op.height;
    const std::uint32_t rows = rows_inside_frame(place.row - 8 + lane_row(lane, 0), op.height);
    const auto load = [&](std::int32_t first) {  // the chunk's first column
      const Reach at{place.row - 8 + lane_row(lane, 0),
                     first + lane_column(lane),
                     all_rows && first >= 0 && first + kChunk <= op.width,
                     rows,
                     op.width,
                     op.height};
      x_pixels.load(op.frame, at);
      y_pixels.load(op.reference, at);
    };
    load(place.column - kChunk);
    {
      float d0[3];
      centre_tile<kFrame>(op, lane, place, d0);
      if (lane == 0)
        for (int c = 0; c < 3; ++c) d0_of_warp[warp][c] = d0[c];
      __syncwarp();
    }
    SplitPair across[3];  // a chunk adds to the results left of it, its own, those right of it
#pragma unroll
    for (int i = 0; i < 3; ++i) across[i] = across_taps(lane, op.window, i - 1);
    const std::uint32_t x_order = order_of(op.frame), y_order = order_of(op.reference);
    const bool rows_count = place.row >= op.border && place.row + kTileRows <= op.height - op.border &&
                            op.map_pitch % 2 == 0 && op.heatmap_pitch % 2 == 0;
    // A chunk more on either side; results are complete one step later than their own chunk.
    const std::int32_t steps = (place.columns + kChunk - 1) / kChunk + 2;
#pragma unroll 1
    for (std::int32_t step = 0; step < steps; ++step) {
      const std::int32_t first = place.column + (step - 1) * kChunk;
      if (step > 0) prefetch_moments(op, lane, place.row, first);
      std::uint32_t x[kLaneRows], y[kLaneRows];
#pragma unroll
      for (int i = 0; i < kLaneRows; ++i) {
        x[i] = x_pixels.codes(i, x_order);
        y[i] = y_pixels.codes(i, y_order);
      }
      if (step > 0 && step + 1 < steps) {  // the warp's own pixels: rows 2 to 5 of a lane
#pragma unroll
        for (int i = 2; i < 6; ++i) {
          const std::uint32_t d = __vabsdiffu4(x[i], y[i]);
          absolute = __dp4a(d, 0x01010101u, absolute);
          squares = __dp4a(d, d, squares);
          largest = __vmaxu2(largest, d & 0x00FF00FFu);
          largest = __vmaxu2(largest, d >> 8 & 0x00FF00FFu);
        }
      }
      const Results at{place.row + result_row(lane, 0), first - kChunk + result_column(lane, 0)};
      const auto score_step = [&](auto all) {
        constexpr bool kAll = decltype(all)::value;
        float lacking[4] = {};
#pragma unroll
        for (int c = 0; c < 3; ++c) {
          ReferenceMoments moments[4];
          if (kAll || step > 1) load_moments<kAll>(op, c, at, moments);
          const float d0 = d0_of_warp[warp][c];
          const HalfPair d0_scaled = make_pair(d0 * kErrorScale, d0 * kErrorScale);
          MatrixD errors = {}, squared = {}, products = {};
          filter_down(operands_of(x, y, c, d0_scaled), &down[0][lane], errors, squared, products);
          if (c == 2 && step + 1 < steps) load(first + kChunk);  // these are in use no more
          const MatrixD of_errors = filter_across(errors, across, waiting[c][0]);
          const MatrixD of_squares = filter_across(squared, across, waiting[c][1]);
          const MatrixD of_products = filter_across(products, across, waiting[c][2]);
          if (!kAll && step < 2) continue;
          float of_channel[4];
          score_results(of_errors, of_squares, of_products, d0, moments, two_c1, of_channel);
#pragma unroll
          for (int i = 0; i < 4; ++i) {
            lacking[i] += of_channel[i];
            if (!kAll && !counts(op, at, i)) of_channel[i] = 0;
          }
          const float sum = (of_channel[0] + of_channel[1]) + (of_channel[2] + of_channel[3]);
          lacking_of[0] += c == 0 ? sum : 0.0f;
          lacking_of[1] += c == 1 ? sum : 0.0f;
          lacking_of[2] += c == 2 ? sum : 0.0f;
        }
        if (kAll || step > 1)
          smallest = fminf(smallest, finish_results<kAll>(op, lane, at, lacking, colors, histogram));
      };
      if (step > 1 && rows_count && first - kChunk >= op.border && first <= op.width - op.border)
        score_step(std::true_type{});
      else
        score_step(std::false_type{});
    }
  }

  const std::uint32_t block_number = blockIdx.y * gridDim.x + blockIdx.x;
  const auto most = static_cast<float>(max(largest & 0xFFFFu, largest >> 16));
  const float of_thread[kTotals] = {lacking_of[0],
                                    lacking_of[1],
                                    lacking_of[2],
                                    static_cast<float>(squares),
                                    static_cast<float>(absolute),
                                    most,
                                    smallest,
                                    0};
  leave_record<kTileThreads>(of_thread, results_that_count(block, op.width, op.height, op.border),
                             1.0 / 255.0, op.statistics + kFgMapBins + block_number * kFgRecordWords);
  // The histogram has been complete since the barrier of the record.
  leave_histogram<kTileThreads>(op, histogram, block_number);
}

}  // namespace fg::live
