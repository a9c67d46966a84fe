#version 460
#extension GL_GOOGLE_include_directive : require
// One thread a visible splat, in depth order: writes its (tile, splat) pairs. Pairs that do not fit are dropped, the
// farthest splats' first.
#include "gaussians/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Grid grid; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Order { uvec2 order[]; };  // depth key, splat; nearest first
layout(binding = 2) readonly buffer TileCounts { uint tile_counts[]; };
layout(binding = 3) readonly buffer GroupPairs { uint group_pairs[]; };  // pairs before the group
layout(binding = 4) readonly buffer Ellipses { vec4 ellipses[]; };
layout(binding = 5) readonly buffer Shapes { vec4 shapes[]; };
layout(binding = 6) writeonly buffer Pairs { uvec2 pairs[]; };  // tile, splat

#include "gaussians/coverage.glsl"

void main() {
  const uint rank = gl_GlobalInvocationID.x;
  const bool drawn = rank < control[kVisible];
  const uint splat = drawn ? order[rank].y : 0;
  const uint count = drawn ? tile_counts[splat] : 0;
  uint total;
  const uint first = saturating_add(group_pairs[gl_WorkGroupID.x], scan_exclusive(count, total));
  if (!drawn || first >= grid.pair_capacity) return;
  uint at = first;
  const uint end = first + min(count, grid.pair_capacity - first);
  const vec2 mean = ellipses[2 * splat].xy;
  const vec4 shape = shapes[splat];
  const ivec2 image = ivec2(grid.width, grid.height);
  const ivec2 rows = tile_rows(mean, shape, image);
  for (int row = rows.x; row < rows.y; ++row) {
    const ivec2 range = tiles_of_row(mean, shape, row, image);
    for (int column = range.x; column < range.y && at < end; ++column)
      pairs[at++] = uvec2(row * grid.tiles_x + column, splat);
  }
  // project counted with the same formula; should a compiler round the two copies differently, the rest goes to a
  // tile behind the last, which nobody draws.
  for (; at < end; ++at) pairs[at] = uvec2(grid.tiles_x * grid.tiles_y, splat);
}
