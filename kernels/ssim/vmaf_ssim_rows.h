#pragma once
// The vector half of libvmaf's float SSIM on CPU: what happens along a row of up to kColumns results.

#include "kernels/ssim/vmaf_ssim_math.h"

namespace fg::cpu::vmaf_rows {

inline constexpr int kColumns = 128;

struct alignas(64) RowMoments {
  float x[kColumns], y[kColumns], xx[kColumns], yy[kColumns], xy[kColumns];
};

// The first pass: x and y have columns + 10 samples.
void filter_row(const float* x, const float* y, int columns, RowMoments& moments);

// The second pass over 11 rows, and the sums of the row's pixels.
vmaf::LevelSums combine_rows(const RowMoments* const* rows, int columns);

// Each second of the row's samples, low-passed: nine rows of `width` samples in, decimated(width, 2) out.
// `line` is working memory of `width` doubles.
void low_pass_row(const float* const* rows, int width, double* line, float* out);

}  // namespace fg::cpu::vmaf_rows
