// How long SSIM and the pixel errors take on CUDA device 0: CUDA events around one call, 256 MB written in
// between so that nothing is left in L2, median of 100. Inputs are noise.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/image/image_errors.h"
#include "kernels/ssim/ssim2d_gradient.h"
#include "tests/bench/cuda_timer.h"
#include "tests/bench/median.h"
#include "tests/gpu/kernels/device_memory.h"

namespace {

using fg::bench::noise;
using fg::bench::planar;
using fg::bench::Timer;
using fg::test::cuda;
using fg::test::DeviceArray;

// `stored` channels lie in memory, `op.x.channels` of them are scored.
template <class T>
void measure(Timer& timer, const char* what, const fg::ImageView<const T>& view, std::int64_t stored,
             double range) {
  const std::size_t pixels = static_cast<std::size_t>(view.batch) * static_cast<std::size_t>(view.height) *
                             static_cast<std::size_t>(view.width);
  const std::size_t elements = pixels * static_cast<std::size_t>(stored);
  const DeviceArray<T> x(noise<T>(elements, 7)), y(noise<T>(elements, 8));
  const DeviceArray<float> map(pixels * static_cast<std::size_t>(view.channels));
  const DeviceArray<double> results(static_cast<std::size_t>(view.batch) * fg::kErrorColumns + 1);

  fg::Ssim2d<T> op;
  op.x = op.y = view;
  op.x.data = x.data();
  op.y.data = y.data();
  op.c1 = static_cast<float>(1e-4 * range * range);
  op.c2 = static_cast<float>(9e-4 * range * range);
  op.mean = results.data();
  const DeviceArray<char> scratch(fg::cuda::ssim2d_scratch_bytes(op));
  const auto run = [&] { fg::cuda::ssim2d(op, {scratch.data(), scratch.size_bytes()}, 0, timer.stream()); };
  const double read_bytes = 2.0 * static_cast<double>(elements * sizeof(T));
  fg::bench::print_line((std::string("ssim2d ") + what).c_str(), timer.time(run), read_bytes);
  op.map = {map.data(),
            view.batch,
            view.channels,
            view.height,
            view.width,
            view.channels * view.height * view.width,
            std::int64_t{view.height} * view.width,
            view.width,
            1};
  fg::bench::print_line((std::string("ssim2d with map ") + what).c_str(), timer.time(run),
                        read_bytes + static_cast<double>(map.size_bytes()));

  if constexpr (std::is_same_v<T, float>) {
    const DeviceArray<float> x_gradient(elements), y_gradient(elements);
    fg::Ssim2dGradient<T> gradient;
    gradient.forward = op;
    gradient.forward.map = {};
    gradient.mean_weight = -1;
    gradient.x_gradient = op.map;
    gradient.x_gradient.data = x_gradient.data();
    const auto time_gradient = [&](const char* name) {
      const DeviceArray<char> memory(fg::cuda::ssim2d_gradient_scratch_bytes(gradient));
      fg::bench::print_line((std::string(name) + what).c_str(), timer.time([&] {
        fg::cuda::ssim2d_gradient(gradient, {memory.data(), memory.size_bytes()}, 0, timer.stream());
      }),
                            read_bytes + static_cast<double>(x_gradient.size_bytes()));
    };
    time_gradient("ssim2d value and gradient to x ");
    gradient.y_gradient = op.map;
    gradient.y_gradient.data = y_gradient.data();
    time_gradient("ssim2d value and both gradients ");
  }

  fg::ImageErrors<T> errors{
      op.x, op.y, range, {results.data() + 1, view.batch, fg::kErrorColumns, fg::kErrorColumns, 1}};
  const DeviceArray<char> errors_scratch(fg::cuda::image_errors_scratch_bytes(errors));
  fg::bench::print_line((std::string("image_errors ") + what).c_str(), timer.time([&] {
    fg::cuda::image_errors(errors, {errors_scratch.data(), errors_scratch.size_bytes()}, 0, timer.stream());
  }),
                        read_bytes);
}

}  // namespace

int main() {
  if (const std::string reason = fg::test::no_cuda_device(); !reason.empty()) {
    std::printf("nothing measured: %s\n", reason.c_str());
    return 0;
  }
  cudaDeviceProp device;
  cuda(cudaGetDeviceProperties(&device, 0));
  std::printf("%s\n", device.name);
  Timer timer;
  const DeviceArray<char> from(std::size_t{1} << 30), to(std::size_t{1} << 30);
  fg::bench::print_line("copy of 1 GiB", timer.time([&] {
    cuda(
        cudaMemcpyAsync(to.data(), from.data(), from.size_bytes(), cudaMemcpyDeviceToDevice, timer.stream()));
  }),
                        2.0 * static_cast<double>(from.size_bytes()));
  measure<float>(timer, "5x5x1080x1920 float32", planar(5, 5, 1080, 1920), 5, 1);
  measure<float>(timer, "1x3x1080x1920 float32", planar(1, 3, 1080, 1920), 3, 1);
  measure<std::uint8_t>(timer, "1080x1920 RGBA8, RGB scored",
                        {nullptr, 1, 3, 1080, 1920, 1080 * 1920 * 4, 1, 1920 * 4, 4}, 4, 255);
}
