#pragma once
// SSIM of images, forward: Wang, Bovik, Sheikh, Simoncelli 2004, Gaussian window of sigma 1.5.
//
// Numerics, both on CPU and CUDA: from s = x + y and d = x - y (ssim_math.h), with moments taken about a
// sample of the window itself, so that nothing large is squared and subtracted again. Errors of the map stay
// at some 1e-6 where the usual form loses 1e-4 (ssim2d_cpu_test), identical images score exactly 1, and a
// variance is never negative. A NaN or Inf in a channel makes that channel's score NaN.

#include <cstddef>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"

namespace fg {

enum class Padding { same, valid };  // zeros outside the image; only windows that lie inside

// Arguments are checked by the caller (plugin/abi/ssim2d_ops.cpp): extents of x and y agree, the map has
// map_extent(), no output overlaps anything.
template <class T>  // float, Half, BFloat16, or uint8_t: codes as they are, with data_range 255
struct Ssim2d {
  ImageView<const T> x, y;
  int window = 11;  // 7, 9 or 11 taps
  Padding padding = Padding::same;
  float c1 = 1e-4f, c2 = 9e-4f;  // (k1 L)^2 and (k2 L)^2 for data range L
  ImageView<float> map;          // optional
  TableView<double> scores;      // optional, [N, C]: the mean of each channel of each image
  double* mean = nullptr;        // optional: the mean over everything

  int radius() const { return window / 2; }
  // The sides of the map.
  int map_height() const { return x.height - (padding == Padding::valid ? window - 1 : 0); }
  int map_width() const { return x.width - (padding == Padding::valid ? window - 1 : 0); }
};

namespace cpu {
template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>& op);
template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch);
}  // namespace cpu

// Every pointer is device memory of `device`; stream is a cudaStream_t. Launches and returns: nothing is
// allocated, nothing waits. In a build without CUDA these throw ErrorCode::unsupported.
namespace cuda {
template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>& op);
template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
