#version 460
#extension GL_GOOGLE_include_directive : require
// emit.comp for CPUs, where searching costs more than an idle lane: one thread writes all pairs of a visible splat.
// Pairs that do not fit are dropped, the farthest splats' first.
#include "gaussians/layout.h"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Grid grid; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Order { uvec2 order[]; };  // depth key, splat; nearest first
layout(binding = 2) readonly buffer TileCounts { uint tile_counts[]; };
layout(binding = 3) readonly buffer PairStarts { uint pair_starts[]; };  // by rank, within the group of 256
layout(binding = 4) readonly buffer GroupPairs { uint group_pairs[]; };  // pairs before the group
layout(binding = 5) readonly buffer Ellipses { vec4 ellipses[]; };
layout(binding = 6) readonly buffer Shapes { vec4 shapes[]; };
layout(binding = 7) writeonly buffer Pairs { uvec2 pairs[]; };  // tile, splat

#include "gaussians/coverage.glsl"
#include "sort/saturating.glsl"

void main() {
  const uint rank = gl_GlobalInvocationID.x;
  if (rank >= control[kVisible]) return;
  const uint splat = order[rank].y;
  uint at = saturating_add(group_pairs[rank / kGroup], pair_starts[rank]);
  if (at >= grid.pair_capacity) return;
  const uint end = at + min(tile_counts[splat], grid.pair_capacity - at);
  const vec2 mean = ellipses[2 * splat].xy;
  const vec4 shape = shapes[splat];
  const ivec2 image = ivec2(grid.width, grid.height);
  const ivec2 rows = tile_rows(mean, shape, image);
  for (int row = rows.x; row < rows.y; ++row) {
    const ivec2 range = tiles_of_row(mean, shape, row, image);
    for (int column = range.x; column < range.y && at < end; ++column)
      pairs[at++] = uvec2(row * grid.tiles_x + column, splat);
  }
  // As in emit.comp: should project have counted more, the rest goes behind the last tile.
  for (; at < end; ++at) pairs[at] = uvec2(grid.tiles_x * grid.tiles_y, splat);
}
