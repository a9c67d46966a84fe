#version 460
#extension GL_GOOGLE_include_directive : require
// Line integrals that somebody else has rendered, through window and level.

#include "drr/grey.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(set = 0, binding = 0, rgba8) uniform writeonly image2D target;
layout(set = 0, binding = 1) uniform sampler2D integrals;  // of the target's size
layout(push_constant) uniform Push { DrrWindow window; };

void main() {
  const ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
  if (all(lessThan(pixel, imageSize(target))))
    imageStore(target, pixel,
               grey_of(texelFetch(integrals, pixel, 0).r, window.grey_scale, window.grey_offset));
}
