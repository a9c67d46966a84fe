// FLIP on CUDA, per image and exposure in two passes: rows to opponents that are filtered along them, for test and
// reference; then down the columns to what is seen, and the error. The formulas are those of the CPU.

#include "kernels/flip/flip.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/core/pieces.h"
#include "kernels/flip/flip_exposures.h"
#include "kernels/flip/flip_math.h"
#include "kernels/flip/flip_window.h"

namespace fg::cuda {
namespace {

constexpr int kRowThreads = 128;
constexpr int kBlockColumns = 32, kBlockRows = 8;
constexpr int kSumThreads = 256;
constexpr std::int64_t kMaxSumBlocks = 1024;
constexpr int kSelectThreads = 1024;
constexpr unsigned kMaxGridRows = 65535;

// Rows that are filtered along: [2 images, kRowPlanes, H, W].
struct Filtered {
  float* data;
  std::int64_t height, width;

  __device__ float* row(int image, int plane, std::int64_t y) const {
    return data + ((image * kRowPlanes + plane) * height + y) * width;
  }
};

// How samples become linear light.
struct Light {
  bool linear;
  float gain;
  flip::ToneCurve curve;
};

template <class T>
__device__ flip::Color light_of_pixel(const ImageView<const T>& image, std::int64_t n, int y, int x,
                                      const Light& light) {
  flip::Color color{to_float(image.plane(n, 0).at(y, x)), to_float(image.plane(n, 1).at(y, x)),
                    to_float(image.plane(n, 2).at(y, x))};
  if constexpr (std::is_same_v<T, std::uint8_t>)
    color = {color.x / 255.0f, color.y / 255.0f, color.z / 255.0f};
  if (!light.linear) return {flip::linear_of(color.x), flip::linear_of(color.y), flip::linear_of(color.z)};
  return light.curve.of_luminance ? flip::tone_mapped_by_luminance(color, light.gain)
                                  : flip::tone_mapped_by_channel(light.curve, color, light.gain);
}

// blockIdx: strip of columns, row, test or reference. One thread per pixel; rows of more than the grid's are taken in turn.
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    flip_rows(ImageView<const T> x, ImageView<const T> y, std::int64_t n, Light light, FlipTaps taps,
              Filtered out) {
  __shared__ float line[3][kRowThreads + 2 * kMaxFlipRadius];  // 3 KB
  const int role = static_cast<int>(blockIdx.z), radius = taps.radius;
  const ImageView<const T>& image = role == 0 ? x : y;
  const int left = static_cast<int>(blockIdx.x) * kRowThreads, column = left + static_cast<int>(threadIdx.x);
  for (int row = static_cast<int>(blockIdx.y); row < image.height; row += static_cast<int>(gridDim.y)) {
    __syncthreads();  // the line may still be read
    for (int i = static_cast<int>(threadIdx.x); i < kRowThreads + 2 * radius; i += kRowThreads) {
      const int from =
          min(max(left + i - radius, 0), image.width - 1);  // beyond the image its border goes on
      const flip::Color opponents = flip::opponents_of(light_of_pixel(image, n, row, from, light));
      line[0][i] = opponents.x;
      line[1][i] = opponents.y;
      line[2][i] = opponents.z;
    }
    __syncthreads();
    if (column >= image.width) continue;
    const float *const a = line[0] + threadIdx.x + radius, *const b = line[1] + threadIdx.x + radius,
                       *const c = line[2] + threadIdx.x + radius;
    float achromatic = taps.achromatic[0] * a[0], smooth = taps.smooth[0] * a[0], point = 0, edge = 0;
    float red_green = taps.red_green[0] * b[0], wide = taps.wide[0] * c[0], narrow = taps.narrow[0] * c[0];
    for (int k = 1; k <= radius; ++k) {
      const float both = a[-k] + a[k], yellow_blue = c[-k] + c[k];
      achromatic += taps.achromatic[k] * both;
      smooth += taps.smooth[k] * both;
      point += taps.point[k] * (both - 2 * a[0]);
      edge += taps.edge[k] * (a[k] - a[-k]);
      red_green += taps.red_green[k] * (b[-k] + b[k]);
      wide += taps.wide[k] * yellow_blue;
      narrow += taps.narrow[k] * yellow_blue;
    }
    out.row(role, kRowAchromatic, row)[column] = achromatic;
    out.row(role, kRowRedGreen, row)[column] = red_green;
    out.row(role, kRowWide, row)[column] = wide;
    out.row(role, kRowNarrow, row)[column] = narrow;
    out.row(role, kRowSmooth, row)[column] = smooth;
    out.row(role, kRowEdge, row)[column] = edge;
    out.row(role, kRowPoint, row)[column] = point;
  }
}

struct Seen {
  flip::Color color;
  flip::Features features;
};

// Not inlined: the same instructions for test and reference, so that equal images have no error at all.
__device__ __noinline__ Seen see(const Filtered& rows, const FlipTaps& taps, int role, int y, int x) {
  const int last = static_cast<int>(rows.height) - 1;
  const auto at = [&](FlipRowPlane plane, int row) {
    return rows.row(role, plane, min(max(row, 0), last))[x];
  };
  const auto middle = [&](const float* of, FlipRowPlane plane) { return of[0] * at(plane, y); };
  float achromatic = middle(taps.achromatic, kRowAchromatic),
        red_green = middle(taps.red_green, kRowRedGreen);
  float yellow_blue = middle(taps.wide_down, kRowWide) + middle(taps.narrow_down, kRowNarrow);
  float edge_across = middle(taps.smooth, kRowEdge), edge_down = 0;
  float point_across = middle(taps.smooth, kRowPoint), point_down = 0;
  const float smooth_twice = 2 * at(kRowSmooth, y);
  for (int k = 1; k <= taps.radius; ++k) {
    const auto both = [&](FlipRowPlane plane) { return at(plane, y - k) + at(plane, y + k); };
    achromatic += taps.achromatic[k] * both(kRowAchromatic);
    red_green += taps.red_green[k] * both(kRowRedGreen);
    yellow_blue += taps.wide_down[k] * both(kRowWide) + taps.narrow_down[k] * both(kRowNarrow);
    edge_across += taps.smooth[k] * both(kRowEdge);
    point_across += taps.smooth[k] * both(kRowPoint);
    const float up = at(kRowSmooth, y - k), down = at(kRowSmooth, y + k);
    edge_down += taps.edge[k] * (down - up);
    point_down += taps.point[k] * (up + down - smooth_twice);
  }
  return {flip::seen_of({achromatic, red_green, yellow_blue}),
          {flip::feature_length(edge_across, edge_down), flip::feature_length(point_across, point_down)}};
}

// One thread per pixel; the largest error of all exposures so far stays in `errors`.
__global__ void __launch_bounds__(kBlockColumns* kBlockRows)
    flip_columns(Filtered rows, FlipTaps taps, bool first, PlaneView<float> errors) {
  const int x = static_cast<int>(blockIdx.x * kBlockColumns + threadIdx.x);
  if (x >= rows.width) return;
  const int step = static_cast<int>(gridDim.y) * kBlockRows;
  for (int y = static_cast<int>(blockIdx.y * kBlockRows + threadIdx.y); y < rows.height; y += step) {
    const Seen test = see(rows, taps, 0, y, x), reference = see(rows, taps, 1, y, x);
    const float error = flip::pixel_error(flip::color_error(test.color, reference.color),
                                          flip::feature_error(test.features, reference.features));
    float& largest = errors.at(y, x);
    largest = first || error > largest || error != error ? error : largest;
  }
}

// Each block adds up every gridDim.x-th run of kSumThreads pixels.
__global__ void __launch_bounds__(kSumThreads) flip_parts(PlaneView<const float> errors, double* parts) {
  const std::int64_t pixels = std::int64_t{errors.height} * errors.width;
  double sum = 0;
  for (std::int64_t i = std::int64_t{blockIdx.x} * kSumThreads + threadIdx.x; i < pixels;
       i += std::int64_t{gridDim.x} * kSumThreads)
    sum += static_cast<double>(
        errors.at(static_cast<int>(i / errors.width), static_cast<int>(i % errors.width)));
  sum = block_reduce<kSumThreads>(sum);
  if (threadIdx.x == 0) parts[blockIdx.x] = sum;
}

// One block: the mean of `count` numbers of which each stands for so many pixels.
__global__ void __launch_bounds__(kSumThreads)
    flip_mean(const double* parts, std::int64_t count, double divisor, double* to, double* also_to) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < count; i += kSumThreads) sum += parts[i];
  sum = block_reduce<kSumThreads>(sum);
  if (threadIdx.x != 0) return;
  if (to != nullptr) *to = sum / divisor;
  if (also_to != nullptr) *also_to = sum / divisor;
}

// One thread an image. found: [N], or null where `given` are those of all.
__global__ void write_exposures(const FlipExposures* found, FlipExposures given, std::int64_t images,
                                TableView<double> table) {
  const std::int64_t n = std::int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (n >= images) return;
  const FlipExposures exposures = found != nullptr ? found[n] : given;
  table.at(n, kFlipStart) = exposures.start;
  table.at(n, kFlipStop) = exposures.stop;
  table.at(n, kFlipCount) = exposures.count;
}

template <class T>
__device__ float luminance_at(const ImageView<const T>& image, std::int64_t n, std::int64_t pixel) {
  const int y = static_cast<int>(pixel / image.width), x = static_cast<int>(pixel % image.width);
  return flip::luminance_of_light(to_float(image.plane(n, 0).at(y, x)), to_float(image.plane(n, 1).at(y, x)),
                                  to_float(image.plane(n, 2).at(y, x)));
}

// One block an image. Floats that are not negative are in the order of their bits: the median is found eight bits at a
// time, by counting how many agree with what is known of it and which eight bits come next.
template <class T>
__global__ void __launch_bounds__(kSelectThreads)
    find_exposures(ImageView<const T> reference, flip::ToneCurve curve, FlipExposures* exposures) {
  __shared__ unsigned counts[256];
  __shared__ unsigned known, most;
  __shared__ unsigned long long rank;  // of the median among those that agree
  const std::int64_t n = blockIdx.x, pixels = std::int64_t{reference.height} * reference.width;
  if (threadIdx.x == 0) {
    known = most = 0;
    rank = static_cast<unsigned long long>(pixels / 2);
  }
  for (int shift = 24; shift >= 0; shift -= 8) {
    if (threadIdx.x < 256) counts[threadIdx.x] = 0;
    __syncthreads();
    const unsigned prefix = known;
    unsigned largest = 0;
    for (std::int64_t i = threadIdx.x; i < pixels; i += kSelectThreads) {
      const unsigned bits = __float_as_uint(luminance_at(reference, n, i));
      if (shift == 24) largest = max(largest, bits);  // the first time is enough
      if (shift == 24 || bits >> (shift + 8) == prefix) atomicAdd(&counts[bits >> shift & 255u], 1u);
    }
    atomicMax(&most, largest);
    __syncthreads();
    if (threadIdx.x == 0) {
      unsigned digit = 0;
      while (rank >= counts[digit]) rank -= counts[digit++];
      known = prefix << 8 | digit;
    }
    __syncthreads();
  }
  if (threadIdx.x == 0)
    exposures[n] = flip::exposures_for(__uint_as_float(most), __uint_as_float(known), curve);
}

template <class T>
struct Memory {
  Filtered rows;
  ImageView<float> errors;   // of one image, where no map is wanted
  double *parts, *scores;    // [blocks], [N]
  FlipExposures* exposures;  // [N]
  std::int64_t sum_blocks;
  std::size_t size_bytes;

  Memory(const Flip<T>& op, void* data) {
    const std::int64_t pixels = std::int64_t{op.x.height} * op.x.width;
    Pieces pieces(data);
    sum_blocks = std::min((pixels + kSumThreads - 1) / kSumThreads, kMaxSumBlocks);
    rows = {pieces.take<float>(2 * kRowPlanes * pixels), op.x.height, op.x.width};
    errors = pieces.take_images(1, 1, op.x.height, op.x.width);
    parts = pieces.take<double>(sum_blocks);
    scores = pieces.take<double>(op.x.batch);
    exposures = pieces.take<FlipExposures>(op.x.batch);
    size_bytes = pieces.used_bytes();
  }
};

// Of each image, where they are to be found; read back, because their number says how many launches follow.
template <class T>
std::vector<FlipExposures> found_exposures(const Flip<T>& op, const Memory<T>& memory, cudaStream_t stream) {
  const auto images = static_cast<std::size_t>(op.x.batch);
  std::vector<FlipExposures> exposures;
  if (!op.finds_exposures()) return exposures;
  exposures.resize(images);
  find_exposures<<<static_cast<unsigned>(images), kSelectThreads, 0, stream>>>(
      op.y, flip::tone_curve(op.tone_mapper), memory.exposures);
  check(cudaGetLastError(), "launching the search of FLIP's exposures");
  check(cudaMemcpyAsync(exposures.data(), memory.exposures, images * sizeof(FlipExposures),
                        cudaMemcpyDeviceToHost, stream),
        "reading FLIP's exposures");
  check(cudaStreamSynchronize(stream), "waiting for FLIP's exposures");
  return exposures;
}

template <class T>
void launch_image(const Flip<T>& op, const Memory<T>& memory, const FlipTaps& taps, std::int64_t n,
                  const FlipExposures& exposures, const PlaneView<float>& errors, cudaStream_t stream) {
  const auto blocks = [](int extent, int size) { return static_cast<unsigned>((extent + size - 1) / size); };
  const dim3 row_grid(blocks(op.x.width, kRowThreads),
                      std::min(static_cast<unsigned>(op.x.height), kMaxGridRows), 2);
  const dim3 column_grid(blocks(op.x.width, kBlockColumns),
                         std::min(blocks(op.x.height, kBlockRows), kMaxGridRows));
  for (int i = 0; i < exposures.count; ++i) {
    const Light light{op.linear, flip::gain_of(exposures, i), flip::tone_curve(op.tone_mapper)};
    flip_rows<<<row_grid, kRowThreads, 0, stream>>>(op.x, op.y, n, light, taps, memory.rows);
    check(cudaGetLastError(), "launching FLIP along the rows");
    flip_columns<<<column_grid, dim3(kBlockColumns, kBlockRows), 0, stream>>>(memory.rows, taps, i == 0,
                                                                              errors);
    check(cudaGetLastError(), "launching FLIP down the columns");
  }
}

}  // namespace

template <class T>
std::size_t flip_scratch_bytes(const Flip<T>& op) {
  return Memory<T>(op, nullptr).size_bytes;
}

template <class T>
void flip(const Flip<T>& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const FlipTaps taps = flip_taps(op.pixels_per_degree);
  const Memory<T> memory(op, scratch.data);
  const double pixels = static_cast<double>(op.x.height) * op.x.width;
  const FlipExposures given = op.linear ? op.exposures : FlipExposures{0, 0, 1};
  const std::vector<FlipExposures> found = found_exposures(op, memory, cuda_stream);
  for (std::int64_t n = 0; n < op.x.batch; ++n) {
    const FlipExposures& used = found.empty() ? given : found[static_cast<std::size_t>(n)];
    const PlaneView<float> errors = op.map.data != nullptr ? op.map.plane(n, 0) : memory.errors.plane(0, 0);
    launch_image(op, memory, taps, n, used, errors, cuda_stream);
    flip_parts<<<static_cast<unsigned>(memory.sum_blocks), kSumThreads, 0, cuda_stream>>>(read_only(errors),
                                                                                          memory.parts);
    check(cudaGetLastError(), "launching the sums of FLIP");
    flip_mean<<<1, kSumThreads, 0, cuda_stream>>>(memory.parts, memory.sum_blocks, pixels, memory.scores + n,
                                                  op.scores.data == nullptr ? nullptr : &op.scores.at(n));
    check(cudaGetLastError(), "launching the score of FLIP");
  }
  if (op.exposure_table.data != nullptr) {
    const auto blocks = static_cast<unsigned>((op.x.batch + kSumThreads - 1) / kSumThreads);
    write_exposures<<<blocks, kSumThreads, 0, cuda_stream>>>(found.empty() ? nullptr : memory.exposures,
                                                             given, op.x.batch, op.exposure_table);
    check(cudaGetLastError(), "launching the exposures of FLIP");
  }
  if (op.mean == nullptr) return;
  flip_mean<<<1, kSumThreads, 0, cuda_stream>>>(memory.scores, op.x.batch, static_cast<double>(op.x.batch),
                                                op.mean, nullptr);
  check(cudaGetLastError(), "launching the mean of FLIP");
}

template std::size_t flip_scratch_bytes(const Flip<float>&);
template std::size_t flip_scratch_bytes(const Flip<std::uint8_t>&);
template std::size_t flip_scratch_bytes(const Flip<Half>&);
template std::size_t flip_scratch_bytes(const Flip<BFloat16>&);
template void flip(const Flip<float>&, Scratch, int, void*);
template void flip(const Flip<std::uint8_t>&, Scratch, int, void*);
template void flip(const Flip<Half>&, Scratch, int, void*);
template void flip(const Flip<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
