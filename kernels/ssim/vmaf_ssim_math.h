#pragma once
// The arithmetic of libvmaf's float_ssim and float_ms_ssim, once, for C++ and CUDA.
//
// libvmaf, feature/iqa (Distler), feature/ssim.c, feature/ms_ssim.c. Luma as float in 0..255; windows of 11
// taps, given with six digits, that lie inside the image; each pass sums products, rounded to float, in
// double, and rounds the sum to float. Then, per pixel, luminance, contrast and structure apart:
//   l = (2 mx my + C1) / (mx^2 + my^2 + C1)       C1 = (0.01 255)^2   C2 = (0.03 255)^2
//   c = (2 sqrt(vx vy) + C2) / (vx + vy + C2)      variances not below 0
//   s = (vxy + C2/2) / (sqrt(vx vy) + C2/2)        0 for vxy where it is below 0 and a variance is 0
// The frame's float_ssim is the mean of l c s. float_ms_ssim takes the means of l, c and s at five levels, each
// half as large as the one before, to powers, and their product.
// The reference's roundings are kept, so that its noise on flat regions is, too: scores agree far below 1e-5
// (vmaf_golden_test).

#include <cmath>
#include <cstdint>

#include "shaders/shared/portable.h"

namespace fg::vmaf {

inline constexpr int kRadius = 5;
inline constexpr int kWindow = 2 * kRadius + 1;
inline constexpr int kLevels = 5;
inline constexpr int kLowPassRadius = 4;
inline constexpr int kLeastMultiScale = kWindow << (kLevels - 1);  // 176

#if defined(__CUDA_ARCH__)
FG_HD float times(float a, float b) { return __fmul_rn(a, b); }
FG_HD float plus(float a, float b) { return __fadd_rn(a, b); }
#else
FG_HD float times(float a, float b) { return a * b; }
FG_HD float plus(float a, float b) { return a + b; }
#endif

FG_HD float tap(int k) {
  constexpr float kTap[kRadius + 1] = {0.266012f, 0.213006f, 0.109361f, 0.036001f, 0.007599f, 0.001028f};
  return kTap[k < 0 ? -k : k];
}

// The 9/7 wavelet's low pass, before every second sample is dropped.
FG_HD float low_pass_tap(int k) {
  constexpr float kTap[kLowPassRadius + 1] = {0.602914f, 0.266846f, -0.078201f, -0.016828f, 0.026727f};
  return kTap[k < 0 ? -k : k];
}

// The image goes on beyond its ends as in a mirror, the last sample twice.
FG_HD std::int32_t mirrored(std::int32_t at, std::int32_t extent) {
  return at < 0 ? -1 - at : at >= extent ? 2 * extent - 1 - at : at;
}

// The reference's size of an image of which every `step`-th sample is kept. For odd steps that divide an odd
// extent it is one more than there are; the mirror has it.
FG_HD std::int32_t decimated(std::int32_t extent, int step) {
  return step == 1 ? extent : extent / step + (extent & 1);
}

// What scale 0 stands for: sides of about 256.
inline int automatic_scale(std::int32_t height, std::int32_t width) {
  const float side = static_cast<float>(height < width ? height : width) / 256.0f;
  const int rounded = static_cast<int>(side + 0.5f);
  return rounded < 1 ? 1 : rounded;
}

// Codes of `bits` bits in 0..255 of 8; exact.
inline float code_unit(int bits) { return 1.0f / static_cast<float>(1 << (bits - 8)); }

struct Parts {
  double l, c, s;
};

// From window means, in float, of x, y, x^2, y^2 and x y.
FG_HD Parts parts(float mx, float my, float xx, float yy, float xy) {
  constexpr float c1 = (0.01f * 255) * (0.01f * 255), c2 = (0.03f * 255) * (0.03f * 255);
  const float mx2 = times(mx, mx), my2 = times(my, my);
  float vx = plus(xx, -mx2), vy = plus(yy, -my2), vxy = plus(xy, -times(mx, my));
  if (vx < 0) vx = 0;  // a NaN stays
  if (vy < 0) vy = 0;
  const double deviations = std::sqrt(static_cast<double>(times(vx, vy)));
  if (vxy < 0 && deviations <= 0) vxy = 0;
  Parts p;
  p.l = (2.0 * static_cast<double>(mx) * static_cast<double>(my) + static_cast<double>(c1)) /
        static_cast<double>(plus(plus(mx2, my2), c1));
  p.c = (2.0 * deviations + static_cast<double>(c2)) / static_cast<double>(plus(plus(vx, vy), c2));
  p.s = (static_cast<double>(vxy) + static_cast<double>(c2) / 2.0) /
        (deviations + static_cast<double>(c2) / 2.0);
  return p;
}

// What is summed of a level's pixels, and then divided by their number.
struct LevelSums {
  double ssim, l, c, s;
};

// The score of one frame from the sums of its levels, in [levels][4] as LevelSums; lcs, where wanted, takes the
// means of l, c and s of each level. The reference rounds the means to float.
FG_HD double score(const LevelSums* sums, const double* pixels, int levels, double* lcs) {
  constexpr float kPower[kLevels] = {0.0448f, 0.2856f, 0.3001f, 0.2363f, 0.1333f};
  double product = 1;
  for (int i = 0; i < levels; ++i) {
    const double l = static_cast<float>(sums[i].l / pixels[i]), c = static_cast<float>(sums[i].c / pixels[i]),
                 s = static_cast<float>(sums[i].s / pixels[i]);
    lcs[3 * i] = l;
    lcs[3 * i + 1] = c;
    lcs[3 * i + 2] = s;
    const double power = kPower[i];
    product *= std::pow(l, i == kLevels - 1 ? power : 0.0) * std::pow(c, power) * std::pow(s, power);
  }
  return levels == 1 ? static_cast<double>(static_cast<float>(sums[0].ssim / pixels[0])) : product;
}

}  // namespace fg::vmaf
