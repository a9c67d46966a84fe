#pragma once
// Runs an implementation of SSIM's gradient on test images and holds it against the oracle.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/ssim/ssim2d_gradient.h"
#include "tests/kernels/ssim/ssim2d_case.h"
#include "tests/oracle/ssim_gradient_oracle.h"

namespace fg::test {

struct GradientOptions {
  int window = 11;
  Padding padding = Padding::same;
  double mean_weight = -1, l1_weight = 0;
  PixelFormula map_weight;                // optional: dL/dm at (n, c, y, x) of the map
  std::vector<double> score_weight = {};  // optional: [N, C]
  bool wants_x = true, wants_y = true;
  Memory map_layout = {}, gradient_layout = {};
};

struct GradientOutput {
  TestImage<float> map, x_gradient, y_gradient;
  std::vector<double> scores;  // [N, C]
  double mean = 0, l1 = 0;
};

// All memory of a call but the images and the scratch.
template <class T>
struct GradientCase {
  const TestImage<T>&x, &y;
  GradientOptions options;
  GradientOutput out;
  std::optional<TestImage<float>> map_weight;
  Ssim2dGradient<T> op;  // on host memory, without scratch

  GradientCase(const TestImage<T>& image, const TestImage<T>& reference, const GradientOptions& how)
      : x(image),
        y(reference),
        options(how),
        out{TestImage<float>(map_shape(), how.map_layout), TestImage<float>(image.shape, how.gradient_layout),
            TestImage<float>(image.shape, how.gradient_layout),
            std::vector<double>(static_cast<std::size_t>(image.shape.batch * image.shape.channels))} {
    op.forward = make_op(x, y, {.window = how.window, .padding = how.padding});
    op.forward.map = out.map.view;
    op.forward.scores = {out.scores.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
    op.forward.mean = &out.mean;
    op.l1 = &out.l1;
    op.mean_weight = how.mean_weight;
    op.l1_weight = how.l1_weight;
    if (how.map_weight) {
      map_weight.emplace(make_image<float>(map_shape(), how.map_weight, how.map_layout));
      op.map_weight = map_weight->const_view();
    }
    if (!options.score_weight.empty())
      op.score_weight = {options.score_weight.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
    if (how.wants_x) op.x_gradient = out.x_gradient.view;
    if (how.wants_y) op.y_gradient = out.y_gradient.view;
  }
  GradientCase(const GradientCase&) = delete;

  Shape map_shape() const {
    const int less = options.padding == Padding::valid ? options.window - 1 : 0;
    return {x.shape.batch, x.shape.channels, x.shape.height - less, x.shape.width - less};
  }
};

template <class T>
GradientOutput run_gradient_cpu(const TestImage<T>& x, const TestImage<T>& y,
                                const GradientOptions& options) {
  GradientCase<T> with(x, y, options);
  std::vector<double> scratch(cpu::ssim2d_gradient_scratch_bytes(with.op) / sizeof(double), NAN);
  cpu::ssim2d_gradient(with.op, {scratch.data(), scratch.size() * sizeof(double)});
  return std::move(with.out);
}

// dL/dx and dL/dy of one plane, and its weights.
struct ExpectedGradient {
  oracle::SsimGradient gradient;
  double magnitudes = 0;  // sum |x - y| over the map's region
};
template <class T>
ExpectedGradient expected_gradient(const TestImage<T>& x, const TestImage<T>& y,
                                   const GradientOptions& options, int n, int c) {
  const oracle::SsimOptions how{
      .window = options.window, .crop = options.padding == Padding::valid, .range = range_of<T>()};
  const int inset = how.crop ? options.window / 2 : 0;
  const oracle::Plane px = x.plane(n, c), py = y.plane(n, c);
  const double pixels = static_cast<double>(px.height - 2 * inset) * (px.width - 2 * inset);
  const double images = x.shape.batch * x.shape.channels;
  oracle::Plane weight{px.height - 2 * inset, px.width - 2 * inset, {}};
  for (int row = 0; row < weight.height; ++row)
    for (int column = 0; column < weight.width; ++column) {
      double w = options.mean_weight / (images * pixels);
      if (!options.score_weight.empty())
        w += options.score_weight[static_cast<std::size_t>(n * x.shape.channels + c)] / pixels;
      if (options.map_weight)
        w += static_cast<double>(static_cast<float>(options.map_weight(n, c, row, column)));
      weight.value.push_back(w);
    }
  ExpectedGradient expected{oracle::ssim_gradient(px, py, weight, how), 0};
  for (int row = inset; row < px.height - inset; ++row)
    for (int column = inset; column < px.width - inset; ++column) {
      const double d = px.at(row, column) - py.at(row, column);
      const double by_l1 = options.l1_weight / (images * pixels) * (d > 0 ? 1 : d < 0 ? -1 : 0);
      const auto at = static_cast<std::size_t>(row) * static_cast<std::size_t>(px.width) +
                      static_cast<std::size_t>(column);
      expected.gradient.x.value[at] += by_l1;
      expected.gradient.y.value[at] -= by_l1;
      expected.magnitudes += std::abs(d);
    }
  return expected;
}

// Errors of a gradient relative to its size: of all samples of all planes, root mean square and largest, both
// divided by the root mean square of the oracle's gradient.
struct GradientError {
  double x = 0, y = 0;  // rms
  double x_worst = 0, y_worst = 0;
};

template <class T>
GradientError gradient_error(const TestImage<T>& x, const TestImage<T>& y, const GradientOptions& options,
                             const GradientOutput& out) {
  double squares[2] = {}, expected_squares[2] = {}, worst[2] = {}, magnitudes = 0, count = 0;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const ExpectedGradient expected = expected_gradient(x, y, options, n, c);
      magnitudes += expected.magnitudes;
      for (int row = 0; row < x.shape.height; ++row)
        for (int column = 0; column < x.shape.width; ++column)
          for (const int image : {0, 1}) {
            const double value = (image == 0 ? expected.gradient.x : expected.gradient.y).at(row, column);
            const double error =
                std::abs(value - (image == 0 ? out.x_gradient : out.y_gradient).at(n, c, row, column));
            squares[image] += error * error;
            expected_squares[image] += value * value;
            worst[image] = error <= worst[image] ? worst[image] : error;  // a NaN sticks
          }
      count += static_cast<double>(x.shape.height) * x.shape.width;
    }
  const int less = options.padding == Padding::valid ? options.window - 1 : 0;
  EXPECT_NEAR(out.l1,
              magnitudes / (static_cast<double>(x.shape.height - less) * (x.shape.width - less) *
                            x.shape.batch * x.shape.channels),
              1e-7);  // x - y in float
  return {std::sqrt(squares[0] / expected_squares[0]), std::sqrt(squares[1] / expected_squares[1]),
          worst[0] / std::sqrt(expected_squares[0] / count),
          worst[1] / std::sqrt(expected_squares[1] / count)};
}

// Pairs of images on which the usual formulas lose their digits, by name.
struct GradientPair {
  const char* name;
  PixelFormula x, y;
};

inline double wave(int n, int c, int y, int x) {
  return 0.5 + 0.4 * std::sin(0.11 * x + 0.3 * c) * std::cos(0.07 * y + 0.5 * n);
}

inline std::vector<GradientPair> gradient_pairs() {
  const auto random = [](unsigned seed) {
    return [seed](int n, int c, int y, int x) {
      return static_cast<double>(noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                                       static_cast<std::uint32_t>(c + 16 * n) + seed));
    };
  };
  const auto near = [=](const PixelFormula& formula) {
    return [=](int n, int c, int y, int x) {
      return formula(n, c, y, x) + 1e-3 * (random(99)(n, c, y, x) - 0.5);
    };
  };
  const auto constant = [](double v) { return [v](int, int, int, int) { return v; }; };
  return {{"random", random(1), random(2)},
          {"photo-like", noisy_scene, scene},
          {"smooth", wave, [](int n, int c, int y, int x) { return wave(n, c + 1, y + 3, x); }},
          {"smooth, near-converged", near(wave), wave},
          {"photo-like, near-converged", near(scene), scene},
          {"random, near-converged", near(random(1)), random(1)},
          {"smooth with an offset", [](int n, int c, int y, int x) { return wave(n, c, y, x) + 0.1; }, wave},
          {"grain beside a hard edge", step_with_grain, step_with_other_grain},
          {"0.6 against 0.6 + 1e-7", constant(0.6), constant(0.6 + 1e-7)},
          {"black against white", constant(0), constant(1)},
          {"white against black", constant(1), constant(0)},
          {"photo-like against black", scene, constant(0)},
          {"black against photo-like", constant(0), scene}};
}

// The root mean square of the difference of gradients, relative to that of what is expected, of all samples that lie more
// than `reach` from (row, column).
inline double relative_rms_beyond(const TestImage<float>& gradient, const TestImage<float>& expected, int row,
                                  int column, int reach) {
  double error = 0, size = 0;
  for (int y = 0; y < expected.shape.height; ++y)
    for (int x = 0; x < expected.shape.width; ++x) {
      if (std::abs(y - row) <= reach && std::abs(x - column) <= reach) continue;
      const auto value = static_cast<double>(expected.at(0, 0, y, x));
      error += std::pow(static_cast<double>(gradient.at(0, 0, y, x)) - value, 2);
      size += value * value;
    }
  return std::sqrt(error / size);
}

// dL/dm that changes its sign from window to window.
inline double random_weight(int n, int c, int y, int x) {
  return noise(static_cast<std::uint32_t>(y) + 31u, static_cast<std::uint32_t>(x),
               static_cast<std::uint32_t>(c + 16 * n)) -
         0.5;
}

}  // namespace fg::test
