#pragma once
// SSIM on CPU by factors: the whole term, or contrast and structure alone (contrast_math.h). What MS-SSIM is
// composed of; the ops themselves are ssim2d.h and ssim2d_gradient.h, with the whole term.

#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_gradient.h"

namespace fg::cpu {

enum class SsimPart { whole, contrast };

template <class T>
void ssim2d_part(const Ssim2d<T>& op, SsimPart part, Scratch scratch);
template <class T>
void ssim2d_gradient_part(const Ssim2dGradient<T>& op, SsimPart part, Scratch scratch);

}  // namespace fg::cpu
