#pragma once
// The vector half of the integer SSIM on CPU: what happens along a row of up to kColumns pixels. Moments are
// integers held in doubles, where they are exact for up to 16 bits.

#include <cstdint>

#include "kernels/ssim/integer_ssim_math.h"

namespace fg::cpu::integer_rows {

inline constexpr int kColumns = 128;
inline constexpr int kPad = 8;  // the widest vector of doubles: rows are worked on up to there
inline constexpr int kWindow = 2 * integer_ssim::kRadius + 1;

// Codes along a row; sample i belongs to column i - radius of the block. Zeros outside the image.
struct alignas(64) Line {
  double x[kColumns + 2 * integer_ssim::kRadius + kPad];
  double y[kColumns + 2 * integer_ssim::kRadius + kPad];
};

struct alignas(64) RowMoments {
  double x[kColumns], y[kColumns], xx[kColumns], yy[kColumns], xy[kColumns];
};

// moments of columns [0, columns), each the sum of the taps times the samples, or their products.
void filter_row(const Line& line, int columns, RowMoments& moments);

// Terms of columns [0, columns) from kWindow rows of moments; an absent row is all zeros. Column weights are
// those of weight_along(), the row's is row_weight.
void combine_rows(const RowMoments* const* rows, int columns, const double* column_weights, double row_weight,
                  integer_ssim::Constants constants, double* terms);

}  // namespace fg::cpu::integer_rows
