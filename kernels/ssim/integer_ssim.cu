#include "kernels/ssim/integer_ssim.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/ordered_sum_cuda.h"
#include "kernels/ssim/integer_ssim_tile.h"
#include "kernels/ssim/integer_ssim_tile16.h"

namespace fg::cuda {
namespace {

constexpr std::int64_t kMaxGridYZ = 65535;                    // CUDA's limit
constexpr std::int64_t kTermsAtOnce = std::int64_t{1} << 24;  // planes whose terms share scratch: 128 MB

template <class T>
struct TileOf;
template <>
struct TileOf<std::uint8_t> {
  static constexpr int kThreads = integer_ssim::tile::kThreads, kRows = integer_ssim::tile::kRows,
                       kRowsPerWarp = integer_ssim::tile::kRowsPerWarp, kBlocksPerSm = 4;
  using Shared = integer_ssim::tile::Shared;
  using Taps = integer_ssim::tile::Taps;
};
template <>
struct TileOf<std::uint16_t> {
  static constexpr int kThreads = integer_ssim::tile16::kThreads, kRows = integer_ssim::tile16::kRows,
                       kRowsPerWarp = integer_ssim::tile16::kRowsPerWarp, kBlocksPerSm = 4;
  using Shared = integer_ssim::tile16::Shared;
  using Taps = integer_ssim::tile16::Taps;
};

// How a plane is cut, and what scratch holds: the scores of all planes, then the ordered sums of a few.
struct Plan {
  std::int64_t across;  // segments of 32 terms in a row: also the tiles across
  std::int64_t down;    // tiles
  std::int64_t planes, at_once, segments;

  template <class T>
  explicit Plan(const IntegerSsim<T>& op)
      : across((op.x.width + 31) / 32),
        down((op.x.height + TileOf<T>::kRows - 1) / TileOf<T>::kRows),
        planes(op.x.planes()),
        segments(across * op.x.height) {
    at_once = std::clamp<std::int64_t>(kTermsAtOnce / (segments * 32), 1, std::min(planes, kMaxGridYZ));
  }

  std::size_t score_bytes() const {
    return (static_cast<std::size_t>(planes) * sizeof(double) + kScratchAlignmentBytes - 1) /
           kScratchAlignmentBytes * kScratchAlignmentBytes;
  }
  std::size_t scratch_bytes() const { return score_bytes() + ordered_sum::Work::bytes(at_once, segments); }
};

// One block a tile: x across, y down, z planes.
template <class T>
__global__ void __launch_bounds__(TileOf<T>::kThreads, TileOf<T>::kBlocksPerSm)
    integer_ssim_terms(IntegerSsim<T> op, integer_ssim::Constants constants, typename TileOf<T>::Taps taps,
                       ordered_sum::Work work, unsigned first_plane) {
  __shared__ typename TileOf<T>::Shared shared;  // 40.8 KB for 8 bits, 33.8 KB for 16
  const int thread = threadIdx.x;
  const std::int32_t row = static_cast<std::int32_t>(blockIdx.y) * TileOf<T>::kRows;
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.x) * 32;
  const unsigned plane = first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const PlaneView<const T> x = op.x.plane(plane / channels, plane % channels);
  const PlaneView<const T> y = op.y.plane(plane / channels, plane % channels);
  load_codes(thread, x, y, row, column, shared);
  __syncthreads();
  filter_rows(thread, taps, shared);
  __syncthreads();
  const bool in_row = column + thread % 32 < x.width;
  const std::int32_t first_row = row + thread / 32 * TileOf<T>::kRowsPerWarp;
  ordered_sum::Segments segments(work, blockIdx.z, std::int64_t{first_row} * gridDim.x + blockIdx.x,
                                 gridDim.x);
  filter_columns(thread, shared, row, column, x.height, x.width, constants,
                 [&](double term) { segments.deposit(in_row ? term : 0.0); });
}

// One block a plane.
__global__ void __launch_bounds__(ordered_sum::kWalkThreads)
    integer_ssim_finish(ordered_sum::Work work, std::int64_t first_plane, double weights,
                        TableView<double> scores, double* plane_scores, double* mean_of_one) {
  __shared__ ordered_sum::Walk shared;  // 29 KB
  wait_for_previous_kernel();
  const double sum = ordered_sum::walk(work, blockIdx.x, shared);
  if (threadIdx.x != 0) return;
  const double score = sum / weights;
  plane_scores[first_plane + blockIdx.x] = score;
  if (scores.data != nullptr) scores.at(first_plane + blockIdx.x, 0) = score;
  if (mean_of_one != nullptr) *mean_of_one = score;
}

// One thread: the order of the planes, as on CPU.
__global__ void integer_ssim_mean(const double* plane_scores, std::int64_t planes, double* mean) {
  double total = 0;
  for (std::int64_t i = 0; i < planes; ++i) total += plane_scores[i];
  *mean = total / static_cast<double>(planes);
}

}  // namespace

template <class T>
std::size_t integer_ssim_scratch_bytes(const IntegerSsim<T>& op) {
  return Plan(op).scratch_bytes();
}

template <class T>
void integer_ssim(const IntegerSsim<T>& op, Scratch scratch, int device, void* stream) {
  const Plan plan(op);
  require(plan.down <= kMaxGridYZ && plan.segments < std::numeric_limits<std::int32_t>::max(),
          ErrorCode::unsupported,
          "the planes are " + std::to_string(op.x.height) + " x " + std::to_string(op.x.width) +
              " (height x width), more rows than a CUDA launch reaches; pass CPU tensors");
  require(plan.planes <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the batch has more planes than a CUDA launch reaches; score it in parts");
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  double* const plane_scores = static_cast<double*>(scratch.data);
  void* const sums = static_cast<char*>(scratch.data) + plan.score_bytes();
  const double weights = integer_ssim::weight_sum(op.x.height, op.x.width);
  for (std::int64_t first = 0; first < plan.planes; first += plan.at_once) {
    const std::int64_t count = std::min(plan.at_once, plan.planes - first);
    const ordered_sum::Work work(sums, plan.at_once, plan.segments);
    const dim3 tiles(static_cast<unsigned>(plan.across), static_cast<unsigned>(plan.down),
                     static_cast<unsigned>(count));
    integer_ssim_terms<T><<<tiles, TileOf<T>::kThreads, 0, cuda_stream>>>(
        op, integer_ssim::constants(op.bits), typename TileOf<T>::Taps(), work, static_cast<unsigned>(first));
    check(cudaGetLastError(), "launching integer SSIM");
    constexpr unsigned kWarps = ordered_sum::kRoughThreads / 32;
    const dim3 rough_blocks((static_cast<unsigned>(work.groups) + kWarps - 1) / kWarps,
                            static_cast<unsigned>(count));
    launch_early(ordered_sum::ordered_rough, rough_blocks, ordered_sum::kRoughThreads, cuda_stream, work);
    const dim3 groups(static_cast<unsigned>(work.groups), static_cast<unsigned>(count));
    launch_early(ordered_sum::ordered_groups, groups, ordered_sum::kThreads, cuda_stream, work);
    launch_early(integer_ssim_finish, dim3(static_cast<unsigned>(count)), ordered_sum::kWalkThreads,
                 cuda_stream, work, first, weights, op.scores, plane_scores,
                 plan.planes == 1 ? op.mean : nullptr);
  }
  if (op.mean == nullptr || plan.planes == 1) return;
  integer_ssim_mean<<<1, 1, 0, cuda_stream>>>(plane_scores, plan.planes, op.mean);
  check(cudaGetLastError(), "launching the mean of integer SSIM");
}

template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint8_t>&);
template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint16_t>&);
template void integer_ssim(const IntegerSsim<std::uint8_t>&, Scratch, int, void*);
template void integer_ssim(const IntegerSsim<std::uint16_t>&, Scratch, int, void*);

}  // namespace fg::cuda
