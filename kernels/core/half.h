#pragma once
// 16-bit floats as they lie in memory. Arithmetic is float everywhere: to_float() is exact.

#include <cstdint>
#include <cstring>

#include "shaders/shared/portable.h"

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace fg {

struct Half {  // IEEE 754 binary16
  std::uint16_t bits;
};
struct BFloat16 {  // the upper half of a float
  std::uint16_t bits;
};

FG_HD float to_float(float value) { return value; }
FG_HD float to_float(std::uint8_t value) { return static_cast<float>(value); }
FG_HD float to_float(std::uint16_t value) { return static_cast<float>(value); }
FG_HD float to_float(std::int16_t value) { return static_cast<float>(value); }

inline float float_from_bits(std::uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

FG_HD float to_float(BFloat16 value) {
#if defined(__CUDA_ARCH__)
  return __uint_as_float(std::uint32_t{value.bits} << 16);
#else
  return float_from_bits(std::uint32_t{value.bits} << 16);
#endif
}

FG_HD float to_float(Half value) {
#if defined(__CUDA_ARCH__)
  return __half2float(__ushort_as_half(value.bits));
#else
  const std::uint32_t sign = (value.bits & 0x8000u) << 16, magnitude = value.bits & 0x7FFFu;
  if (magnitude >= 0x7C00u) return float_from_bits(sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  // A subnormal half is a normal float: let the multiplication find its exponent. 2^112 = 2^(127 - 15).
  const float scaled = float_from_bits(magnitude << 13) * float_from_bits((127u + 112u) << 23);
  return sign != 0 ? -scaled : scaled;
#endif
}

// Rounds to nearest, ties to even; beyond 65,504 to infinity.
FG_HD Half to_half(float value) {
#if defined(__CUDA_ARCH__)
  return {__half_as_ushort(__float2half_rn(value))};
#else
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  const std::uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  std::uint32_t half;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u;  // NaN
  } else if (magnitude >= 0x477FF000u) {
    half = 0x7C00u;                       // rounds to 2^16 or is larger
  } else if (magnitude >= 0x38800000u) {  // 2^-14: normal. A carry out of the fraction goes into the exponent
    const std::uint32_t rounded = magnitude + 0x0FFFu + (magnitude >> 13 & 1u);
    half = (rounded - 0x38000000u) >> 13;
  } else {  // a sum with 2^-1 leaves the fraction in steps of 2^-24
    const float step = float_from_bits(magnitude) + 0.5f;
    std::memcpy(&half, &step, sizeof(half));
    half -= 0x3F000000u;
  }
  return {static_cast<std::uint16_t>(sign | half)};
#endif
}

}  // namespace fg
