// One kernel and the sums of its strips (ssim2d_strip.h).
//
// What bounds the kernel, 5 x 5 x 1080 x 1920 on an H200, 318 us: instructions. A result takes some 170 of them, 88 of which
// are the FMAs of four filters along both axes; issued without a pause they would take 267 us. It issues on 84 % of the
// cycles, the FMA pipe is busy 74 %, DRAM 22 % (tests/bench/results/counters_h200.txt). Wider blocks have a smaller share of
// halo columns, but fewer of their warps fit, and more of them wait at each barrier: 160, 192, 256 and 320 threads 329, 337,
// 321 and 340 us. Barriers of neighbouring warps alone took 328 us, six blocks of 80 registers a thread 351.

#include "kernels/ssim/ssim2d.h"

#include <cstdint>

#include "kernels/ssim/ssim2d_strips.cuh"

namespace fg::cuda {
namespace {

template <class T>
Strips strips_of(const Ssim2d<T>& op) {
  return {op.map_height(),
          op.map_width(),
          op.x.planes(),
          {.columns = strip::kThreads - 2 * op.radius(),
           .at_once = kBlocksPerSm,
           .halo_rows = 0,
           .most_rows = 120}};
}

// One block a strip: x across, y down, z planes.
template <int kRadius, class Offset, class T>
__global__ void __launch_bounds__(strip::kThreads, kBlocksPerSm)
    ssim2d_strips(Ssim2d<T> op, WindowTaps window, Strips strips, StripSums sums, unsigned first_plane) {
  __shared__ strip::Shared buffers[2];  // 35.6 KB
  const unsigned plane = first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const unsigned n = plane / channels, c = plane % channels;
  const PlaneView<const T> x = op.x.plane(n, c), y = op.y.plane(n, c);
  const PlaneView<float> map = op.map.plane(n, c);
  const std::int32_t inset = op.padding == Padding::valid ? kRadius : 0;
  const strip::Place place = place_of_block(strips, x.height - 2 * inset, x.width - 2 * inset, inset);
  double thread_sum = 0;
  walk_strip<kRadius, Offset>(x, y, place, window, buffers,
                              [&](const FgSsimMoments* moments, const strip::Group& group) {
                                thread_sum += strip::score_group(moments, {op.c1, op.c2}, group, map);
                              });
  const double sum = block_reduce<strip::kThreads>(thread_sum);
  if (threadIdx.x == 0) sums.leave(plane, sum);
}

template <int kRadius, class T>
void launch_strips(const Ssim2d<T>& op, const Strips& strips, const StripSums& sums, cudaStream_t stream) {
  const WindowTaps window = gaussian_window(kRadius);
  const bool near = strip::reached_by_32_bits(op.x.plane(0)) && strip::reached_by_32_bits(op.y.plane(0));
  const auto kernel =
      near ? ssim2d_strips<kRadius, std::int32_t, T> : ssim2d_strips<kRadius, std::int64_t, T>;
  for_planes(strips, [&](dim3 blocks, unsigned first_plane) {
    kernel<<<blocks, strip::kThreads, 0, stream>>>(op, window, strips, sums, first_plane);
  });
}

}  // namespace

template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>& op) {
  return StripSums::bytes(strips_of(op));
}

template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch, int device, void* stream) {
  const Strips strips = strips_of(op);
  strips.check();
  const CurrentDevice current(device);
  const StripSums sums(scratch.data, strips);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.radius() == 5)
    launch_strips<5>(op, strips, sums, cuda_stream);
  else if (op.radius() == 4)
    launch_strips<4>(op, strips, sums, cuda_stream);
  else
    launch_strips<3>(op, strips, sums, cuda_stream);
  launch_scores(sums, op.x.channels, static_cast<double>(op.map_height()) * op.map_width(), op.scores,
                op.mean, cuda_stream);
}

template std::size_t ssim2d_scratch_bytes(const Ssim2d<float>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<std::uint8_t>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<Half>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<BFloat16>&);
template void ssim2d(const Ssim2d<float>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<std::uint8_t>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<Half>&, Scratch, int, void*);
template void ssim2d(const Ssim2d<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
