#ifndef FG_SHADERS_DRR_WINDOW_H
#define FG_SHADERS_DRR_WINDOW_H
// A line integral as a display shows it, for C++ and GLSL; and the push constants of window.comp.

#include "shaders/shared/portable.h"

// 0 to 255; NaN is 0.
FG_HD float fg_drr_grey_code(float integral, float scale, float offset) {
  const float grey = integral * scale + offset;
  const float inside = grey > FG_FLOAT(0.0) ? (grey < FG_FLOAT(1.0) ? grey : FG_FLOAT(1.0)) : FG_FLOAT(0.0);
  return float(int(inside * FG_FLOAT(255.0) + FG_FLOAT(0.5)));
}

#if defined(__cplusplus)
namespace fg {
#endif

struct DrrWindow {
  float grey_scale, grey_offset;
};

#if defined(__cplusplus)
}  // namespace fg
#endif
#endif
