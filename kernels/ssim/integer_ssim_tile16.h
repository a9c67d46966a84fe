#pragma once
// The arithmetic of the CUDA kernel for codes of up to 16 bits, as integer_ssim_tile.h does it for 8: five
// moments, in doubles, where they are exact. A block of 128 threads makes a tile of 32 columns and 16 rows.

#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/integer_ssim_math.h"
#include "kernels/ssim/integer_ssim_tile.h"

namespace fg::integer_ssim::tile16 {

inline constexpr int kThreads = 128;
inline constexpr int kColumns = 32, kRows = 16;  // of terms
inline constexpr int kCodeRows = kRows + 2 * kRadius, kCodeColumns = kColumns + 2 * kRadius;
inline constexpr int kRowsPerWarp = 4;

struct Shared {
  std::uint16_t x[kCodeRows * kCodeColumns], y[kCodeRows * kCodeColumns];  // 2 x 1.9 KB
  double moments[5][kCodeRows * kColumns];                                 // 30 KB: x, y, xx, yy, xy
};

FG_HD void load_codes(int thread, const PlaneView<const std::uint16_t>& x,
                      const PlaneView<const std::uint16_t>& y, std::int32_t row, std::int32_t column,
                      Shared& shared) {
  for (int i = thread; i < kCodeRows * kCodeColumns; i += kThreads) {
    const std::int32_t r = row + i / kCodeColumns - kRadius, c = column + i % kCodeColumns - kRadius;
    const bool inside = r >= 0 && r < x.height && c >= 0 && c < x.width;
    shared.x[i] = inside ? x.at(r, c) : std::uint16_t{0};
    shared.y[i] = inside ? y.at(r, c) : std::uint16_t{0};
  }
}

struct Taps {};  // tap() will do

FG_HD void filter_rows(int thread, const Taps&, Shared& shared) {
  for (int i = thread; i < kCodeRows * kColumns; i += kThreads) {
    const int at = i / kColumns * kCodeColumns + i % kColumns;
    std::uint32_t x = 0, y = 0;            // below 2^24
    std::uint64_t xx = 0, yy = 0, xy = 0;  // below 2^40
    FG_UNROLL
    for (int k = -kRadius; k <= kRadius; ++k) {
      const std::uint32_t weight = static_cast<std::uint32_t>(tap(k));
      const std::uint32_t sx = shared.x[at + kRadius + k], sy = shared.y[at + kRadius + k];
      x += weight * sx;
      y += weight * sy;
      xx += std::uint64_t{weight} * (sx * sx);  // 65535^2 is below 2^32
      yy += std::uint64_t{weight} * (sy * sy);
      xy += std::uint64_t{weight} * (sx * sy);
    }
    shared.moments[0][i] = x;
    shared.moments[1][i] = y;
    shared.moments[2][i] = static_cast<double>(xx);
    shared.moments[3][i] = static_cast<double>(yy);
    shared.moments[4][i] = static_cast<double>(xy);
  }
}

// As tile::filter_columns().
template <class Emit>
FG_HD void filter_columns(int thread, const Shared& shared, std::int32_t row, std::int32_t column,
                          std::int32_t height, std::int32_t width, Constants constants, const Emit& emit) {
  const int lane = thread % kColumns, first = thread / kColumns * kRowsPerWarp;
  double sums[kRowsPerWarp][5] = {};
  FG_UNROLL
  for (int at = 0; at < kRowsPerWarp + 2 * kRadius; ++at) FG_UNROLL
  for (int moment = 0; moment < 5; ++moment) {
    const double m = shared.moments[moment][(first + at) * kColumns + lane];
    FG_UNROLL
    for (int i = 0; i < kRowsPerWarp; ++i) {
      const int k = at - i - kRadius;
      if (k < -kRadius || k > kRadius) continue;
      sums[i][moment] = exact_fma(tap(k), m, sums[i][moment]);
    }
  }
  const int along_row = weight_along(column + lane, width);
  FG_UNROLL
  for (int i = 0; i < kRowsPerWarp; ++i) {
    if (row + first + i >= height) return;
    const double w = along_row * weight_along(row + first + i, height);
    const Moments m{sums[i][0], sums[i][1], sums[i][2], sums[i][3], sums[i][4]};
    emit(term(m, w, weighted(constants, w)));
  }
}

}  // namespace fg::integer_ssim::tile16
