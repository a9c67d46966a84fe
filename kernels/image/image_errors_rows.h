#pragma once
// The vector half of the pixel errors on CPU: one contiguous row. Compiled for every instruction set, the
// best one is taken at run time.

#include <cstdint>

namespace fg::cpu {

struct ErrorSums {
  double squares = 0, magnitudes = 0;  // of x - y, in the units of the samples
  double largest = 0;                  // |x - y|; without meaning where a sum is not finite
};

// Errors of `count` samples. The difference of two floats is rounded once (6e-8 of it); codes are exact.
ErrorSums row_errors(const float* x, const float* y, int count);
ErrorSums row_errors(const std::uint8_t* x, const std::uint8_t* y, int count);

}  // namespace fg::cpu
