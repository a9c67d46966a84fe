// A line integral as a display shows it: through window and level, grey, alpha 1.
vec4 grey_of(float integral, float scale, float offset) {
  const float grey = clamp(integral * scale + offset, 0.0, 1.0);
  // Rounded here: stores to UNORM may be off by more than half a code (drr_test "window level and inversion").
  return vec4(vec3(floor(grey * 255.0 + 0.5) / 255.0), 1.0);
}
