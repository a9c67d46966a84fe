#version 460
#extension GL_GOOGLE_include_directive : require
// One thread a visible splat, in depth order: where its pairs start within those of its group of 256, and how many the
// group has.
#include "gaussians/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Order { uvec2 order[]; };  // depth key, splat; nearest first
layout(binding = 2) readonly buffer TileCounts { uint tile_counts[]; };
layout(binding = 3) writeonly buffer PairStarts { uint pair_starts[]; };
layout(binding = 4) writeonly buffer GroupPairs { uint group_pairs[]; };

void main() {
  const uint rank = gl_GlobalInvocationID.x;
  uint total;
  const bool drawn = rank < control[kVisible];
  const uint start = scan_exclusive(drawn ? tile_counts[order[rank].y] : 0, total);
  if (drawn) pair_starts[rank] = start;
  if (gl_LocalInvocationIndex == 0) group_pairs[gl_WorkGroupID.x] = total;
}
