// How long the SSIMs of libvmaf take on CUDA device 0: CUDA events around one call, 256 MB written in between
// so that nothing is left in L2, median of 100. And on this CPU, by the clock. Inputs are noise and a picture.

#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "tests/bench/median.h"
#include "tests/gpu/kernels/device_memory.h"
#include "tests/kernels/ssim/integer_ssim_case.h"
#include "tests/kernels/ssim/vmaf_ssim_case.h"

namespace {

using fg::test::cuda;
using fg::test::DeviceArray;
using fg::test::TestImage;

constexpr std::size_t kFlushBytes = std::size_t{256} << 20;

std::vector<double> time_cuda(cudaStream_t stream, const std::function<void()>& body) {
  static const DeviceArray<char> flush(kFlushBytes);
  cudaEvent_t begin = nullptr, end = nullptr;
  cuda(cudaEventCreate(&begin));
  cuda(cudaEventCreate(&end));
  std::vector<double> microseconds;
  for (int run = -10; run < 100; ++run) {
    cuda(cudaMemsetAsync(flush.data(), run & 0xFF, kFlushBytes, stream));
    cuda(cudaEventRecord(begin, stream));
    body();
    cuda(cudaEventRecord(end, stream));
    cuda(cudaStreamSynchronize(stream));
    float milliseconds = 0;
    cuda(cudaEventElapsedTime(&milliseconds, begin, end));
    if (run >= 0) microseconds.push_back(1e3 * static_cast<double>(milliseconds));
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return microseconds;
}

std::vector<double> time_cpu(int runs, const std::function<void()>& body) {
  std::vector<double> microseconds;
  for (int run = -1; run < runs; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (run >= 0) microseconds.push_back(took.count());
  }
  return microseconds;
}

template <class T>
void measure_integer(const std::string& what, const TestImage<T>& x, const TestImage<T>& y, int bits,
                     bool with_cuda) {
  fg::IntegerSsim<T> op = fg::test::make_integer_op(x, y, bits);
  const double bytes = 2.0 * static_cast<double>(x.memory.size() * sizeof(T));
  double mean = 0;
  op.mean = &mean;
  std::vector<double> scratch(fg::cpu::integer_ssim_scratch_bytes(op) / sizeof(double));
  fg::bench::print_line(
      ("vmaf-ssim cpu " + what).c_str(),
      time_cpu(5,
               [&] {
                 fg::cpu::integer_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
               }),
      bytes);
  if (!with_cuda) return;
  const fg::test::Stream stream;
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> result(1);
  const DeviceArray<char> device_scratch(fg::cuda::integer_ssim_scratch_bytes(op));
  op.x.data = device_x.data();
  op.y.data = device_y.data();
  op.mean = result.data();
  const auto run = [&] {
    fg::cuda::integer_ssim(op, {device_scratch.data(), device_scratch.size_bytes()}, 0, stream.get());
  };
  fg::bench::print_line(("vmaf-ssim cuda " + what).c_str(), time_cuda(stream.get(), run), bytes);
  if (result.read()[0] != mean) std::printf("the scores differ: %.17g and %.17g\n", result.read()[0], mean);
}

template <class T>
void measure_float(const std::string& what, const TestImage<T>& x, const TestImage<T>& y, int bits,
                   int levels, int scale, bool with_cuda) {
  fg::VmafSsim<T> op = fg::test::make_vmaf_op(x, y, bits, levels, scale);
  const std::string name = levels == 1 ? "vmaf-float-ssim " : "vmaf-ms-ssim ";
  const double bytes = 2.0 * static_cast<double>(x.memory.size() * sizeof(T));
  double mean = 0;
  op.mean = &mean;
  std::vector<double> scratch(fg::cpu::vmaf_ssim_scratch_bytes(op) / sizeof(double) + 1);
  fg::bench::print_line((name + "cpu " + what).c_str(),
                        time_cpu(3,
                                 [&] {
                                   fg::cpu::vmaf_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
                                 }),
                        bytes);
  if (!with_cuda) return;
  const fg::test::Stream stream;
  const DeviceArray<T> device_x(x.memory), device_y(y.memory);
  const DeviceArray<double> result(1);
  const DeviceArray<char> device_scratch(fg::cuda::vmaf_ssim_scratch_bytes(op));
  op.x.data = device_x.data();
  op.y.data = device_y.data();
  op.mean = result.data();
  const auto run = [&] {
    fg::cuda::vmaf_ssim(op, {device_scratch.data(), device_scratch.size_bytes()}, 0, stream.get());
  };
  fg::bench::print_line((name + "cuda " + what).c_str(), time_cuda(stream.get(), run), bytes);
}

}  // namespace

int main() {
  const std::string reason = fg::test::no_cuda_device();
  if (!reason.empty()) std::printf("CPU alone: %s\n", reason.c_str());
  const bool with_cuda = reason.empty();
  using fg::test::make_codes;
  const fg::test::Shape uhd{1, 1, 2160, 3840}, hd{1, 1, 1080, 1920};
  const auto noisy = fg::test::noisy_scene, clean = fg::test::scene;
  measure_integer("2160x3840, 8 bits", make_codes<std::uint8_t>(uhd, 8, noisy),
                  make_codes<std::uint8_t>(uhd, 8, clean), 8, with_cuda);
  measure_integer("2160x3840, 8 bits, two noises", make_codes<std::uint8_t>(uhd, 8, fg::test::white_noise),
                  make_codes<std::uint8_t>(uhd, 8, fg::test::other_white_noise), 8, with_cuda);
  measure_integer("1080x1920, 8 bits", make_codes<std::uint8_t>(hd, 8, noisy),
                  make_codes<std::uint8_t>(hd, 8, clean), 8, with_cuda);
  measure_integer("2160x3840, 10 bits", make_codes<std::uint16_t>(uhd, 10, noisy),
                  make_codes<std::uint16_t>(uhd, 10, clean), 10, with_cuda);
  const auto hd_x = make_codes<std::uint8_t>(hd, 8, noisy), hd_y = make_codes<std::uint8_t>(hd, 8, clean);
  measure_float("1080x1920, scale 1", hd_x, hd_y, 8, 1, 1, with_cuda);
  measure_float("1080x1920, scale 4", hd_x, hd_y, 8, 1, 4, with_cuda);
  measure_float("1080x1920", hd_x, hd_y, 8, 5, 1, with_cuda);
}
