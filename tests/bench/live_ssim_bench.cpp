// How long a live frame's measurement takes on CUDA device 0: score, map, heatmap, statistics, the reference's moments
// cached. CUDA events around one call, 256 MB written in between so that nothing is left in L2, median of 100; and without
// that writing, as a tick finds its reference. The frame is its reference with noise.

#include <cuda_runtime_api.h>

#include <cstdio>
#include <string>

#include "tests/bench/cuda_timer.h"
#include "tests/bench/median.h"
#include "tests/gpu/kernels/live_ssim_on_device.h"

namespace {

void measure(fg::bench::Timer& timer, const char* what, fg::live::PixelFormat format, int width, int height,
             const fg::test::LiveImages& images = {}) {
  const auto frame = fg::test::make_picture(format, width, height, fg::test::noisy_scene);
  const auto truth = fg::test::make_picture(format, width, height, fg::test::scene);
  fg::test::LiveOnDevice device(frame, truth, {}, images);
  const double pixel_bytes = format == fg::live::PixelFormat::rgba8     ? 4
                             : format == fg::live::PixelFormat::rgba16f ? 8
                                                                        : 12;
  const double pixels = static_cast<double>(width) * height;
  const std::string name = std::string(what) + " " + std::to_string(width) + "x" + std::to_string(height);
  fg::bench::print_line(("live reference moments " + name).c_str(),
                        timer.time([&] { device.filter_reference(timer.stream()); }),
                        pixels * (2 * pixel_bytes + 24));
  const double bytes = pixels * (2 * pixel_bytes + 24 + 8);
  fg::bench::print_line(("live score, map, heatmap " + name).c_str(),
                        timer.time([&] { device.score(timer.stream()); }), bytes);
  fg::bench::print_line(("live score, map, heatmap, warm L2 " + name).c_str(),
                        timer.time([&] { device.score(timer.stream()); }, false), bytes);
}

}  // namespace

int main() {
  if (const std::string reason = fg::test::no_cuda_device(); !reason.empty()) {
    std::printf("nothing measured: %s\n", reason.c_str());
    return 0;
  }
  fg::bench::Timer timer;
  using enum fg::live::PixelFormat;
  measure(timer, "RGBA8", rgba8, 1280, 720);
  measure(timer, "RGBA8", rgba8, 1920, 1080);
  measure(timer, "RGBA8", rgba8, 3840, 2160);
  measure(timer, "RGBA8 texture", rgba8, 1920, 1080, {.frame = true});
  measure(timer, "RGBA8 to surfaces", rgba8, 1920, 1080, {.outputs = true});
  measure(timer, "RGBA8 texture to surfaces", rgba8, 1920, 1080, {.frame = true, .outputs = true});
  measure(timer, "RGBA16F", rgba16f, 1920, 1080);
  measure(timer, "planar float32", planar32f, 1920, 1080);
}
