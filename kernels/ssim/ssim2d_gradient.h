#pragma once
// The gradient of SSIM with respect to its images, with the value in the same call (formulas: ssim_math.h).
//
// The loss is the caller's; what it says of itself are its derivatives with respect to what Ssim2d gives:
//   dL/dm(p) = map_weight(p) + score_weight[n, c] / pixels + mean_weight / (N C pixels)
//   dL/dx   += l1_weight / (N C pixels) sign(x - y), and the opposite for y, over the map's region
// For loss = 1 - mean SSIM, mean_weight is -1 and nothing else is given. For the loss of 3DGS,
// (1 - w) mean |x - y| + w (1 - SSIM): mean_weight -w, l1_weight 1 - w.
// The gradient of identical images is exactly 0.

#include <cstddef>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim2d.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/ssim2d_gradient_ops.cpp): at least one gradient is asked for,
// extents agree, no output overlaps anything.
template <class T>  // float, Half or BFloat16
struct Ssim2dGradient {
  Ssim2d<T> forward;                     // images, window, padding, constants; the values that are wanted too
  double* l1 = nullptr;                  // optional: mean |x - y| over the map's region
  ImageView<const float> map_weight;     // optional, the map's extent
  TableView<const double> score_weight;  // optional, [N, C]
  double mean_weight = 0;
  double l1_weight = 0;
  ImageView<float> x_gradient, y_gradient;  // optional, the images' extent; at least one
};

namespace cpu {
template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>& op);
template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>& op, Scratch scratch);
}  // namespace cpu

// As the forward: device pointers, no allocation, no wait.
namespace cuda {
template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>& op);
template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
