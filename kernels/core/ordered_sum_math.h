#pragma once
// A serial sum of doubles, to the bit, on many threads.
//
//   s = 0; for (t : terms) s += t;      every addition rounds, so that the order of the terms matters
//
// While |s| stays within one binade [2^e, 2^(e+1)], every value of s is a multiple of u = 2^(e-52), and an
// addition moves s by a whole number of u: t/u, rounded to nearest. That number depends on t alone, unless
// t/u lies exactly between two integers: then s goes to the even neighbour, and the number depends on whether
// s/u is even. So one term, and with it any run of terms, is a Step: two integers, how far s moves when s/u
// is even and when it is odd. Steps compose associatively and without rounding, whatever the grouping.
//
// What remains serial are the runs in which |s| may leave its binade, for instance about the powers of two.
// Which runs these are follows from a rough sum and a bound of its error. ordered_sum_test holds all of it to
// the bits of the plain loop.

#include <cmath>
#include <cstdint>
#include <cstring>

#include "shaders/shared/portable.h"

namespace fg::ordered {

FG_HD std::int64_t bits_of(double value) {
#if defined(__CUDA_ARCH__)
  return __double_as_longlong(value);
#else
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
#endif
}

FG_HD double double_of(std::int64_t bits) {
#if defined(__CUDA_ARCH__)
  return __longlong_as_double(bits);
#else
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
#endif
}

// 2^exponent, for exponents of normal doubles.
FG_HD double power_of_two(int exponent) {
  return double_of(static_cast<std::int64_t>(exponent + 1023) << 52);
}

// Where |s| stays: its exponent and the sign of s.
struct Binade {
  std::int32_t exponent;
  bool negative;
};

// How far |s| moves, in units of the binade, from an even and from an odd place. The two differ by at most 1.
struct Step {
  std::int64_t from_even, from_odd;
};

FG_HD Step then(Step first, Step second) {
  Step both;
  both.from_even = first.from_even + ((first.from_even & 1) != 0 ? second.from_odd : second.from_even);
  both.from_odd = first.from_odd + ((first.from_odd & 1) != 0 ? second.from_even : second.from_odd);
  return both;
}

// Rounds terms to the units of a binade. Terms are at most a quarter of its upper end.
struct Rounder {
  double shift;  // 1.5 * 2^e: a sum with it has the binade's unit, and an even number of them before the term
  double half;   // half a unit
  double sign;

  FG_HD explicit Rounder(Binade binade)
      : shift(1.5 * power_of_two(binade.exponent)),
        half(power_of_two(binade.exponent - 53)),
        sign(binade.negative ? -1.0 : 1.0) {}

  // Units to the nearest, half to even; *tie is set where that was decided by evenness.
  FG_HD std::int64_t units(double term, bool* tie) const {
    const double signed_term = sign * term;
    const double sum = shift + signed_term;
    const double rest = signed_term - (sum - shift);  // both differences are exact
    *tie |= std::fabs(rest) == half;
    return bits_of(sum) - bits_of(shift);
  }

  FG_HD Step step(double term) const {
    bool tie = false;
    const std::int64_t nearest = units(term, &tie);
    if (!tie) return {nearest, nearest};
    const double signed_term = sign * term;
    const double rest = signed_term - ((shift + signed_term) - shift);
    const std::int64_t below = rest > 0 ? nearest : nearest - 1;  // the term lies half a unit above it
    const bool odd = (below & 1) != 0;
    return {below + (odd ? 1 : 0), below + (odd ? 0 : 1)};
  }
};

// s after the step. It holds when |s| starts and stays in the binade of the step.
FG_HD double moved(double s, Step step) {
  const std::int64_t bits = bits_of(s);
  return double_of(bits +
                   ((bits & 1) != 0 ? step.from_odd : step.from_even));  // sign and magnitude: |s| moves
}

// Does a sum that is between `low` and `high` all along stay in one binade? Says which.
FG_HD bool stays_between(double low, double high, Binade* binade) {
  binade->negative = high < 0;
  const double nearer = binade->negative ? -high : low, farther = binade->negative ? -low : high;
  binade->exponent = static_cast<std::int32_t>((bits_of(nearer) >> 52) - 1023);           // of no use below 0
  if (!(nearer > 0 && binade->exponent > -900 && binade->exponent < 1000)) return false;  // a NaN, too
  return farther <= 2 * power_of_two(binade->exponent);
}

// The same of a sum that is within `reach` of `about`.
FG_HD bool stays(double about, double reach, Binade* binade) {
  return stays_between(about - reach, about + reach, binade);
}

}  // namespace fg::ordered
