#version 460
#extension GL_GOOGLE_include_directive : require
// The radiograph as a display shows it: line integrals through window and level.

layout(set = 0, binding = 0, rgba8) uniform writeonly image2D target;
#include "drr/grey.glsl"
#include "drr/integral.glsl"

void main() {
  const ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
  const ivec2 size = imageSize(target);
  const float value = line_integral(pixel, size);
  if (gl_LocalInvocationID.z == 0 && all(lessThan(pixel, size)))
    imageStore(target, pixel, grey_of(value, rays.grey_scale, rays.grey_offset));
}
