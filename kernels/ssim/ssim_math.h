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
// Departure from the paper, on purpose: four filtered images instead of five, and for x = y the differences
// are exactly zero, so that numerator and denominator are the same number and m is exactly 1 (ssim2d_test:
// "identical images score exactly 1").

#include "shaders/shared/portable.h"

struct FgSsimMoments {
  float S, D;    // window means of s and d
  float VS, VD;  // window variances of s and d, >= 0
};

struct FgSsimConstants {
  float c1, c2;  // (k1 L)^2 and (k2 L)^2 for data range L
};

FG_HD float fg_ssim_term(FgSsimMoments m, FgSsimConstants k) {
  const float s2 =
      m.S * m.S + FG_FLOAT(2.0) * k.c1;  // the constant rides on S^2, so that x = y cancels exactly
  const float d2 = m.D * m.D;
  const float vs = m.VS + FG_FLOAT(2.0) * k.c2;
  return ((s2 - d2) / (s2 + d2)) * ((vs - m.VD) / (vs + m.VD));
}

#endif
