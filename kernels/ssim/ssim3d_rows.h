#pragma once
// The vector half of SSIM of volumes on CPU: what happens along a row of up to kBlockColumns voxels. The walk
// over the volume is ssim3d_cpu.cpp and ssim3d_gradient_cpu.cpp. Along x the moments are those of
// ssim2d_rows.h; along y and z they are combined by the same law of total variance about the centre row.

#include "kernels/ssim/ssim2d_rows.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::cpu {

inline constexpr int kMaxTaps = 2 * kMaxWindowRadius + 1;

// Moments of columns [0, columns) from those of 2 * radius + 1 rows that follow each other along y or z.
void mix_rows(const RowMoments* const* rows, int columns, const WindowTaps& window, RowMoments& mixed);

// SSIM terms of columns [0, columns); returns their sum.
double score_row(const RowMoments& moments, int columns, FgSsimConstants constants, float* terms);

// The four fields of ssim_math.h that are spread back over a window's samples, with cs = cd = 0. In double:
// where they meet again as G*X + 2 s G*B + 2 d G*E, nothing is lost.
struct alignas(64) FieldRow {
  double X[kBlockColumns], Y[kBlockColumns], B[kBlockColumns], E[kBlockColumns];
};

// Fields of columns [0, columns), times weights[i].
void make_fields(const RowMoments& moments, int columns, FgSsimConstants constants, const float* weights,
                 FieldRow& fields);

// out[i] = sum_k w_k in[radius + k][i] for i in [0, columns); rows are worked on in whole vectors.
void spread(const double* const* in, int columns, const WindowTaps& window, double* out);

}  // namespace fg::cpu
