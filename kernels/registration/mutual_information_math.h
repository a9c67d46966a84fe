#pragma once
// Bins, windows and the terms of mutual information; CPU and CUDA share them.

#include <cmath>

#include "kernels/registration/mutual_information.h"

namespace fg {

// From a sample to its place among the bins: middles of bins lie at integers.
struct BinScale {
  double low, high, bins_per_unit;  // bins_per_unit is 0 for a range of one value
  int bins;
};
FG_HD BinScale bin_scale(ValueRange range, int bins) {
  const double width = range.high - range.low;
  return {range.low, range.high, width > 0 ? (bins - 3) / width : 0.0, bins};
}

// The four bins that a sample adds to, from `first` on.
struct ParzenWindow {
  int first;
  double weight[4], slope[4];  // slope: of the weights by the sample
};
FG_HD ParzenWindow parzen_window(const BinScale& scale, double sample) {
  const bool inside = sample >= scale.low && sample <= scale.high;
  const double clamped = sample < scale.low ? scale.low : sample > scale.high ? scale.high : sample;
  const double place = 1 + (clamped - scale.low) * scale.bins_per_unit;
  int bin = static_cast<int>(place);
  bin = bin < 1 ? 1 : bin > scale.bins - 3 ? scale.bins - 3 : bin;
  const double f = place - bin, g = 1 - f;  // the last of the range is at the end of its bin: f is 1
  const double by_sample = inside ? scale.bins_per_unit : 0.0;
  ParzenWindow window;
  window.first = bin - 1;
  window.weight[0] = g * g * g / 6;
  window.weight[1] = (f * f * (3 * f - 6) + 4) / 6;
  window.weight[2] = (g * g * (3 * g - 6) + 4) / 6;
  window.weight[3] = f * f * f / 6;
  window.slope[0] = -g * g / 2 * by_sample;
  window.slope[1] = f * (1.5 * f - 2) * by_sample;
  window.slope[2] = -g * (1.5 * g - 2) * by_sample;
  window.slope[3] = f * f / 2 * by_sample;
  return window;
}

// p log(p / (px py)) and the logarithm alone, of what a bin holds of `total`; both 0 where it is empty. x_sum, y_sum: the sums
// of its row and its column.
struct BinTerm {
  double information, logarithm;
};
FG_HD BinTerm bin_term(double held, double x_sum, double y_sum, double total) {
  if (!(held > 0)) return {0, 0};
  const double logarithm = log(held / x_sum * (total / y_sum));
  return {held / total * logarithm, logarithm};
}

}  // namespace fg
