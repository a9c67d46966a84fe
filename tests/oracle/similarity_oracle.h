#pragma once
// Measures of similarity of a pair of planes, naive and in double, from their definitions in framegauge.h. Gradients are
// differences of these.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/oracle/planes.h"

namespace fg::oracle {

inline double weight_at(const Plane* mask, std::size_t i) {
  return mask == nullptr ? 1.0 : mask->value[i] > 0 ? mask->value[i] : 0.0;
}

// NCC of the pixels [row, row + height) x [column, column + width), and the sum of their weights.
struct PatchNcc {
  double ncc, weight;
};
inline PatchNcc patch_ncc(const Plane& x, const Plane& y, const Plane* mask, int row, int column, int height,
                          int width, double eps) {
  double weight = 0, mx = 0, my = 0, vx = 0, vy = 0, cov = 0;
  const auto each = [&](const auto& body) {
    for (int r = row; r < row + height; ++r)
      for (int c = column; c < column + width; ++c) {
        const auto i = static_cast<std::size_t>(r * x.width + c);
        if (const double w = weight_at(mask, i); w > 0) body(w, x.value[i], y.value[i]);
      }
  };
  each([&](double w, double a, double b) { weight += w, mx += w * a, my += w * b; });
  if (!(weight > 0)) return {0, 0};
  mx /= weight;
  my /= weight;
  each([&](double w, double a, double b) {
    vx += w * (a - mx) * (a - mx), vy += w * (b - my) * (b - my), cov += w * (a - mx) * (b - my);
  });
  return {cov / weight / std::sqrt((vx / weight + eps) * (vy / weight + eps)), weight};
}

inline double ncc(const Plane& x, const Plane& y, const Plane* mask, int patch, double eps) {
  const int height = patch == 0 ? x.height : std::min(patch, x.height);
  const int width = patch == 0 ? x.width : std::min(patch, x.width);
  double sum = 0, weight = 0;
  for (int r = 0; r + height <= x.height; ++r)
    for (int c = 0; c + width <= x.width; ++c) {
      const PatchNcc one = patch_ncc(x, y, mask, r, c, height, width, eps);
      sum += one.weight * one.ncc;
      weight += one.weight;
    }
  return weight > 0 ? sum / weight : sum;
}

struct NccSizes {
  std::vector<int> patches{0};
  std::vector<double> weights{1};
};
inline double ncc(const Plane& x, const Plane& y, const Plane* mask, const NccSizes& sizes, double eps) {
  double sum = 0;
  for (std::size_t s = 0; s < sizes.patches.size(); ++s)
    sum += sizes.weights[s] * ncc(x, y, mask, sizes.patches[s], eps);
  return sum;
}

}  // namespace fg::oracle
