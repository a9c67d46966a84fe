// How long SSIM and the pixel errors take on this CPU. Inputs are noise; nothing is read from disk.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/image/image_errors.h"
#include "kernels/ssim/ssim2d.h"
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

}  // namespace

int main() {
  measure<float>("1x3x1080x1920 float32", {1, 3, 1080, 1920}, {}, 1);
  measure<std::uint8_t>("1x3x1080x1920 uint8", {1, 3, 1080, 1920}, {}, 255);
  measure<std::uint8_t>("1080x1920 RGBA8, RGB scored", {1, 3, 1080, 1920},
                        {.interleaved = true, .extra_channels = 1}, 255);
}
