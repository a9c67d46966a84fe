#pragma once
// The gradient of SSIM of volumes with respect to the volumes, with the value in the same call (formulas:
// ssim_math.h).
//
// As in ssim2d_gradient.h the loss is the caller's; what it says of itself are its derivatives with respect to
// what Ssim3d gives:
//   dL/dm(p) = map_weight(p) + score_weight[n, c] / voxels + mean_weight / (N C voxels)
// For loss = 1 - mean SSIM, mean_weight is -1 and nothing else is given.
// The gradient is exactly 0 where x and y are identical within all windows that reach the sample.

#include <cstddef>

#include "kernels/ssim/ssim3d.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/ssim3d_gradient_ops.cpp): at least one gradient is asked for,
// extents agree, no output overlaps anything.
template <class T>  // float, Half or BFloat16
struct Ssim3dGradient {
  Ssim3d<T> forward;  // volumes, window, padding, constants; the values that are wanted too
  VolumeBatchView<const float> map_weight;  // optional, the map's extent
  TableView<const double> score_weight;     // optional, [N, C]
  double mean_weight = 0;
  VolumeBatchView<float> x_gradient, y_gradient;  // optional, the volumes' extent; at least one

  // Also for a question about scratch, where extents are known and memory is not.
  bool wants_x() const { return x_gradient.batch > 0; }
  bool wants_y() const { return y_gradient.batch > 0; }
};

// dL/dm of a volume's voxels, but for the map's weight.
template <class T>
FG_HD float volume_weight(const Ssim3dGradient<T>& op, std::int64_t n, std::int64_t c) {
  const double of_score = op.score_weight.data == nullptr ? 0 : op.score_weight.at(n, c);
  const double of_mean = op.mean_weight / static_cast<double>(op.forward.x.volumes());
  return static_cast<float>((of_score + of_mean) / op.forward.map_voxels());
}

namespace cpu {
template <class T>
std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<T>& op);
template <class T>
void ssim3d_gradient(const Ssim3dGradient<T>& op, Scratch scratch);
}  // namespace cpu

// As the forward: device pointers, no allocation, no wait.
namespace cuda {
template <class T>
std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<T>& op);
template <class T>
void ssim3d_gradient(const Ssim3dGradient<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
