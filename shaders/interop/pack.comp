#version 450
// Copies an image, whatever its format, to a buffer that a CUDA kernel reads. One invocation a pixel.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require
#include "shaders/interop/pack.h"

layout(local_size_x = kFgPackThreads) in;
layout(binding = 0) uniform texture2D image;
layout(binding = 1, std430) writeonly buffer Words { uint words[]; };
layout(push_constant) uniform Push { FgPackPush push; };

// Texture units decode coarsely (an NVIDIA one is off by up to 4e-4), but never by half a code: the code is found again, and
// decoded by the curve of IEC 61966-2-1.
float decode_exactly(float decoded) {
  const float encoded = decoded <= 0.0031308 ? 12.92 * decoded : 1.055 * pow(decoded, 1.0 / 2.4) - 0.055;
  const float code = round(encoded * 255.0) / 255.0;
  return code <= 0.04045 ? code / 12.92 : pow((code + 0.055) / 1.055, 2.4);
}

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
