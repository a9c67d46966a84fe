#include "kernels/ssim/vmaf_ssim.h"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_reduce.h"
#include "kernels/ssim/vmaf_ssim_tile.h"

namespace fg::cuda {
namespace {

using vmaf::LevelSums;

constexpr std::int64_t kMaxGridYZ = 65535;                      // CUDA's limit
constexpr std::int64_t kSamplesAtOnce = std::int64_t{1} << 24;  // of the planes that share scratch
constexpr int kLoadThreads = 128, kFinishThreads = 256;

// One level of one plane in scratch.
struct Level {
  std::int32_t height, width;  // samples
  std::int32_t tiles_across, tiles_down;
  std::int64_t pixels;               // of the samples
  std::int64_t samples_at, sums_at;  // from the plane's first sample and first sum on
};

struct Levels {
  Level level[vmaf::kLevels];
  int count;
};

// How planes are cut, and what scratch holds: scores of all planes; samples x and y and sums of a few planes.
struct Plan {
  Levels levels;
  std::int64_t samples = 0, sums = 0;  // of a plane
  std::int64_t planes, at_once;

  template <class T>
  explicit Plan(const VmafSsim<T>& op) : levels{}, planes(op.x.planes()) {
    levels.count = op.levels;
    for (int i = 0; i < op.levels; ++i) {
      Level& level = levels.level[i];
      level.height = op.height(i);
      level.width = op.width(i);
      level.tiles_across = (op.result_width(i) + vmaf::tile::kColumns - 1) / vmaf::tile::kColumns;
      level.tiles_down = (op.result_height(i) + vmaf::tile::kRows - 1) / vmaf::tile::kRows;
      level.pixels = std::int64_t{level.height} * level.width;
      level.samples_at = samples;
      level.sums_at = sums;
      samples += 2 * level.pixels;
      sums += std::int64_t{level.tiles_across} * level.tiles_down;
    }
    at_once = std::clamp<std::int64_t>(kSamplesAtOnce / samples, 1, std::min(planes, kMaxGridYZ));
  }
  std::size_t scratch_bytes() const {
    return static_cast<std::size_t>(planes) * sizeof(double) +
           static_cast<std::size_t>(at_once * sums) * sizeof(LevelSums) +
           static_cast<std::size_t>(at_once * samples) * sizeof(float);
  }
};

struct Work {
  LevelSums* sums;       // [planes at once, sums]
  double* plane_scores;  // [planes]
  float* samples;        // [planes at once, samples]

  Work(Scratch scratch, const Plan& plan)
      : sums(static_cast<LevelSums*>(scratch.data)),
        plane_scores(reinterpret_cast<double*>(sums + plan.at_once * plan.sums)),
        samples(reinterpret_cast<float*>(plane_scores + plan.planes)) {}
};

// A sample of the first level: the box's mean.
template <class T>
__device__ float load_sample(const PlaneView<const T>& plane, float unit, int scale, std::int32_t row,
                             std::int32_t column) {
  if (scale == 1) return static_cast<float>(plane.at(row, column)) * unit;
  std::int64_t sum = 0;
  for (int v = 0; v < scale; ++v)
    for (int u = 0; u < scale; ++u)
      sum += plane.at(vmaf::mirrored(row * scale + v - scale / 2, plane.height),
                      vmaf::mirrored(column * scale + u - scale / 2, plane.width));
  return static_cast<float>(static_cast<double>(sum) * static_cast<double>(unit) / (scale * scale));
}

// One thread a sample; rows along y, planes along z.
template <class T>
__global__ void __launch_bounds__(kLoadThreads)
    vmaf_ssim_load(VmafSsim<T> op, Level level, float unit, std::int64_t first_plane,
                   std::int64_t plane_samples, float* samples) {
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.x * kLoadThreads + threadIdx.x);
  if (column >= level.width) return;
  const std::int64_t plane = blockIdx.z;
  const PlaneView<const T> x = op.x.plane(first_plane + plane), y = op.y.plane(first_plane + plane);
  for (std::int32_t row = blockIdx.y; row < level.height; row += gridDim.y) {
    float* const to = samples + plane * plane_samples + std::int64_t{row} * level.width + column;
    to[0] = load_sample(x, unit, op.scale, row, column);
    to[level.pixels] = load_sample(y, unit, op.scale, row, column);
  }
}

// One thread a sample of the next level, of both images.
__global__ void __launch_bounds__(kLoadThreads)
    vmaf_ssim_low_pass(Level level, Level next, std::int64_t plane_samples, float* samples) {
  constexpr int kRadius = vmaf::kLowPassRadius;
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.x * kLoadThreads + threadIdx.x);
  if (column >= next.width) return;
  float* const plane = samples + blockIdx.z * plane_samples;
  for (std::int32_t row = blockIdx.y; row < next.height; row += gridDim.y)
    for (int image = 0; image < 2; ++image) {
      const float* const from = plane + level.samples_at + image * level.pixels;
      double sum = 0;
      for (int h = -kRadius; h <= kRadius; ++h) {
        const std::int32_t c = vmaf::mirrored(2 * column + h, level.width);
        double down = 0;
#pragma unroll
        for (int v = -kRadius; v <= kRadius; ++v)
          down += static_cast<double>(vmaf::low_pass_tap(v)) *
                  static_cast<double>(
                      from[std::int64_t{vmaf::mirrored(2 * row + v, level.height)} * level.width + c]);
        sum += static_cast<double>(vmaf::low_pass_tap(h)) * down;
      }
      plane[next.samples_at + image * next.pixels + std::int64_t{row} * next.width + column] =
          static_cast<float>(sum);
    }
}

// One block a tile; tiles along x, planes along z.
__global__ void __launch_bounds__(vmaf::tile::kThreads)
    vmaf_ssim_tiles(Level level, std::int64_t plane_samples, std::int64_t plane_sums, const float* samples,
                    LevelSums* sums) {
  __shared__ vmaf::tile::Shared shared;  // 24.9 KB
  const int thread = threadIdx.x;
  const std::int32_t row = static_cast<std::int32_t>(blockIdx.x) / level.tiles_across * vmaf::tile::kRows;
  const std::int32_t column =
      static_cast<std::int32_t>(blockIdx.x) % level.tiles_across * vmaf::tile::kColumns;
  const float* const x = samples + blockIdx.z * plane_samples + level.samples_at;
  vmaf::tile::load(thread, x, x + level.pixels, level.height, level.width, row, column, shared);
  __syncthreads();
  vmaf::tile::filter_rows(thread, shared);
  __syncthreads();
  const LevelSums own = vmaf::tile::filter_columns(
      thread, shared, row, column, level.height - vmaf::kWindow + 1, level.width - vmaf::kWindow + 1);
  constexpr int kThreads = vmaf::tile::kThreads;
  const double ssim = block_reduce<kThreads>(own.ssim), l = block_reduce<kThreads>(own.l);
  const double c = block_reduce<kThreads>(own.c), s = block_reduce<kThreads>(own.s);
  if (thread == 0) sums[blockIdx.z * plane_sums + level.sums_at + blockIdx.x] = {ssim, l, c, s};
}

// One block a plane.
__global__ void __launch_bounds__(kFinishThreads)
    vmaf_ssim_finish(Levels levels, std::int64_t plane_sums, std::int64_t first_plane, Work work,
                     TableView<double> scores, TableView<double> lcs, double* mean_of_one) {
  LevelSums totals[vmaf::kLevels];
  double pixels[vmaf::kLevels], means[3 * vmaf::kLevels];
  for (int i = 0; i < levels.count; ++i) {
    const Level& level = levels.level[i];
    const LevelSums* const sums = work.sums + blockIdx.x * plane_sums + level.sums_at;
    LevelSums own{0, 0, 0, 0};
    for (int tile = threadIdx.x; tile < level.tiles_across * level.tiles_down; tile += kFinishThreads) {
      own.ssim += sums[tile].ssim;
      own.l += sums[tile].l;
      own.c += sums[tile].c;
      own.s += sums[tile].s;
    }
    totals[i].ssim = block_reduce<kFinishThreads>(own.ssim);
    totals[i].l = block_reduce<kFinishThreads>(own.l);
    totals[i].c = block_reduce<kFinishThreads>(own.c);
    totals[i].s = block_reduce<kFinishThreads>(own.s);
    pixels[i] = static_cast<double>(level.height - vmaf::kWindow + 1) * (level.width - vmaf::kWindow + 1);
  }
  if (threadIdx.x != 0) return;
  const std::int64_t plane = first_plane + blockIdx.x;
  const double score = vmaf::score(totals, pixels, levels.count, means);
  work.plane_scores[plane] = score;
  if (scores.data != nullptr) scores.at(plane, 0) = score;
  if (lcs.data != nullptr)
    for (int i = 0; i < 3 * levels.count; ++i) lcs.at(plane, i) = means[i];
  if (mean_of_one != nullptr) *mean_of_one = score;
}

// One thread: the order of the planes, as on CPU.
__global__ void vmaf_ssim_mean(const double* plane_scores, std::int64_t planes, double* mean) {
  double total = 0;
  for (std::int64_t i = 0; i < planes; ++i) total += plane_scores[i];
  *mean = total / static_cast<double>(planes);
}

dim3 sample_blocks(const Level& level, std::int64_t planes) {
  return dim3((static_cast<unsigned>(level.width) + kLoadThreads - 1) / kLoadThreads,
              static_cast<unsigned>(std::min<std::int64_t>(level.height, kMaxGridYZ)),
              static_cast<unsigned>(planes));
}

}  // namespace

template <class T>
std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<T>& op) {
  return Plan(op).scratch_bytes();
}

template <class T>
void vmaf_ssim(const VmafSsim<T>& op, Scratch scratch, int device, void* stream) {
  const Plan plan(op);
  const CurrentDevice current(device);
  const Work work(scratch, plan);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const Level* const level = plan.levels.level;
  for (std::int64_t first = 0; first < plan.planes; first += plan.at_once) {
    const std::int64_t count = std::min(plan.at_once, plan.planes - first);
    vmaf_ssim_load<T><<<sample_blocks(level[0], count), kLoadThreads, 0, cuda_stream>>>(
        op, level[0], vmaf::code_unit(op.bits), first, plan.samples, work.samples);
    check(cudaGetLastError(), "launching the planes of float SSIM");
    for (int i = 0; i < op.levels; ++i) {
      if (i > 0)
        vmaf_ssim_low_pass<<<sample_blocks(level[i], count), kLoadThreads, 0, cuda_stream>>>(
            level[i - 1], level[i], plan.samples, work.samples);
      check(cudaGetLastError(), "launching the low pass of MS-SSIM");
      const dim3 tiles(
          static_cast<unsigned>(level[i].tiles_across) * static_cast<unsigned>(level[i].tiles_down), 1,
          static_cast<unsigned>(count));
      vmaf_ssim_tiles<<<tiles, vmaf::tile::kThreads, 0, cuda_stream>>>(level[i], plan.samples, plan.sums,
                                                                       work.samples, work.sums);
      check(cudaGetLastError(), "launching float SSIM");
    }
    vmaf_ssim_finish<<<static_cast<unsigned>(count), kFinishThreads, 0, cuda_stream>>>(
        plan.levels, plan.sums, first, work, op.scores, op.lcs, plan.planes == 1 ? op.mean : nullptr);
    check(cudaGetLastError(), "launching the end of float SSIM");
  }
  if (op.mean == nullptr || plan.planes == 1) return;
  vmaf_ssim_mean<<<1, 1, 0, cuda_stream>>>(work.plane_scores, plan.planes, op.mean);
  check(cudaGetLastError(), "launching the mean of float SSIM");
}

template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint8_t>&);
template std::size_t vmaf_ssim_scratch_bytes(const VmafSsim<std::uint16_t>&);
template void vmaf_ssim(const VmafSsim<std::uint8_t>&, Scratch, int, void*);
template void vmaf_ssim(const VmafSsim<std::uint16_t>&, Scratch, int, void*);

}  // namespace fg::cuda
