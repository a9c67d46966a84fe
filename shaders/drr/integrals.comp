#version 460
#extension GL_GOOGLE_include_directive : require
// Line integrals of the attenuation, one float a pixel.

layout(set = 0, binding = 0, r32f) uniform writeonly image2D target;
#include "drr/integral.glsl"

void main() {
  const ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
  const ivec2 size = imageSize(target);
  const float value = line_integral(pixel, size);
  if (gl_LocalInvocationID.z == 0 && all(lessThan(pixel, size))) imageStore(target, pixel, vec4(value));
}
