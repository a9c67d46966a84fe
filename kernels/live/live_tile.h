#pragma once
// The arithmetic of the live kernel for frames and references of 8 bits: the window's filters as products of small
// matrices (kernels/core/mma.h), on tensor cores. Free of anything that only a GPU has: live_tile_test runs it on the
// host, lane by lane, against the oracle.
//
// A strip is 16 rows of results, walked 16 columns a step by a group of four warps: one for each channel, and one that brings
// the pixels of the next step and turns the scores of the last one into map, heatmap and histogram. A step of a channel's
// warp:
//   load      each lane: 8 rows of two columns of frame and reference, of the 32 rows that the products take
//   for even and odd columns (a chunk of 8 each)
//     operands      e = d - d0, e^2 and e y as pairs of 16-bit floats: exact, the latter two in two parts
//     down          D (16 x 8) = taps (16 x 32) x operands (32 x 8): the windows' column sums of the chunk
//   split           these as pairs again, in two parts: the same lanes hold what the next product wants of them
//   across          D (16 x 8) += sums (16 x 16) x taps (16 x 8): a step adds to the results left of its middle, which are
//                   complete then, and to those right of it
//   score           those left of it, with the reference's moments: what the SSIM terms lack of 1
// Taps are in two parts as well; of the four products of parts the smallest is left out (2^-24 of the sum).
//
// Scales keep 16-bit floats from overflowing and from running out of bits: e / 512, y / 512, taps times 4096 and 256.
// Moments are those of live_strip.h, and so are the map's errors: below 1e-5, but up to some 5e-5 where a frame is off by
// nothing here and by nearly all of the range there within one walk, which takes one d0 off (live_ssim_cuda_test).

#include <cmath>
#include <cstdint>

#include "kernels/core/mma.h"
#include "kernels/live/live_ssim.h"
#include "kernels/live/live_strip.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::live {

inline constexpr int kTileRows = 16;              // results of a strip
inline constexpr int kReachRows = 32;             // rows of the products: 8 above the results, 8 below
inline constexpr int kHalo = 8;                   // rows and columns before the first result
inline constexpr int kStep = 16;                  // columns
inline constexpr int kLaneRows = kReachRows / 4;  // of a lane
inline constexpr int kLaneResults = 8;            // of a step: four columns of two rows
inline constexpr int kChannels = 3;               // a warp each
inline constexpr int kGroupThreads = 32 * (kChannels + 1);
// All that a multiprocessor holds at once are one block, by registers, so that histogram and taps take their shared memory
// once: a graphics queue gives a multiprocessor's blocks no more than 48 KB.
inline constexpr int kGroups = 4;
inline constexpr int kTileThreads = kGroups * kGroupThreads;

// A code by itself is a 16-bit float, of steps of 2^-24; times 2^15 it is code / 512.
inline constexpr float kCodeScale = 32768, kOperandScale = 1.0f / 512;
inline constexpr float kDownScale = 4096, kAcrossScale = 256;

// Rows of a lane, counted from the first that the strip reads: those that the operands of the products want. Rows 2 to 5 of
// them lie in the strip's own rows, the others in the halo.
FG_HD int lane_row(int lane, int i) { return 8 * (i / 2) + 2 * (lane % 4) + i % 2; }
// Of the rows, the windows reach 26, which are all that is brought: kStagedRows from kFirstStaged on. Others have taps of 0,
// for which a lane reads rows 8 away.
inline constexpr int kFirstStaged = kHalo - kMaxWindowRadius, kStagedRows = kTileRows + 2 * kMaxWindowRadius;
// Where a pixel of a step is staged: rows of 16 words, of which pairs trade places and halves as well, so that reads of 8
// bytes by lanes 2 rows and 2 columns apart fall into different banks. What is 8 rows further lies 8 rows further.
inline constexpr int kStageSlots = kStagedRows + 1;
FG_HD int stage_word(int row, int column) {
  const int slot = (row ^ (row >> 2 & 1)) - kFirstStaged;
  return kStep * slot + (column ^ 4 * (row & 2));
}
// Columns of a lane in a step: its even and its odd one.
FG_HD int lane_column(int lane, int odd) { return 2 * (lane / 4) + odd; }
// Results of a lane: 0 to 3 and 4 to 7, in order of the columns, counted from the middle of the step before.
FG_HD int result_row(int lane, int i) { return lane / 4 + 8 * (i / 4); }
FG_HD int result_column(int lane, int i) { return 4 * (lane % 4) + i % 4; }

FG_HD float tap_at(const WindowTaps& window, int offset) {
  const int distance = offset < 0 ? -offset : offset;
  return distance <= window.radius ? window.tap[distance] : 0.0f;
}

// Taps of results (rows) for samples (columns): rows 16 half .. 16 half + 15 of the products.
struct DownTaps {
  MatrixA16 high, low;
};
FG_HD DownTaps down_taps(int lane, const WindowTaps& window, int half) {
  DownTaps taps;
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + 8 * (i % 2), sample = 16 * half + 2 * (lane % 4) + 8 * (i / 2);
    const SplitPair pair = split(kDownScale * tap_at(window, sample - kHalo - row),
                                 kDownScale * tap_at(window, sample + 1 - kHalo - row));
    taps.high.pair[i] = pair.high;
    taps.low.pair[i] = pair.low;
  }
  return taps;
}

// Taps of a step's samples (rows: even columns, then odd ones) for results (columns): of the pairs 0 or 1 of each four, in
// the results that begin in the middle of the step before (right: false) or of this one (true).
struct AcrossTaps {
  MatrixB16 high, low;
};
FG_HD AcrossTaps across_taps(int lane, const WindowTaps& window, bool right, int pair) {
  const int n = lane / 4, result = 4 * (n / 2) + 2 * pair + n % 2 - kHalo + (right ? kStep : 0);
  AcrossTaps taps;
  for (int odd = 0; odd < 2; ++odd) {
    const int sample = 4 * (lane % 4) + odd;  // and the one after the next
    const SplitPair two = split(kAcrossScale * tap_at(window, sample - result),
                                kAcrossScale * tap_at(window, sample + 2 - result));
    taps.high.pair[odd] = two.high;
    taps.low.pair[odd] = two.low;
  }
  return taps;
}

// A channel of two pixels, codes by themselves. place: of its byte.
FG_HD HalfPair codes_of_pair(std::uint32_t first, std::uint32_t second, std::uint32_t place) {
#if defined(__CUDA_ARCH__)
  return __byte_perm(first, second, 0x0400u + 0x0101u * place) & 0x00FF00FFu;
#else
  return (first >> 8 * place & 0xFFu) | (second >> 8 * place & 0xFFu) << 16;
#endif
}

// Of the two halves of the rows read.
struct Operands {
  MatrixB16 e[2], squares[2], squares_rest[2], products[2], products_rest[2];
};
// x, y: the lane's codes of one column. d0: a whole code, twice, in units of e.
FG_HD Operands operands_of(const HalfPair* x, const HalfPair* y, HalfPair d0) {
  Operands o;
  const HalfPair scale = make_pair(kCodeScale, kCodeScale);
  FG_UNROLL
  for (int i = 0; i < kLaneRows / 2; ++i) {
    const HalfPair e = mul_add(sub(x[i], y[i]), scale, negated(d0)), reference = mul(y[i], scale);
    const HalfPair square = mul(e, e), product = mul(e, reference);
    o.e[i / 2].pair[i % 2] = e;
    o.squares[i / 2].pair[i % 2] = square;
    o.squares_rest[i / 2].pair[i % 2] = mul_add(e, e, negated(square));
    o.products[i / 2].pair[i % 2] = product;
    o.products_rest[i / 2].pair[i % 2] = mul_add(e, reference, negated(product));
  }
  return o;
}

// A step's column sums as operands of the next product.
struct SplitSums {
  MatrixA16 high, low;
};
FG_HD SplitSums split_sums(const MatrixD& even, const MatrixD& odd) {
  SplitSums sums;
  FG_UNROLL
  for (int i = 0; i < 4; ++i) {
    const float* const two = (i < 2 ? even : odd).value + 2 * (i % 2);
    const SplitPair pair = split(two[0], two[1]);
    sums.high.pair[i] = pair.high;
    sums.low.pair[i] = pair.low;
  }
  return sums;
}

// The window's sums of the lane's results, in its products' order: pairs 0 of either row, pairs 1.
struct Sums16 {
  MatrixD pair[2];
  FG_HD float at(int i) const { return pair[i % 4 / 2].value[2 * (i / 4) + i % 2]; }
};

// What the terms of a channel lack of 1, halved, for `kCount` of the lane's results.
template <int kCount>
FG_HD void score_results(const Sums16& errors, const Sums16& squares, const Sums16& products, int first,
                         float d0, const ReferenceMoments* moments, float two_c1, float* lacking) {
  constexpr float kError = 1.0f / (kDownScale * kAcrossScale * kOperandScale);
  constexpr float kSquare = kError / kOperandScale;
  // Tensor cores cut sums off instead of rounding them; E enters squared, so that it lacks more by it than the sum of
  // squares. By so much less of that their means agree (on the H200; live_ssim_cuda_test).
  constexpr float kSquareCut = kSquare * (1 - 2.0f / 16777216);
  FG_UNROLL
  for (int i = 0; i < kCount; ++i) {
    const float E = errors.at(first + i) * kError;
    const float D = d0 + E;
    const float S = 0.5f * moments[i].four_means + D;
    const float VD = fmaxf(squares.at(first + i) * kSquareCut - E * E, 0.0f);
    const float VS_and_c2 =
        (products.at(first + i) * (4 * kSquare) + moments[i].four_variances) - E * moments[i].four_means;
    const FgSsimDeficit deficit = fg_ssim_deficit(S, D, VD, VS_and_c2 + 2.0f * VD, two_c1);
    lacking[i] = fg_ssim_quotient(deficit.over, deficit.under);
  }
}

// How a frame is cut: by its size and the count of multiprocessors. The steps of all strips, one strip after the other, are
// dealt out to groups in even shares, as many groups as run at once; a share may end one strip and begin the next.
struct Tiles {
  std::int32_t groups;

  static FG_HD std::int32_t across(std::int32_t width) { return (width + kStep - 1) / kStep; }
  static FG_HD std::int32_t steps(std::int32_t width, std::int32_t height) {
    return across(width) * ((height + kTileRows - 1) / kTileRows);
  }
  // A group's first step.
  FG_HD std::int32_t begin(std::int32_t group, std::int32_t width, std::int32_t height) const {
    const std::int32_t each = steps(width, height) / groups, more = steps(width, height) % groups;
    return group * each + (group < more ? group : more);
  }
  // The results of the steps from `at` on, before `end` and in one strip.
  FG_HD Place place(std::int32_t at, std::int32_t end, std::int32_t width, std::int32_t height) const {
    const std::int32_t strip = at / across(width), first = at % across(width);
    const std::int32_t left = across(width) - first, count = end - at < left ? end - at : left;
    Place p;
    p.row = strip * kTileRows;
    p.rows = kTileRows < height - p.row ? kTileRows : height - p.row;
    p.column = first * kStep;
    p.columns = count * kStep < width - p.column ? count * kStep : width - p.column;
    return p;
  }
};
inline std::int32_t tile_blocks(std::int32_t width, std::int32_t height, std::int32_t multiprocessors) {
  constexpr std::int32_t kLeastSteps = 4 * kGroups, kMostSteps = 255;  // a block's histogram counts to 65,535
  const auto divided_up = [](std::int32_t a, std::int32_t b) { return (a + b - 1) / b; };
  const std::int32_t steps = Tiles::steps(width, height);
  const std::int32_t most = divided_up(steps, kLeastSteps);
  const std::int32_t even = multiprocessors * divided_up(steps, multiprocessors * (kMostSteps - kGroups));
  return most < even ? most : even;
}

}  // namespace fg::live
