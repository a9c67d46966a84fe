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

// ---- edges ----

// The sum of kernel[y][x] of the samples around (row, column); those outside by `outside`.
template <class Outside>
double filtered(const Plane& image, const std::vector<std::vector<double>>& kernel, int row, int column,
                const Outside& outside) {
  const int radius = static_cast<int>(kernel.size()) / 2;
  double sum = 0;
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x) {
      const int r = row + y, c = column + x;
      const bool inside = r >= 0 && r < image.height && c >= 0 && c < image.width;
      const double tap = kernel[static_cast<std::size_t>(y + radius)][static_cast<std::size_t>(x + radius)];
      if (tap != 0) sum += tap * (inside ? image.at(r, c) : outside(image, r, c));
    }
  return sum;
}
template <class Outside>
Plane filtered(const Plane& image, const std::vector<std::vector<double>>& kernel, const Outside& outside) {
  Plane to{image.height, image.width, {}};
  for (int r = 0; r < image.height; ++r)
    for (int c = 0; c < image.width; ++c) to.value.push_back(filtered(image, kernel, r, c, outside));
  return to;
}
inline int edge_radius(double sigma) {
  const int taps = static_cast<int>(6 * sigma + 1);
  return (taps % 2 == 0 ? taps + 1 : taps) / 2;
}
inline Plane blurred(const Plane& image, double sigma) {
  const int radius = edge_radius(sigma);
  const auto side = static_cast<std::size_t>(2 * radius + 1);
  std::vector<std::vector<double>> kernel(side, std::vector<double>(side, 1));
  double total = 0;
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x) {
      double& tap = kernel[static_cast<std::size_t>(y + radius)][static_cast<std::size_t>(x + radius)];
      if (radius > 0) tap = std::exp(-(x * x + y * y) / (2 * sigma * sigma));
      total += tap;
    }
  for (auto& row : kernel)
    for (double& tap : row) tap /= total;
  return filtered(image, kernel, [](const Plane& p, int r, int c) {
    const auto mirrored = [](int i, int n) { return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; };
    return p.at(mirrored(r, p.height), mirrored(c, p.width));
  });
}

// The weights of edges: a pixel's own where all pixels that its filters reach have one.
inline Plane edge_mask(const Plane& mask, double sigma) {
  const int reach = edge_radius(sigma) + 1;
  Plane to = mask;
  for (int r = 0; r < mask.height; ++r)
    for (int c = 0; c < mask.width; ++c)
      for (int y = std::max(r - reach, 0); y <= std::min(r + reach, mask.height - 1); ++y)
        for (int x = std::max(c - reach, 0); x <= std::min(c + reach, mask.width - 1); ++x)
          if (!(mask.at(y, x) > 0)) to.value[static_cast<std::size_t>(r * mask.width + c)] = 0;
  return to;
}

inline double gradient_ncc(const Plane& x, const Plane& y, const Plane* mask, const NccSizes& sizes,
                           double eps, double sigma) {
  const auto zero = [](const Plane&, int, int) { return 0.0; };
  const Plane soft_x = blurred(x, sigma), soft_y = blurred(y, sigma);
  Plane weights;
  if (mask != nullptr) weights = edge_mask(*mask, sigma);
  double sum = 0;
  for (const std::vector<std::vector<double>>& sobel :
       {std::vector<std::vector<double>>{{-1, 0, 1}, {-2, 0, 2}, {-1, 0, 1}},
        std::vector<std::vector<double>>{{-1, -2, -1}, {0, 0, 0}, {1, 2, 1}}})
    sum += ncc(filtered(soft_x, sobel, zero), filtered(soft_y, sobel, zero),
               mask == nullptr ? nullptr : &weights, sizes, eps) /
           2;
  return sum;
}

// ---- mean square error ----

inline double mse(const Plane& x, const Plane& y, const Plane* mask) {
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < x.value.size(); ++i)
    if (const double w = weight_at(mask, i); w > 0) {
      sum += w * std::pow(x.value[i] - y.value[i], 2);
      weight += w;
    }
  return weight > 0 ? sum / weight : 0;
}

// ---- mutual information ----

// The cubic B-spline by its definition, at `t` bins from the middle.
inline double cubic_spline(double t) {
  const double a = std::abs(t);
  if (a >= 2) return 0;
  return a >= 1 ? std::pow(2 - a, 3) / 6 : 2.0 / 3 - a * a + a * a * a / 2;
}

struct Range {
  double low = 0, high = 0;
};
inline Range range_of(const Plane& p, const Plane* mask) {
  Range range{INFINITY, -INFINITY};
  for (std::size_t i = 0; i < p.value.size(); ++i)
    if (weight_at(mask, i) > 0) {
      range.low = std::min(range.low, p.value[i]);
      range.high = std::max(range.high, p.value[i]);
    }
  return range;
}

inline double mutual_information(const Plane& x, const Plane& y, const Plane* mask, int bins, Range x_range,
                                 Range y_range) {
  const auto n = static_cast<std::size_t>(bins);
  const auto place = [&](double v, Range r) {
    if (!(r.high > r.low)) return 1.0;
    return 1 + (bins - 3) * (std::clamp(v, r.low, r.high) - r.low) / (r.high - r.low);
  };
  std::vector<double> joint(n * n), of_x(n), of_y(n);
  double weight = 0;
  for (std::size_t i = 0; i < x.value.size(); ++i) {
    const double w = weight_at(mask, i);
    if (!(w > 0)) continue;
    weight += w;
    const double at_x = place(x.value[i], x_range), at_y = place(y.value[i], y_range);
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b)
        joint[a * n + b] +=
            w * cubic_spline(at_x - static_cast<double>(a)) * cubic_spline(at_y - static_cast<double>(b));
  }
  if (!(weight > 0)) return 0;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      joint[a * n + b] /= weight;
      of_x[a] += joint[a * n + b];
      of_y[b] += joint[a * n + b];
    }
  double information = 0;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      if (joint[a * n + b] > 0)
        information += joint[a * n + b] * std::log(joint[a * n + b] / (of_x[a] * of_y[b]));
  return information;
}

}  // namespace fg::oracle
