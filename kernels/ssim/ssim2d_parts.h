#pragma once
// SSIM on CPU by factors (ssim_parts.h); the ops themselves are ssim2d.h and ssim2d_gradient.h, with the whole term.

#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_gradient.h"
#include "kernels/ssim/ssim_parts.h"

namespace fg::cpu {

template <class T>
void ssim2d_part(const Ssim2d<T>& op, SsimPart part, Scratch scratch);
template <class T>
void ssim2d_gradient_part(const Ssim2dGradient<T>& op, SsimPart part, Scratch scratch);

}  // namespace fg::cpu
