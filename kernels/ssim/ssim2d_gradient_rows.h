#pragma once
// The vector half of SSIM's gradient on CPU: what happens along a row. The walk over the image is
// ssim2d_gradient_cpu.cpp, the formulas are ssim_math.h's.

#include <cstdint>

#include "kernels/ssim/ssim2d_rows.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::cpu {

// The planes of a row of partials. X is wanted for the gradient to x and Y for the one to y; B and E for both.
struct WantedPlanes {
  bool x, y;
};

// Partials of one row of windows, before they are spread; entry i is the window that is centred at sample
// i - radius of the block.
struct alignas(64) PartialLine {
  float X[kBlockColumns + kLinePad], Y[kBlockColumns + kLinePad];
  float B[kBlockColumns + kLinePad], E[kBlockColumns + kLinePad];
};

// The same spread along the row: sum_k w_k P(i + k).
struct alignas(64) SpreadRow {
  float B[kBlockColumns], E[kBlockColumns], X[kBlockColumns], Y[kBlockColumns];
};

// What is subtracted from s and d (ssim_math.h): near their local means.
struct Centre {
  float s = 0, d = 0;
};

// Sums down the columns of a block, for its centre (ssim2d_centre.h). A sample that is not finite does not count: it spoils
// the windows that it is in, not the whole block.
struct alignas(64) CentreSums {
  float s[kBlockColumns], d[kBlockColumns];
  float samples[kBlockColumns], equal[kBlockColumns];  // how many are finite; in how many of these x equals y
};
void add_to_centre(const float* s, const float* d, int count, CentreSums& sums);

// Partials of windows [begin, end), each times its weight where there are weights.
void make_partials(const RowMoments& windows, int begin, int end, FgSsimConstants constants, SsimPart part,
                   Centre centre, const float* weights, PartialLine& partials);

// Entries [0, columns) of the row from [0, columns + 2 radius) of the line.
void spread_along_row(const PartialLine& partials, int columns, const WindowTaps& window, WantedPlanes wanted,
                      SpreadRow& row);

// Gradients of samples [0, columns) from the 2 * radius + 1 rows that begin at `rows`, times scale. s and d are
// the samples themselves.
void gather_gradients(const SpreadRow* rows, const float* s, const float* d, int columns,
                      const WindowTaps& window, Centre centre, float scale, WantedPlanes wanted,
                      float* x_gradient, float* y_gradient);

// sum |d|, and weight * sign(d) added to x's gradient and taken from y's. The sign of 0 is 0, of NaN NaN.
double sum_of_magnitudes(const float* d, int count);
void add_signs(const float* d, int count, float weight, float* gradient);

}  // namespace fg::cpu
