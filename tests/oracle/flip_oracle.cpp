#include "tests/oracle/flip_oracle.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

namespace fg::oracle {
namespace {

constexpr double kPi = 3.14159265358979323846;

using Triple = std::array<double, 3>;
using Matrix = std::array<Triple, 3>;

// Of ITU-R BT.709 with its white D65, as exact fractions.
constexpr Matrix kRgbToXyz{{{10135552.0 / 24577794, 8788810.0 / 24577794, 4435075.0 / 24577794},
                            {2613072.0 / 12288897, 8788810.0 / 12288897, 887015.0 / 12288897},
                            {1425312.0 / 73733382, 8788810.0 / 73733382, 70074185.0 / 73733382}}};

Triple product(const Matrix& m, const Triple& v) {
  Triple r{};
  for (std::size_t i = 0; i < 3; ++i) r[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return r;
}

Matrix inverse(const Matrix& m) {
  const auto minor = [&](std::size_t i, std::size_t j) {
    const std::size_t a = (i + 1) % 3, b = (i + 2) % 3, c = (j + 1) % 3, d = (j + 2) % 3;
    return m[a][c] * m[b][d] - m[a][d] * m[b][c];
  };
  const double determinant = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
  Matrix r{};
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) r[j][i] = minor(i, j) / determinant;
  return r;
}

Triple white() { return product(kRgbToXyz, {1, 1, 1}); }

Triple to_opponents(const Triple& rgb) {
  const Triple xyz = product(kRgbToXyz, rgb), n = white();
  return {116 * xyz[1] / n[1] - 16, 500 * (xyz[0] / n[0] - xyz[1] / n[1]),
          200 * (xyz[1] / n[1] - xyz[2] / n[2])};
}

Triple from_opponents(const Triple& o) {
  const Triple n = white();
  const double y = (o[0] + 16) / 116;
  return product(inverse(kRgbToXyz), {(o[1] / 500 + y) * n[0], y * n[1], (y - o[2] / 200) * n[2]});
}

Triple to_hunt_lab(const Triple& rgb) {
  const Triple xyz = product(kRgbToXyz, rgb), n = white();
  const auto f = [](double t) {
    const double delta = 6.0 / 29;
    return t > delta * delta * delta ? std::cbrt(t) : t / (3 * delta * delta) + 4.0 / 29;
  };
  const double fx = f(xyz[0] / n[0]), fy = f(xyz[1] / n[1]), fz = f(xyz[2] / n[2]);
  const double lightness = 116 * fy - 16;
  return {lightness, 0.01 * lightness * 500 * (fx - fy), 0.01 * lightness * 200 * (fy - fz)};
}

double hyab(const Triple& a, const Triple& b) {
  return std::abs(a[0] - b[0]) + std::hypot(a[1] - b[1], a[2] - b[2]);
}

// A square of weights.
struct Kernel {
  int radius;
  std::vector<double> weight;

  Kernel(int r, const std::function<double(int, int)>& value) : radius(r) {
    for (int y = -r; y <= r; ++y)
      for (int x = -r; x <= r; ++x) weight.push_back(value(x, y));
  }
  void divide_by_sum() {
    double sum = 0;
    for (const double w : weight) sum += w;
    for (double& w : weight) w /= sum;
  }
  // So that the positive weights add up to 1 and the negative ones to -1.
  void divide_by_sums_of_sign() {
    double above = 0, below = 0;
    for (const double w : weight) (w > 0 ? above : below) += std::abs(w);
    for (double& w : weight) w /= w > 0 ? above : below;
  }
};

Plane filtered(const Plane& plane, const Kernel& kernel) {
  Plane result{plane.height, plane.width, {}};
  for (int y = 0; y < plane.height; ++y)
    for (int x = 0; x < plane.width; ++x) {
      double sum = 0;
      std::size_t i = 0;
      for (int v = -kernel.radius; v <= kernel.radius; ++v)
        for (int u = -kernel.radius; u <= kernel.radius; ++u)
          sum += kernel.weight[i++] *
                 plane.at(std::clamp(y + v, 0, plane.height - 1), std::clamp(x + u, 0, plane.width - 1));
      result.value.push_back(sum);
    }
  return result;
}

Kernel sensitivity(double ppd, std::size_t opponent) {
  struct Gauss {
    double a, b;
  };
  const std::vector<Gauss> terms[] = {{{1, 0.0047}}, {{1, 0.0053}}, {{34.1, 0.04}, {13.5, 0.025}}};
  const int radius = static_cast<int>(std::ceil(3 * std::sqrt(0.04 / (2 * kPi * kPi)) * ppd));
  Kernel kernel(radius, [&](int x, int y) {
    double sum = 0;
    for (const Gauss& g : terms[opponent])
      sum += g.a * std::sqrt(kPi / g.b) * std::exp(-kPi * kPi * (x * x + y * y) / (ppd * ppd * g.b));
    return sum;
  });
  kernel.divide_by_sum();
  return kernel;
}

// Lengths of the gradients that a detector of edges and one of points see.
struct Features {
  Plane edges, points;
};

Features features(const Plane& luminance, double ppd) {
  const double sd = 0.5 * 0.082 * ppd;
  const int radius = static_cast<int>(std::ceil(3 * sd));
  const auto gauss = [&](int x, int y) { return std::exp(-(x * x + y * y) / (2 * sd * sd)); };
  const auto length = [&](const std::function<double(int, int)>& value) {
    Kernel across(radius, value), down(radius, [&](int x, int y) { return value(y, x); });
    across.divide_by_sums_of_sign();
    down.divide_by_sums_of_sign();
    Plane result = filtered(luminance, across);
    const Plane other = filtered(luminance, down);
    for (std::size_t i = 0; i < result.value.size(); ++i)
      result.value[i] = std::hypot(result.value[i], other.value[i]);
    return result;
  };
  return {length([&](int x, int y) { return -x * gauss(x, y); }),
          length([&](int x, int y) { return (x * x / (sd * sd) - 1) * gauss(x, y); })};
}

struct Seen {
  std::vector<Triple> colors;
  Features detected;
};

Seen see(const RgbPlanes& linear, double ppd) {
  const int height = linear[0].height, width = linear[0].width;
  RgbPlanes opponents;
  Plane luminance{height, width, {}};
  for (Plane& plane : opponents) plane = {height, width, {}};
  for (std::size_t i = 0; i < linear[0].value.size(); ++i) {
    const Triple o = to_opponents({linear[0].value[i], linear[1].value[i], linear[2].value[i]});
    for (std::size_t c = 0; c < 3; ++c) opponents[c].value.push_back(o[c]);
    luminance.value.push_back((o[0] + 16) / 116);
  }
  for (std::size_t c = 0; c < 3; ++c) opponents[c] = filtered(opponents[c], sensitivity(ppd, c));
  Seen seen{{}, features(luminance, ppd)};
  for (std::size_t i = 0; i < linear[0].value.size(); ++i) {
    Triple rgb = from_opponents({opponents[0].value[i], opponents[1].value[i], opponents[2].value[i]});
    for (double& value : rgb) value = std::clamp(value, 0.0, 1.0);
    seen.colors.push_back(to_hunt_lab(rgb));
  }
  return seen;
}

double redistributed(double hyab_difference) {
  constexpr double qc = 0.7, pc = 0.4, pt = 0.95;
  const double most = std::pow(hyab(to_hunt_lab({0, 1, 0}), to_hunt_lab({0, 0, 1})), qc);
  const double d = std::pow(hyab_difference, qc);
  return d < pc * most ? pt / (pc * most) * d : pt + (d - pc * most) / (most - pc * most) * (1 - pt);
}

FlipResult flip_of_linear(const RgbPlanes& test, const RgbPlanes& reference, double ppd) {
  const Seen x = see(test, ppd), y = see(reference, ppd);
  FlipResult result;
  result.map = {test[0].height, test[0].width, {}};
  for (std::size_t i = 0; i < x.colors.size(); ++i) {
    const double color = redistributed(hyab(x.colors[i], y.colors[i]));
    const double edge = std::abs(x.detected.edges.value[i] - y.detected.edges.value[i]);
    const double point = std::abs(x.detected.points.value[i] - y.detected.points.value[i]);
    const double feature = std::sqrt(std::max(edge, point) / std::sqrt(2.0));
    result.map.value.push_back(color == 0 ? 0 : std::pow(color, 1 - feature));
    result.mean += result.map.value.back();
  }
  result.mean /= static_cast<double>(x.colors.size());
  return result;
}

// (k0 x^2 + k1 x + k2) / (k3 x^2 + k4 x + k5)
using Curve = std::array<double, 6>;
Curve curve_of(FlipCurve curve) {
  if (curve == FlipCurve::reinhard) return {0, 1, 0, 0, 1, 1};
  if (curve == FlipCurve::aces) return {0.6 * 0.6 * 2.51, 0.6 * 0.03, 0, 0.6 * 0.6 * 2.43, 0.6 * 0.59, 0.14};
  // Uncharted 2: A..F, exposed by 2, divided by the curve at 11.2.
  const double a = 0.15, b = 0.5, c = 0.1, d = 0.2, e = 0.02, f = 0.3, w = 11.2;
  const double at_white = (w * (a * w + c * b) + d * e) / (w * (a * w + b) + d * f) - e / f;
  const double up[] = {(a - a * e / f) * 4, (c * b - b * e / f) * 2, d * e - d * e};
  return {up[0] / at_white, up[1] / at_white, up[2] / at_white, a * 4, b * 2, d * f};
}

double luminance_of(const Triple& rgb) { return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]; }

RgbPlanes tone_mapped(const RgbPlanes& light, double gain, FlipCurve which) {
  const Curve k = curve_of(which);
  RgbPlanes result = light;
  for (std::size_t i = 0; i < light[0].value.size(); ++i) {
    Triple rgb;
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = std::max(light[c].value[i], 0.0) * gain;
    const double y = luminance_of(rgb);
    for (std::size_t c = 0; c < 3; ++c) {
      const double v = rgb[c];
      const double mapped = which == FlipCurve::reinhard
                                ? v / (1 + y)
                                : (k[0] * v * v + k[1] * v + k[2]) / (k[3] * v * v + k[4] * v + k[5]);
      result[c].value[i] = std::clamp(mapped, 0.0, 1.0);
    }
  }
  return result;
}

void find_exposures(const RgbPlanes& reference, FlipCurve which, FlipResult& result) {
  const Curve k = curve_of(which);
  const double t = 0.85, a = k[0] - t * k[3], b = k[1] - t * k[4], c = k[2] - t * k[5];
  const double light = a == 0 ? -c / b : (-b + std::sqrt(b * b - 4 * a * c)) / (2 * a);
  std::vector<double> luminance;
  for (std::size_t i = 0; i < reference[0].value.size(); ++i)
    luminance.push_back(
        luminance_of({std::max(reference[0].value[i], 0.0), std::max(reference[1].value[i], 0.0),
                      std::max(reference[2].value[i], 0.0)}));
  std::sort(luminance.begin(), luminance.end());
  const double least = std::ldexp(1.0, -23);
  result.start = std::log2(light / std::max(luminance.back(), least));
  result.stop = std::log2(light / std::max(luminance[luminance.size() / 2], least));
  result.count = std::max(2, static_cast<int>(std::ceil(result.stop - result.start)));
}

}  // namespace

FlipResult ldr_flip(const RgbPlanes& test, const RgbPlanes& reference, double pixels_per_degree) {
  const auto linear = [](RgbPlanes planes) {
    for (Plane& plane : planes)
      for (double& v : plane.value) {
        v = std::clamp(v, 0.0, 1.0);
        v = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
      }
    return planes;
  };
  return flip_of_linear(linear(test), linear(reference), pixels_per_degree);
}

FlipResult hdr_flip(const RgbPlanes& test, const RgbPlanes& reference, const HdrFlipOptions& options) {
  FlipResult all;
  all.start = options.start;
  all.stop = options.stop;
  all.count = options.count;
  if (options.count == 0) find_exposures(reference, options.curve, all);
  all.map = {test[0].height, test[0].width, std::vector<double>(test[0].value.size(), 0)};
  for (int i = 0; i < all.count; ++i) {
    const double stop = all.count == 1 ? all.start : all.start + (all.stop - all.start) * i / (all.count - 1);
    const FlipResult one =
        flip_of_linear(tone_mapped(test, std::exp2(stop), options.curve),
                       tone_mapped(reference, std::exp2(stop), options.curve), options.pixels_per_degree);
    for (std::size_t p = 0; p < all.map.value.size(); ++p)
      all.map.value[p] = std::max(all.map.value[p], one.map.value[p]);
  }
  for (const double value : all.map.value) all.mean += value;
  all.mean /= static_cast<double>(all.map.value.size());
  return all;
}

}  // namespace fg::oracle
