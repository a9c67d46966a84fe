#pragma once
// What the measures of similarity share on CPU: walks over bands of rows, and from the scores of planes to those of images.

#include <algorithm>
#include <cstdint>

#include "kernels/core/parallel_for.h"
#include "kernels/registration/image_rows.h"
#include "kernels/registration/similarity.h"

namespace fg::cpu {

inline constexpr int kBandRows = 64;  // of a job
inline constexpr int kRun = 512;      // samples of a row that are looked at, or copied, at a time

inline std::int64_t bands_of(const ImageView<const float>& x) {
  return (x.height + kBandRows - 1) / kBandRows;
}
// body(row, first column, count) for the runs of a band of rows.
template <class Body>
void for_runs(const ImageView<const float>& x, std::int64_t band, const Body& body) {
  const int first = static_cast<int>(band) * kBandRows;
  for (int row = first; row < std::min(first + kBandRows, x.height); ++row)
    for (int column = 0; column < x.width; column += kRun)
      body(row, column, std::min(kRun, x.width - column));
}

// Samples next to each other; mask may be null.
struct PairLine {
  const float *x, *y, *mask;
};

// A plane of the pair.
struct PairPlane {
  PlaneView<const float> x, y, mask;

  PairPlane(const SimilarImages& images, std::int64_t plane)
      : x(images.x.plane(plane)), y(images.y.plane(plane)), mask(images.mask.plane(plane)) {}
  // copies: three rows of `count`, used where samples lie apart.
  PairLine line(int row, int column, int count, float* const* copies) const {
    return {row_samples(x, row, column, count, copies[0]), row_samples(y, row, column, count, copies[1]),
            row_samples(mask, row, column, count, copies[2])};
  }
};

inline void write_scores(const SimilarImages& images, const double* of_planes) {
  if (images.scores.data == nullptr) return;
  for (std::int64_t n = 0; n < images.x.batch; ++n)
    images.scores.at(n) = mean_score(of_planes, n, images.x.channels);
}

}  // namespace fg::cpu
