#version 450
// An image behind an sRGB view, as exact linear values, for executors to read in its place. (Whether what a CUDA kernel reads
// through such a view's handle is decoded is the driver's affair: scores of one were those of decoded values for PTX, and not
// for machine code.)
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require
#include "shaders/shared/srgb.glsl"

layout(local_size_x = 64) in;
layout(binding = 0) uniform texture2D view;
layout(binding = 1, rgba32f) uniform writeonly image2D linear;

void main() {
  const ivec2 at = ivec2(gl_GlobalInvocationID.xy);
  if (any(greaterThanEqual(at, imageSize(linear)))) return;
  const vec4 texel = texelFetch(view, at, 0);
  imageStore(linear, at,
             vec4(decode_exactly(texel.r), decode_exactly(texel.g), decode_exactly(texel.b), texel.a));
}
