#pragma once
// What a weight of masked SSIM's mask counts, for C++ and CUDA alike.

#include "shaders/shared/portable.h"

namespace fg::masked {

// Weights below the least count as 0, a NaN too, and weights above the most as the most: framegauge.h, FgMaskedSsim2d. The
// sum of a window that sees anything is then at least 1e-36, a corner's weight of 1e-6 times the least, and neither that
// sum nor 1 / W leaves float's range (masked_ssim_cpu_test, masked_ssim_strip_test: "weights of any size").
inline constexpr float kLeastWeight = 1e-30f, kMostWeight = 1e18f;

FG_HD float weight_of(float mask) {
  return mask >= kLeastWeight ? (mask < kMostWeight ? mask : kMostWeight) : 0.0f;
}

}  // namespace fg::masked
