#pragma once
// libvmaf's float_ssim and float_ms_ssim, naive, in double throughout: two-dimensional windows, the wavelet as
// a two-dimensional filter. Shares no code with kernels/.

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/oracle/planes.h"

namespace fg::oracle {

struct VmafLevel {
  double ssim = 0, l = 0, c = 0, s = 0;
};

// Samples are 0..255.
inline VmafLevel vmaf_level(const Plane& x, const Plane& y) {
  const double taps[11] = {0.001028, 0.007599, 0.036001, 0.109361, 0.213006, 0.266012,
                           0.213006, 0.109361, 0.036001, 0.007599, 0.001028};
  const double c1 = 6.5025, c2 = 58.5225;
  VmafLevel sum;
  for (int row = 0; row + 11 <= x.height; ++row)
    for (int column = 0; column + 11 <= x.width; ++column) {
      double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
      for (int j = 0; j < 11; ++j)
        for (int i = 0; i < 11; ++i) {
          const double weight = taps[j] * taps[i], a = x.at(row + j, column + i),
                       b = y.at(row + j, column + i);
          mx += weight * a;
          my += weight * b;
          xx += weight * a * a;
          yy += weight * b * b;
          xy += weight * a * b;
        }
      const double vx = std::max(0.0, xx - mx * mx), vy = std::max(0.0, yy - my * my);
      double vxy = xy - mx * my;
      const double both = std::sqrt(vx * vy);
      if (vxy < 0 && both <= 0) vxy = 0;
      const double l = (2 * mx * my + c1) / (mx * mx + my * my + c1), c = (2 * both + c2) / (vx + vy + c2),
                   s = (vxy + c2 / 2) / (both + c2 / 2);
      sum.ssim += l * c * s;
      sum.l += l;
      sum.c += c;
      sum.s += s;
    }
  const double pixels = static_cast<double>(x.height - 10) * (x.width - 10);
  return {sum.ssim / pixels, sum.l / pixels, sum.c / pixels, sum.s / pixels};
}

inline double mirrored_sample(const Plane& p, int row, int column) {
  const auto inside = [](int at, int extent) {
    return at < 0 ? -1 - at : at >= extent ? 2 * extent - at - 1 : at;
  };
  return p.at(inside(row, p.height), inside(column, p.width));
}

inline Plane vmaf_box(const Plane& p, int scale) {
  Plane out{p.height / scale + p.height % 2, p.width / scale + p.width % 2, {}};
  for (int row = 0; row < out.height; ++row)
    for (int column = 0; column < out.width; ++column) {
      double sum = 0;
      for (int j = 0; j < scale; ++j)
        for (int i = 0; i < scale; ++i)
          sum += mirrored_sample(p, row * scale - scale / 2 + j, column * scale - scale / 2 + i);
      out.value.push_back(sum / (scale * scale));
    }
  return out;
}

inline Plane vmaf_half(const Plane& p) {
  const double taps[9] = {0.026727, -0.016828, -0.078201, 0.266846, 0.602914,
                          0.266846, -0.078201, -0.016828, 0.026727};
  Plane out{p.height / 2 + p.height % 2, p.width / 2 + p.width % 2, {}};
  for (int row = 0; row < out.height; ++row)
    for (int column = 0; column < out.width; ++column) {
      double sum = 0;
      for (int j = -4; j <= 4; ++j)
        for (int i = -4; i <= 4; ++i)
          sum += taps[j + 4] * taps[i + 4] * mirrored_sample(p, 2 * row + j, 2 * column + i);
      out.value.push_back(sum);
    }
  return out;
}

inline double vmaf_ms_ssim(Plane x, Plane y) {
  const double power[5] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};
  double score = 1;
  for (int level = 0; level < 5; ++level) {
    if (level > 0) {
      x = vmaf_half(x);
      y = vmaf_half(y);
    }
    const VmafLevel means = vmaf_level(x, y);
    score *= std::pow(means.c, power[level]) * std::pow(means.s, power[level]);
    if (level == 4) score *= std::pow(means.l, power[level]);
  }
  return score;
}

}  // namespace fg::oracle
