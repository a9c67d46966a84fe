#ifndef FG_KERNELS_SSIM_CONTRAST_MATH_H
#define FG_KERNELS_SSIM_CONTRAST_MATH_H
// The second factor of SSIM alone, contrast and structure, which the finer levels of MS-SSIM are made of:
//   cs = (2 sxy + c2) / (sx^2 + sy^2 + c2) = (VS - VD + 2 c2) / (VS + VD + 2 c2) = 1 - 2 VD / T
// in the notation of ssim_math.h. Its derivatives are a subset of that header's, with P / R = 1:
//   dcs/dVS = 2 VD / T^2    dcs/dVD = -2 (VS + 2 c2) / T^2    dcs/dS = dcs/dD = 0
// The means of the factors go into powers below 1, which make much of an error near 0: far from 1 the quotients are taken
// as they stand, near 1 by what they lack of it (ms_ssim_cpu_test: "black against white").

#include "kernels/ssim/ssim_math.h"

FG_HD float fg_contrast_term(FgSsimMoments m, FgSsimConstants k) {
  const float t = m.VS + m.VD + FG_FLOAT(2.0) * k.c2;
  const float lack = fg_ssim_quotient(FG_FLOAT(2.0) * m.VD, t);
  const float ratio = fg_ssim_quotient(m.VS - m.VD + FG_FLOAT(2.0) * k.c2, t);
  return lack < FG_FLOAT(0.5) ? FG_FLOAT(1.0) - lack : ratio;
}

// SSIM itself in the same way: of the last level.
FG_HD float fg_last_level_term(FgSsimMoments m, FgSsimConstants k) {
  const float two_c1 = FG_FLOAT(2.0) * k.c1, two_c2 = FG_FLOAT(2.0) * k.c2;
  const FgSsimDeficit deficit = fg_ssim_deficit(m.S, m.D, m.VD, m.VS + m.VD + two_c2, two_c1);
  const float lack = fg_ssim_quotient(FG_FLOAT(2.0) * deficit.over, deficit.under);
  const float ratio =
      fg_ssim_quotient(((m.S - m.D) * (m.S + m.D) + two_c1) * (m.VS - m.VD + two_c2), deficit.under);
  return lack < FG_FLOAT(0.5) ? FG_FLOAT(1.0) - lack : ratio;
}

FG_HD FgSsimPartials fg_contrast_partials(FgSsimMoments m, FgSsimConstants k, float cs, float cd, float g) {
  const float two_c2 = FG_FLOAT(2.0) * k.c2;
  const float inv_t = fg_ssim_quotient(FG_FLOAT(1.0), m.VS + m.VD + two_c2);
  const float slope = FG_FLOAT(2.0) * g * inv_t * inv_t;
  FgSsimPartials partials;
  partials.term = fg_contrast_term(m, k);
  partials.B = slope * m.VD;
  partials.E = -slope * (m.VS + two_c2);
  const float s_part = FG_FLOAT(2.0) * (m.S - cs) * partials.B;
  const float d_part = FG_FLOAT(2.0) * (m.D - cd) * partials.E;
  partials.X = -s_part - d_part;
  partials.Y = -s_part + d_part;
  return partials;
}

#endif
