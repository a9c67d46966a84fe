#pragma once
// SSIM of volumes, forward: ssim2d.h with a window of 7, 9 or 11 taps along each of three axes.
//
// Numerics as there: s = x + y and d = x - y, moments about a sample of the window itself, one axis after the
// other by the law of total variance. Identical volumes score exactly 1; a NaN or Inf in a channel makes that
// channel's score NaN.

#include <cstddef>

#include "kernels/core/half.h"
#include "kernels/core/volume_view.h"
#include "kernels/ssim/ssim2d.h"

namespace fg {

// Arguments are checked by the caller (plugin/abi/ssim3d_ops.cpp): extents of x and y agree, the map has
// map_extent(), no output overlaps anything.
template <class T>  // float, Half, BFloat16, or uint8_t: codes as they are, with data_range 255
struct Ssim3d {
  VolumeBatchView<const T> x, y;
  int window = 11;  // 7, 9 or 11 taps
  Padding padding = Padding::same;
  float c1 = 1e-4f, c2 = 9e-4f;  // (k1 L)^2 and (k2 L)^2 for data range L
  VolumeBatchView<float> map;    // optional
  TableView<double> scores;      // optional, [N, C]: the mean of each channel of each volume
  double* mean = nullptr;        // optional: the mean over everything

  int radius() const { return window / 2; }
  // The sides of the map for a side of the volume.
  FG_HD int map_extent(int extent) const { return extent - (padding == Padding::valid ? window - 1 : 0); }
  FG_HD int map_depth() const { return map_extent(x.depth); }
  FG_HD int map_height() const { return map_extent(x.height); }
  FG_HD int map_width() const { return map_extent(x.width); }
  FG_HD double map_voxels() const {
    return static_cast<double>(map_depth()) * static_cast<double>(map_height()) *
           static_cast<double>(map_width());
  }
};

namespace cpu {
template <class T>
std::size_t ssim3d_scratch_bytes(const Ssim3d<T>& op);
template <class T>
void ssim3d(const Ssim3d<T>& op, Scratch scratch);
}  // namespace cpu

// Every pointer is device memory of `device`; stream is a cudaStream_t. Launches and returns: nothing is
// allocated, nothing waits. In a build without CUDA these throw ErrorCode::unsupported.
namespace cuda {
template <class T>
std::size_t ssim3d_scratch_bytes(const Ssim3d<T>& op);
template <class T>
void ssim3d(const Ssim3d<T>& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
