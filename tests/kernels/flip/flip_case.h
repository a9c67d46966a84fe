#pragma once
// Runs an implementation of FLIP on test images; what the oracle says about them.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include "kernels/flip/flip.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/flip_oracle.h"

namespace fg::test {

struct FlipOptions {
  bool linear = false;
  double pixels_per_degree = 67.0206;
  FlipToneMapper tone_mapper = FlipToneMapper::aces;
  FlipExposures exposures = {};
};

struct FlipOutput {
  TestImage<float> map;
  std::vector<double> scores;     // [N]
  std::vector<double> exposures;  // [N, kFlipColumns]
  double mean = 0;
};

// All memory of a call but the images and the scratch.
template <class T>
struct FlipCase {
  FlipOutput out;
  Flip<T> op;  // on host memory, without scratch

  FlipCase(const TestImage<T>& x, const TestImage<T>& y, const FlipOptions& options, Memory map_layout = {})
      : out{TestImage<float>({x.shape.batch, 1, x.shape.height, x.shape.width}, map_layout),
            std::vector<double>(static_cast<std::size_t>(x.shape.batch), NAN),
            std::vector<double>(static_cast<std::size_t>(x.shape.batch) * kFlipColumns, NAN), NAN} {
    op.x = x.const_view();
    op.y = y.const_view();
    op.linear = options.linear;
    op.pixels_per_degree = options.pixels_per_degree;
    op.tone_mapper = options.tone_mapper;
    op.exposures = options.exposures;
    op.map = out.map.view;
    op.scores = {out.scores.data(), 1};
    op.exposure_table = {out.exposures.data(), x.shape.batch, kFlipColumns, kFlipColumns, 1};
    op.mean = &out.mean;
  }
  FlipCase(const FlipCase&) = delete;
};

template <class T>
FlipOutput run_flip(const TestImage<T>& x, const TestImage<T>& y, const FlipOptions& options = {},
                    Memory map_layout = {}) {
  FlipCase<T> with(x, y, options, map_layout);
  std::vector<double> scratch(cpu::flip_scratch_bytes(with.op) / sizeof(double), NAN);
  cpu::flip(with.op, {scratch.data(), scratch.size() * sizeof(double)});
  return std::move(with.out);
}

// How the oracle sees an image: codes as 0..1.
template <class T>
oracle::RgbPlanes rgb_planes(const TestImage<T>& image, int n) {
  oracle::RgbPlanes planes{image.plane(n, 0), image.plane(n, 1), image.plane(n, 2)};
  if constexpr (std::is_same_v<T, std::uint8_t>)
    for (oracle::Plane& plane : planes)
      for (double& value : plane.value) value /= 255;
  return planes;
}

template <class T>
oracle::FlipResult oracle_flip(const TestImage<T>& x, const TestImage<T>& y, int n,
                               const FlipOptions& options) {
  if (!options.linear) return oracle::ldr_flip(rgb_planes(x, n), rgb_planes(y, n), options.pixels_per_degree);
  return oracle::hdr_flip(rgb_planes(x, n), rgb_planes(y, n),
                          {options.pixels_per_degree, static_cast<oracle::FlipCurve>(options.tone_mapper),
                           options.exposures.start, options.exposures.stop, options.exposures.count});
}

// The root in the feature term makes 1e-4 of an error of 1e-8 where there is nothing to detect, and the error of a pixel
// with it: the map has a wider tolerance than the mean, in which such pixels are few.
inline constexpr double kFlipMap = 1e-4, kFlipMean = 1e-5;

template <class T>
void expect_flip_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const FlipOptions& options,
                             const FlipOutput& out) {
  double total = 0;
  for (int n = 0; n < x.shape.batch; ++n) {
    const oracle::FlipResult expected = oracle_flip(x, y, n, options);
    double worst = 0;
    for (int row = 0; row < x.shape.height; ++row)
      for (int column = 0; column < x.shape.width; ++column)
        worst = std::max(worst, std::abs(static_cast<double>(out.map.at(n, 0, row, column)) -
                                         expected.map.at(row, column)));
    EXPECT_LT(worst, kFlipMap);
    EXPECT_NEAR(out.scores[static_cast<std::size_t>(n)], expected.mean, kFlipMean);
    const double* const used = out.exposures.data() + n * kFlipColumns;
    EXPECT_EQ(used[kFlipCount], expected.count);
    EXPECT_NEAR(used[kFlipStart], expected.start,
                1e-5);  // Hable's curve is published with five or six digits
    EXPECT_NEAR(used[kFlipStop], expected.stop, 1e-5);
    total += expected.mean;
  }
  EXPECT_NEAR(out.mean, total / x.shape.batch, kFlipMean);
}

// Light over twenty stops, with a test that is off by a third of it.
inline double light_scene(int n, int c, int y, int x) {
  return scene(n, c, y, x) * std::exp2((x / 9 + y / 11) % 10 - 4.0) + 1e-3;
}
inline double noisy_light_scene(int n, int c, int y, int x) {
  const double grain = noise(static_cast<std::uint32_t>(x) + 77u, static_cast<std::uint32_t>(y),
                             static_cast<std::uint32_t>(c + 16 * n));
  return light_scene(n, c, y, x) * (0.8 + 0.5 * grain);
}

}  // namespace fg::test
