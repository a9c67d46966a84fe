#pragma once
// The colours and errors of FLIP, pixel by pixel; CPU and CUDA share them. All in float and without branches, so that a
// compiler makes vectors of them. A NaN stays one throughout; an infinite sample counts as one.

#include <cstdint>
#include <cstring>

#include "kernels/flip/flip.h"
#include "shaders/shared/portable.h"

namespace fg::flip {

// ---- powers ----

FG_HD std::int32_t bits_of(float value) {
#if defined(__CUDA_ARCH__)
  return __float_as_int(value);
#else
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
#endif
}
FG_HD float float_of(std::int32_t bits) {
#if defined(__CUDA_ARCH__)
  return __int_as_float(bits);
#else
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
#endif
}

// log2 of a normal positive number: x = 2^e m with m in [sqrt(1/2), sqrt(2)), and of m the series of the inverse hyperbolic
// tangent; its first term left out is below 2e-9.
FG_HD float log2_of(float x) {
  const std::int32_t half_root = 0x3F3504F3;  // sqrt(1/2)
  const std::int32_t e = (bits_of(x) - half_root) >> 23;
  const float m = float_of(bits_of(x) - e * (1 << 23));
  const float s = (m - 1.0f) / (m + 1.0f), q = s * s;
  const float series = ((((0.111111111f * q + 0.142857143f) * q + 0.2f) * q + 0.333333333f) * q + 1.0f) * s;
  return static_cast<float>(e) + 2.88539008f * series;  // 2 / ln 2
}

// 2^x for x in [-125, 127].
FG_HD float exp2_of(float x) {
  const float whole = (x + 12582912.0f) - 12582912.0f;  // 1.5 * 2^23: to the nearest integer
  const float f = (x - whole) * 0.693147181f;           // within ln 2 / 2
  const float series =
      ((((((0.00138888889f * f + 0.00833333333f) * f + 0.0416666667f) * f + 0.166666667f) * f + 0.5f) * f) +
       1.0f) *
          f +
      1.0f;
  return series * float_of((static_cast<std::int32_t>(whole) + 127) << 23);
}

// x^p for x >= 0 and 0 <= p <= 3; 0^p is 0. Within 5e-6 of the value (flip_math_test: "powers").
FG_HD float power(float x, float p) {
  const float safe = x > 1e-30f ? x : 1e-30f;  // a NaN, too
  const float y = p * log2_of(safe < 1e30f ? safe : 1e30f);
  const float result = exp2_of(y > -125.0f ? y : -125.0f);
  return (x > 1e-30f ? result : 0.0f) + (x - x) * p;  // NaN for NaN
}

FG_HD float root(float x) {
#if defined(__CUDA_ARCH__)
  return sqrtf(x);
#else
  return __builtin_sqrtf(x);
#endif
}

FG_HD float magnitude(float x) { return x < 0.0f ? -x : x; }
FG_HD float clamped(float x) {  // to 0..1; a NaN stays one
  const float above = x < 0.0f ? 0.0f : x;
  return above > 1.0f ? 1.0f : above;
}
// 0 for a finite number, else NaN.
FG_HD float spoiled(float x) { return x - x; }

// ---- colours ----

struct Color {
  float x, y, z;  // R, G, B; X, Y, Z; L, a, b: by function
};

// IEC 61966-2-1.
FG_HD float linear_of(float coded) {
  const float value = clamped(coded);
  const float curve = power((value + 0.055f) * (1.0f / 1.055f), 2.4f);
  return (value <= 0.04045f ? value * (1.0f / 12.92f) : curve) + spoiled(coded);
}

// Linear sRGB to X / Xn, Y / Yn, Z / Zn of its own white, D65: each row adds up to 1 (BT.709 primaries).
FG_HD Color xyz_of(Color rgb) {
  return {0.433895389f * rgb.x + 0.376242373f * rgb.y + 0.189862239f * rgb.z,
          0.212636822f * rgb.x + 0.715182982f * rgb.y + 0.0721801965f * rgb.z,
          0.0177524232f * rgb.x + 0.109465629f * rgb.y + 0.872781948f * rgb.z};
}
FG_HD Color rgb_of(Color xyz) {
  return {3.08034199f * xyz.x - 1.53739897f * xyz.y - 0.542943019f * xyz.z,
          -0.921178396f * xyz.x + 1.87592997f * xyz.y + 0.0452484125f * xyz.z,
          0.0528812929f * xyz.x - 0.204011206f * xyz.y + 1.15112991f * xyz.z};
}

// YyCxCz: opponent colours that stay linear, to be filtered.
FG_HD Color opponents_of(Color rgb) {
  const Color n = xyz_of(rgb);
  return {116.0f * n.y - 16.0f, 500.0f * (n.x - n.y), 200.0f * (n.y - n.z)};
}
FG_HD Color rgb_of_opponents(Color o) {
  const float y = (o.x + 16.0f) * (1.0f / 116.0f);
  return rgb_of({y + o.y * (1.0f / 500.0f), y, y - o.z * (1.0f / 200.0f)});
}

// CIE 1976: a cube root with a straight line below (6 / 29)^3.
FG_HD float lab_curve(float t) {
  const float curve = power(t, 1.0f / 3.0f);
  return t > 0.00885645168f ? curve : t * 7.78703704f + 0.137931034f;
}
// L*a*b* with a and b after Hunt: colours look paler in the dark.
FG_HD Color hunt_lab_of(Color rgb) {
  const Color n = xyz_of(rgb);
  const float fx = lab_curve(n.x), fy = lab_curve(n.y), fz = lab_curve(n.z);
  const float lightness = 116.0f * fy - 16.0f;
  return {lightness, 0.01f * lightness * (500.0f * (fx - fy)), 0.01f * lightness * (200.0f * (fy - fz))};
}

// What is seen of filtered opponents.
FG_HD Color seen_of(Color filtered) {
  const Color rgb = rgb_of_opponents(filtered);
  return hunt_lab_of({clamped(rgb.x), clamped(rgb.y), clamped(rgb.z)});
}

// ---- errors ----

inline constexpr float kColorPower = 0.7f;       // qc
inline constexpr float kColorKnee = 0.4f;        // pc: this share of the largest difference ...
inline constexpr float kColorKneeError = 0.95f;  // pt: ... becomes this error
// The largest difference ^ qc: of pure green and pure blue, as the paper has it (flip_math_test: "the largest difference").
inline constexpr float kLargestDifference = 41.2760984f;

FG_HD float color_error(Color a, Color b) {
  const float da = a.y - b.y, db = a.z - b.z;
  const float hyab = magnitude(a.x - b.x) + root(da * da + db * db);
  const float d = power(hyab, kColorPower);
  const float knee = kColorKnee * kLargestDifference;
  const float below = d * (kColorKneeError / knee);
  const float above = kColorKneeError + (d - knee) * ((1.0f - kColorKneeError) / (kLargestDifference - knee));
  return d < knee ? below : above;
}

// Edges and points: lengths of two vectors.
struct Features {
  float edge, point;
};

// Derivatives along and across, of luminance that stands in opponents: 116 times as large.
FG_HD float feature_length(float across, float down) {
  return root(across * across + down * down) * (1.0f / 116.0f);
}

FG_HD float feature_error(Features a, Features b) {
  const float edge = magnitude(a.edge - b.edge), point = magnitude(a.point - b.point);
  const float larger = (edge > point ? edge : point) + (edge - edge) + (point - point);
  return root(larger * 0.707106781f);  // qf = 1/2
}

FG_HD float pixel_error(float color, float feature) {
  return power(color, 1.0f - feature) + (feature - feature);
}

// ---- high dynamic range ----

// (k0 x^2 + k1 x) / (k3 x^2 + k4 x + k5); Reinhard's is of the luminance.
struct ToneCurve {
  float k0, k1, k3, k4, k5;
  bool of_luminance;
};

FG_HD ToneCurve tone_curve(FlipToneMapper mapper) {
  // Reinhard 2002, eq. 3.
  if (mapper == FlipToneMapper::reinhard) return {0.0f, 1.0f, 0.0f, 1.0f, 1.0f, true};
  // Hable 2010 with A..F = 0.15, 0.5, 0.1, 0.2, 0.02, 0.3, exposed by 2, white at 11.2.
  if (mapper == FlipToneMapper::hable) return {0.231683f, 0.013791f, 0.18f, 0.3f, 0.018f, false};
  // Narkowicz's fit to ACES, 2016, of 0.6 x.
  return {0.36f * 2.51f, 0.6f * 0.03f, 0.36f * 2.43f, 0.6f * 0.59f, 0.14f, false};
}

FG_HD float luminance_of(Color rgb) { return 0.2126f * rgb.x + 0.7152f * rgb.y + 0.0722f * rgb.z; }

// Negative light counts as none; the published fits rise again there. Beyond 1e15 all curves have long been at their end.
FG_HD float exposed(float value, float gain) {
  const float light = value < 0.0f ? 0.0f : value;
  const float result = light * gain;
  return (result > 1e15f ? 1e15f : result) + spoiled(value);
}

FG_HD float curve_at(const ToneCurve& c, float x) {
  return clamped((c.k0 * x + c.k1) * x / ((c.k3 * x + c.k4) * x + c.k5));
}

FG_HD Color tone_mapped_by_channel(const ToneCurve& c, Color light, float gain) {
  return {curve_at(c, exposed(light.x, gain)), curve_at(c, exposed(light.y, gain)),
          curve_at(c, exposed(light.z, gain))};
}
FG_HD Color tone_mapped_by_luminance(Color light, float gain) {
  const Color e{exposed(light.x, gain), exposed(light.y, gain), exposed(light.z, gain)};
  const float scale = 1.0f / (1.0f + luminance_of(e));
  return {clamped(e.x * scale), clamped(e.y * scale), clamped(e.z * scale)};
}

// For the search of exposures: a NaN is no light.
FG_HD float light_of(float value) { return value > 0.0f && value < 1e30f ? value : 0.0f; }
FG_HD float luminance_of_light(float red, float green, float blue) {
  return luminance_of({light_of(red), light_of(green), light_of(blue)});
}

}  // namespace fg::flip
