#pragma once
// How many photons a pixel counts: a draw from the Poisson distribution of mean i0 exp(-integral), for C++ and CUDA.
//
// The same count everywhere, bit for bit, needs the same double operations everywhere: +, -, *, / and the square root are
// rounded alike by IEEE 754, so that exp and log are made of them here, and whoever includes this is compiled without fused
// multiply-adds (kernels/CMakeLists.txt).

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/drr/philox.h"

namespace fg {

inline constexpr double kLn2High = 0x1.62e42feep-1;  // times an integer below 2^20 without rounding
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// |x| <= 700. x = k ln 2 + r, and Taylor's series of exp r, |r| <= 0.35, to r^13 / 13!: the next term is 4e-18.
FG_HD double photon_exp(double x) {
  const double k = floor(x * 1.4426950408889634 + 0.5);
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double series = 1;
  for (int n = 13; n > 0; --n) series = 1 + series * (r * (1.0 / n));
  const std::uint64_t bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(k) + 1023) << 52;
  double power;
  std::memcpy(&power, &bits, sizeof power);
  return series * power;
}

// x > 0, normal. x = 2^e m, m from sqrt(1/2) to sqrt(2), and log m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.172.
FG_HD double photon_log(double x) {
  std::uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  int e = static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
  double m;
  std::memcpy(&m, &bits, sizeof m);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++e;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int n = 23; n > 1; n -= 2) series = (series + 1.0 / n) * square;
  return e * kLn2High + (2 * s * (1 + series) + e * kLn2Low);
}

// log of the probability of k counts, k a whole number of 0 or more; mean > 0. Loader, Fast and Accurate Computation of
// Binomial Probabilities, 2000: without the difference of large logarithms.
FG_HD double log_poisson(double k, double mean) {
  if (k < 16) {
    double factorial = 1;  // 15! < 2^53
    for (int i = 2; i <= static_cast<int>(k); ++i) factorial *= i;
    return k * photon_log(mean) - mean - photon_log(factorial);
  }
  const double inverse = 1 / k, square = inverse * inverse;
  const double stirling =
      inverse *
      (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square * (1.0 / 1680 - square / 1188))));
  const double difference = k - mean;
  double deviance;  // k log(k / mean) + mean - k
  if (fabs(difference) < 0.1 * (k + mean)) {
    const double v = difference / (k + mean), v_square = v * v;
    double power = 2 * k * v;
    deviance = difference * v;
    for (int j = 3; j < 25; j += 2) {
      power *= v_square;
      deviance += power / j;
    }
  } else {
    deviance = k * photon_log(k / mean) - difference;
  }
  return -stirling - deviance - 0.5 * photon_log(6.283185307179586 * k);
}

// The random numbers of one pixel.
struct PhotonDraws {
  std::uint64_t seed;
  std::uint64_t plane, pixel;  // below 2^52 and 2^44: in one counter with `drawn`
  std::uint32_t drawn = 0;

  struct Pair {
    double u, v;  // above 0 and below 1, multiples of 2^-53
  };
  FG_HD Pair next() {
    const PhiloxCounter random = philox(
        {{static_cast<std::uint32_t>(pixel), static_cast<std::uint32_t>(plane),
          static_cast<std::uint32_t>(pixel >> 32) | static_cast<std::uint32_t>(plane >> 32) << 12, drawn++}},
        {{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}});
    return {uniform(random.word[0], random.word[1]), uniform(random.word[2], random.word[3])};
  }
  FG_HD static double uniform(std::uint32_t low, std::uint32_t high) {
    const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
  }
};

// Sequential search through the distribution, from 0 up; mean < 10.
FG_HD double few_photons(double mean, PhotonDraws& draws) {
  double rest = draws.next().u, probability = photon_exp(-mean), k = 0;
  // Beyond the second condition is less than the rounding of what was subtracted.
  while (rest > probability && !(k > mean && probability < 1e-17)) {
    rest -= probability;
    k += 1;
    probability = probability * mean / k;
  }
  return k;
}

// Hörmann, The transformed rejection method for generating Poisson random variables, 1993, algorithm PTRS; mean >= 10.
FG_HD double many_photons(double mean, PhotonDraws& draws) {
  const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const PhotonDraws::Pair pair = draws.next();
    const double u = pair.u - 0.5, v = pair.v, us = 0.5 - fabs(u);
    const double k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (photon_log(v * inverse_alpha / (a / (us * us) + b)) <= log_poisson(k, mean)) return k;
  }
}

// From here on sqrt(mean) / mean is below the rounding of float32: the count is the mean.
inline constexpr double kNoiselessPhotons = 0x1p50;

FG_HD float photon_count(double i0, float integral, PhotonDraws draws) {
  if (integral != integral) return integral;
  const double x = integral;
  const double mean = x > 700 ? 0 : x < -700 ? static_cast<double>(INFINITY) : i0 * photon_exp(-x);
  if (mean < 10) return static_cast<float>(few_photons(mean, draws));
  return static_cast<float>(mean < kNoiselessPhotons ? many_photons(mean, draws) : mean);
}

}  // namespace fg
