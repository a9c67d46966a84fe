#include "kernels/image/image_errors.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/image/image_errors_math.h"

namespace fg::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kPerThread = 8;                      // samples of a row that a thread adds in float
constexpr int kRun = kThreads * kPerThread;        // samples of a row that a block takes at a time
constexpr std::int64_t kMaxBlocksPerImage = 1056;  // eight on each SM of an H200

struct Part {
  double squares, magnitudes, largest;
};

template <class T>
std::int64_t runs_per_image(const ImageErrors<T>& op) {
  return op.x.channels * op.x.height * ((op.x.width + kRun - 1) / kRun);
}
// By the size of the image alone, so that the order of the sums does not depend on the device.
template <class T>
std::int64_t blocks_per_image(const ImageErrors<T>& op) {
  return std::min(runs_per_image(op), kMaxBlocksPerImage);
}

// blockIdx.x: image * blocks + block. Each block takes every blocks-th run of the image's rows.
// Sums of eight samples in float are exact for codes and within 3e-7 for floats; beyond that, double. A
// difference above 1e18 overflows and counts as not finite.
template <class T>
__global__ void __launch_bounds__(kThreads)
    error_parts(ImageErrors<T> op, unsigned runs, unsigned blocks, Part* parts) {
  const unsigned image = blockIdx.x / blocks;
  const unsigned runs_across = (static_cast<unsigned>(op.x.width) + kRun - 1) / kRun;
  const unsigned height = static_cast<unsigned>(op.x.height);
  const int thread = threadIdx.x;
  double squares = 0, magnitudes = 0;
  float largest = 0;
  for (unsigned run = blockIdx.x % blocks; run < runs; run += blocks) {
    const unsigned row = run / runs_across;  // of all rows of all channels
    const unsigned channel = row / height;
    const int y = static_cast<int>(row % height);
    const int first = static_cast<int>(run % runs_across) * kRun + thread;
    const PlaneView<const T> a = op.x.plane(image, channel), b = op.y.plane(image, channel);
    float run_squares = 0, run_magnitudes = 0;
#pragma unroll
    for (int k = 0; k < kPerThread; ++k) {
      const int x = first + k * kThreads;
      if (x >= op.x.width) continue;
      const float magnitude = fabsf(to_float(a.at(y, x)) - to_float(b.at(y, x)));
      run_squares += magnitude * magnitude;
      run_magnitudes += magnitude;
      largest = fmaxf(largest, magnitude);
    }
    squares += run_squares;
    magnitudes += run_magnitudes;
  }
  squares = block_reduce<kThreads>(squares);
  magnitudes = block_reduce<kThreads>(magnitudes);
  const double block_largest = block_reduce<kThreads>(largest, Larger());
  if (thread == 0) parts[blockIdx.x] = {squares, magnitudes, block_largest};
}

// One block an image.
__global__ void __launch_bounds__(kThreads)
    error_rows(const Part* parts, int blocks, double samples, double data_range, TableView<double> errors) {
  wait_for_previous_kernel();
  const std::int64_t image = blockIdx.x;
  double squares = 0, magnitudes = 0, largest = 0;
  for (int i = threadIdx.x; i < blocks; i += kThreads) {
    const Part part = parts[image * blocks + i];
    squares += part.squares;
    magnitudes += part.magnitudes;
    largest = Larger()(largest, part.largest);
  }
  squares = block_reduce<kThreads>(squares);
  magnitudes = block_reduce<kThreads>(magnitudes);
  largest = block_reduce<kThreads>(largest, Larger());
  if (threadIdx.x != 0) return;
  const ErrorRow row = error_row(squares, magnitudes, largest, samples, data_range);
  for (int column = 0; column < kErrorColumns; ++column) errors.at(image, column) = row.value[column];
}

}  // namespace

template <class T>
std::size_t image_errors_scratch_bytes(const ImageErrors<T>& op) {
  return static_cast<std::size_t>(op.x.batch * blocks_per_image(op)) * sizeof(Part);
}

template <class T>
void image_errors(const ImageErrors<T>& op, Scratch scratch, int device, void* stream) {
  const std::int64_t blocks = blocks_per_image(op);
  require(op.x.batch * blocks <= 0x7FFFFFFF && runs_per_image(op) + blocks <= 0xFFFFFFFF,
          ErrorCode::unsupported,
          "the images have more rows than a CUDA launch reaches; measure them in parts");
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  Part* const parts = static_cast<Part*>(scratch.data);
  error_parts<<<static_cast<unsigned>(op.x.batch * blocks), kThreads, 0, cuda_stream>>>(
      op, static_cast<unsigned>(runs_per_image(op)), static_cast<unsigned>(blocks), parts);
  check(cudaGetLastError(), "launching the pixel errors");
  const double samples = static_cast<double>(op.x.height) * op.x.width * static_cast<double>(op.x.channels);
  launch_early(error_rows, dim3(static_cast<unsigned>(op.x.batch)), kThreads, cuda_stream, parts,
               static_cast<int>(blocks), samples, op.data_range, op.errors);
}

template std::size_t image_errors_scratch_bytes(const ImageErrors<float>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<std::uint8_t>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<Half>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<BFloat16>&);
template void image_errors(const ImageErrors<float>&, Scratch, int, void*);
template void image_errors(const ImageErrors<std::uint8_t>&, Scratch, int, void*);
template void image_errors(const ImageErrors<Half>&, Scratch, int, void*);
template void image_errors(const ImageErrors<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
