#pragma once
// The arithmetic of the live kernel for frames and references of 8 bits: the window's filters as products of small
// matrices (kernels/core/mma.h), on tensor cores. Free of anything that only a GPU has: live_tile_test runs it on the
// host, lane by lane, against the oracle.
//
// A warp scores 16 rows, eight columns (a chunk) a step, without a barrier:
//   load      each lane: 8 rows of a column of frame and reference, of the 32 rows that the windows reach
//   for each channel
//     operands      e = d - d0, e^2 and e y as pairs of 16-bit floats: exact, the latter two in two parts
//     down          D (16 x 8) = taps (16 x 32) x operands (32 x 8): the windows' column sums of the chunk
//     split         these as pairs again, in two parts: the same lanes hold what the next product wants of them
//     across        D (16 x 8) += sums (16 x 8) x taps (8 x 8): a chunk adds to the results left of it, its own and
//                   those right of it
//     score         those left of it are complete: with the reference's moments, what the SSIM terms lack of 1
// Taps are in two parts as well; of the four products of parts the smallest is left out (2^-24 of the sum).
//
// Scales keep 16-bit floats from overflowing and from running out of bits: e / 32, y / 16 and 256 times the taps.
// Moments are those of live_strip.h, and so are the map's errors: below 1e-5, but up to 8e-5 where a frame is off by nothing
// here and by half the range there within one strip, whose warp takes one d0 off (live_ssim_cuda_test).

#include <cmath>
#include <cstdint>

#include "kernels/core/mma.h"
#include "kernels/ssim/live_ssim.h"
#include "kernels/ssim/live_strip.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::live {

inline constexpr int kTileRows = 16;                  // results of a warp
inline constexpr int kReachRows = 32;                 // rows that it reads: 8 above, 8 below
inline constexpr int kChunk = 8;                      // columns, of a step
inline constexpr int kLaneRows = kReachRows / 4;      // of a lane
inline constexpr int kTileWarps = 4;                  // of a block, one below the other
inline constexpr int kTileThreads = 32 * kTileWarps;  // of a block
inline constexpr int kTileBlocksPerSm = 2;            // by its registers
inline constexpr int kBlockRows = kTileRows * kTileWarps;

// Codes of a pixel in the order red, green, blue; the highest byte makes a 16-bit float of each.
inline constexpr std::uint32_t kHalfBias = 0x64000000u;  // 0x6400 | code is 1024 + code
inline constexpr float kErrorScale = 1.0f / 32, kReferenceScale = 1.0f / 16, kTapScale = 256;

// Rows of a lane, counted from the first that the warp reads: those that the operands of the products want. Rows 2 to 5 of
// them lie in the warp's own rows, the others in the halo.
FG_HD int lane_row(int lane, int i) { return 8 * (i / 2) + 2 * (lane % 4) + i % 2; }
FG_HD int lane_column(int lane) { return lane / 4; }
// Results of a lane: 0, 1 and 2, 3.
FG_HD int result_row(int lane, int i) { return lane / 4 + 8 * (i / 2); }
FG_HD int result_column(int lane, int i) { return 2 * (lane % 4) + i % 2; }

FG_HD float tap_at(const WindowTaps& window, int offset) {
  const int distance = offset < 0 ? -offset : offset;
  return distance <= window.radius ? kTapScale * window.tap[distance] : 0.0f;
}

// Taps of results (rows) for samples (columns), half a chunk pair: rows 16 half .. 16 half + 15 of those read.
struct DownTaps {
  MatrixA16 high, low;
};
FG_HD DownTaps down_taps(int lane, const WindowTaps& window, int half) {
  DownTaps taps;
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + 8 * (i % 2), sample = 16 * half + 2 * (lane % 4) + 8 * (i / 2);
    const SplitPair pair = split(tap_at(window, sample - 8 - row), tap_at(window, sample + 1 - 8 - row));
    taps.high.pair[i] = pair.high;
    taps.low.pair[i] = pair.low;
  }
  return taps;
}

// Taps of samples (rows) for results (columns) that lie `chunks` chunks to the right of them: -1, 0, 1.
FG_HD SplitPair across_taps(int lane, const WindowTaps& window, int chunks) {
  const int sample = 2 * (lane % 4), result = kChunk * chunks + lane / 4;
  return split(tap_at(window, sample - result), tap_at(window, sample + 1 - result));
}

// Byte c of two pixels as 1024 + code.
FG_HD HalfPair biased_codes(std::uint32_t first, std::uint32_t second, int c) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(first, second, 0x7430u + 0x0101u * static_cast<unsigned>(c));
#else
  return 0x64006400u | (first >> 8 * c & 0xFFu) | (second >> 8 * c & 0xFFu) << 16;
#endif
}

// Of the two halves of the rows read.
struct Operands {
  MatrixB16 e[2], squares[2], squares_rest[2], products[2], products_rest[2];
};
// x, y: the lane's pixels. d0: a whole code, twice, in units of e.
FG_HD Operands operands_of(const std::uint32_t* x, const std::uint32_t* y, int c, HalfPair d0) {
  Operands o;
  const HalfPair error_scale = make_pair(kErrorScale, kErrorScale);
  const HalfPair reference_scale = make_pair(kReferenceScale, kReferenceScale);
  const HalfPair reference_bias = make_pair(-1024 * kReferenceScale, -1024 * kReferenceScale);
  FG_UNROLL
  for (int i = 0; i < kLaneRows / 2; ++i) {
    const HalfPair biased = biased_codes(y[2 * i], y[2 * i + 1], c);
    const HalfPair d = sub(biased_codes(x[2 * i], x[2 * i + 1], c), biased);
    const HalfPair e = mul_add(d, error_scale, negated(d0));
    const HalfPair reference = mul_add(biased, reference_scale, reference_bias);
    const HalfPair square = mul(e, e), product = mul(e, reference);
    o.e[i / 2].pair[i % 2] = e;
    o.squares[i / 2].pair[i % 2] = square;
    o.squares_rest[i / 2].pair[i % 2] = mul_add(e, e, negated(square));
    o.products[i / 2].pair[i % 2] = product;
    o.products_rest[i / 2].pair[i % 2] = mul_add(e, reference, negated(product));
  }
  return o;
}

// A chunk's column sums as operands of the next product.
struct SplitSums {
  MatrixA8 high, low;
};
FG_HD SplitSums split_sums(const MatrixD& from) {
  SplitSums sums;
  FG_UNROLL
  for (int half = 0; half < 2; ++half) {
    const SplitPair pair = split(from.value[2 * half], from.value[2 * half + 1]);
    sums.high.pair[half] = pair.high;
    sums.low.pair[half] = pair.low;
  }
  return sums;
}

// What the terms of a channel lack of 1, halved, for the lane's four results of a chunk.
FG_HD void score_results(const MatrixD& errors, const MatrixD& squares, const MatrixD& products, float d0,
                         const ReferenceMoments* moments, float two_c1, float* lacking) {
  constexpr float kTaps = 1.0f / (kTapScale * kTapScale);
  constexpr float kError = kTaps / kErrorScale, kSquare = kError / kErrorScale;
  constexpr float kFourProducts = 4 * kError / kReferenceScale;
  FG_UNROLL
  for (int i = 0; i < 4; ++i) {
    const float E = errors.value[i] * kError;
    const float D = d0 + E;
    const float S = 0.5f * moments[i].four_means + D;
    const float VD = fmaxf(squares.value[i] * kSquare - E * E, 0.0f);
    const float VS_and_c2 =
        (products.value[i] * kFourProducts + moments[i].four_variances) - E * moments[i].four_means;
    const FgSsimDeficit deficit = fg_ssim_deficit(S, D, VD, VS_and_c2 + 2.0f * VD, two_c1);
    lacking[i] = fg_ssim_quotient(deficit.over, deficit.under);
  }
}

// How a frame is cut: by the size alone. A block has 64 rows and a number of chunks that keeps all of the 132
// multiprocessors of an H200 at work, two blocks each, and reads few columns twice.
struct Tiles {
  std::int32_t columns, across, down;

  FG_HD Place place(std::int32_t across_at, std::int32_t down_at, std::int32_t width,
                    std::int32_t height) const {
    Place p;
    p.row = down_at * kBlockRows;
    p.rows = kBlockRows < height - p.row ? kBlockRows : height - p.row;
    p.column = across_at * columns;
    p.columns = columns < width - p.column ? columns : width - p.column;
    return p;
  }
};
// Those of a launch with so many blocks.
FG_HD Tiles tiles_of_grid(std::int32_t across, std::int32_t down, std::int32_t width) {
  return {(width + kChunk * across - 1) / (kChunk * across) * kChunk, across, down};
}
inline Tiles tiles_of(std::int32_t width, std::int32_t height) {
  constexpr std::int64_t kAtOnce = kTileBlocksPerSm * 132;
  constexpr std::int32_t kMostSteps = 127;  // of a block: its histogram counts to 65,535
  const auto divided_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  const std::int64_t down = divided_up(height, kBlockRows);
  std::int64_t least = INT64_MAX, across = 1;
  for (std::int32_t steps = 1; steps <= kMostSteps; ++steps) {
    const std::int64_t blocks = divided_up(width, kChunk * steps);
    const std::int64_t time = divided_up(blocks * down, kAtOnce) * (steps + 3);
    if (time >= least) continue;
    least = time;
    across = blocks;
  }
  return tiles_of_grid(static_cast<std::int32_t>(across), static_cast<std::int32_t>(down), width);
}

}  // namespace fg::live
