#pragma once
// From sums over an image to its row of errors; CPU and CUDA share it.

#include <cmath>

#include "kernels/image/image_errors.h"

namespace fg {

struct ErrorRow {
  double value[kErrorColumns];
};

// squares, magnitudes, largest: of x - y in the units of the samples, over `samples` samples.
// A NaN or Inf in an input makes a sum of squares that is not finite, and then all four NaN: a largest error
// beside a missing mean would look like a measurement (image_errors_test: "a NaN makes all errors of its
// image NaN").
FG_HD ErrorRow error_row(double squares, double magnitudes, double largest, double samples,
                         double data_range) {
  ErrorRow row;
  if (!(squares <= 1.7976931348623157e308)) {
    for (int i = 0; i < kErrorColumns; ++i) row.value[i] = squares - squares;  // Inf - Inf and NaN - NaN
    return row;
  }
  const double mse = squares / samples / (data_range * data_range);
  row.value[kColumnMse] = mse;
  row.value[kColumnMae] = magnitudes / samples / data_range;
  row.value[kColumnMax] = largest / data_range;
  row.value[kColumnPsnr] = -10.0 * log10(mse);  // +Inf for identical images
  return row;
}

}  // namespace fg
