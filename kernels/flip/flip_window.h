#pragma once
// The filters of FLIP as taps, for a viewer who sees so many pixels in a degree.

#include <cmath>

namespace fg {

inline constexpr int kMaxFlipRadius = 64;  // pixels
inline constexpr double kMinPixelsPerDegree = 1,
                        kMaxPixelsPerDegree = 470;  // 3 sd of the widest filter: 63.5

// Taps at distances 0..radius on one side; all filters are even but `edge`, which is odd. Each is separable, but the
// yellow-blue one, which is the sum of two that are.
struct FlipTaps {
  int radius = 0;
  float achromatic[kMaxFlipRadius + 1] = {};
  float red_green[kMaxFlipRadius + 1] = {};
  float wide[kMaxFlipRadius + 1] = {}, narrow[kMaxFlipRadius + 1] = {};  // yellow-blue, along a row
  float wide_down[kMaxFlipRadius + 1] = {}, narrow_down[kMaxFlipRadius + 1] =
                                                {};  // and down a column, with their weights
  float smooth[kMaxFlipRadius + 1] = {}, edge[kMaxFlipRadius + 1] = {};
  // Adds up to 0: applied as sum_k point[k] (left + right - 2 middle), so that an even area is exactly 0. The error takes
  // a root of what is detected, in which what rounding leaves would show.
  float point[kMaxFlipRadius + 1] = {};
};

// What a row becomes when it is filtered along: opponents for their vertical filters, luminance for those of features.
enum FlipRowPlane {
  kRowAchromatic,
  kRowRedGreen,
  kRowWide,
  kRowNarrow,
  kRowSmooth,
  kRowEdge,
  kRowPoint,
  kRowPlanes
};

namespace flip {

inline constexpr double kPi = 3.14159265358979323846;

// exp(-pi^2 x^2 / b), x in degrees: a contrast sensitivity function of frequency, exp(-b f^2), brought to space.
inline double sensitivity(double pixels, double pixels_per_degree, double b) {
  const double degrees = pixels / pixels_per_degree;
  return std::exp(-kPi * kPi * degrees * degrees / b);
}

// The sum over both sides.
template <class Value>
double sum_of(int radius, const Value& value) {
  double sum = value(0);
  for (int i = 1; i <= radius; ++i) sum += 2 * value(i);
  return sum;
}

}  // namespace flip

inline FlipTaps flip_taps(double pixels_per_degree) {
  using namespace flip;
  constexpr double kAchromatic = 0.0047, kRedGreen = 0.0053, kWide = 0.04,
                   kNarrow = 0.025;                         // HPG 2020, table 1: b
  constexpr double kWideShare = 34.1, kNarrowShare = 13.5;  // a1, a2 of yellow-blue
  constexpr double kFeatureWidth = 0.082;                   // degrees: how wide a detected edge is
  const double sd = 0.5 * kFeatureWidth * pixels_per_degree;
  const int radius = static_cast<int>(std::ceil(3 * std::sqrt(kWide / (2 * kPi * kPi)) * pixels_per_degree));
  const int feature_radius = static_cast<int>(std::ceil(3 * sd));
  FlipTaps taps;
  taps.radius = radius > feature_radius ? radius : feature_radius;

  const auto fill = [&](float* to, double b, double scale) {
    for (int i = 0; i <= radius; ++i)
      to[i] = static_cast<float>(scale * sensitivity(i, pixels_per_degree, b));
  };
  const auto sum = [&](double b) {
    return sum_of(radius, [&](int i) { return sensitivity(i, pixels_per_degree, b); });
  };
  fill(taps.achromatic, kAchromatic, 1 / sum(kAchromatic));
  fill(taps.red_green, kRedGreen, 1 / sum(kRedGreen));
  const double wide = kWideShare * std::sqrt(kPi / kWide), narrow = kNarrowShare * std::sqrt(kPi / kNarrow);
  const double total = wide * sum(kWide) * sum(kWide) + narrow * sum(kNarrow) * sum(kNarrow);
  fill(taps.wide, kWide, 1);
  fill(taps.wide_down, kWide, wide / total);
  fill(taps.narrow, kNarrow, 1);
  fill(taps.narrow_down, kNarrow, narrow / total);

  // A Gaussian and its first two derivatives; of these the taps of each sign add up to 1.
  const auto gauss = [&](int i) { return std::exp(-i * i / (2 * sd * sd)); };
  const auto slope = [&](int i) { return i * gauss(i); };
  const auto bend = [&](int i) { return (i * i / (sd * sd) - 1) * gauss(i); };
  double slopes = 0;
  for (int i = 1; i <= feature_radius; ++i) slopes += slope(i);
  const double gausses = sum_of(feature_radius, gauss);
  const double rises = sum_of(feature_radius, [&](int i) { return std::fmax(bend(i), 0); });
  const double falls = sum_of(feature_radius, [&](int i) { return std::fmax(-bend(i), 0); });
  for (int i = 0; i <= feature_radius; ++i) {
    taps.smooth[i] = static_cast<float>(gauss(i) / gausses);
    taps.edge[i] = static_cast<float>(slope(i) / slopes);
    taps.point[i] = static_cast<float>(bend(i) / (bend(i) > 0 ? rises : falls));
  }
  return taps;
}

}  // namespace fg
