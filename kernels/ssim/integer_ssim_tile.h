#pragma once
// The arithmetic of the CUDA kernel for codes of 8 bits, phase by phase and thread by thread, free of anything
// that only a GPU has: integer_ssim_tile_test runs it on the host against the oracle.
//
// A block of 256 threads makes a tile of 32 columns and 56 rows of terms:
//   load_codes       64 rows of 40 codes of each image, less 128, so that they are signed bytes; outside 0
//   -- barrier --
//   filter_rows      each thread: 8 neighbouring columns of one row. Sums of bytes are dot products of four,
//                    sums of products of two (dp4a, dp2a); the taps move, not the codes
//   -- barrier --    (the moments lie beside the codes)
//   filter_columns   each thread: 7 rows of one column, the term
// A warp then holds 32 neighbouring terms of a row.

#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/integer_ssim_math.h"

#if !defined(FG_UNROLL)
#if defined(__CUDA_ARCH__)
#define FG_UNROLL _Pragma("unroll")
#else
#define FG_UNROLL
#endif
#endif

namespace fg::integer_ssim::tile {

inline constexpr int kThreads = 256;
inline constexpr int kColumns = 32;                          // of terms
inline constexpr int kRows = 56;                             // of terms
inline constexpr int kCodeRows = kRows + 2 * kRadius;        // 64
inline constexpr int kCodeColumns = kColumns + 2 * kRadius;  // 40: ten words
inline constexpr int kWords = kCodeColumns / 4;
inline constexpr int kPitchWords = 14;   // 16 lanes read two words each of 16 rows without a bank conflict
inline constexpr int kMomentPitch = 33;  // odd: 8 lanes write 16 bytes in 8 rows without a bank conflict
inline constexpr int kGroupColumns = 8;  // of a thread in a row
inline constexpr int kRowsPerWarp = 7;

struct alignas(16) RowMoments {
  float a, b;  // integers of at most 2^15; their sums over a window, of at most 2^23, are exact in float
  std::uint32_t squares;
  std::int32_t ab;

  FG_HD Moments8 codes() const { return {a, b, squares, ab}; }
};

struct Shared {
  std::uint32_t x[kCodeRows * kPitchWords], y[kCodeRows * kPitchWords];  // 2 x 3.5 KB: four codes a word
  RowMoments moments[kCodeRows * kMomentPitch];                          // 33.8 KB
};

// ---- loading ----

// Codes of columns [column, column + 4) of a row, less 128, the first in the lowest byte. `words`: rows are
// aligned to four bytes and their codes lie side by side.
FG_HD std::uint32_t load_word(const PlaneView<const std::uint8_t>& plane, std::int32_t row,
                              std::int32_t column, bool words) {
  if (row < 0 || row >= plane.height || column <= -4 || column >= plane.width) return 0;
  if (words && column >= 0 && column + 4 <= plane.width)
    return *reinterpret_cast<const std::uint32_t*>(plane.row(row) + column) ^ 0x80808080u;
  std::uint32_t word = 0;
  for (int i = 0; i < 4; ++i)
    if (column + i >= 0 && column + i < plane.width) word |= (plane.at(row, column + i) ^ 0x80u) << (8 * i);
  return word;
}

FG_HD bool can_load_words(const PlaneView<const std::uint8_t>& plane) {
  return plane.column_stride == 1 && plane.row_stride % 4 == 0 &&
         reinterpret_cast<std::uintptr_t>(plane.data) % 4 == 0;
}

// The tile whose first term lies at row, column. Four threads a row.
FG_HD void load_codes(int thread, const PlaneView<const std::uint8_t>& x,
                      const PlaneView<const std::uint8_t>& y, std::int32_t row, std::int32_t column,
                      Shared& shared) {
  const bool x_words = can_load_words(x), y_words = can_load_words(y);
  const int r = thread / 4;
  // Tiles away from the border, which are most: no question is asked of a word.
  if (x_words && y_words && row >= kRadius && row + kRows + kRadius <= x.height && column >= kRadius &&
      column + kColumns + kRadius <= x.width) {
    const std::uint8_t* const from_x = x.row(row + r - kRadius) + column - kRadius;
    const std::uint8_t* const from_y = y.row(row + r - kRadius) + column - kRadius;
    FG_UNROLL
    for (int w = thread % 4; w < kWords; w += 4) {
      shared.x[r * kPitchWords + w] = reinterpret_cast<const std::uint32_t*>(from_x)[w] ^ 0x80808080u;
      shared.y[r * kPitchWords + w] = reinterpret_cast<const std::uint32_t*>(from_y)[w] ^ 0x80808080u;
    }
    return;
  }
  FG_UNROLL
  for (int w = thread % 4; w < kWords; w += 4) {
    shared.x[r * kPitchWords + w] = load_word(x, row + r - kRadius, column + 4 * w - kRadius, x_words);
    shared.y[r * kPitchWords + w] = load_word(y, row + r - kRadius, column + 4 * w - kRadius, y_words);
  }
}

// ---- along rows ----

FG_HD std::int32_t signed_byte(std::uint32_t word, int i) {
  return static_cast<std::int8_t>(word >> (8 * i));
}

// sum + the products of four signed bytes with four taps.
FG_HD std::int32_t dot4(std::uint32_t codes, std::uint32_t taps, std::int32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp4a(static_cast<int>(codes), static_cast<int>(taps), sum);
#else
  for (int i = 0; i < 4; ++i) sum += signed_byte(codes, i) * signed_byte(taps, i);
  return sum;
#endif
}

// sum + the products of two unsigned 16-bit numbers with the two low taps.
FG_HD std::uint32_t dot2(std::uint32_t pair, std::uint32_t taps, std::uint32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp2a_lo(pair, taps, sum);
#else
  return sum + (pair & 0xFFFFu) * (taps & 0xFFu) + (pair >> 16) * (taps >> 8 & 0xFFu);
#endif
}
FG_HD std::int32_t dot2(std::int32_t pair, std::int32_t taps, std::int32_t sum) {
#if defined(__CUDA_ARCH__)
  return __dp2a_lo(pair, taps, sum);
#else
  return sum + static_cast<std::int16_t>(pair & 0xFFFF) * (taps & 0xFF) + (pair >> 16) * (taps >> 8 & 0xFF);
#endif
}

// `count` taps as bytes, of a window that begins `shift` places after the first; 0 beyond its ends.
template <int kCount>
FG_HD constexpr std::uint32_t packed_taps(int first, int shift) {
  constexpr int kTap[2 * kRadius + 1] = {2, 9, 28, 55, 68, 55, 28, 9, 2};
  std::uint32_t word = 0;
  for (int i = 0; i < kCount; ++i) {
    const int k = first + i - shift;
    if (k >= 0 && k <= 2 * kRadius) word |= static_cast<std::uint32_t>(kTap[k]) << (8 * i);
  }
  return word;
}

// Taps as the dot products take them. An argument of the kernel: such words are operands from constant memory.
struct Taps {
  std::uint32_t four[4][3], two[2][5];  // [shift][word]

  Taps() {
    for (int shift = 0; shift < 4; ++shift)
      for (int word = 0; word < 3; ++word) four[shift][word] = packed_taps<4>(4 * word, shift);
    for (int shift = 0; shift < 2; ++shift)
      for (int word = 0; word < 5; ++word) two[shift][word] = packed_taps<2>(2 * word, shift);
  }
};

FG_HD void filter_rows(int thread, const Taps& taps, Shared& shared) {
  const int row = thread % kCodeRows, group = thread / kCodeRows;
  const int at = row * kPitchWords + group * (kGroupColumns / 4);
  std::uint32_t x[4], y[4];  // 16 codes: 8 columns and their halo
  FG_UNROLL
  for (int i = 0; i < 4; ++i) {
    x[i] = shared.x[at + i];
    y[i] = shared.y[at + i];
  }
  std::uint32_t squares[8];  // a^2 + b^2 of two neighbours, at most 2^15 each
  std::int32_t products[8];  // a b of two neighbours, at most 2^14
  FG_UNROLL
  for (int i = 0; i < 8; ++i) {
    const std::int32_t a0 = signed_byte(x[i / 2], i % 2 * 2), a1 = signed_byte(x[i / 2], i % 2 * 2 + 1);
    const std::int32_t b0 = signed_byte(y[i / 2], i % 2 * 2), b1 = signed_byte(y[i / 2], i % 2 * 2 + 1);
    squares[i] = static_cast<std::uint32_t>(a0 * a0 + b0 * b0) | static_cast<std::uint32_t>(a1 * a1 + b1 * b1)
                                                                     << 16;
    products[i] = static_cast<std::int32_t>((static_cast<std::uint32_t>(a0 * b0) & 0xFFFFu) |
                                            static_cast<std::uint32_t>(a1 * b1) << 16);
  }
  RowMoments* const out = shared.moments + row * kMomentPitch + group * kGroupColumns;
  FG_UNROLL
  for (int column = 0; column < kGroupColumns; ++column) {
    std::int32_t a = 0, b = 0, ab = 0;
    std::uint32_t sum = 0;
    FG_UNROLL
    for (int word = 0; word < 3; ++word) {
      a = dot4(x[column / 4 + word], taps.four[column % 4][word], a);
      b = dot4(y[column / 4 + word], taps.four[column % 4][word], b);
    }
    FG_UNROLL
    for (int pair = 0; pair < 5; ++pair) {
      sum = dot2(squares[column / 2 + pair], taps.two[column % 2][pair], sum);
      ab = dot2(products[column / 2 + pair], static_cast<std::int32_t>(taps.two[column % 2][pair]), ab);
    }
    out[column] = {static_cast<float>(a), static_cast<float>(b), sum, ab};
  }
}

// ---- along columns ----

// The terms of kRowsPerWarp rows of the thread's column, from row thread / 32 * kRowsPerWarp of the tile on.
// emit(term) takes them row after row, to the plane's last; beyond its last column they may be anything, NaN included.
template <class Emit>
FG_HD void filter_columns(int thread, const Shared& shared, std::int32_t row, std::int32_t column,
                          std::int32_t height, std::int32_t width, Constants constants, const Emit& emit) {
  const int lane = thread % kColumns, first = thread / kColumns * kRowsPerWarp;
  const RowMoments* const run = shared.moments + first * kMomentPitch + lane;
  RowMoments sums[kRowsPerWarp];
  FG_UNROLL
  for (int i = 0; i < kRowsPerWarp; ++i) sums[i] = {0, 0, 0, 0};
  FG_UNROLL
  for (int at = 0; at < kRowsPerWarp + 2 * kRadius; ++at) {
    const RowMoments m = run[at * kMomentPitch];
    FG_UNROLL
    for (int i = 0; i < kRowsPerWarp; ++i) {
      const int k = at - i - kRadius;
      if (k < -kRadius || k > kRadius) continue;
      sums[i].a += static_cast<float>(tap(k)) * m.a;
      sums[i].b += static_cast<float>(tap(k)) * m.b;
      sums[i].squares += static_cast<std::uint32_t>(tap(k)) * m.squares;
      sums[i].ab += tap(k) * m.ab;
    }
  }
  const int along_row = weight_along(column + lane, width);
  const double full = 256 * along_row;
  const Constants full_constants = weighted(constants, full);
  // All rows far from the border, the same for all threads of a warp: no branch between one row and the next.
  if (row + first >= kRadius && row + first + kRowsPerWarp <= height - kRadius) {
    FG_UNROLL
    for (int i = 0; i < kRowsPerWarp; ++i) emit(term(sums[i].codes(), full, full_constants));
    return;
  }
  for (int i = 0; i < kRowsPerWarp; ++i) {
    if (row + first + i >= height) return;
    const double w = weight_along(row + first + i, height) * along_row;
    emit(term(sums[i].codes(), w, weighted(constants, w)));
  }
}

}  // namespace fg::integer_ssim::tile
