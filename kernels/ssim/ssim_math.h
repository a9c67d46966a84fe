#ifndef FG_KERNELS_SSIM_MATH_H
#define FG_KERNELS_SSIM_MATH_H
// The SSIM formula, once, for GLSL, C++ and CUDA.
//
// Wang, Bovik, Sheikh, Simoncelli 2004, eq. 13:
//   m = (2 mx my + c1)(2 sxy + c2) / ((mx^2 + my^2 + c1)(sx^2 + sy^2 + c2))
// With s = x + y and d = x - y, filtered by the window G:
//   S = G*s   D = G*d   VS = G*s^2 - S^2   VD = G*d^2 - D^2
//   4 mx my = S^2 - D^2,  2 (mx^2 + my^2) = S^2 + D^2,  4 sxy = VS - VD,  2 (sx^2 + sy^2) = VS + VD
//   m = (S^2 - D^2 + 2 c1)(VS - VD + 2 c2) / ((S^2 + D^2 + 2 c1)(VS + VD + 2 c2))
// With R and T the two factors below the line, the ones above are R - 2 D^2 and T - 2 VD, so that
//   m = 1 - 2 (D^2 T + VD (S^2 + 2 c1 - D^2)) / (R T)
// Departure from the paper, on purpose: four filtered images instead of five, and for x = y the subtrahend is
// exactly zero, however coarse the division, so that m is exactly 1 (ssim2d_cpu_test, ssim2d_strip_test:
// "identical images score exactly 1").

#include "shaders/shared/portable.h"

struct FgSsimMoments {
  float S, D;    // window means of s and d
  float VS, VD;  // window variances of s and d, >= 0
};

struct FgSsimConstants {
  float c1, c2;  // (k1 L)^2 and (k2 L)^2 for data range L
};

// A quotient within 2 steps of float will do: it is at most 2, and subtracted from 1. The divisor is a normal float
// far from the ends of the range (FgSsim2d in framegauge.h), so that the chip's reciprocal needs no care.
#if defined(__CUDA_ARCH__)
FG_HD float fg_ssim_quotient(float a, float b) {
  float inverse;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(b));
  return a * inverse;
}
#else
FG_HD float fg_ssim_quotient(float a, float b) { return a / b; }
#endif

// What a window lacks of 1: m = 1 - 2 over / under. t is T, so that callers may gather it from what they keep.
struct FgSsimDeficit {
  float over, under;
};

FG_HD FgSsimDeficit fg_ssim_deficit(float S, float D, float VD, float t, float two_c1) {
  const float d2 = D * D;
  const float s2 = S * S + two_c1;
  FgSsimDeficit deficit;
  deficit.over = d2 * t + VD * (s2 - d2);
  deficit.under = (s2 + d2) * t;
  return deficit;
}

FG_HD float fg_ssim_term(FgSsimMoments m, FgSsimConstants k) {
  const FgSsimDeficit deficit =
      fg_ssim_deficit(m.S, m.D, m.VD, m.VS + m.VD + FG_FLOAT(2.0) * k.c2, FG_FLOAT(2.0) * k.c1);
  return FG_FLOAT(1.0) - fg_ssim_quotient(FG_FLOAT(2.0) * deficit.over, deficit.under);
}

// What the gradient needs of a window, before it is spread back over the window's samples.
//
// With R, T as above, P = S^2 - D^2 + 2 c1 and Q = VS - VD + 2 c2, the derivatives of m = P Q / (R T):
//   dm/dS  =  4 S D^2 Q / (R^2 T)          dm/dD  = -4 D (S^2 + 2 c1) Q / (R^2 T)
//   dm/dVS =  2 P VD / (R T^2)             dm/dVD = -2 P (VS + 2 c2) / (R T^2)
// and, since G is symmetric, for a loss with dL/dm = g and any constants cs, cd:
//   dL/dx = G*(g X) + 2 (s - cs) G*(g B) + 2 (d - cd) G*(g E)     B = dm/dVS     E = dm/dVD
//   dL/dy = G*(g Y) + 2 (s - cs) G*(g B) - 2 (d - cd) G*(g E)
//   X = dm/dS + dm/dD - 2 (S - cs) B - 2 (D - cd) E
//   Y = dm/dS - dm/dD - 2 (S - cs) B + 2 (D - cd) E
// dm/dS + dm/dD and dm/dS - dm/dD are written as products: where x or y is dark, the two would cancel.
// P is (S - D)(S + D) + 2 c1 for the same reason. cs and cd near the local S and D keep what is subtracted
// small.
struct FgSsimPartials {
  float X, Y, B, E;  // each times g
  float term;        // m
};

FG_HD FgSsimPartials fg_ssim_partials(FgSsimMoments m, FgSsimConstants k, float cs, float cd, float g) {
  const float two_c1 = FG_FLOAT(2.0) * k.c1, two_c2 = FG_FLOAT(2.0) * k.c2;
  const float less = m.S - m.D, more = m.S + m.D;  // 2 G*y and 2 G*x
  const float p = less * more + two_c1;
  const float d2 = m.D * m.D, t = m.VS + m.VD + two_c2;
  const float inv_r = fg_ssim_quotient(FG_FLOAT(1.0), m.S * m.S + d2 + two_c1);
  const float inv_t = fg_ssim_quotient(FG_FLOAT(1.0), t);
  const float inv_rt = inv_r * inv_t;
  FgSsimPartials partials;
  partials.term = FG_FLOAT(1.0) - FG_FLOAT(2.0) * ((d2 * t + m.VD * p) * inv_rt);  // as fg_ssim_deficit
  const float g_rt = g * inv_rt;
  const float by_mean = FG_FLOAT(4.0) * m.D * (m.VS - m.VD + two_c2) * g_rt * inv_r;
  const float slope = FG_FLOAT(2.0) * p * g_rt * inv_t;
  partials.B = slope * m.VD;
  partials.E = -slope * (m.VS + two_c2);
  const float s_part = FG_FLOAT(2.0) * (m.S - cs) * partials.B;
  const float d_part = FG_FLOAT(2.0) * (m.D - cd) * partials.E;
  partials.X = -by_mean * (m.S * less + two_c1) - s_part - d_part;
  partials.Y = by_mean * (m.S * more + two_c1) - s_part + d_part;
  return partials;
}

#endif
