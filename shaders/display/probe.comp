#version 450
// Copies the texels around one pixel into a buffer that the host reads some frames later. One thread a texel.
// Per texel two vec4: render rgb and SSIM; reference rgb and 1, or 0 where the texel lies outside the image.
#extension GL_GOOGLE_include_directive : require
#include "display/probe.h"

layout(local_size_x = 15, local_size_y = 15) in;  // FG_PROBE_SIZE

layout(binding = 0) uniform sampler2D frame;
layout(binding = 1) uniform sampler2D reference;
layout(binding = 2) uniform sampler2D map;
layout(binding = 3) writeonly buffer Texels { vec4 texels[]; };
layout(push_constant) uniform Push { ProbePush push; };

void main() {
  const ivec2 cell = ivec2(gl_LocalInvocationID.xy);
  const ivec2 texel = ivec2(push.x, push.y) + cell - FG_PROBE_SIZE / 2;
  const int index = 2 * (cell.y * FG_PROBE_SIZE + cell.x);
  const bool inside = all(greaterThanEqual(texel, ivec2(0))) && all(lessThan(texel, ivec2(push.width, push.height)));
  vec4 render = vec4(0.0), truth = vec4(0.0);
  if (inside) {
    render.rgb = texelFetch(frame, texel, 0).rgb;
    truth.a = 1.0;
    if (push.has_reference != 0) {
      truth.rgb = texelFetch(reference, texel, 0).rgb;
      render.a = texelFetch(map, texel, 0).r;
    }
  }
  texels[index] = render;
  texels[index + 1] = truth;
}
