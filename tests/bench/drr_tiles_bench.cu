// The plain DRR kernel and the one with slopes, with tiles of every shape, on CUDA device 0: 200 x 200, 512 x 512 and
// 1024 x 1024 rays through 512 x 512 x 133 floats (drr_volume.h). For choosing the tiles of kernels/drr/drr.cu.

#include <cuda_runtime_api.h>

#include <cstdio>

#include "kernels/drr/drr_integrals.cuh"
#include "kernels/drr/drr_sums.cuh"
#include "tests/bench/cuda_timer.h"
#include "tests/bench/drr_volume.h"
#include "tests/bench/median.h"

namespace {

using fg::cuda::DrrTile;

template <class Tile>
void measure(fg::bench::Timer& timer, const fg::Drr<float>& op) {
  const auto blocks = fg::cuda::DrrBlocks::of(op.images.batch, op.images.height, op.images.width, Tile());
  const fg::cuda::DeviceVoxels<float, true> voxels(op.volume);
  const auto launch = [&] {
    fg::cuda::drr_integrals<false, true, Tile>
        <<<static_cast<unsigned>(blocks.count), Tile::kThreads, 0, timer.stream()>>>(op, voxels, blocks);
  };
  const auto launch_slopes = [&] {
    fg::cuda::drr_with_slopes<false, true, Tile>
        <<<static_cast<unsigned>(blocks.count), Tile::kThreads, 0, timer.stream()>>>(op, voxels, blocks);
  };
  const bool slopes = op.slopes.data != nullptr;
  const auto times = [&](bool flush) {
    return fg::bench::median(slopes ? timer.time(launch_slopes, flush) : timer.time(launch, flush));
  };
  const double cold = times(true), warm = times(false);
  fg::test::cuda(cudaGetLastError());
  std::printf(
      "%s %4d x %-4d rays, tile %2d x %-2d, %d parts, unroll %d, %4d threads an SM   cold %7.1f us  warm "
      "%7.1f "
      "us\n",
      slopes ? "with slopes" : "plain", op.images.width, op.images.height, Tile::kX, Tile::kY, Tile::kParts,
      Tile::kUnroll, Tile::kResident, cold, warm);
}

// The floor of memory: the rows that the samples of 200 x 200 rays seen from the front touch, two of every 2.9 in each of 133
// slices at 163 depths, 89 MB, read a warp a row and added up.
__global__ void __launch_bounds__(256) read_rows(const float4* volume, float* sum_of) {
  constexpr int kDepths = 163, kRow4 = fg::bench::kNx / 4;
  const int warp = static_cast<int>(blockIdx.x * 256 + threadIdx.x) / 32, lane = threadIdx.x % 32;
  const int depth = warp / (2 * fg::bench::kNz), slice = warp / 2 % fg::bench::kNz;
  if (depth >= kDepths) return;
  const int y = 20 + static_cast<int>(static_cast<float>(depth) * 2.9f) + warp % 2;
  const float4* const row = volume + (std::int64_t{slice} * fg::bench::kNy + y) * kRow4;
  float sum = 0;
  for (int i = lane; i < kRow4; i += 32) {
    const float4 v = __ldg(row + i);
    sum += v.x + v.y + v.z + v.w;
  }
  if (sum == -1) *sum_of = sum;  // never; so that the loads are not left out
}
void measure_floor(fg::bench::Timer& timer, const float* volume, float* sum) {
  const auto launch = [&] {
    read_rows<<<(163 * 2 * fg::bench::kNz * 32 + 255) / 256, 256, 0, timer.stream()>>>(
        reinterpret_cast<const float4*>(volume), sum);
  };
  const double cold = fg::bench::median(timer.time(launch, true)),
               warm = fg::bench::median(timer.time(launch, false));
  fg::test::cuda(cudaGetLastError());
  std::printf("reading the rows that 200 x 200 rays touch, 89 MB   cold %7.1f us  warm %7.1f us\n", cold,
              warm);
}

template <int kUnroll, int kResident>
void measure_shapes(fg::bench::Timer& timer, const fg::Drr<float>& op) {
  measure<DrrTile<32, 1, 2, kUnroll, kResident>>(timer, op);
  measure<DrrTile<32, 2, 1, kUnroll, kResident>>(timer, op);
  measure<DrrTile<32, 2, 2, kUnroll, kResident>>(timer, op);
  measure<DrrTile<32, 2, 4, kUnroll, kResident>>(timer, op);
  measure<DrrTile<32, 4, 1, kUnroll, kResident>>(timer, op);
  measure<DrrTile<32, 4, 2, kUnroll, kResident>>(timer, op);
  measure<DrrTile<16, 4, 2, kUnroll, kResident>>(timer, op);
  measure<DrrTile<16, 4, 4, kUnroll, kResident>>(timer, op);
  measure<DrrTile<16, 8, 1, kUnroll, kResident>>(timer, op);
  measure<DrrTile<16, 8, 2, kUnroll, kResident>>(timer, op);
  measure<DrrTile<16, 16, 1, kUnroll, kResident>>(timer, op);
  measure<DrrTile<8, 8, 2, kUnroll, kResident>>(timer, op);
}

}  // namespace

int main() {
  if (const std::string reason = fg::test::no_cuda_device(); !reason.empty()) {
    std::printf("nothing measured: %s\n", reason.c_str());
    return 0;
  }
  fg::bench::Timer timer;
  const fg::test::DeviceArray<float> volume(fg::bench::drr_volume<float>([](float mu) { return mu; }));
  const fg::test::DeviceArray<double> pose(
      std::vector<double>(fg::bench::drr_bench_pose(), fg::bench::drr_bench_pose() + 12));
  const fg::test::DeviceArray<float> images(1024 * 1024);
  const fg::test::DeviceArray<float> slopes(1024 * 1024 * fg::kDrrSlopes);
  measure_floor(timer, static_cast<const float*>(volume.data()), images.data());
  for (const int side : {200, 512, 1024}) {
    fg::Drr<float> op = fg::bench::drr_of(static_cast<const float*>(volume.data()),
                                          static_cast<const double*>(pose.data()), 1, side, images.data());
    measure_shapes<1, 1280>(timer, op);
    measure_shapes<2, 1024>(timer, op);
    measure_shapes<2, 768>(timer, op);
    measure_shapes<4, 768>(timer, op);
    const std::int64_t plane = std::int64_t{side} * side;
    op.slopes = {slopes.data(), 1, fg::kDrrSlopes, side, side, plane * fg::kDrrSlopes, plane, side, 1};
    measure_shapes<1, 1280>(timer, op);
    measure_shapes<2, 1024>(timer, op);
    measure_shapes<2, 768>(timer, op);
    measure_shapes<3, 768>(timer, op);
  }
}
