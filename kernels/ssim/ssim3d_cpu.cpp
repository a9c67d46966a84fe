// SSIM of volumes on CPU: a job is a block of results (ssim3d_walk.h).

#include <cstdint>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/ssim3d.h"
#include "kernels/ssim/ssim3d_walk.h"

namespace fg::cpu {
namespace {

template <class T>
Blocks3d blocks_of(const Ssim3d<T>& op) {
  return {op.map_depth(), op.map_height(), op.map_width()};
}

}  // namespace

// One sum for each volume, then one for each block.
template <class T>
std::size_t ssim3d_scratch_bytes(const Ssim3d<T>& op) {
  return static_cast<std::size_t>(op.x.volumes() * (1 + blocks_of(op).count())) * sizeof(double);
}

template <class T>
void ssim3d(const Ssim3d<T>& op, Scratch scratch) {
  const Blocks3d blocks = blocks_of(op);
  const WindowTaps window = gaussian_window(op.radius());
  double* const volume_sums = static_cast<double*>(scratch.data);
  double* const sums = volume_sums + op.x.volumes();
  parallel_for(op.x.volumes() * blocks.count(), [&](std::int64_t job) {
    const std::int64_t volume = job / blocks.count();
    const Block3d block(blocks, job % blocks.count(), op.map_depth(), op.map_height(), op.map_width());
    double sum = 0;
    for_moments(op, window, volume, block, [&](int slice, int row, const RowMoments& moments) {
      sum += score_map_row(op, op.map.volume(volume), block, slice, row, moments);
    });
    sums[job] = sum;
  });
  for (std::int64_t volume = 0; volume < op.x.volumes(); ++volume)
    volume_sums[volume] = sum_in_order(sums + volume * blocks.count(), blocks.count());
  finish_scores(op, volume_sums);
}

template std::size_t ssim3d_scratch_bytes(const Ssim3d<float>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<std::uint8_t>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<Half>&);
template std::size_t ssim3d_scratch_bytes(const Ssim3d<BFloat16>&);
template void ssim3d(const Ssim3d<float>&, Scratch);
template void ssim3d(const Ssim3d<std::uint8_t>&, Scratch);
template void ssim3d(const Ssim3d<Half>&, Scratch);
template void ssim3d(const Ssim3d<BFloat16>&, Scratch);

}  // namespace fg::cpu
