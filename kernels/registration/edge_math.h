#pragma once
// The filters that make edges of an image, and their transposes; CPU and CUDA share the numbers.

#include <cmath>

#include "kernels/registration/gradient_ncc.h"

namespace fg {

inline constexpr int kMaxEdgeRadius = 48;  // edge_blur_radius(kMaxEdgeSigma)

struct EdgeTaps {
  int radius = 0;
  float tap[kMaxEdgeRadius + 1] = {};  // from the middle outwards; all of them, both sides, add up to 1
};
inline EdgeTaps edge_taps(double sigma) {
  EdgeTaps taps;
  taps.radius = edge_blur_radius(sigma);
  double weight[kMaxEdgeRadius + 1], total = 0;
  for (int k = 0; k <= taps.radius; ++k) {
    weight[k] = k == 0 ? 1 : std::exp(-0.5 * k * k / (sigma * sigma));
    total += k == 0 ? weight[k] : 2 * weight[k];
  }
  for (int k = 0; k <= taps.radius; ++k) taps.tap[k] = static_cast<float>(weight[k] / total);
  return taps;
}

// Where an index outside 0..size-1 lies, by no more than size - 1, reflected about the outer samples.
FG_HD int reflected(int i, int size) { return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i; }

// The transposed Gaussian of g at `to`: calls add(i, tap) for each sample i of g that `to` went into, by itself or by its
// mirror images.
template <class Add>
FG_HD void for_transposed_taps(const EdgeTaps& taps, int to, int size, const Add& add) {
  const auto from = [&](int centre) {
    const int first = centre - taps.radius < 0 ? 0 : centre - taps.radius;
    const int last = centre + taps.radius >= size ? size - 1 : centre + taps.radius;
    for (int i = first; i <= last; ++i) add(i, taps.tap[i < centre ? centre - i : i - centre]);
  };
  from(to);
  if (to > 0 && to <= taps.radius) from(-to);
  if (to < size - 1 && to >= size - 1 - taps.radius) from(2 * size - 2 - to);
}

}  // namespace fg
