#pragma once
// What the measures of similarity share on CUDA: sums over planes in a fixed order, pixel by pixel kernels, and from the scores
// of planes to those of images. Included by .cu files alone.
//
// Planes go along blockIdx.y, as many at a time as kPlanesAtOnce at most.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/registration/similarity.h"

namespace fg::cuda {

inline constexpr int kPixelThreads = 256;
inline constexpr std::int64_t kPlanesAtOnce = 32768;  // gridDim.y is at most 65535
// By the size of the image alone, so that the order of the sums does not depend on the device.
inline constexpr std::int64_t kMaxBlocksOfPlane = 264;  // two on each SM of an H200
inline constexpr int kPixelsOfThread = 4;               // of small planes: a block for each 1024 pixels

inline std::int64_t blocks_of_plane(const ImageView<const float>& x) {
  const std::int64_t pixels = std::int64_t{x.height} * x.width, block = kPixelThreads * kPixelsOfThread;
  return std::min((pixels + block - 1) / block, kMaxBlocksOfPlane);
}

// So many blocks for each plane.
inline dim3 plane_grid(std::int64_t blocks, std::int64_t planes) {
  require(blocks <= 0x7FFFFFFF, ErrorCode::unsupported,
          "the images have more pixels than a CUDA launch reaches; measure them in parts");
  return dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(planes));
}
// A block for each kPixelThreads pixels.
inline dim3 pixel_grid(std::int64_t pixels, std::int64_t planes) {
  return plane_grid((pixels + kPixelThreads - 1) / kPixelThreads, planes);
}
__device__ inline std::int64_t pixel_of_thread() {
  return std::int64_t{blockIdx.x} * kPixelThreads + threadIdx.x;
}

// body(first plane, planes) for all planes, a launch's worth at a time.
template <class Body>
void for_planes(std::int64_t planes, std::int64_t at_once, const Body& body) {
  for (std::int64_t first = 0; first < planes; first += at_once)
    body(first, std::min(at_once, planes - first));
}

// What a plane comes to: kTotals numbers, of which the first kLargest are the largest of all, the others sums.
template <int kTotals>
struct Totals {
  double value[kTotals];
};

template <int kTotals, int kLargest>
__device__ Totals<kTotals> block_totals(Totals<kTotals> totals) {
#pragma unroll
  for (int i = 0; i < kTotals; ++i)
    totals.value[i] = i < kLargest ? block_reduce<kPixelThreads>(totals.value[i], Larger())
                                   : block_reduce<kPixelThreads>(totals.value[i]);
  return totals;
}
template <int kTotals, int kLargest>
__device__ Totals<kTotals> no_totals() {
  Totals<kTotals> totals;
  for (int i = 0; i < kTotals; ++i)
    totals.value[i] = i < kLargest ? -1.7976931348623157e308 : 0;  // no sample is smaller
  return totals;
}

// Source: a struct with kTotals, kLargest, plane(index), which gives what add(of_plane, row, column, totals) works on, and
// finish(index, totals), called once for each plane.
template <class Source>
using TotalsOf = Totals<Source::kTotals>;

template <class Source>
__global__ void __launch_bounds__(kPixelThreads)
    add_parts(Source source, int width, std::int64_t pixels, std::int64_t first_plane,
              TotalsOf<Source>* parts) {
  const std::int64_t plane = first_plane + blockIdx.y;
  const auto of_plane = source.plane(plane);
  TotalsOf<Source> totals = no_totals<Source::kTotals, Source::kLargest>();
  for (std::int64_t i = pixel_of_thread(); i < pixels; i += std::int64_t{gridDim.x} * kPixelThreads)
    source.add(of_plane, static_cast<int>(i / width), static_cast<int>(i % width), totals);
  totals = block_totals<Source::kTotals, Source::kLargest>(totals);
  if (threadIdx.x == 0) parts[std::int64_t{blockIdx.y} * gridDim.x + blockIdx.x] = totals;
}

template <class Source>
__global__ void __launch_bounds__(kPixelThreads) finish_parts(Source source, const TotalsOf<Source>* parts,
                                                              std::int64_t blocks, std::int64_t first_plane) {
  wait_for_previous_kernel();
  TotalsOf<Source> totals = no_totals<Source::kTotals, Source::kLargest>();
  for (std::int64_t b = threadIdx.x; b < blocks; b += kPixelThreads) {
    const TotalsOf<Source> part = parts[std::int64_t{blockIdx.y} * blocks + b];
#pragma unroll
    for (int i = 0; i < Source::kTotals; ++i)
      totals.value[i] =
          i < Source::kLargest ? Larger()(totals.value[i], part.value[i]) : totals.value[i] + part.value[i];
  }
  totals = block_totals<Source::kTotals, Source::kLargest>(totals);
  if (threadIdx.x == 0) source.finish(first_plane + blockIdx.y, totals);
}

// parts: [planes, blocks].
template <class Source>
void finish_totals(const Source& source, const TotalsOf<Source>* parts, std::int64_t blocks,
                   std::int64_t first, std::int64_t planes, cudaStream_t stream) {
  launch_early(finish_parts<Source>, dim3(1, static_cast<unsigned>(planes)), kPixelThreads, stream, source,
               parts, blocks, first);
}
template <class Source>
void find_totals(const Source& source, const ImageView<const float>& x, TotalsOf<Source>* parts,
                 std::int64_t first, std::int64_t planes, cudaStream_t stream) {
  const std::int64_t blocks = blocks_of_plane(x);
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(planes));
  add_parts<<<grid, kPixelThreads, 0, stream>>>(source, x.width, std::int64_t{x.height} * x.width, first,
                                                parts);
  check(cudaGetLastError(), "launching the sums of a similarity");
  finish_totals(source, parts, blocks, first, planes, stream);
}

// source.write(of_plane, row, column) for each pixel.
template <class Source>
__global__ void __launch_bounds__(kPixelThreads)
    write_pixels(Source source, int width, std::int64_t pixels, std::int64_t first_plane) {
  const std::int64_t i = pixel_of_thread();
  if (i >= pixels) return;
  source.write(source.plane(first_plane + blockIdx.y), static_cast<int>(i / width),
               static_cast<int>(i % width));
}
template <class Source>
void for_pixels(const Source& source, const ImageView<const float>& x, std::int64_t first,
                std::int64_t planes, cudaStream_t stream) {
  const std::int64_t pixels = std::int64_t{x.height} * x.width;
  write_pixels<<<pixel_grid(pixels, planes), kPixelThreads, 0, stream>>>(source, x.width, pixels, first);
  check(cudaGetLastError(), "launching the gradient of a similarity");
}

// A plane of the pair.
struct DevicePair {
  PlaneView<const float> x, y, mask;

  __device__ DevicePair(const SimilarImages& images, std::int64_t plane)
      : x(images.x.plane(plane)), y(images.y.plane(plane)), mask(images.mask.plane(plane)) {}
  __device__ double weight_at(int row, int column) const {
    if (mask.data == nullptr) return 1;
    return seen_weight(mask.at(row, column));
  }
};

// One thread an image.
static __global__ void mean_scores(const double* of_planes, std::int64_t batch, std::int64_t channels,
                                   NumberColumn<double> scores) {
  wait_for_previous_kernel();
  const std::int64_t n = pixel_of_thread();
  if (n < batch) scores.at(n) = mean_score(of_planes, n, channels);
}
inline void launch_mean_scores(const SimilarImages& images, const double* of_planes, cudaStream_t stream) {
  if (images.scores.data == nullptr) return;
  launch_early(mean_scores, pixel_grid(images.x.batch, 1), kPixelThreads, stream, of_planes, images.x.batch,
               images.x.channels, images.scores);
}

}  // namespace fg::cuda
