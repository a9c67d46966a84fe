#pragma once
// The filters of the 8-bit live kernel on tensor cores: along columns, then along rows (live_tile.h). Small products come
// first: tensor cores cut off what their sums have no bits for, the less the smaller the sum.

#include <cstdint>

#include "kernels/live/live_tile.h"

namespace fg::live {

// A plane's results that begin in the middle of the step before: complete with this step's column sums. waiting: those
// that began there, then those that begin in the middle of this one.
__device__ inline Sums16 filter_across(const MatrixD& even, const MatrixD& odd, const AcrossTaps (&left)[2],
                                       const AcrossTaps (&right)[2], Sums16& waiting) {
  const SplitSums sums = split_sums(even, odd);
  const auto add = [&](const AcrossTaps& taps, const MatrixD& to) {
    MatrixD d = multiply_add(sums.high, taps.low, to);
    d = multiply_add(sums.low, taps.high, d);
    return multiply_add(sums.high, taps.high, d);
  };
  Sums16 complete;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    complete.pair[i] = add(left[i], waiting.pair[i]);
    waiting.pair[i] = add(right[i], {});
  }
  return complete;
}

// Taps as lanes hold them.
struct TapTables {
  uint4 down[4][32];    // high and low of the upper half of the rows, of the lower half
  uint4 across[4][32];  // left 0 and 1, right 0 and 1
};
// A row of both tables, by a warp.
__device__ inline void make_taps(const WindowTaps& window, int which, int lane, TapTables& tables) {
  const DownTaps of_half = down_taps(lane, window, which / 2);
  const auto down = [&](int i) { return which % 2 == 0 ? of_half.high.pair[i] : of_half.low.pair[i]; };
  tables.down[which][lane] = {down(0), down(1), down(2), down(3)};
  const AcrossTaps across = across_taps(lane, window, which >= 2, which % 2);
  tables.across[which][lane] = {across.high.pair[0], across.high.pair[1], across.low.pair[0],
                                across.low.pair[1]};
}

// The column sums of a chunk.
__device__ inline void filter_down(const Operands& o, const TapTables& taps, int lane, MatrixD& errors,
                                   MatrixD& squares, MatrixD& products) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const auto matrix = [](const uint4& v) { return MatrixA16{{v.x, v.y, v.z, v.w}}; };
    const MatrixA16 high = matrix(taps.down[2 * half][lane]), low = matrix(taps.down[2 * half + 1][lane]);
    squares = multiply_add(high, o.squares_rest[half], squares);
    products = multiply_add(high, o.products_rest[half], products);
    errors = multiply_add(low, o.e[half], errors);
    squares = multiply_add(low, o.squares[half], squares);
    products = multiply_add(low, o.products[half], products);
    errors = multiply_add(high, o.e[half], errors);
    squares = multiply_add(high, o.squares[half], squares);
    products = multiply_add(high, o.products[half], products);
  }
}

}  // namespace fg::live
