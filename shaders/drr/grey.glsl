#include "drr/window.h"

// Grey, alpha 1.
vec4 grey_of(float integral, float scale, float offset) {
  // Whole codes: stores to UNORM may be off by more than half of one (drr_test "window level and inversion").
  return vec4(vec3(fg_drr_grey_code(integral, scale, offset) / 255.0), 1.0);
}
