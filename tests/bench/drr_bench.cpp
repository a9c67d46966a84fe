// How long DRRs and their gradients take on CUDA device 0: CUDA events around one call, 256 MB written in between so that
// nothing is left in L2 ("cold"), or nothing in between ("warm"); median of 100.

#include <cuda_runtime_api.h>

#include <cstdio>
#include <string>

#include "tests/bench/cuda_timer.h"
#include "tests/bench/drr_volume.h"
#include "tests/bench/median.h"

namespace {

using fg::bench::median;
using fg::test::DeviceArray;

void report(fg::bench::Timer& timer, const std::string& what, double samples,
            const std::function<void()>& body) {
  const double cold = median(timer.time(body)), warm = median(timer.time(body, false));
  std::printf("%-66s cold %8.1f us  warm %8.1f us  %6.1f G samples/s warm\n", what.c_str(), cold, warm,
              samples / warm * 1e-3);
}

template <class T>
void measure_type(fg::bench::Timer& timer, const char* type, const std::vector<T>& voxels,
                  const FgDrrValues& values) {
  const DeviceArray<T> volume(voxels);
  for (const auto& [batch, side] : {std::pair{1, 200}, {8, 200}, {1, 512}, {1, 1024}}) {
    std::vector<double> pose_numbers;
    for (int b = 0; b < batch; ++b)
      pose_numbers.insert(pose_numbers.end(), fg::bench::drr_bench_pose(), fg::bench::drr_bench_pose() + 12);
    const std::size_t pixels = static_cast<std::size_t>(batch) * static_cast<std::size_t>(side * side);
    const DeviceArray<double> poses(pose_numbers), pose_gradient(pose_numbers.size());
    const DeviceArray<float> images(pixels), g(std::vector<float>(pixels, 1.0f));
    fg::Drr<T> op = fg::bench::drr_of(static_cast<const T*>(volume.data()),
                                      static_cast<const double*>(poses.data()), batch, side, images.data());
    op.values = values;
    const double samples = 162.7 * static_cast<double>(pixels);  // inside the volume
    const std::string name =
        "drr " + std::to_string(batch) + "x" + std::to_string(side) + "x" + std::to_string(side) + " " + type;
    const auto forward = [&] { fg::cuda::drr(op, 0, timer.stream()); };
    report(timer, name, samples, forward);
    op.sampling = {FG_DRR_INSIDE, 163, 0};
    report(timer, name + " 163 samples inside", 163.0 * static_cast<double>(pixels), forward);
    op.sampling = {FG_DRR_SEGMENT, 500, 0};
    fg::DrrGradient<T> gradient;
    gradient.forward = op;
    gradient.image_gradient = {
        g.data(), op.images.batch, 1, side, side, op.images.batch_stride, op.images.channel_stride, side, 1};
    gradient.poses = {pose_gradient.data(), {12, 4, 1}};
    const DeviceArray<unsigned char> scratch(fg::cuda::drr_gradient_scratch_bytes(gradient));
    const auto backward = [&] {
      fg::cuda::drr_gradient(gradient, {scratch.data(), scratch.size_bytes()}, 0, timer.stream());
    };
    report(timer, name + " gradient by pose", samples, backward);
    report(timer, name + " image and gradient by pose", samples, [&] {
      forward();
      backward();
    });
    const DeviceArray<float> slopes(pixels * fg::kDrrSlopes);
    op.slopes = {slopes.data(),
                 op.images.batch,
                 fg::kDrrSlopes,
                 side,
                 side,
                 std::int64_t{fg::kDrrSlopes} * side * side,
                 std::int64_t{side} * side,
                 side,
                 1};
    gradient.forward.slopes = op.slopes;
    report(timer, name + " with slopes", samples, forward);
    report(timer, name + " with slopes and gradient by pose", samples, [&] {
      forward();
      backward();
    });
    op.slopes = gradient.forward.slopes = {};
    if (side != 200) continue;
    op.method = fg::DrrMethod::siddon;
    report(timer, name + " siddon", samples, forward);
    gradient.forward.method = fg::DrrMethod::siddon;
    report(timer, name + " siddon gradient by pose", samples, backward);
    gradient.forward.method = fg::DrrMethod::trilinear;
    const DeviceArray<float> volume_gradient(voxels.size());
    gradient.poses.data = nullptr;
    gradient.volume = {volume_gradient.data(),
                       fg::bench::kNz,
                       fg::bench::kNy,
                       fg::bench::kNx,
                       std::int64_t{fg::bench::kNx} * fg::bench::kNy,
                       fg::bench::kNx,
                       1};
    report(timer, name + " gradient by volume", samples, backward);
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
  std::printf(
      "%s; 512x512x133 voxels, 500 samples from source to detector, 2.04 mm apart, 162.7 of them inside\n",
      device.name);
  fg::bench::Timer timer;
  measure_type<float>(timer, "fp32", fg::bench::drr_volume<float>([](float mu) { return mu; }),
                      {0, 1, 0, 0, 0, 0});
  measure_type<fg::Half>(timer, "fp16",
                         fg::bench::drr_volume<fg::Half>([](float mu) { return fg::to_half(mu); }),
                         {0, 1, 0, 0, 0, 0});
  measure_type<std::int16_t>(timer, "int16 HU", fg::bench::drr_volume<std::int16_t>([](float mu) {
                               return static_cast<std::int16_t>(mu / 0.0192f * 1000 - 1000);
                             }),
                             {1, 1, 0, 0.0192f, 0.0192f / 1000, 0.0381f / 1000});
}
