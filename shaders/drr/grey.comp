#version 460
#extension GL_GOOGLE_include_directive : require
// The radiograph as a display shows it: line integrals through window and level, grey, alpha 1.

layout(set = 0, binding = 0, rgba8) uniform writeonly image2D target;
#include "drr/integral.glsl"

void main() {
  const ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
  const ivec2 size = imageSize(target);
  const float value = line_integral(pixel, size);
  const float grey = clamp(value * rays.grey_scale + rays.grey_offset, 0.0, 1.0);
  if (gl_LocalInvocationID.z == 0 && all(lessThan(pixel, size)))
    // Rounded here: stores to UNORM may be off by more than half a code (drr_test "window level and inversion").
    imageStore(target, pixel, vec4(vec3(floor(grey * 255.0 + 0.5) / 255.0), 1.0));
}
