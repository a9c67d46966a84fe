#pragma once
// Runs an SSIM implementation on test images and holds it against the oracle.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ssim/ssim2d.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/ssim_oracle.h"

namespace fg::test {

struct SsimOptions {
  int window = 11;
  Padding padding = Padding::same;
  Memory map_layout;
};

struct SsimOutput {
  TestImage<float> map;
  std::vector<double> scores;  // [N, C]
  double mean = 0;
};

template <class T>
double range_of() {
  return std::is_same_v<T, std::uint8_t> ? 255 : 1;
}

// The op on host memory, without scratch.
template <class T>
Ssim2d<T> make_op(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  Ssim2d<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.window = options.window;
  op.padding = options.padding;
  op.c1 = static_cast<float>(1e-4 * range_of<T>() * range_of<T>());
  op.c2 = static_cast<float>(9e-4 * range_of<T>() * range_of<T>());
  return op;
}

template <class T>
SsimOutput run_cpu(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options) {
  Ssim2d<T> op = make_op(x, y, options);
  SsimOutput out{TestImage<float>({x.shape.batch, x.shape.channels, op.map_height(), op.map_width()},
                                  options.map_layout),
                 std::vector<double>(static_cast<std::size_t>(x.shape.batch * x.shape.channels)), 0};
  op.map = out.map.view;
  op.scores = {out.scores.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
  op.mean = &out.mean;
  std::vector<double> scratch(cpu::ssim2d_scratch_bytes(op) / sizeof(double));
  cpu::ssim2d(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

struct Tolerance {
  double score, map;
};

// The largest errors against the oracle.
template <class T>
Tolerance errors_against_oracle(const TestImage<T>& x, const TestImage<T>& y, const SsimOptions& options,
                                const SsimOutput& out) {
  Tolerance worst{0, 0};
  double total = 0;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const auto expected = oracle::ssim(
          x.plane(n, c), y.plane(n, c),
          {.window = options.window, .crop = options.padding == Padding::valid, .range = range_of<T>()});
      EXPECT_EQ(expected.map.height, out.map.shape.height);
      EXPECT_EQ(expected.map.width, out.map.shape.width);
      for (int row = 0; row < expected.map.height; ++row)
        for (int column = 0; column < expected.map.width; ++column) {
          const double error = std::abs(expected.map.at(row, column) - out.map.at(n, c, row, column));
          worst.map = error <= worst.map ? worst.map : error;  // a NaN sticks
        }
      const double score = out.scores[static_cast<std::size_t>(n * x.shape.channels + c)];
      const double error = std::abs(expected.mean - score);
      worst.score = error <= worst.score ? worst.score : error;
      total += expected.mean;
    }
  const double error = std::abs(total / (x.shape.batch * x.shape.channels) - out.mean);
  worst.score = error <= worst.score ? worst.score : error;
  return worst;
}

}  // namespace fg::test
