#pragma once
// What the value and the gradient of masked SSIM on CUDA share. Included by .cu files alone.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/core/pieces.h"
#include "kernels/ssim/masked_ssim.h"
#include "kernels/ssim/masked_ssim_strip.h"
#include "kernels/ssim/ssim2d_strips.cuh"

namespace fg::cuda::masked {

inline constexpr int kBlocksPerSm = 4;  // 178 KB of a Hopper SM's shared memory, 128 registers a thread
inline constexpr int kGradientBlocksPerSm = 3;
inline constexpr std::int64_t kMaskParts = 256;  // sums of a plane of the mask

// How a call is cut, and what lies in scratch.
template <class T>
struct Layout {
  Strips strips;  // of samples where there are gradients, of windows where there are none
  StripSums weights, terms;
  double* mask_parts;  // [planes of the mask, kMaskParts]
  std::size_t bytes;

  Layout(const MaskedSsim2d<T>& op, bool has_gradient, void* scratch)
      : Layout(op, strips_of(op, has_gradient), Pieces(scratch)) {}

  // A mask for all channels is one plane an image.
  static std::int64_t mask_channels(const MaskedSsim2d<T>& op) {
    return op.mask.channel_stride == 0 ? 1 : op.x.channels;
  }

 private:
  Layout(const MaskedSsim2d<T>& op, const Strips& s, Pieces pieces)
      : strips(s),
        weights(pieces.take<char>(static_cast<std::int64_t>(StripSums::bytes(s))), s),
        terms(pieces.take<char>(static_cast<std::int64_t>(StripSums::bytes(s))), s),
        mask_parts(pieces.take<double>(op.x.planes() * kMaskParts)),
        bytes(pieces.used_bytes()) {}

  static Strips strips_of(const MaskedSsim2d<T>& op, bool has_gradient) {
    const int radius = op.window / 2;
    return {op.x.height, op.x.width, op.x.planes(),
            has_gradient ? StripShape{.columns = strip::kThreads - 4 * radius,
                                      .at_once = kGradientBlocksPerSm,
                                      .halo_rows = 2 * radius,
                                      .most_rows = 240}
                         : StripShape{.columns = strip::kThreads - 2 * radius,
                                      .at_once = kBlocksPerSm,
                                      .halo_rows = 0,
                                      .most_rows = 120}};
  }
};

template <class T>
struct Work {
  MaskedSsim2d<T> op;
  WindowTaps window;
  Strips strips;
  StripSums weights, terms;
  const double* mask_parts;
  std::int64_t mask_channels;
  fg::masked::Units units;
  double plane_weight;  // dL/dscore of every plane

  Work(const MaskedSsim2d<T>& from, const Layout<T>& layout)
      : op(from),
        window(gaussian_window(from.window / 2)),
        strips(layout.strips),
        weights(layout.weights),
        terms(layout.terms),
        mask_parts(layout.mask_parts),
        mask_channels(Layout<T>::mask_channels(from)),
        units(fg::masked::units_of(from.c2)),
        plane_weight(from.mean_weight / static_cast<double>(from.x.planes())) {}
};

// The planes that a block works on.
template <class T>
struct ThisPlane {
  unsigned plane, n, c;
  PlaneView<const T> x, y;
  PlaneView<const float> mask;

  __device__ ThisPlane(const MaskedSsim2d<T>& op, unsigned first_plane) : plane(first_plane + blockIdx.z) {
    const unsigned channels = static_cast<unsigned>(op.x.channels);
    n = plane / channels;
    c = plane % channels;
    x = op.x.plane(n, c);
    y = op.y.plane(n, c);
    mask = op.mask.plane(n, c);
  }
};

// What a block leaves: its strip's sums. Every thread of the block arrives.
template <class T>
__device__ void leave(const Work<T>& work, unsigned plane, const fg::masked::Totals& totals) {
  const double weights = block_reduce<strip::kThreads>(totals.weights);
  const double terms = block_reduce<strip::kThreads>(totals.terms);
  if (threadIdx.x != 0) return;
  work.weights.leave(plane, weights);
  work.terms.leave(plane, terms);
}

// Does std::int32_t reach every element of a plane?
template <class T>
bool is_near(const MaskedSsim2d<T>& op) {
  const auto near_or_none = [](const auto& view) {
    return view.data == nullptr || strip::reached_by_32_bits(view.plane(0, 0));
  };
  return near_or_none(op.x) && near_or_none(op.y) && near_or_none(op.mask) && near_or_none(op.x_gradient) &&
         near_or_none(op.y_gradient);
}

// Values and gradients, in masked_ssim_gradient.cu; the parts of the mask's sums are there.
template <class T>
void launch_gradient_strips(const Work<T>& work, cudaStream_t stream);

}  // namespace fg::cuda::masked
