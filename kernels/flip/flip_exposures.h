#pragma once
// Which exposures HDR-FLIP looks at. CPU and CUDA share it.

#include <cmath>

#include "kernels/flip/flip_math.h"

namespace fg::flip {

// Eurographics 2021, section 3.2: from the exposure at which the brightest pixel of the reference comes out at 0.85 of white
// to the one at which its median pixel does, one or fewer stops apart. The luminance counts as at least 2^-23.
FG_HD FlipExposures exposures_for(float brightest, float median, const ToneCurve& curve) {
  const double white = 0.85, least = 1.1920928955078125e-7;
  const double a = curve.k0 - white * curve.k3, b = curve.k1 - white * curve.k4, c = -white * curve.k5;
  const double half = -0.5 * b / a;
  const double light =
      a == 0 ? -c / b : half + sqrt(half * half - c / a);  // that the curve brings to `white`
  FlipExposures exposures;
  exposures.start = log2(light / (brightest > least ? brightest : least));
  exposures.stop = log2(light / (median > least ? median : least));
  const double stops = ceil(exposures.stop - exposures.start);
  exposures.count = stops > 2 ? static_cast<int>(stops) : 2;
  return exposures;
}

FG_HD float gain_of(const FlipExposures& exposures, int i) {
  const double step = exposures.count > 1 ? (exposures.stop - exposures.start) / (exposures.count - 1) : 0;
  return static_cast<float>(exp2(exposures.start + i * step));
}

}  // namespace fg::flip
