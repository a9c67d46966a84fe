// How long measures of similarity and their gradients by x take on CUDA device 0: CUDA events around one call, 256 MB written
// in between so that nothing is left in L2 ("cold"), or nothing in between ("warm"); median of 100. Inputs are noise.

#include <cuda_runtime_api.h>

#include <cstdio>
#include <functional>
#include <string>

#include "kernels/registration/gradient_ncc.h"
#include "kernels/registration/mse.h"
#include "kernels/registration/mutual_information.h"
#include "kernels/registration/ncc.h"
#include "tests/bench/cuda_timer.h"
#include "tests/bench/median.h"

namespace {

using fg::bench::median;
using fg::test::DeviceArray;

template <class Op>
void measure_op(fg::bench::Timer& timer, const std::string& what, const Op& op,
                std::size_t (*scratch_bytes)(const Op&), void (*call)(const Op&, fg::Scratch, int, void*)) {
  const DeviceArray<unsigned char> scratch(scratch_bytes(op));
  const std::function<void()> body = [&] {
    call(op, {scratch.data(), scratch.size_bytes()}, 0, timer.stream());
  };
  const double cold = median(timer.time(body)), warm = median(timer.time(body, false));
  std::printf("%-52s cold %8.1f us  warm %8.1f us  scratch %7.1f MB\n", what.c_str(), cold, warm,
              1e-6 * static_cast<double>(scratch.size_bytes()));
}

void measure_size(fg::bench::Timer& timer, int batch, int side) {
  const auto pixels = static_cast<std::size_t>(batch) * static_cast<std::size_t>(side * side);
  const DeviceArray<float> x(fg::bench::noise<float>(pixels, 1)), y(fg::bench::noise<float>(pixels, 2)),
      slopes(pixels);
  const DeviceArray<double> scores(static_cast<std::size_t>(batch));
  for (const bool with_gradient : {false, true}) {
    fg::SimilarImages images;
    images.x = images.y = fg::bench::planar(batch, 1, side, side);
    images.x.data = x.data();
    images.y.data = y.data();
    images.scores = {scores.data(), 1};
    if (with_gradient)
      images.x_gradient = {
          slopes.data(),       batch, 1, side, side, images.x.batch_stride, images.x.channel_stride,
          images.x.row_stride, 1};
    const auto name = [&](const char* measure) {
      return std::string(measure) + " " + std::to_string(batch) + "x" + std::to_string(side) + "x" +
             std::to_string(side) + (with_gradient ? " and gradient" : "");
    };
    fg::Ncc whole, patches;
    whole.images = patches.images = images;
    patches.scale[0].patch = 13;
    measure_op(timer, name("ncc"), whole, fg::cuda::ncc_scratch_bytes, fg::cuda::ncc);
    measure_op(timer, name("ncc 13x13"), patches, fg::cuda::ncc_scratch_bytes, fg::cuda::ncc);
    measure_op(timer, name("gradient ncc"), fg::GradientNcc{whole, 1}, fg::cuda::gradient_ncc_scratch_bytes,
               fg::cuda::gradient_ncc);
    measure_op(timer, name("mse"), fg::Mse{images}, fg::cuda::mse_scratch_bytes, fg::cuda::mse);
    measure_op(timer, name("mutual information, 32 bins"), fg::MutualInformation{images, 32, {}, {}},
               fg::cuda::mutual_information_scratch_bytes, fg::cuda::mutual_information);
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
  for (const auto& [batch, side] : {std::pair{1, 200}, {8, 200}, {1, 512}, {1, 1024}})
    measure_size(timer, batch, side);
}
