#pragma once
// MS-SSIM: Wang, Simoncelli, Bovik 2003, with its gradient.
//
// Conventions are those of pytorch-msssim: at each level windows inside the image alone; between levels the mean
// of 2 x 2 samples, an odd side padded with a zero on both ends that counts as a sample. For each channel of each
// image
//   score = prod_l max(v_l, 0)^weight_l    v_l: the mean of cs (contrast_math.h), at the last level of SSIM
// Departures, on purpose: any number of levels up to kMaxMsSsimLevels, so that small images have a score too, and a
// gradient that is a number everywhere: where some v_l is not above 0 the score is 0 and its gradient is taken as 0,
// where the power's own derivative has no bound.

#include <array>
#include <cstddef>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"

namespace fg {

inline constexpr int kMaxMsSsimLevels = 8;

// A side of the next coarser level.
FG_HD int pooled_side(int side) { return (side + 1) / 2; }

// Arguments are checked by the caller (plugin/abi/ms_ssim_ops.cpp): the coarsest level holds a window, weights are
// not negative, no output overlaps anything.
template <class T>  // float, Half, BFloat16, or uint8_t without gradients
struct MsSsim {
  ImageView<const T> x, y;
  int window = 11;
  float c1 = 1e-4f, c2 = 9e-4f;
  int levels = 5;
  std::array<double, kMaxMsSsimLevels> weights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  TableView<double> scores;  // optional, [N, C]
  double* mean = nullptr;    // optional: over everything
  // The loss, as in Ssim2dGradient: dL/dscore[n, c] = score_weight[n, c] + mean_weight / (N C)
  TableView<const double> score_weight;
  double mean_weight = 0;
  ImageView<float> x_gradient, y_gradient;  // optional, the images' extent
};

namespace cpu {
template <class T>
std::size_t ms_ssim_scratch_bytes(const MsSsim<T>& op);
template <class T>
void ms_ssim(const MsSsim<T>& op, Scratch scratch);
}  // namespace cpu

// As Ssim2d's: device pointers, no allocation, no wait. The scratch depends on which gradients are wanted: those whose
// batch is not 0.
namespace cuda {
template <class T>
std::size_t ms_ssim_scratch_bytes(const MsSsim<T>& op);
template <class T>
void ms_ssim(const MsSsim<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
