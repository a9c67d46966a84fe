#pragma once
// Beer and Lambert's law, both ways, for C++ and CUDA.

#include <cmath>

#include "kernels/drr/drr.h"

namespace fg {

// gradient: the derivative of a loss by the output, or null; then the result is the one by the input.
FG_HD float exposed(const Exposure& op, float input, const float* gradient) {
  if (op.direction == ExposureDirection::expose) {
    const float intensity = op.i0 * expf(-input);
    return gradient == nullptr ? intensity : -intensity * *gradient;
  }
  const bool dark = input < op.lowest;  // a NaN is not
  if (gradient != nullptr) return dark ? 0.0f : -*gradient / input;
  return -logf((dark ? op.lowest : input) / op.i0);
}

}  // namespace fg
