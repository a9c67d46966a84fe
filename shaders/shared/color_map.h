#ifndef FG_SHADERS_SHARED_COLOR_MAP_H
#define FG_SHADERS_SHARED_COLOR_MAP_H
// The colour maps of heatmaps and legends, for GLSL, C++ and CUDA.
//
// Each channel is a polynomial of degree 12 in u = 2 t - 1, fitted by ourselves (minimax over 256 samples) to
// the published values of viridis and magma (matplotlib, CC0) and turbo (A. Mikhailov, Google, 2019). Within
// 1 code of 255 for viridis and magma, 3 for turbo: color_map.stays_close_to_the_published_colours.

#include "shaders/shared/portable.h"

// The values of FgColorMap.
const int kFgColorMapViridis = 0;
const int kFgColorMapTurbo = 1;
const int kFgColorMapMagma = 2;
const int kFgColorMapGrey = 3;

struct FgColor {
  float r, g, b;  // display-referred, 0..1
};

// Coefficients of u^12 down to u^0.
FG_HD float fg_viridis_r(float u) {
  const float k[13] = {FG_FLOAT(1.7147720), FG_FLOAT(2.5708935), FG_FLOAT(-5.9698723), FG_FLOAT(-7.9907834),
                       FG_FLOAT(8.1199712), FG_FLOAT(9.5632325), FG_FLOAT(-5.4002882), FG_FLOAT(-5.6990954),
                       FG_FLOAT(1.5032157), FG_FLOAT(2.0669451), FG_FLOAT(0.5354651),  FG_FLOAT(-0.1467877),
                       FG_FLOAT(0.1268625)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_viridis_g(float u) {
  const float k[13] = {FG_FLOAT(1.5237428), FG_FLOAT(-0.2860815), FG_FLOAT(-4.4972201), FG_FLOAT(0.8214914),
                       FG_FLOAT(4.9119629), FG_FLOAT(-0.8099578), FG_FLOAT(-2.3455060), FG_FLOAT(0.3187509),
                       FG_FLOAT(0.3404622), FG_FLOAT(-0.0642104), FG_FLOAT(-0.0436633), FG_FLOAT(0.4712916),
                       FG_FLOAT(0.5657371)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_viridis_b(float u) {
  const float k[13] = {FG_FLOAT(-3.6238312), FG_FLOAT(-0.8215722),  FG_FLOAT(10.5856246),
                       FG_FLOAT(2.5823990),  FG_FLOAT(-10.9769997), FG_FLOAT(-2.6727150),
                       FG_FLOAT(5.1097018),  FG_FLOAT(1.4460629),   FG_FLOAT(-1.1770715),
                       FG_FLOAT(-0.5454645), FG_FLOAT(-0.2304214),  FG_FLOAT(-0.0801418),
                       FG_FLOAT(0.5496729)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}

// Coefficients of u^12 down to u^0.
FG_HD float fg_turbo_r(float u) {
  const float k[13] = {FG_FLOAT(10.2344742),  FG_FLOAT(13.9214711),  FG_FLOAT(-38.2735924),
                       FG_FLOAT(-37.5780261), FG_FLOAT(56.4354950),  FG_FLOAT(34.4632220),
                       FG_FLOAT(-40.9342791), FG_FLOAT(-10.1036269), FG_FLOAT(14.2385375),
                       FG_FLOAT(-2.1596037),  FG_FLOAT(-2.0037123),  FG_FLOAT(1.6116093),
                       FG_FLOAT(0.6378522)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_turbo_g(float u) {
  const float k[13] = {FG_FLOAT(3.3408898), FG_FLOAT(2.9337498), FG_FLOAT(-9.2153867), FG_FLOAT(-7.8003309),
                       FG_FLOAT(8.7656282), FG_FLOAT(7.2957536), FG_FLOAT(-3.4783850), FG_FLOAT(-2.7186925),
                       FG_FLOAT(1.3430084), FG_FLOAT(0.5497219), FG_FLOAT(-1.6995871), FG_FLOAT(-0.2842616),
                       FG_FLOAT(0.9876274)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_turbo_b(float u) {
  const float k[13] = {FG_FLOAT(-12.7060529), FG_FLOAT(12.9901839),  FG_FLOAT(44.1498016),
                       FG_FLOAT(-35.2267156), FG_FLOAT(-60.2477797), FG_FLOAT(33.1474997),
                       FG_FLOAT(41.4757834),  FG_FLOAT(-11.5764867), FG_FLOAT(-16.1594361),
                       FG_FLOAT(1.3569887),   FG_FLOAT(3.3625913),   FG_FLOAT(-0.7918267),
                       FG_FLOAT(0.2464528)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}

// Coefficients of u^12 down to u^0.
FG_HD float fg_magma_r(float u) {
  const float k[13] = {FG_FLOAT(0.9518390),  FG_FLOAT(-0.0203509), FG_FLOAT(-2.0908675), FG_FLOAT(0.6799078),
                       FG_FLOAT(0.8045432),  FG_FLOAT(-1.8092888), FG_FLOAT(1.2360727),  FG_FLOAT(1.8148154),
                       FG_FLOAT(-1.0509684), FG_FLOAT(-1.0076747), FG_FLOAT(-0.0698487), FG_FLOAT(0.8367833),
                       FG_FLOAT(0.7134872)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_magma_g(float u) {
  const float k[13] = {FG_FLOAT(-3.8427083), FG_FLOAT(-0.5705103),  FG_FLOAT(12.3533066),
                       FG_FLOAT(-0.5528970), FG_FLOAT(-14.4025230), FG_FLOAT(3.7198203),
                       FG_FLOAT(7.1644880),  FG_FLOAT(-3.9139706),  FG_FLOAT(-1.4303654),
                       FG_FLOAT(1.5529961),  FG_FLOAT(0.4426255),   FG_FLOAT(0.2568211),
                       FG_FLOAT(0.2111286)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}
FG_HD float fg_magma_b(float u) {
  const float k[13] = {FG_FLOAT(4.0265923),   FG_FLOAT(1.0893036),  FG_FLOAT(-14.8166035),
                       FG_FLOAT(-1.4998886),  FG_FLOAT(21.4125088), FG_FLOAT(-0.8686089),
                       FG_FLOAT(-14.9841045), FG_FLOAT(1.6474074),  FG_FLOAT(5.0537387),
                       FG_FLOAT(0.2585399),   FG_FLOAT(-0.7896558), FG_FLOAT(-0.2558491),
                       FG_FLOAT(0.4792090)};
  float v = k[0];
  for (int i = 1; i < 13; ++i) v = v * u + k[i];
  return v;
}

// The colour of t in 0..1, not clamped. color_map: kFgColorMap...; anything else is grey.
FG_HD FgColor fg_color_map(int color_map, float t) {
  const float u = FG_FLOAT(2.0) * t - FG_FLOAT(1.0);
  FgColor c;
  c.r = c.g = c.b = t;
  if (color_map == kFgColorMapViridis) {
    c.r = fg_viridis_r(u);
    c.g = fg_viridis_g(u);
    c.b = fg_viridis_b(u);
  } else if (color_map == kFgColorMapTurbo) {
    c.r = fg_turbo_r(u);
    c.g = fg_turbo_g(u);
    c.b = fg_turbo_b(u);
  } else if (color_map == kFgColorMapMagma) {
    c.r = fg_magma_r(u);
    c.g = fg_magma_g(u);
    c.b = fg_magma_b(u);
  }
  return c;
}

#endif
