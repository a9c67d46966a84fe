#pragma once
// The vector half of masked SSIM on CPU: weighted sums along a row and down its columns. In double, and about 0: the
// centre sample, about which ssim2d_rows.h takes its moments, may be one that the mask hides.

#include "kernels/ssim/ssim2d_rows.h"
#include "kernels/ssim/window.h"

namespace fg::cpu {

inline constexpr int kMaskedPlanes = 5;  // m, m s, m d, m s^2, m d^2

struct alignas(64) MaskedLine {
  double plane[kMaskedPlanes][kBlockColumns + 2 * kMaxWindowRadius + kLinePad];
};
struct alignas(64) MaskedSums {
  double plane[kMaskedPlanes][kBlockColumns];
};

// The line of s and d with their weights; a hidden sample becomes 0 in s and d too.
void weigh_line(const float* mask, int count, SampleLine& samples, MaskedLine& line);

// sums[0, columns) from line[0, columns + 2 radius).
void filter_masked_row(const MaskedLine& line, int columns, const WindowTaps& window, MaskedSums& sums);

// Window moments from the 2 * radius + 1 rows that begin at `rows`, and 1 / W; all 0 where W is 0.
void combine_masked_rows(const MaskedSums* rows, int columns, const WindowTaps& window, RowMoments& windows,
                         float* inverse_weight);

}  // namespace fg::cpu
