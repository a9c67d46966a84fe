#version 460
#extension GL_GOOGLE_include_directive : require
// One workgroup a tile, one thread a column of kRows pixels: blends the tile's splats front to back
// (Kerbl et al. 2023, eq. 3), with the cuts of the reference implementation.
#include "gaussians/layout.h"

layout(local_size_x = 16, local_size_y_id = 1) in;
layout(constant_id = 0) const int kRows = 4;          // pixels a thread; kRows x local_size_y = 16
layout(push_constant) uniform Push { Frame frame; };
layout(binding = 0) readonly buffer Starts { uint starts[]; };
layout(binding = 1) readonly buffer Pairs { uvec2 pairs[]; };  // tile, splat; nearest first within a tile
// Two words a splat: mean x, mean y, a, b; c, log2 opacity, red, green.
// alpha at distance (dx, dy) is 2^(log2 opacity - (a dx^2 + b dx dy + c dy^2)).
layout(binding = 2) readonly buffer Ellipses { vec4 ellipses[]; };
layout(binding = 3) readonly buffer Blues { float blues[]; };
layout(binding = 4, rgba8) uniform writeonly image2D target;

const float kLog2Cut = -7.994353436858858;  // log2(1/255): fainter than that is not blended
const float kMaxAlpha = 0.999;
const float kStop = 1e-4;  // a pixel ends before the splat that would take its transmittance below this
const uint kBatch = 128;
const uint kStep = 2;  // splats between two looks at whether all pixels have ended; divides kBatch
const float kInvisible = -1e4;  // log2 opacity of the splats that fill up the last step

shared vec4 near_words[kBatch], far_words[kBatch];  // 4 KB
shared float blue_words[kBatch];                    // 0.5 KB
shared uint finished;                               // threads whose pixels have all ended

void main() {
  const uint threads = gl_WorkGroupSize.x * gl_WorkGroupSize.y;
  const uint thread = gl_LocalInvocationIndex;
  const uint tile = gl_WorkGroupID.y * uint(frame.tiles_x) + gl_WorkGroupID.x;
  const ivec2 corner = ivec2(gl_GlobalInvocationID.x, gl_WorkGroupID.y * kTile + gl_LocalInvocationID.y * kRows);
  const vec2 centre = vec2(corner) + 0.5;

  // The transmittance in front of the next splat, negative once the pixel has ended; outside the image it has.
  float transmittance[kRows];
  vec3 colour[kRows];
  for (int r = 0; r < kRows; ++r) {
    transmittance[r] = corner.x < frame.width && corner.y + r < frame.height ? 1.0 : -1.0;
    colour[r] = vec3(0.0);
  }
  bool open = true;
  if (thread == 0) finished = 0;

  const uint end = starts[tile + 1];
  for (uint start = starts[tile]; start < end; start += kBatch) {
    const uint count = min(kBatch, end - start);
    const uint padded = (count + kStep - 1) / kStep * kStep;
    barrier();  // the previous batch has been read
    if (finished == threads) break;
    for (uint i = thread; i < padded; i += threads) {
      if (i < count) {
        const uint splat = pairs[start + i].y;
        near_words[i] = ellipses[2 * splat];
        far_words[i] = ellipses[2 * splat + 1];
        blue_words[i] = blues[splat];
      } else {
        near_words[i] = vec4(0.0);
        far_words[i] = vec4(0.0, kInvisible, 0.0, 0.0);
        blue_words[i] = 0.0;
      }
    }
    barrier();
    if (!open) continue;
    for (uint i = 0; i < padded; i += kStep) {
      for (uint j = 0; j < kStep; ++j) {
        const vec4 a = near_words[i + j];
        const vec4 b = far_words[i + j];
        const vec3 rgb = vec3(b.zw, blue_words[i + j]);
        const vec2 d = centre - a.xy;
        const float along = b.y - a.z * d.x * d.x;
        const float across = a.w * d.x;
        for (int r = 0; r < kRows; ++r) {
          const float dy = d.y + float(r);
          const float power = along - (across + b.x * dy) * dy;  // log2 alpha
          const float alpha = power >= kLog2Cut ? min(exp2(power), kMaxAlpha) : 0.0;
          const float share = alpha * transmittance[r];
          const float behind = transmittance[r] - share;
          const bool blended = behind > kStop;
          colour[r] += (blended ? share : 0.0) * rgb;
          transmittance[r] = blended ? behind : -abs(transmittance[r]);
        }
      }
      float most = transmittance[0];
      for (int r = 1; r < kRows; ++r) most = max(most, transmittance[r]);
      if (most < 0.0) {
        open = false;
        atomicAdd(finished, 1);
        break;
      }
    }
  }

  const vec3 background = vec3(frame.background[0], frame.background[1], frame.background[2]);
  for (int r = 0; r < kRows; ++r) {
    if (corner.x >= frame.width || corner.y + r >= frame.height) continue;
    const vec3 value = clamp(colour[r] + abs(transmittance[r]) * background, 0.0, 1.0);
    // To the nearest code here, so that a device that truncates stores the same.
    imageStore(target, corner + ivec2(0, r), vec4(floor(value * 255.0 + 0.5) / 255.0, 1.0));
  }
}
