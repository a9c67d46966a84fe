// Mutual information on CUDA. Histograms are counted in whole units of a fixed size, which add up to the same whatever the
// order; a mask's weights count as parts of the largest of them.

#include "kernels/registration/mutual_information.h"

#include <cuda_runtime.h>

#include "kernels/core/pieces.h"
#include "kernels/registration/mutual_information_math.h"
#include "kernels/registration/similarity.cuh"

namespace fg::cuda {
namespace {

using Count = unsigned long long;

// A block counts this many samples in 32 bits: a sample gives a bin (2/3)^2 at most, and 2048 (2/3)^2 2^22 < 2^32.
constexpr int kSamplesOfBlock = 2048;
constexpr std::int64_t kBytesAtOnce = std::int64_t{1} << 28;  // of histograms and tables
constexpr double kUnits = 4194304;                            // of a weight of 1: 2^22
constexpr int kSharedBins = 101;  // a side, of a histogram that a block counts by itself: 40 KB
static_assert(kSharedBins * kSharedBins * sizeof(unsigned) <= 40 * 1024);

struct PlaneBins {
  BinScale x, y;
  double weight, largest_weight;
  double score;  // before it is known: 0, or a NaN where a sample or weight is not finite
};

struct RangeTotals {
  // The largest of -x, x, -y, y and the weight; sums of the weights and of what makes a NaN of what is not finite.
  static constexpr int kTotals = 7, kLargest = 5;
  MutualInformation op;
  PlaneBins* bins;  // [planes]

  __device__ DevicePair plane(std::int64_t index) const { return {op.images, index}; }
  __device__ void add(const DevicePair& pair, int row, int column, Totals<kTotals>& totals) const {
    const double weight = pair.weight_at(row, column);
    if (!(weight > 0)) return;
    const double x = static_cast<double>(pair.x.at(row, column)),
                 y = static_cast<double>(pair.y.at(row, column));
    const double candidates[kLargest] = {-x, x, -y, y, weight};
#pragma unroll
    for (int i = 0; i < kLargest; ++i) totals.value[i] = Larger()(candidates[i], totals.value[i]);
    totals.value[5] += weight;
    totals.value[6] += (x - x) + (y - y) + (weight - weight);
  }
  __device__ void finish(std::int64_t index, const Totals<kTotals>& totals) const {
    const double* v = totals.value;
    bins[index] = {bin_scale(op.x_range.given() ? op.x_range : ValueRange{-v[0], v[1]}, op.bins),
                   bin_scale(op.y_range.given() ? op.y_range : ValueRange{-v[2], v[3]}, op.bins), v[5], v[4],
                   v[6]};
  }
};

// Adds a sample to 16 bins of a histogram.
template <class Bin>
__device__ void count_sample(const PlaneBins& bins, double x, double y, double part, Bin* histogram) {
  const ParzenWindow of_x = parzen_window(bins.x, x), of_y = parzen_window(bins.y, y);
  Bin* const corner = histogram + of_x.first * bins.x.bins + of_y.first;
#pragma unroll
  for (int a = 0; a < 4; ++a)
#pragma unroll
    for (int b = 0; b < 4; ++b) {
      const unsigned units = __double2uint_rn(part * of_x.weight[a] * of_y.weight[b] * kUnits);
      if (units != 0) atomicAdd(corner + a * bins.x.bins + b, static_cast<Bin>(units));
    }
}

// Each block counts kSamplesOfBlock samples, in shared memory where the histogram fits. histograms: [planes, bins, bins], 0.
template <bool kShared>
__global__ void __launch_bounds__(kPixelThreads)
    count_samples(SimilarImages images, const PlaneBins* of_planes, int width, std::int64_t pixels,
                  std::int64_t first_plane, Count* histograms) {
  extern __shared__ unsigned own[];  // bins x bins x 4 B, at most 40 KB
  const std::int64_t plane = first_plane + blockIdx.y;
  const PlaneBins bins = of_planes[plane];
  if (!(bins.score == 0)) return;  // a NaN has no bin; the same for the whole block
  const int cells = bins.x.bins * bins.x.bins;
  Count* const all = histograms + std::int64_t{blockIdx.y} * cells;
  if (kShared)
    for (int i = threadIdx.x; i < cells; i += kPixelThreads) own[i] = 0;
  __syncthreads();
  const DevicePair pair(images, plane);
  const std::int64_t begin = std::int64_t{blockIdx.x} * kSamplesOfBlock;
  const std::int64_t end = begin + kSamplesOfBlock < pixels ? begin + kSamplesOfBlock : pixels;
  for (std::int64_t i = begin + threadIdx.x; i < end; i += kPixelThreads) {
    const int row = static_cast<int>(i / width), column = static_cast<int>(i % width);
    const double weight = pair.weight_at(row, column);
    if (!(weight > 0)) continue;
    const double x = static_cast<double>(pair.x.at(row, column)),
                 y = static_cast<double>(pair.y.at(row, column));
    if (kShared)
      count_sample(bins, x, y, weight / bins.largest_weight, own);
    else
      count_sample(bins, x, y, weight / bins.largest_weight, all);
  }
  __syncthreads();
  if (kShared)
    for (int i = threadIdx.x; i < cells; i += kPixelThreads)
      if (own[i] != 0) atomicAdd(all + i, Count{own[i]});
}

// One block a plane: its score, and the table of logarithms.
__global__ void __launch_bounds__(kPixelThreads)
    finish_information(const Count* histograms, int bins, std::int64_t first_plane, PlaneBins* of_planes,
                       double* scores, double* tables) {
  __shared__ double x_sums[kMaxInformationBins], y_sums[kMaxInformationBins];  // 4 KB
  __shared__ double total;
  const int cells = bins * bins;
  const Count* const held = histograms + std::int64_t{blockIdx.y} * cells;
  double* const table = tables + std::int64_t{blockIdx.y} * cells;
  Count of_thread = 0;
  for (int a = threadIdx.x; a < bins; a += kPixelThreads) {
    Count along = 0, across = 0;
    for (int b = 0; b < bins; ++b) {
      along += held[a * bins + b];
      across += held[b * bins + a];
    }
    x_sums[a] = static_cast<double>(along);
    y_sums[a] = static_cast<double>(across);
    of_thread += along;
  }
  const double sum = block_reduce<kPixelThreads>(static_cast<double>(of_thread));
  if (threadIdx.x == 0) total = sum;
  __syncthreads();
  double information = 0;
  for (int i = threadIdx.x; i < cells; i += kPixelThreads) {
    const BinTerm term = bin_term(static_cast<double>(held[i]), x_sums[i / bins], y_sums[i % bins], total);
    information += term.information;
    table[i] = term.logarithm;
  }
  information = block_reduce<kPixelThreads>(information);
  if (threadIdx.x != 0) return;
  PlaneBins& plane = of_planes[first_plane + blockIdx.y];
  plane.score += information;
  scores[first_plane + blockIdx.y] = plane.score;
}

struct InformationSlope {
  struct Plane {
    DevicePair pair;
    PlaneView<float> x_gradient, y_gradient;
    PlaneBins bins;
    const double* table;
    double scale;
  };
  SimilarImages images;
  const PlaneBins* bins;
  const double* tables;  // [planes at once, bins, bins]
  std::int64_t first_plane;

  __device__ Plane plane(std::int64_t index) const {
    const PlaneBins& of_plane = bins[index];
    return {{images, index},
            images.x_gradient.plane(index),
            images.y_gradient.plane(index),
            of_plane,
            tables + (index - first_plane) * of_plane.x.bins * of_plane.x.bins,
            slope_scale(images, index, of_plane.score, of_plane.weight)};
  }
  __device__ void write(const Plane& p, int row, int column) const {
    const double weight = p.pair.weight_at(row, column);
    double by_x = p.scale - p.scale, by_y = by_x;  // 0, or a NaN
    if (weight > 0 && by_x == 0) {
      const ParzenWindow of_x = parzen_window(p.bins.x, static_cast<double>(p.pair.x.at(row, column)));
      const ParzenWindow of_y = parzen_window(p.bins.y, static_cast<double>(p.pair.y.at(row, column)));
      const double* const corner = p.table + of_x.first * p.bins.x.bins + of_y.first;
#pragma unroll
      for (int a = 0; a < 4; ++a) {
        double along = 0, across = 0;
#pragma unroll
        for (int b = 0; b < 4; ++b) {
          const double logarithm = corner[a * p.bins.x.bins + b];
          along += of_y.weight[b] * logarithm;
          across += of_y.slope[b] * logarithm;
        }
        by_x += of_x.slope[a] * along;
        by_y += of_x.weight[a] * across;
      }
      by_x *= p.scale * weight;
      by_y *= p.scale * weight;
    }
    if (p.x_gradient.data != nullptr) p.x_gradient.at(row, column) = static_cast<float>(by_x);
    if (p.y_gradient.data != nullptr) p.y_gradient.at(row, column) = static_cast<float>(by_y);
  }
};

struct InformationMemory {
  std::int64_t at_once, cells;
  Totals<RangeTotals::kTotals>* parts;  // [planes at once, blocks]
  PlaneBins* bins;                      // [planes]
  double* scores;                       // [planes]
  Count* histograms;                    // [planes at once, cells]
  double* tables;                       // [planes at once, cells]
  std::size_t size_bytes;

  InformationMemory(const MutualInformation& op, void* data) : cells(std::int64_t{op.bins} * op.bins) {
    const auto of_plane = cells * static_cast<std::int64_t>(sizeof(Count) + sizeof(double));
    // Of an empty batch there is one all the same.
    const std::int64_t most = std::max<std::int64_t>(1, std::min<std::int64_t>(op.images.x.planes(), 1024));
    at_once = std::clamp<std::int64_t>(kBytesAtOnce / of_plane, 1, most);
    Pieces pieces(data);
    parts = pieces.take<Totals<RangeTotals::kTotals>>(at_once * blocks_of_plane(op.images.x));
    bins = pieces.take<PlaneBins>(op.images.x.planes());
    scores = pieces.take<double>(op.images.x.planes());
    histograms = pieces.take<Count>(at_once * cells);
    tables = pieces.take<double>(at_once * cells);
    size_bytes = pieces.used_bytes();
  }
};

void count_planes(const MutualInformation& op, const InformationMemory& memory, std::int64_t first,
                  std::int64_t planes, cudaStream_t stream) {
  const ImageView<const float>& x = op.images.x;
  const std::int64_t pixels = std::int64_t{x.height} * x.width;
  const dim3 grid = plane_grid((pixels + kSamplesOfBlock - 1) / kSamplesOfBlock, planes);
  check(cudaMemsetAsync(memory.histograms, 0, static_cast<std::size_t>(planes * memory.cells) * sizeof(Count),
                        stream),
        "clearing the histograms");
  if (op.bins <= kSharedBins)
    count_samples<true>
        <<<grid, kPixelThreads, static_cast<std::size_t>(memory.cells) * sizeof(unsigned), stream>>>(
            op.images, memory.bins, x.width, pixels, first, memory.histograms);
  else
    count_samples<false><<<grid, kPixelThreads, 0, stream>>>(op.images, memory.bins, x.width, pixels, first,
                                                             memory.histograms);
  check(cudaGetLastError(), "launching the histograms");
  finish_information<<<dim3(1, static_cast<unsigned>(planes)), kPixelThreads, 0, stream>>>(
      memory.histograms, op.bins, first, memory.bins, memory.scores, memory.tables);
  check(cudaGetLastError(), "launching the mutual information");
}

}  // namespace

std::size_t mutual_information_scratch_bytes(const MutualInformation& op) {
  return InformationMemory(op, nullptr).size_bytes;
}

void mutual_information(const MutualInformation& op, Scratch scratch, int device, void* stream) {
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const InformationMemory memory(op, scratch.data);
  const SimilarImages& images = op.images;
  for_planes(images.x.planes(), memory.at_once, [&](std::int64_t first, std::int64_t planes) {
    find_totals(RangeTotals{op, memory.bins}, images.x, memory.parts, first, planes, cuda_stream);
    count_planes(op, memory, first, planes, cuda_stream);
    if (images.wants_gradient())
      for_pixels(InformationSlope{images, memory.bins, memory.tables, first}, images.x, first, planes,
                 cuda_stream);
  });
  launch_mean_scores(images, memory.scores, cuda_stream);
}

}  // namespace fg::cuda
