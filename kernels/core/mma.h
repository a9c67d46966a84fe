#pragma once
// Products of small matrices on tensor cores: what each lane of a warp holds of them, and pairs of 16-bit floats.
//
// A lane is (g, t) = (lane / 4, lane % 4). With D = A B + C, rows of A and columns of B and D:
//   A, 16 x 16: pair 0 (row g), pair 1 (row g + 8) hold columns 2t, 2t + 1; pairs 2 and 3 columns 2t + 8, 2t + 9
//   A, 16 x 8:  pairs 0 and 1
//   B, 16 x 8:  pair 0 holds rows 2t, 2t + 1 of column g; pair 1 rows 2t + 8, 2t + 9;   8 x 8: pair 0
//   D, 16 x 8:  0, 1: row g, columns 2t, 2t + 1; 2, 3: row g + 8
// So D of one product, rounded to pairs, is A (16 x 8) of the next one without any exchange between lanes.
// (PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type".)

#include <cstdint>

#include "kernels/core/half.h"

namespace fg {

// Two binary16, the first in the low bits.
using HalfPair = std::uint32_t;

struct MatrixA16 {
  HalfPair pair[4];
};
struct MatrixA8 {
  HalfPair pair[2];
};
struct MatrixB16 {
  HalfPair pair[2];
};
struct MatrixD {
  float value[4];
};

FG_HD HalfPair make_pair(float first, float second) {
  return std::uint32_t{to_half(first).bits} | std::uint32_t{to_half(second).bits} << 16;
}
FG_HD float first_of(HalfPair pair) { return to_float(Half{static_cast<std::uint16_t>(pair)}); }
FG_HD float second_of(HalfPair pair) { return to_float(Half{static_cast<std::uint16_t>(pair >> 16)}); }

#if defined(__CUDA_ARCH__)
namespace detail {
__device__ inline __half2 as_half2(HalfPair pair) { return *reinterpret_cast<__half2*>(&pair); }
__device__ inline HalfPair as_pair(__half2 value) { return *reinterpret_cast<HalfPair*>(&value); }
}  // namespace detail
#endif

// Each rounds once.
FG_HD HalfPair sub(HalfPair a, HalfPair b) {
#if defined(__CUDA_ARCH__)
  return detail::as_pair(__hsub2_rn(detail::as_half2(a), detail::as_half2(b)));
#else
  return make_pair(first_of(a) - first_of(b), second_of(a) - second_of(b));
#endif
}
FG_HD HalfPair mul(HalfPair a, HalfPair b) {
#if defined(__CUDA_ARCH__)
  return detail::as_pair(__hmul2_rn(detail::as_half2(a), detail::as_half2(b)));
#else
  return make_pair(first_of(a) * first_of(b), second_of(a) * second_of(b));
#endif
}
// a b + c. On the host products and sums of halfs must fit into a float, as those of small integers do.
FG_HD HalfPair mul_add(HalfPair a, HalfPair b, HalfPair c) {
#if defined(__CUDA_ARCH__)
  return detail::as_pair(__hfma2(detail::as_half2(a), detail::as_half2(b), detail::as_half2(c)));
#else
  return make_pair(first_of(a) * first_of(b) + first_of(c), second_of(a) * second_of(b) + second_of(c));
#endif
}
FG_HD HalfPair negated(HalfPair a) {
#if defined(__CUDA_ARCH__)
  return detail::as_pair(__hneg2(detail::as_half2(a)));  // a modifier of the instruction that uses it
#else
  return a ^ 0x80008000u;
#endif
}

// Two floats as a pair and what rounding took from them: together 22 bits and more, their error is 2^-24 of the value.
struct SplitPair {
  HalfPair high, low;
};
FG_HD SplitPair split(float first, float second) {
  SplitPair result;
#if defined(__CUDA_ARCH__)
  const __half2 high = __floats2half2_rn(first, second);
  const float2 rounded = __half22float2(high);
  result.high = detail::as_pair(high);
  result.low = detail::as_pair(__floats2half2_rn(first - rounded.x, second - rounded.y));
#else
  result.high = make_pair(first, second);
  result.low = make_pair(first - first_of(result.high), second - second_of(result.high));
#endif
  return result;
}

#if defined(__CUDACC__)
// c + a b, for the whole warp. Products are exact, sums float. sm_75 has the 8-column instruction alone.
__device__ inline MatrixD multiply_add(const MatrixA8& a, HalfPair b, const MatrixD& c) {
  MatrixD d = {};
#if defined(__CUDA_ARCH__)
  asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%7,%8,%9,%10};"
      : "=f"(d.value[0]), "=f"(d.value[1]), "=f"(d.value[2]), "=f"(d.value[3])
      : "r"(a.pair[0]), "r"(a.pair[1]), "r"(b), "f"(c.value[0]), "f"(c.value[1]), "f"(c.value[2]),
        "f"(c.value[3]));
#endif
  return d;
}
__device__ inline MatrixD multiply_add(const MatrixA16& a, const MatrixB16& b, const MatrixD& c) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  const MatrixD half = multiply_add(MatrixA8{{a.pair[0], a.pair[1]}}, b.pair[0], c);
  return multiply_add(MatrixA8{{a.pair[2], a.pair[3]}}, b.pair[1], half);
#else
  MatrixD d = {};
#if defined(__CUDA_ARCH__)
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%10,%11,%12,%13};"
      : "=f"(d.value[0]), "=f"(d.value[1]), "=f"(d.value[2]), "=f"(d.value[3])
      : "r"(a.pair[0]), "r"(a.pair[1]), "r"(a.pair[2]), "r"(a.pair[3]), "r"(b.pair[0]), "r"(b.pair[1]),
        "f"(c.value[0]), "f"(c.value[1]), "f"(c.value[2]), "f"(c.value[3]));
#endif
  return d;
#endif
}
#endif

}  // namespace fg
