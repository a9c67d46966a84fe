#pragma once
// Runs an SSIM of volumes on test volumes and holds it against the oracle.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ssim/ssim3d_gradient.h"
#include "tests/kernels/test_volumes.h"
#include "tests/oracle/ssim3d_oracle.h"

namespace fg::test {

struct Ssim3dOptions {
  int window = 11;
  Padding padding = Padding::same;
  VolumeMemory map_layout;
};

struct Ssim3dOutput {
  TestVolume<float> map;
  std::vector<double> scores;  // [N, C]
  double mean = 0;
};

template <class T>
double range3d_of() {
  return std::is_same_v<T, std::uint8_t> ? 255 : 1;
}

inline std::string name_of(const VolumeShape& s, int window = 11) {
  return std::to_string(s.depth) + "x" + std::to_string(s.height) + "x" + std::to_string(s.width) +
         " window " + std::to_string(window);
}

// The op on host memory, without scratch.
template <class T>
Ssim3d<T> make_op(const TestVolume<T>& x, const TestVolume<T>& y, const Ssim3dOptions& options) {
  Ssim3d<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.window = options.window;
  op.padding = options.padding;
  op.c1 = static_cast<float>(1e-4 * range3d_of<T>() * range3d_of<T>());
  op.c2 = static_cast<float>(9e-4 * range3d_of<T>() * range3d_of<T>());
  return op;
}

// Memory for what the op gives; points the op to it.
template <class T>
Ssim3dOutput make_output(Ssim3d<T>& op, const VolumeMemory& map_layout) {
  const auto batch = static_cast<int>(op.x.batch), channels = static_cast<int>(op.x.channels);
  Ssim3dOutput out{
      TestVolume<float>({batch, channels, op.map_depth(), op.map_height(), op.map_width()}, map_layout),
      std::vector<double>(static_cast<std::size_t>(batch * channels)), 0};
  op.map = out.map.view;
  op.scores = {out.scores.data(), batch, channels, channels, 1};
  return out;
}

template <class T>
Ssim3dOutput run_cpu(const TestVolume<T>& x, const TestVolume<T>& y, const Ssim3dOptions& options) {
  Ssim3d<T> op = make_op(x, y, options);
  Ssim3dOutput out = make_output(op, options.map_layout);
  op.mean = &out.mean;
  std::vector<double> scratch(cpu::ssim3d_scratch_bytes(op) / sizeof(double));
  cpu::ssim3d(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

struct Tolerance3d {
  double score, map;
};

template <class T>
oracle::Ssim3dOptions oracle_options(const Ssim3dOptions& options) {
  return {.window = options.window, .crop = options.padding == Padding::valid, .range = range3d_of<T>()};
}

// The largest errors against the oracle.
template <class T>
Tolerance3d errors_against_oracle(const TestVolume<T>& x, const TestVolume<T>& y,
                                  const Ssim3dOptions& options, const Ssim3dOutput& out) {
  Tolerance3d worst{0, 0};
  const auto keep = [](double& most, double error) { most = error <= most ? most : error; };  // a NaN sticks
  double total = 0;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const auto expected = oracle::ssim3d(x.volume(n, c), y.volume(n, c), oracle_options<T>(options));
      const oracle::Volume map = out.map.volume(n, c);
      EXPECT_EQ(expected.map.value.size(), map.value.size());
      for (std::size_t i = 0; i < map.value.size(); ++i)
        keep(worst.map, std::abs(expected.map.value[i] - map.value[i]));
      keep(worst.score,
           std::abs(expected.mean - out.scores[static_cast<std::size_t>(n * x.shape.channels + c)]));
      total += expected.mean;
    }
  keep(worst.score, std::abs(total / (x.shape.batch * x.shape.channels) - out.mean));
  return worst;
}

// A gradient's case: the weights of dL/dm are those of the mean, and of scores and map where asked for.
struct Gradient3dOptions {
  Ssim3dOptions ssim;
  bool weighted = false;  // scores and map have weights too
  VolumeMemory gradient_layout;
};

struct Gradient3dOutput {
  Ssim3dOutput values;
  TestVolume<float> x, y;
};

inline double map_weight_at(int n, int c, int z, int y, int x) {
  return 1e-4 * (1 + std::sin(0.2 * x + 0.1 * y + 0.3 * z + c + n));
}

// The op on host memory with its weights; owns them.
template <class T>
struct Gradient3dCase {
  Ssim3dGradient<T> op;
  std::vector<double> score_weight;
  TestVolume<float> map_weight;

  Gradient3dCase(const TestVolume<T>& x, const TestVolume<T>& y, const Gradient3dOptions& options)
      : map_weight(VolumeShape{}) {
    op.forward = make_op(x, y, options.ssim);
    op.mean_weight = -1;
    if (!options.weighted) return;
    map_weight = make_volume<float>({x.shape.batch, x.shape.channels, op.forward.map_depth(),
                                     op.forward.map_height(), op.forward.map_width()},
                                    map_weight_at);
    for (int i = 0; i < x.shape.batch * x.shape.channels; ++i) score_weight.push_back(0.3 + 0.1 * i);
    op.map_weight = map_weight.const_view();
    op.score_weight = {score_weight.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
  }
};

template <class T>
Gradient3dOutput run_cpu_gradient(const TestVolume<T>& x, const TestVolume<T>& y,
                                  const Gradient3dOptions& options) {
  Gradient3dCase<T> that(x, y, options);
  Ssim3dGradient<T>& op = that.op;
  Gradient3dOutput out{make_output(op.forward, options.ssim.map_layout),
                       TestVolume<float>(x.shape, options.gradient_layout),
                       TestVolume<float>(x.shape, options.gradient_layout)};
  op.forward.mean = &out.values.mean;
  op.x_gradient = out.x.view;
  op.y_gradient = out.y.view;
  std::vector<double> scratch(cpu::ssim3d_gradient_scratch_bytes(op) / sizeof(double) + 1);
  cpu::ssim3d_gradient(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

// || got - expected || / || expected ||, of all gradients of a batch; the plain norm where none is expected.
struct RelativeError {
  double squares = 0, expected_squares = 0;

  void add(const oracle::Volume& expected, const oracle::Volume& got) {
    for (std::size_t i = 0; i < expected.value.size(); ++i) {
      squares += (got.value[i] - expected.value[i]) * (got.value[i] - expected.value[i]);
      expected_squares += expected.value[i] * expected.value[i];
    }
  }
  double value() const { return std::sqrt(expected_squares > 0 ? squares / expected_squares : squares); }
};

// Of both gradients together with the oracle's; scores and map are checked on the way.
template <class T>
double gradient_error(const TestVolume<T>& x, const TestVolume<T>& y, const Gradient3dOptions& options,
                      const Gradient3dOutput& out) {
  RelativeError of_x, of_y;
  const double volumes = x.shape.batch * x.shape.channels;
  for (int n = 0; n < x.shape.batch; ++n)
    for (int c = 0; c < x.shape.channels; ++c) {
      const oracle::Volume map = out.values.map.volume(n, c);
      oracle::Volume weight = map;
      const double count = static_cast<double>(map.value.size());
      std::size_t i = 0;
      for (int z = 0; z < map.depth; ++z)
        for (int row = 0; row < map.height; ++row)
          for (int column = 0; column < map.width; ++column, ++i) {
            weight.value[i] = -1 / (volumes * count);
            if (options.weighted)
              weight.value[i] +=
                  static_cast<double>(static_cast<float>(map_weight_at(n, c, z, row, column))) +
                  (0.3 + 0.1 * (n * x.shape.channels + c)) / count;
          }
      const auto expected =
          oracle::ssim3d(x.volume(n, c), y.volume(n, c), oracle_options<T>(options.ssim), &weight);
      of_x.add(expected.x_gradient, out.x.volume(n, c));
      of_y.add(expected.y_gradient, out.y.volume(n, c));
      for (i = 0; i < map.value.size(); ++i) EXPECT_NEAR(map.value[i], expected.map.value[i], 1e-5);
      EXPECT_NEAR(out.values.scores[static_cast<std::size_t>(n * x.shape.channels + c)], expected.mean, 1e-6);
    }
  return std::max(of_x.value(), of_y.value());
}

}  // namespace fg::test
