// How long MS-SSIM and masked SSIM take on CUDA device 0 beside SSIM, as ssim2d_bench: L2 flushed, median of 100. Inputs are
// noise; the mask shows a disc of half the image's height, with soft weights, or everything.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "kernels/ssim/masked_ssim.h"
#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ssim2d_gradient.h"
#include "tests/bench/cuda_timer.h"
#include "tests/bench/median.h"

namespace {

using fg::test::DeviceArray;

// One mask for all channels.
std::vector<float> disc(const fg::ImageView<const float>& view) {
  std::vector<float> mask;
  for (std::int64_t n = 0; n < view.batch; ++n)
    for (int row = 0; row < view.height; ++row)
      for (int column = 0; column < view.width; ++column) {
        const double distance = std::hypot(row - view.height / 2, column - view.width / 2);
        mask.push_back(static_cast<float>(std::fmax(0, 1 - distance / (0.5 * view.height))));
      }
  return mask;
}

void measure(fg::bench::Timer& timer, const char* what, const fg::ImageView<const float>& view) {
  const std::size_t elements = static_cast<std::size_t>(view.planes()) *
                               static_cast<std::size_t>(view.height) * static_cast<std::size_t>(view.width);
  const DeviceArray<float> x(fg::bench::noise<float>(elements, 7)), y(fg::bench::noise<float>(elements, 8));
  const DeviceArray<float> x_gradient(elements), y_gradient(elements);
  const DeviceArray<double> mean(1);
  const double read_bytes = 2.0 * static_cast<double>(x.size_bytes());
  const auto gradient_of = [&](const DeviceArray<float>& memory) {
    return fg::ImageView<float>{memory.data(),       view.batch,      view.channels,
                                view.height,         view.width,      view.batch_stride,
                                view.channel_stride, view.row_stride, view.column_stride};
  };
  const auto images = [&](auto& op) {
    op.x = op.y = view;
    op.x.data = x.data();
    op.y.data = y.data();
    op.mean = mean.data();
  };
  // The value, the value with the gradient to x, and with both.
  const auto time_all = [&](const std::string& name, auto op, double more_bytes, const auto& scratch_bytes,
                            const auto& call) {
    const auto time = [&](const char* how, double bytes) {
      const DeviceArray<char> scratch(scratch_bytes(op));
      fg::bench::print_line((name + how + what).c_str(), timer.time([&] {
        call(op, fg::Scratch{scratch.data(), scratch.size_bytes()}, 0, timer.stream());
      }),
                            bytes + more_bytes);
    };
    time(" ", read_bytes);
    op.mean_weight = -1;
    op.x_gradient = gradient_of(x_gradient);
    time(" value and gradient to x ", read_bytes * 1.5);
    op.y_gradient = gradient_of(y_gradient);
    time(" value and both gradients ", read_bytes * 2);
  };

  fg::Ssim2dGradient<float> ssim;
  images(ssim.forward);
  ssim.forward.padding = fg::Padding::valid;
  {
    const DeviceArray<char> scratch(fg::cuda::ssim2d_scratch_bytes(ssim.forward));
    fg::bench::print_line((std::string("ssim-valid ") + what).c_str(), timer.time([&] {
      fg::cuda::ssim2d(ssim.forward, {scratch.data(), scratch.size_bytes()}, 0, timer.stream());
    }),
                          read_bytes);
  }
  ssim.mean_weight = -1;
  ssim.x_gradient = gradient_of(x_gradient);
  for (const char* const how : {" value and gradient to x ", " value and both gradients "}) {
    const DeviceArray<char> scratch(fg::cuda::ssim2d_gradient_scratch_bytes(ssim));
    fg::bench::print_line((std::string("ssim-valid") + how + what).c_str(), timer.time([&] {
      fg::cuda::ssim2d_gradient(ssim, {scratch.data(), scratch.size_bytes()}, 0, timer.stream());
    }),
                          read_bytes * (ssim.y_gradient.data == nullptr ? 1.5 : 2));
    ssim.y_gradient = gradient_of(y_gradient);
  }

  fg::MsSsim<float> ms;
  images(ms);
  time_all("ms-ssim", ms, 0, fg::cuda::ms_ssim_scratch_bytes<float>, fg::cuda::ms_ssim<float>);

  fg::MaskedSsim2d<float> masked;
  images(masked);
  masked.mask = view;
  masked.mask.batch_stride = std::int64_t{view.height} * view.width;
  masked.mask.channel_stride = 0;
  const std::vector<float> soft = disc(view);
  for (const auto& [name, values] : {std::pair{"masked-ssim, a disc,", soft},
                                     std::pair{"masked-ssim, all,", std::vector<float>(soft.size(), 1.0f)}}) {
    const DeviceArray<float> mask(values);
    masked.mask.data = mask.data();
    time_all(name, masked, static_cast<double>(mask.size_bytes()),
             fg::cuda::masked_ssim2d_scratch_bytes<float>, fg::cuda::masked_ssim2d<float>);
  }
}

}  // namespace

int main() {
  if (const std::string reason = fg::test::no_cuda_device(); !reason.empty()) {
    std::printf("nothing measured: %s\n", reason.c_str());
    return 0;
  }
  cudaDeviceProp device;
  fg::test::cuda(cudaGetDeviceProperties(&device, 0));
  std::printf("%s\n", device.name);
  fg::bench::Timer timer;
  measure(timer, "5x3x1080x1920 float32", fg::bench::planar(5, 3, 1080, 1920));
  measure(timer, "1x3x1080x1920 float32", fg::bench::planar(1, 3, 1080, 1920));
}
