#pragma once
// What MS-SSIM is made of beside pixels, once for CPU and CUDA: its levels as ops, and what it makes of their means.

#include <cmath>
#include <cstdint>

#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim_parts.h"
#include "shaders/shared/portable.h"

namespace fg::ms {

// The sums and the differences of a level, as what they are.
inline ImageView<const Folded> folded(const ImageView<float>& v) {
  return {reinterpret_cast<const Folded*>(v.data),
          v.batch,
          v.channels,
          v.height,
          v.width,
          v.batch_stride,
          v.channel_stride,
          v.row_stride,
          v.column_stride};
}

// SSIM of a level, without outputs.
template <class E, class T>
Ssim2d<E> ssim2d_of_level(const MsSsim<T>& op, const ImageView<const E>& x, const ImageView<const E>& y) {
  Ssim2d<E> forward;
  forward.x = x;
  forward.y = y;
  forward.window = op.window;
  forward.padding = Padding::valid;
  forward.c1 = op.c1;
  forward.c2 = op.c2;
  return forward;
}

// Wang, Simoncelli, Bovik 2003, eq. 7, of means cut at 0: means[level * apart]. A NaN stays.
FG_HD double score_of(const double* means, std::int64_t apart, const double* weights, int levels) {
  double score = 1;
  for (int level = 0; level < levels; ++level) {
    const double v = means[level * apart];
    score *= std::pow(v < 0 ? 0 : v, weights[level]);
  }
  return score;
}

// dL/dv of a level with mean v, from dL/dscore: d score / d v = weight v^(weight - 1) prod of the others; taken as 0
// where v is not above 0.
FG_HD double level_weight(double v, double weight, double score, double upstream) {
  return v <= 0 ? 0 : upstream * weight * score / v;
}

}  // namespace fg::ms
