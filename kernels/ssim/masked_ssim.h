#pragma once
// SSIM of the visible part of images, by normalised convolution: Knutsson, Westin 1993, applied to the moments of
// Wang et al. 2004. With weights m >= 0, G the Gaussian window and W = G*m:
//   mean of x = G*(m x) / W,  variance of x = G*(m (x - mean)^2) / W,  covariance alike
//   score = sum m ssim / sum m
// What lies under m = 0 is never looked at, a NaN included, so that neither does it leak into windows, as when the
// map is masked afterwards, nor does the mask's edge count as an edge of the images, as when the images are masked
// first. The samples outside the image have m = 0: with a mask of ones the border is normalised again instead of
// padded with zeros, and where windows lie inside the image the map is that of Ssim2d with Padding::valid.
//
// Where W = 0 a window sees nothing: the map is 1 there, and the score does not count it, since m is 0 too. A channel
// with sum m = 0 scores 1 and has no gradient.

#include <cstddef>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/masked_ssim_ops.cpp): extents agree, no output overlaps anything.
template <class T>  // float, Half, BFloat16, or uint8_t without gradients
struct MaskedSsim2d {
  ImageView<const T> x, y;
  ImageView<const float>
      mask;  // the images' extent; channel_stride 0: one mask for all channels. What a weight
             // counts: masked_ssim_math.h
  int window = 11;
  float c1 = 1e-4f, c2 = 9e-4f;
  ImageView<float> map;      // optional, the images' extent
  TableView<double> scores;  // optional, [N, C]
  double* mean = nullptr;    // optional: the mean of the scores
  // The loss, as in Ssim2dGradient: dL/dscore[n, c] = score_weight[n, c] + mean_weight / (N C)
  TableView<const double> score_weight;
  double mean_weight = 0;
  ImageView<float> x_gradient, y_gradient;  // optional, the images' extent
};

namespace cpu {
template <class T>
std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<T>& op);
template <class T>
void masked_ssim2d(const MaskedSsim2d<T>& op, Scratch scratch);
}  // namespace cpu

// As Ssim2d's: device pointers, no allocation, no wait.
namespace cuda {
template <class T>
std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<T>& op);
template <class T>
void masked_ssim2d(const MaskedSsim2d<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
