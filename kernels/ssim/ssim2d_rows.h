#pragma once
// The vector half of SSIM on CPU: what happens along a row of up to kBlockColumns pixels. The walk over the
// image is ssim2d_cpu.cpp. Compiled for every instruction set, the best one is taken at run time
// (ssim2d_rows.cpp).
//
// Moments of a window are taken about the window's own centre sample:
//   e_k = v_k - v_0,  mean = v_0 + sum w_k e_k,  variance = sum w_k e_k^2 - (sum w_k e_k)^2
// By Cauchy's inequality the subtracted square is at most (1 - w_0) of what it is subtracted from, so nothing
// cancels, whatever the image. Rows first, columns of rows then (law of total variance).

#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/ssim/ssim2d_parts.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::cpu {

inline constexpr int kBlockColumns = 128;
inline constexpr int kLinePad = 16;  // the widest vector of floats: rows may be worked on up to there

// Moments of s and d, one row of a block: of the row alone, or of whole windows.
struct alignas(64) RowMoments {
  float s_mean[kBlockColumns], s_variance[kBlockColumns];
  float d_mean[kBlockColumns], d_variance[kBlockColumns];
};

// s and d along a row; sample i belongs to column i - radius of the block.
struct alignas(64) SampleLine {
  float s[kBlockColumns + 2 * kMaxWindowRadius + kLinePad];
  float d[kBlockColumns + 2 * kMaxWindowRadius + kLinePad];
};

// line[0, count) from contiguous samples.
void load_contiguous(const float* x, const float* y, int count, float* s, float* d);
void load_contiguous(const std::uint8_t* x, const std::uint8_t* y, int count, float* s, float* d);
void load_contiguous(const Half* x, const Half* y, int count, float* s, float* d);
void load_contiguous(const BFloat16* x, const BFloat16* y, int count, float* s, float* d);

// The same from codes four bytes apart, one channel of RGBA8.
void load_every_fourth(const std::uint8_t* x, const std::uint8_t* y, int count, float* s, float* d);

// moments of columns [0, columns) from the line.
void filter_row(const SampleLine& line, int columns, const WindowTaps& window, RowMoments& moments);

// Window moments of columns [0, columns) from the 2 * radius + 1 rows that begin at `rows`.
void combine_rows(const RowMoments* rows, int columns, const WindowTaps& window, RowMoments& windows);

// Terms of columns [begin, end), of SSIM or of its part, from their window moments; returns their sum.
double score_row(const RowMoments& windows, int begin, int end, FgSsimConstants constants, SsimPart part,
                 float* terms);

// Means of 2 x 2 samples of two rows, `count` of them; columns are added first.
void halve_rows(const float* upper, const float* lower, int count, float* means);

}  // namespace fg::cpu
