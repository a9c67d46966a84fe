#pragma once
// NCC of the edges of x and y: each image is blurred by a Gaussian and filtered by Sobel's two operators; the score is the
// mean of the NCCs of the two, by the scales of ncc.h.
//
// nanodrr's conventions: the Gaussian has int(6 sigma + 1) | 1 taps a side and is reflected about the outer pixels; Sobel's
// operators see zeros outside.
// With a mask, an edge counts where all pixels that its filters look at inside the image have a weight, and then by that of
// its middle.

#include <cstddef>

#include "kernels/registration/ncc.h"

namespace fg {

inline constexpr double kMaxEdgeSigma = 16;

struct GradientNcc {
  Ncc ncc;
  double sigma = 1;
};

// Taps on either side of the middle. The Gaussian reflects once: it needs sides of more than that.
FG_HD int edge_blur_radius(double sigma) { return (static_cast<int>(6 * sigma + 1) | 1) / 2; }

namespace cpu {
std::size_t gradient_ncc_scratch_bytes(const GradientNcc& op);
void gradient_ncc(const GradientNcc& op, Scratch scratch);
}  // namespace cpu

namespace cuda {  // as in ncc.h
std::size_t gradient_ncc_scratch_bytes(const GradientNcc& op);
void gradient_ncc(const GradientNcc& op, Scratch scratch, int device, void* stream);
}  // namespace cuda

}  // namespace fg
