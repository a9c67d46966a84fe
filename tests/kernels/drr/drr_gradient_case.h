#pragma once
// Gradients of a DrrCase, on CPU or, by the same steps, on CUDA.

#include <vector>

#include "tests/kernels/drr/drr_case.h"

namespace fg::test {

struct Wanted {
  bool poses = false, intrinsics = false, points = false, volume = false;
  bool same_for_channels = false;  // the upstream gradient
  bool by_slopes = false;          // kept by the forward pass
};

struct GradientResult {
  std::vector<double> poses, intrinsics, sources, targets, volume;
  std::vector<float> images;  // where slopes were kept
};

// A smooth bump of bone in water and air: its gradients are made of many samples that agree.
template <class T>
DrrCase<T> smooth_case() {
  DrrCase<T> c;
  c.set_image(10, 13);
  c.rays.intrinsics = {300, 7, 9, 5, -3};
  c.set_volume([&](int x, int y, int z) {
    const double a = (x - 10.3) / 9, b = (y - 8.8) / 7, d = (z - 9.4) / 8;
    return 1500 * std::exp(-2 * (a * a + b * b + d * d)) +
           300 * std::sin(0.5 * x + 0.3 * y) * std::cos(0.4 * z) - 100;
  });
  return c;
}

// dL/dimage: smooth, of both signs.
template <class T>
std::vector<float> upstream(const DrrCase<T>& c, bool same_for_channels = false) {
  std::vector<float> g;
  for (std::size_t n = 0; n < c.numbers_of_images(); ++n) {
    const std::size_t pixel = n % c.pixels_of_image(), channel = n / c.pixels_of_image();
    const double row = static_cast<double>(pixel / static_cast<std::size_t>(c.image_width)),
                 column = static_cast<double>(pixel % static_cast<std::size_t>(c.image_width)),
                 phase = same_for_channels ? 0 : static_cast<double>(channel);
    g.push_back(static_cast<float>(0.4 + std::sin(0.31 * column + phase) + std::cos(0.23 * row)));
  }
  return g;
}

// Slopes of a case in memory of 7 numbers a ray.
template <class T>
std::size_t numbers_of_slopes(const DrrCase<T>& c) {
  return c.poses.size() * kDrrSlopes * c.pixels_of_image();
}
template <class T>
ImageView<float> slopes_view(const DrrCase<T>& c, float* data) {
  ImageView<float> view = c.image_view(data);
  view.channels = kDrrSlopes;
  view.batch_stride = kDrrSlopes * view.channel_stride;
  return view;
}

template <class T>
GradientResult run_cpu_gradient(const DrrCase<T>& c, const Wanted& wanted) {
  GradientResult out;
  DrrGradient<T> op;
  const std::vector<double> poses = c.pose_numbers();
  const std::vector<float> g = upstream(c, wanted.same_for_channels);
  const auto batch = static_cast<std::int64_t>(c.poses.size());
  std::vector<float> volume;
  op.forward = c.bind(on_host);
  op.forward.poses.data = poses.data();
  op.image_gradient = c.image_view(g.data());
  const auto table = [&](std::vector<double>& memory, std::int64_t rows, std::int64_t columns) {
    memory.assign(static_cast<std::size_t>(batch * rows * columns), NAN);
    return GradientTable{memory.data(), {rows * columns, columns, 1}};
  };
  if (wanted.poses) op.poses = table(out.poses, 3, 4);
  if (wanted.intrinsics) op.intrinsics = table(out.intrinsics, 5, 1);
  if (wanted.points) {
    op.sources = table(out.sources, static_cast<std::int64_t>(c.sources.size()) / 3, 3);
    op.targets = table(out.targets, static_cast<std::int64_t>(c.targets.size()) / 3, 3);
  }
  if (wanted.volume) {
    volume.assign(c.volume.size(), NAN);
    op.volume = {volume.data(), c.nz, c.ny, c.nx, std::int64_t{c.nx} * c.ny, c.nx, 1};
  }
  std::vector<float> slopes;
  if (wanted.by_slopes) {
    slopes.assign(numbers_of_slopes(c), NAN);
    out.images.assign(c.numbers_of_images(), NAN);
    op.forward.slopes = slopes_view(c, slopes.data());
    op.forward.images.data = out.images.data();
    cpu::drr(op.forward);
    op.forward.volume.data = nullptr;  // is not walked through again
  }
  std::vector<double> scratch(cpu::drr_gradient_scratch_bytes(op) / sizeof(double), NAN);
  cpu::drr_gradient(op, {scratch.data(), scratch.size() * sizeof(double)});
  out.volume.assign(volume.begin(), volume.end());
  return out;
}

}  // namespace fg::test
