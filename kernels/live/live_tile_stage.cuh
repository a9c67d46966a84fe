#pragma once
// How the tiles' pixels come to shared memory, and how lanes read them there (live_tile.h).

#include <cstdint>

#include "kernels/live/live_pixels.h"
#include "kernels/live/live_tile.h"

namespace fg::live {

// A texel of 8-bit values, 0..1 as 16-bit floats.
struct Texel {
  HalfPair red_green, blue_alpha;
};
__device__ inline Texel texel_at(const Pixels& image, float y, float x) {
  Texel texel;
  asm("tex.2d.v2.f16x2.f32 {%0, %1}, [%2, {%3, %4}];"
      : "=r"(texel.red_green), "=r"(texel.blue_alpha)
      : "l"(image.texture), "f"(x), "f"(y));
  return texel;
}
__device__ inline float texel_y(const Pixels& image, std::int32_t row) {
  return (static_cast<float>(row) + 0.5f) * image.texel_height;
}
__device__ inline float texel_x(const Pixels& image, std::int32_t column) {
  return (static_cast<float>(column) + 0.5f) * image.texel_width;
}
// As a pixel of rgba8. A 16-bit float from 1024 on has whole values only.
__device__ inline std::uint32_t codes_of(const Texel& texel) {
  const HalfPair scale = make_pair(255, 255), bias = make_pair(1024, 1024);
  return __byte_perm(mul_add(texel.red_green, scale, bias), mul_add(texel.blue_alpha, scale, bias), 0x6420u);
}

// 16 bytes of global memory to shared memory; 0 where there are none. Under way until wait_for_copies().
__device__ inline void copy_16_bytes(void* to, const void* from, bool are_there) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                   static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
               "l"(from), "r"(are_there ? 16 : 0)
               : "memory");
#else
  for (int i = 0; i < 4; ++i)
    static_cast<std::uint32_t*>(to)[i] = are_there ? static_cast<const std::uint32_t*>(from)[i] : 0;
#endif
}
// The same with 4 bytes.
__device__ inline void copy_4_bytes(void* to, const void* from, bool are_there) {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(
                   static_cast<std::uint32_t>(__cvta_generic_to_shared(to))),
               "l"(from), "r"(are_there ? 4 : 0)
               : "memory");
#else
  *static_cast<std::uint32_t*>(to) = are_there ? *static_cast<const std::uint32_t*>(from) : 0;
#endif
}
__device__ inline void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

template <PixelFormat kFormat>
__device__ std::uint32_t pixel_at(const Pixels& image, std::int32_t row, std::int32_t column) {
  if constexpr (kFormat == PixelFormat::rgba8)
    return Reader<kFormat>::pixel(image, row, column);
  else
    return codes_of(texel_at(image, texel_y(image, row), texel_x(image, column)));
}

// The pixels of a step, as they are in memory, 0 outside the frame.
struct alignas(16) StagePixels {
  std::uint32_t word[kStageSlots * kStep];  // 1.7 KB
};
struct Stage {
  StagePixels x, y;
};
constexpr std::uint32_t kEightRows = 8 * kStep * 4;  // bytes

struct TwoWords {
  std::uint32_t a, b;
};
__device__ inline std::uint32_t shared_address(const void* at) {
  return static_cast<std::uint32_t>(__cvta_generic_to_shared(at));
}
template <int kOffset>
__device__ TwoWords two_words(std::uint32_t address) {
  TwoWords v;
  asm volatile("ld.shared.v2.u32 {%0, %1}, [%2 + %3];" : "=r"(v.a), "=r"(v.b) : "r"(address), "n"(kOffset));
  return v;
}
// By all of a warp's lanes: v, kept in a register. What is cheap to find again is otherwise found again step by step,
// between a barrier and the reads that everything waits for.
__device__ inline std::uint32_t kept(std::uint32_t v, int lane) { return __shfl_sync(0xFFFFFFFFu, v, lane); }

// Where a lane reads the rows of two stages in turns.
class StageReader {
 public:
  __device__ StageReader(const Stage& now, const Stage& next, int lane) {
    const int rows = lane % 4, column = lane_column(lane, 0);
    const std::uint32_t first = shared_address(now.x.word), second = shared_address(next.x.word);
    even_ = kept(first + 4 * stage_word(lane_row(lane, 2), column), lane);
    odd_ = kept(first + 4 * stage_word(lane_row(lane, 3), column), lane);
    to_other_ = kept(second - first, lane);
    up_0_ = kept(rows < 2 ? 0 : kEightRows, lane);
    up_1_ = kept(rows < 1 ? 0 : kEightRows, lane);
    up_6_ = kept(rows < 3 ? 0 : kEightRows, lane);
  }
  // The codes of a channel in the lane's rows, pairs of them, even and odd column. kOffset: of the image in a stage.
  template <int kOffset>
  __device__ void read(std::uint32_t place, HalfPair (&to)[2][kLaneRows / 2]) const {
    constexpr int kEight = kEightRows;
    const TwoWords rows[kLaneRows] = {
        two_words<kOffset>(even_ - up_0_),  // what is not staged is read 8 rows away
        two_words<kOffset>(odd_ - up_1_),
        two_words<kOffset>(even_),
        two_words<kOffset>(odd_),
        two_words<kOffset + kEight>(even_),
        two_words<kOffset + kEight>(odd_),
        two_words<kOffset + 2 * kEight>(even_ - up_6_),
        two_words<kOffset + 2 * kEight>(odd_ - up_0_),
    };
#pragma unroll
    for (int i = 0; i < kLaneRows / 2; ++i) {
      to[0][i] = codes_of_pair(rows[2 * i].a, rows[2 * i + 1].a, place);
      to[1][i] = codes_of_pair(rows[2 * i].b, rows[2 * i + 1].b, place);
    }
  }
  __device__ void turn() {
    even_ += to_other_;
    odd_ += to_other_;
    to_other_ = 0 - to_other_;
  }

 private:
  std::uint32_t even_, odd_;  // addresses of the lane's rows 2 and 3
  std::uint32_t to_other_;    // from one stage to the other
  std::uint32_t up_0_, up_1_,
      up_6_;  // from where 8 rows before row 2, before 3, after 4 would be, to where they are read
};

// What brings an image's pixels, by one warp: under way from start() until wait_for_copies().
struct Span {
  std::int32_t row, column;  // of the first pixel
  std::int32_t width, height;
  __device__ bool inside() const {
    return row >= 0 && column >= 0 && row + kStagedRows <= height && column + kStep <= width;
  }
};
template <PixelFormat kFormat>
struct Carrier;

template <>
struct Carrier<PixelFormat::rgba8> {
  // A lane copies 4 pixels of rows lane / 4, lane / 4 + 8, ...
  __device__ void start(const Pixels& image, const Span& span, int lane, StagePixels& to) {
    const bool aligned =
        ((reinterpret_cast<std::uint64_t>(image.data) | static_cast<std::uint64_t>(image.row_bytes)) & 15u) ==
        0;
    const auto row_bytes = static_cast<std::int32_t>(image.row_bytes);
    const std::int32_t column = span.column + 4 * (lane % 4), row = span.row + lane / 4;
    std::uint32_t* const first = to.word + stage_word(kFirstStaged + lane / 4, 4 * (lane % 4));
    const char* const data = static_cast<const char*>(image.data);
    const std::int32_t offset = row * row_bytes + 4 * column;
    constexpr int kRows = (kStagedRows + 7) / 8;  // of a lane; few have the last one
    const auto is_there = [&](int i) { return 8 * i + 8 <= kStagedRows || lane / 4 < kStagedRows % 8; };
    if (aligned && span.column >= 0 && span.column + kStep <= span.width) {
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (!is_there(i)) continue;
        const bool inside = row + 8 * i >= 0 && row + 8 * i < span.height;
        copy_16_bytes(first + 8 * i * kStep, data + static_cast<std::uint32_t>(offset + 8 * i * row_bytes),
                      inside);
      }
      return;
    }
    const std::int32_t columns = column < 0 ? 0 : min(max(span.width - column, 0), 4);
#pragma unroll 1
    for (int i = 0; i < kRows; ++i) {
      if (!is_there(i)) continue;
      const bool row_inside = row + 8 * i >= 0 && row + 8 * i < span.height;
      const std::int32_t inside = row_inside ? columns : 0;
      const char* const from =
          data + (inside > 0 ? static_cast<std::uint32_t>(offset + 8 * i * row_bytes) : 0u);
      std::uint32_t* const at = first + 8 * i * kStep;
#pragma unroll
      for (int j = 0; j < 4; ++j) copy_4_bytes(at + j, from + (j < inside ? 4 * j : 0), j < inside);
    }
  }
  __device__ void read(const Pixels&, const Span&, int) {}
};

template <>
struct Carrier<PixelFormat::texture8> {
  // A lane reads column lane % 16 of rows lane / 16, lane / 16 + 2, ...
  static constexpr int kRows = kStagedRows / 2;
  Texel texel[kRows];

  __device__ void read(const Pixels& image, const Span& span, int lane) {
    const float x = texel_x(image, span.column + lane % kStep);
    float y = texel_y(image, span.row + lane / kStep);
    asm volatile("" : "+f"(y));  // computed here, not kept in registers from step to step
#pragma unroll
    for (int i = 0; i < kRows; ++i)
      texel[i] = texel_at(image, y + static_cast<float>(2 * i) * image.texel_height, x);
  }
  // Outside the image a texture gives whatever its sampler does there.
  __device__ void start(const Pixels&, const Span& span, int lane, StagePixels& to) {
    const auto at = [&](int i) {
      return to.word + stage_word(kFirstStaged + lane / kStep + 2 * (i % 4), lane % kStep) +
             i / 4 * 8 * kStep;
    };
    if (span.inside()) {
#pragma unroll
      for (int i = 0; i < kRows; ++i) *at(i) = codes_of(texel[i]);
      return;
    }
    const std::int32_t column = span.column + lane % kStep, row = span.row + lane / kStep;
    const bool column_inside = column >= 0 && column < span.width;
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      const bool inside = column_inside && row + 2 * i >= 0 && row + 2 * i < span.height;
      *at(i) = inside ? codes_of(texel[i]) : 0;
    }
  }
};

}  // namespace fg::live
