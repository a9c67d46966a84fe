#version 450
// The picture that a user sees, from frame, reference and heatmap: every view mode is one or two panels of it.
// One thread an output pixel.
#extension GL_GOOGLE_include_directive : require
#include "display/compose.h"

layout(local_size_x = 8, local_size_y = 8) in;

layout(binding = 0) uniform sampler2D frame;
layout(binding = 1) uniform sampler2D reference;
layout(binding = 2) uniform sampler2D heatmap;
layout(binding = 3) uniform sampler2D color_maps;  // 256 colours a row
layout(binding = 4, rgba8) uniform writeonly image2D composed;
layout(push_constant) uniform Push { ComposePush push; };

const vec3 kSurround = vec3(0.075, 0.08, 0.09);  // where there is no image

vec2 image_size() { return vec2(push.image_width, push.image_height); }

// Position in image pixels, centres at one half. Differences are never interpolated: they would shrink.
vec3 difference_at(vec2 position) {
  const ivec2 texel = clamp(ivec2(floor(position)), ivec2(0), ivec2(image_size()) - 1);
  return abs(texelFetch(frame, texel, 0).rgb - texelFetch(reference, texel, 0).rgb) * push.gain;
}

vec2 texture_position(vec2 position) {
  return (push.nearest != 0 ? floor(position) + 0.5 : position) / image_size();
}

vec3 color_at(int show, vec2 position) {
  if (show == FG_SHOW_DIFFERENCE) return min(difference_at(position), vec3(1.0));
  if (show == FG_SHOW_DIFFERENCE_MAPPED) {
    const float mean = dot(difference_at(position), vec3(1.0 / 3.0));
    return texelFetch(color_maps, ivec2(clamp(int(mean * 255.0 + 0.5), 0, 255), push.color_map), 0).rgb;
  }
  const vec2 uv = texture_position(position);
  if (show == FG_SHOW_REFERENCE) return textureLod(reference, uv, 0.0).rgb;
  if (show == FG_SHOW_HEATMAP) return textureLod(heatmap, uv, 0.0).rgb;
  const vec3 render = textureLod(frame, uv, 0.0).rgb;
  return show == FG_SHOW_RENDER ? render : mix(render, textureLod(heatmap, uv, 0.0).rgb, push.opacity);
}

void main() {
  const ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
  if (pixel.x >= push.output_width || pixel.y >= push.output_height) return;
  const bool right = pixel.x >= push.divider;
  const vec2 corner = vec2(right ? push.right_x : push.left_x, push.top);
  const int show = right ? push.show_right : push.show_left;
  const vec2 position = (vec2(pixel) + 0.5 - corner) / push.scale;

  vec3 color = kSurround;
  if (all(greaterThanEqual(position, vec2(0.0))) && all(lessThan(position, image_size()))) {
    // Shrunk images: the mean of enough samples that no image pixel falls between them, up to 4 x 4.
    const int taps = clamp(int(ceil(1.0 / push.scale)), 1, 4);
    vec3 sum = vec3(0.0);
    for (int y = 0; y < taps; ++y)
      for (int x = 0; x < taps; ++x) {
        const vec2 offset = ((vec2(x, y) + 0.5) / float(taps) - 0.5) / push.scale;
        sum += color_at(show, clamp(position + offset, vec2(0.0), image_size() - 0.001));
      }
    color = sum / float(taps * taps);
  }
  // Rounded here: stores to UNORM may be off by more than half a code.
  imageStore(composed, pixel, vec4(floor(clamp(color, 0.0, 1.0) * 255.0 + 0.5) / 255.0, 1.0));
}
