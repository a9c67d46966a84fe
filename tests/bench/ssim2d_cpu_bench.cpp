// How long SSIM, its gradient and its variants, and the pixel errors take on this CPU. Inputs are noise; nothing is read from disk.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/image/image_errors.h"
#include "kernels/ssim/masked_ssim.h"
#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_gradient.h"
#include "tests/bench/median.h"
#include "tests/kernels/test_images.h"

namespace {

using fg::test::TestImage;

double noise_pixel(int n, int c, int y, int x) {
  return fg::test::noise(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y),
                         static_cast<std::uint32_t>(n * 8 + c));
}
double other_noise_pixel(int n, int c, int y, int x) { return noise_pixel(n + 100, c, y, x); }

template <class Body>
std::vector<double> time(int runs, const Body& body) {
  std::vector<double> microseconds;
  for (int run = -3; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (run >= 0) microseconds.push_back(took.count());
  }
  return microseconds;
}

template <class T>
void measure(const char* what, fg::test::Shape shape, fg::test::Memory layout, double range) {
  const auto x = fg::test::make_image<T>(shape, noise_pixel, layout);
  const auto y = fg::test::make_image<T>(shape, other_noise_pixel, layout);
  const TestImage<float> map(shape);
  const double samples = static_cast<double>(shape.batch) * shape.channels * shape.height * shape.width;
  double mean = 0;

  fg::Ssim2d<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.c1 = static_cast<float>(1e-4 * range * range);
  op.c2 = static_cast<float>(9e-4 * range * range);
  op.mean = &mean;
  std::vector<double> scratch(fg::cpu::ssim2d_scratch_bytes(op) / sizeof(double));
  const auto run = [&] { fg::cpu::ssim2d(op, {scratch.data(), scratch.size() * sizeof(double)}); };
  fg::bench::print_line((std::string("ssim2d cpu ") + what).c_str(), time(21, run), samples * 2 * sizeof(T));
  op.map = map.view;
  fg::bench::print_line((std::string("ssim2d cpu with map ") + what).c_str(), time(21, run),
                        samples * (2 * sizeof(T) + 4));

  std::vector<double> row(fg::kErrorColumns);
  fg::ImageErrors<T> errors{op.x, op.y, range, {row.data(), 1, fg::kErrorColumns, fg::kErrorColumns, 1}};
  std::vector<double> error_scratch(fg::cpu::image_errors_scratch_bytes(errors) / sizeof(double));
  fg::bench::print_line(
      (std::string("image_errors cpu ") + what).c_str(),
      time(21,
           [&] {
             fg::cpu::image_errors(errors, {error_scratch.data(), error_scratch.size() * sizeof(double)});
           }),
      samples * 2 * sizeof(T));
}

// One line for a call with and without each gradient. bytes: of the images alone, read once.
template <class Op>
void time_with_gradients(const std::string& what, Op& op, const TestImage<float>& x_gradient,
                         const TestImage<float>& y_gradient, double image_bytes, bool has_value_alone,
                         std::size_t (*scratch_bytes)(const Op&), void (*call)(const Op&, fg::Scratch)) {
  std::vector<double> scratch((scratch_bytes(op) + sizeof(double) - 1) / sizeof(double));
  const auto run = [&] { call(op, {scratch.data(), scratch.size() * sizeof(double)}); };
  const double gradient_bytes = static_cast<double>(x_gradient.memory.size()) * sizeof(float);
  if (has_value_alone) fg::bench::print_line((what + ", value").c_str(), time(21, run), image_bytes);
  op.x_gradient = x_gradient.view;
  fg::bench::print_line((what + ", dx").c_str(), time(21, run), image_bytes + gradient_bytes);
  op.y_gradient = y_gradient.view;
  fg::bench::print_line((what + ", dx and dy").c_str(), time(21, run), image_bytes + 2 * gradient_bytes);
}

template <class T>
void measure_gradients(const std::string& what, fg::test::Shape shape) {
  const auto x = fg::test::make_image<T>(shape, noise_pixel),
             y = fg::test::make_image<T>(shape, other_noise_pixel);
  const TestImage<float> x_gradient(shape), y_gradient(shape);
  const double bytes = static_cast<double>(x.memory.size()) * 2 * sizeof(T);
  double mean = 0;

  fg::Ssim2dGradient<T> ssim;
  ssim.forward.x = x.const_view();
  ssim.forward.y = y.const_view();
  ssim.forward.mean = &mean;
  ssim.mean_weight = -1;
  time_with_gradients("ssim2d cpu " + what, ssim, x_gradient, y_gradient, bytes, false,
                      fg::cpu::ssim2d_gradient_scratch_bytes<T>, fg::cpu::ssim2d_gradient<T>);

  fg::MsSsim<T> ms;
  ms.x = x.const_view();
  ms.y = y.const_view();
  ms.mean = &mean;
  ms.mean_weight = -1;
  time_with_gradients("ms_ssim cpu " + what, ms, x_gradient, y_gradient, bytes, true,
                      fg::cpu::ms_ssim_scratch_bytes<T>, fg::cpu::ms_ssim<T>);

  // A disc that shows half of the image.
  const auto mask = fg::test::make_image<float>(shape, [&](int, int, int row, int column) {
    const double height = shape.height, width = shape.width;
    const double dy = row / height - 0.5, dx = column / width - 0.5;
    return dy * dy + dx * dx < 0.16 ? 1.0 : 0.0;
  });
  fg::MaskedSsim2d<T> masked;
  masked.x = x.const_view();
  masked.y = y.const_view();
  masked.mask = mask.const_view();
  masked.mean = &mean;
  masked.mean_weight = -1;
  time_with_gradients("masked_ssim2d cpu " + what, masked, x_gradient, y_gradient,
                      bytes + static_cast<double>(mask.memory.size()) * sizeof(float), true,
                      fg::cpu::masked_ssim2d_scratch_bytes<T>, fg::cpu::masked_ssim2d<T>);
}

}  // namespace

int main() {
  measure<float>("1x3x1080x1920 float32", {1, 3, 1080, 1920}, {}, 1);
  measure<fg::Half>("1x3x1080x1920 float16", {1, 3, 1080, 1920}, {}, 1);
  measure<std::uint8_t>("1x3x1080x1920 uint8", {1, 3, 1080, 1920}, {}, 255);
  measure<std::uint8_t>("1080x1920 RGBA8, RGB scored", {1, 3, 1080, 1920},
                        {.interleaved = true, .extra_channels = 1}, 255);
  measure_gradients<float>("1x3x1080x1920 float32", {1, 3, 1080, 1920});
  measure_gradients<fg::Half>("1x3x1080x1920 float16", {1, 3, 1080, 1920});
}
