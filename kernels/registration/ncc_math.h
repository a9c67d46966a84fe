#pragma once
// From the sums over a patch to its NCC and to how that changes with the samples; CPU and CUDA share it.

#include <cmath>
#include <cstdint>

#include "kernels/registration/ncc.h"

namespace fg {

// Over the pixels of a patch, x and y less the plane's centre (similarity.h).
struct NccSums {
  double weight = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
};

inline constexpr int kNccPlanes = 6;    // numbers of NccSums, in its order
inline constexpr int kNccTermMaps = 5;  // both, of_x, at_x, of_y, at_y: NccTerms but for the score

// weight * d score / dx_i = w_i (both y_i - of_x x_i + at_x), and the same for y with x and y exchanged.
struct NccTerms {
  double score, both, of_x, at_x, of_y, at_y;
};

// What a plane comes to.
struct NccResult {
  NccTerms terms;  // of a scale of the whole image
  double weight, score;
};

// Of the mean square about the plane's centre: what varies by less than the square of float32's rounding of the samples,
// some 16 units of it.
inline constexpr double kFlatVariance = 1e-12;

FG_HD NccTerms ncc_terms(const NccSums& sums, double eps) {
  const double inverse = sums.weight > 0 ? 1.0 / sums.weight : 0.0;
  const double x = sums.x * inverse, y = sums.y * inverse, xx = sums.xx * inverse, yy = sums.yy * inverse;
  const double x_variance = xx - x * x, y_variance = yy - y * y;
  const bool x_flat = x_variance <= kFlatVariance * xx, y_flat = y_variance <= kFlatVariance * yy;
  const double covariance = x_flat || y_flat ? 0.0 : sums.xy * inverse - x * y;
  const double x_square = 1.0 / ((x_flat ? 0.0 : x_variance) + eps),
               y_square = 1.0 / ((y_flat ? 0.0 : y_variance) + eps);
  NccTerms terms;
  terms.both = sums.weight > 0 ? sqrt(x_square * y_square) : 0.0;
  terms.score = covariance * terms.both;
  terms.of_x = terms.score * x_square;
  terms.of_y = terms.score * y_square;
  terms.at_x = terms.of_x * x - terms.both * y;
  terms.at_y = terms.of_y * y - terms.both * x;
  return terms;
}

// The patches of one size: how large they are, and how many fit.
struct NccPatches {
  int height, width, down, across;

  FG_HD bool whole() const { return down == 1 && across == 1; }
  FG_HD std::int64_t count() const { return std::int64_t{down} * across; }
};
FG_HD NccPatches ncc_patches(int height, int width, int patch) {
  NccPatches patches;
  patches.height = patch == 0 || patch > height ? height : patch;
  patches.width = patch == 0 || patch > width ? width : patch;
  patches.down = height - patches.height + 1;
  patches.across = width - patches.width + 1;
  return patches;
}

}  // namespace fg
