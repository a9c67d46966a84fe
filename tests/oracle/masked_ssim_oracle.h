#pragma once
// SSIM of the visible part of images, naive, in double: each window's weights are the Gaussian's times the mask's,
// normalised to sum 1; the score is the mean of the map, weighted by the mask. Shares no code with kernels/.

#include "tests/oracle/planes.h"
#include "tests/oracle/ssim_oracle.h"

namespace fg::oracle {

// The options' crop is not looked at: windows reach over the border, where there is nothing to see.
SsimResult masked_ssim(const Plane& x, const Plane& y, const Plane& mask, const SsimOptions& options);

}  // namespace fg::oracle
