#pragma once
// What becomes of the tiles' results: map, heatmap and histogram (live_tile.h).

#include <cstdint>

#include "kernels/live/live_block.cuh"
#include "kernels/live/live_tile.h"

namespace fg::live {

// Four results of a lane in one row; the lane has such a half of a step's results in either half of the strip's rows.
struct Results {
  std::int32_t row, column;
};
__device__ inline bool exists(const LiveSsim& op, const Results& at, int i) {
  return at.row < op.height && at.column + i < op.width;
}
__device__ inline bool counts(const LiveSsim& op, const Results& at, int i) {
  return at.row >= op.border && at.row < op.height - op.border && at.column + i >= op.border &&
         at.column + i < op.width - op.border;
}

// The reference's moments of those of four results that exist, one channel. from: of the first of them.
__device__ inline void load_moments(const LiveSsim& op, const Results& at, const ReferenceMoments* from,
                                    ReferenceMoments (&moments)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    float2 one = {0, 1};
    if (exists(op, at, i)) one = __ldg(reinterpret_cast<const float2*>(from) + i);
    moments[i] = {one.x, one.y};
  }
}

struct alignas(16) FourFloats {
  float value[4];
};
struct alignas(16) FourWords {
  std::uint32_t value[4];
};
// What the channels lack of 1 in the results of a step.
struct HeldResults {
  FourFloats lacking[2][kChannels][32];  // 3 KB; of the halves
};

// Map, heatmap and histogram of one half or both of a lane's results; returns the smallest value that counts.
// kAll: all of the warp's exist and count.
template <bool kAll, int kHalves>
__device__ float finish_results(const LiveSsim& op, int lane, const Results& at, const float* lacking,
                                std::uint32_t pairs) {
  constexpr int kResults = 4 * kHalves;
  float mean[kResults];
#pragma unroll
  for (int i = 0; i < kResults; ++i) {
    mean[i] = 1.0f - lacking[i] * (2.0f / 3.0f);
  }
  std::uint32_t color[kResults], bin[kResults], different = 0, in_all = ~0u;
  const ColorScale scale = color_scale(op.worst, op.colors_per_unit);
  float smallest = __int_as_float(0x7F800000);
#pragma unroll
  for (int i = 0; i < kResults; ++i) {
    bin[i] = bin_of(mean[i]);
    different |= bin[i] ^ bin[0];
    in_all &= bin[i];
    color[i] = __ldg(op.colors + color_index(mean[i], scale));
  }
  if (kAll) {
#pragma unroll
    for (int i = 0; i < kResults; ++i) smallest = fminf(smallest, mean[i]);
    different |= bin[0] ^ __shfl_sync(0xFFFFFFFFu, bin[0], 0);
    if (__all_sync(0xFFFFFFFFu, different == 0)) {
      if (lane == 0) count_bin(op, pairs, bin[0], 32 * kResults);
    } else if (__all_sync(0xFFFFFFFFu, (in_all & kLowBins) != 0)) {
#pragma unroll
      for (int i = 0; i < kResults; ++i) count_high_bin(pairs, bin[i], 1);
    } else {
#pragma unroll
      for (int i = 0; i < kResults; ++i) count_bin(op, pairs, bin[i], 1);
    }
  } else {
#pragma unroll
    for (int i = 0; i < kResults; ++i) {
      if (counts(op, at, i)) {
        smallest = fminf(smallest, mean[i]);
        count_bin(op, pairs, bin[i], 1);
      } else {
        color[i] = __ldg(op.colors + kFgColorBorder);
        mean[i] = __int_as_float(0x7FC00000);
      }
    }
  }
#pragma unroll
  for (int half = 0; half < kHalves; ++half) {
    const std::int32_t row = at.row + 8 * half;
    const float* const values = mean + 4 * half;
    const std::uint32_t* const words = color + 4 * half;
    if (op.map == nullptr) {
      if (kAll) {
        write_surface(op.map_surface, row, at.column,
                      {__float_as_uint(values[0]), __float_as_uint(values[1]), __float_as_uint(values[2]),
                       __float_as_uint(values[3])});
        write_surface(op.heatmap_surface, row, at.column, {words[0], words[1], words[2], words[3]});
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          if (!exists(op, at, i)) continue;
          write_surface(op.map_surface, row, at.column + i, __float_as_uint(values[i]));
          write_surface(op.heatmap_surface, row, at.column + i, words[i]);
        }
      }
    } else {
      float* const map = op.map + std::int64_t{row} * op.map_pitch + at.column;
      std::uint32_t* const heatmap = op.heatmap + std::int64_t{row} * op.heatmap_pitch + at.column;
      if (kAll) {
        *reinterpret_cast<FourFloats*>(map) = {{values[0], values[1], values[2], values[3]}};
        *reinterpret_cast<FourWords*>(heatmap) = {{words[0], words[1], words[2], words[3]}};
      } else {
#pragma unroll
        for (int i = 0; i < 4; ++i)
          if (exists(op, at, i)) {
            map[i] = values[i];
            heatmap[i] = words[i];
          }
      }
    }
  }
  return smallest;
}

}  // namespace fg::live
