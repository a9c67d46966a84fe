#pragma once
// The term of libvmaf's integer SSIM, once, for C++ and CUDA, to the bit of the reference.
//
// libvmaf, feature/integer_ssim.c, written for the Daala codec: nine integer taps of sum 256 in each
// direction, only those inside the image; moments of the raw codes as integers. A pixel's term is its SSIM
// times its weight W, which is the sum of the taps inside:
//   W (2 mx my + c1) (c2 + 2 (W xy - mx my)) / ((mx^2 + my^2 + c1) (W x2 - mx^2 + W y2 - my^2 + c2))
//   c1 = (0.01 L W)^2,  c2 = (0.03 L W)^2,  L = 2^bits - 1
// The frame's score is the sum of the terms, added in raster order, over the sum of the weights.
//
// All operations are in double. Where an operation may round, it is done in the reference's order, one
// rounding each: a product and a sum are never fused (files that include this are compiled without
// contraction). Integers below 2^53 are exact in double, however they are computed.

#include <cstdint>

#include "shaders/shared/portable.h"

namespace fg::integer_ssim {

inline constexpr int kRadius = 4;
inline constexpr int kFullWeight = 256 * 256;  // of a pixel whose window lies inside the image

// floor(256 g(k) / sum + 1/2) of a Gaussian of sigma 1.5; the centre takes what is left of 256.
FG_HD int tap(int k) {
  constexpr int kTap[kRadius + 1] = {68, 55, 28, 9, 2};
  return kTap[k < 0 ? -k : k];
}

// The taps of the window about `at` that lie inside [0, extent).
FG_HD int weight_along(std::int32_t at, std::int32_t extent) {
  if (at >= kRadius && at < extent - kRadius) return 256;
  int weight = 0;
  for (int k = -kRadius; k <= kRadius; ++k)
    if (at + k >= 0 && at + k < extent) weight += tap(k);
  return weight;
}

// The sum of all weights of a plane: the window is separable, and so is this sum.
inline double weight_sum(std::int32_t height, std::int32_t width) {
  const auto along = [](std::int32_t extent) {
    std::int64_t sum = 256 * std::int64_t{extent};
    // What the windows near an end miss: the tap k is outside for the first and the last k places, or for all.
    for (int k = 1; k <= kRadius; ++k) sum -= 2 * tap(k) * (extent < k ? extent : k);
    return sum;
  };
  return static_cast<double>(along(height)) * static_cast<double>(along(width));
}

struct Constants {
  double c1, c2;  // of weight 1
};

inline Constants constants(int bits) {
  const double largest = static_cast<double>((std::int64_t{1} << bits) - 1);
  // The reference squares an int, which 16 bits overflow; the square in double is what it means.
  return {largest * largest * (0.01 * 0.01), largest * largest * (0.03 * 0.03)};
}

#if defined(__CUDA_ARCH__)
FG_HD double times(double a, double b) { return __dmul_rn(a, b); }
FG_HD double plus(double a, double b) { return __dadd_rn(a, b); }
FG_HD double minus(double a, double b) { return __dsub_rn(a, b); }
// The quotient, rounded to nearest, by the steps of __ddiv_rn() without its way out for operands near the ends of
// the exponents: here b lies between 2^50 and 2^130 and a is 0 or beyond 2^-20. Without the branch, quotients of
// several pixels are computed side by side. Bits against the CPU's division: integer_ssim_cuda_test.
FG_HD double over(double a, double b) {
  double r;
  asm("rcp.approx.ftz.f64 %0, %1;" : "=d"(r) : "d"(b));
  r = __hiloint2double(__double2hiint(r), 1);
  double error = __fma_rn(-b, r, 1.0);
  error = __fma_rn(error, error, error);
  r = __fma_rn(r, error, r);
  r = __fma_rn(r, __fma_rn(-b, r, 1.0), r);
  const double q = __dmul_rn(a, r);
  return __fma_rn(r, __fma_rn(-b, q, a), q);
}
FG_HD double exact_fma(double a, double b, double c) { return __fma_rn(a, b, c); }
#else
FG_HD double times(double a, double b) { return a * b; }
FG_HD double plus(double a, double b) { return a + b; }
FG_HD double minus(double a, double b) { return a - b; }
FG_HD double over(double a, double b) { return a / b; }
// a b + c where the product is exact, so that it is the same fused or not.
FG_HD double exact_fma(double a, double b, double c) { return a * b + c; }
#endif

// Integer moments of a window, exact in double for up to 16 bits (below 2^48).
struct Moments {
  double x, y, xx, yy, xy;
};

// The constants of weight w.
FG_HD Constants weighted(Constants k, double w) {
  return {times(times(k.c1, w), w), times(times(k.c2, w), w)};
}

// k: weighted.
FG_HD double term(const Moments& m, double w, Constants k) {
  const double mx2 = times(m.x, m.x), mxy = times(m.x, m.y), my2 = times(m.y, m.y);
  const double above =
      times(times(w, plus(times(2, mxy), k.c1)), plus(k.c2, times(2, minus(times(m.xy, w), mxy))));
  const double variances = plus(minus(plus(minus(times(m.xx, w), mx2), times(m.yy, w)), my2), k.c2);
  return over(above, times(plus(plus(mx2, my2), k.c1), variances));
}

// The same for codes of 8 bits, from moments of the codes less 128, a = x - 128 and b = y - 128, of which
// four suffice and all fit 32 bits: the sums of squares stay below 2^31. Everything up to the constants is an
// integer below 2^50, and a variance or covariance does not change with what is taken from all codes, so that
// the bits are those of term() (integer_ssim_cpu_test).
struct Moments8 {
  double a, b;
  std::uint32_t squares;  // of a^2 + b^2
  std::int32_t ab;
};

// An int32 as a double by way of the mantissa: CUDA converts to double four times slower than it adds.
FG_HD double to_double(std::int32_t value) {
#if defined(__CUDA_ARCH__)
  return __hiloint2double(0x43300000, value ^ static_cast<std::int32_t>(0x80000000u)) - 4503601774854144.0;
#else
  return value;
#endif
}
FG_HD double to_double(std::uint32_t value) {
#if defined(__CUDA_ARCH__)
  return __hiloint2double(0x43300000, static_cast<std::int32_t>(value)) - 4503599627370496.0;
#else
  return value;
#endif
}

FG_HD double term(const Moments8& m, double w, Constants k) {
  const double mx = exact_fma(128, w, m.a), my = exact_fma(128, w, m.b);
  const double covariance = exact_fma(-m.a, m.b, times(to_double(m.ab), w));
  const double variances = exact_fma(-m.b, m.b, exact_fma(-m.a, m.a, times(to_double(m.squares), w)));
  const double above = times(times(w, exact_fma(2, times(mx, my), k.c1)), exact_fma(2, covariance, k.c2));
  const double below = times(plus(exact_fma(my, my, times(mx, mx)), k.c1), plus(variances, k.c2));
  return over(above, below);
}

}  // namespace fg::integer_ssim
