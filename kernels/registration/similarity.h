#pragma once
// What all measures of similarity take: a pair of images, weights of their pixels, one score for each image of the batch.

#include <cmath>
#include <cstdint>

#include "kernels/core/tensor_view.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/similarity_ops.cpp): extents agree, no output overlaps anything.
struct SimilarImages {
  ImageView<const float> x, y;  // [N, C, H, W]
  ImageView<const float> mask;  // optional; of x's extents, with strides of 0 where one serves all
  NumberColumn<double> scores;  // optional, [N]: the mean over the channels
  NumberColumn<const double> score_weight;  // optional, [N]: dL/dscore; 1 where there is none
  ImageView<float> x_gradient,
      y_gradient;  // optional, x's extents: dL/dx, dL/dy. Wanted where batch is not 0

  FG_HD bool wants_x() const { return x_gradient.batch != 0; }
  FG_HD bool wants_y() const { return y_gradient.batch != 0; }
  FG_HD bool wants_gradient() const { return wants_x() || wants_y(); }
  FG_HD double upstream(std::int64_t n) const {
    return score_weight.data == nullptr ? 1.0 : score_weight.at(n);
  }
};

// A weight that is negative or NaN counts as 0.
FG_HD double seen_weight(float weight) { return weight > 0 ? static_cast<double>(weight) : 0.0; }

// dL/dscore of a plane, divided by the weights that its score was divided by; a NaN for a plane with a NaN.
FG_HD double slope_scale(const SimilarImages& images, std::int64_t plane, double score, double weight) {
  if (!(score - score == 0)) return static_cast<double>(NAN);
  if (!(weight > 0)) return 0;
  const std::int64_t channels = images.x.channels;
  return images.upstream(plane / channels) / static_cast<double>(channels) / weight;
}

// The mean over the channels of image n. A score that is not finite is a NaN.
FG_HD double mean_score(const double* of_planes, std::int64_t n, std::int64_t channels) {
  double sum = 0;
  for (std::int64_t c = 0; c < channels; ++c) sum += of_planes[n * channels + c];
  return sum - sum == 0 ? sum / static_cast<double>(channels) : static_cast<double>(NAN);
}

// What is subtracted from the samples of a plane before sums of their squares are made, so that an offset that all samples
// share costs no digits: the sample in its middle, where that is seen and a number.
FG_HD double centre_of(const PlaneView<const float>& plane, const PlaneView<const float>& mask) {
  const int row = plane.height / 2, column = plane.width / 2;
  if (mask.data != nullptr && !(mask.at(row, column) > 0)) return 0;
  const double sample = static_cast<double>(plane.at(row, column));
  return sample - sample == 0 ? sample : 0;
}

}  // namespace fg
