#version 450
// Copies an image, whatever its format, to a buffer that a CUDA kernel reads. One invocation a pixel.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require
#include "shaders/interop/pack.h"
#include "shaders/shared/srgb.glsl"

layout(local_size_x = kFgPackThreads) in;
layout(binding = 0) uniform texture2D image;
layout(binding = 1, std430) writeonly buffer Words { uint words[]; };
layout(push_constant) uniform Push { FgPackPush push; };

void main() {
  const int x = int(gl_GlobalInvocationID.x);
  const int y = int(gl_GlobalInvocationID.y);
  if (x >= push.width || y >= push.height) return;
  vec4 texel = texelFetch(image, ivec2(x, y), 0);
  const int i = y * push.pitch + x;
  if (push.packing == kFgPackCodes) {
    words[i] = packUnorm4x8(texel);
    return;
  }
  const int plane = push.pitch * push.height;
  for (int c = 0; c < 3; ++c)
    words[i + c * plane] = floatBitsToUint(push.srgb == 1 ? decode_exactly(texel[c]) : texel[c]);
}
