#version 460
#extension GL_GOOGLE_include_directive : require
// Writes the (tile, splat) pairs, in depth order. One splat may touch one tile, its neighbour thousands: so a workgroup
// writes a block of pairs, whosever they are, and each thread finds out for which splat and tile a pair stands.
#include "gaussians/layout.h"
#include "sort/layout.h"

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

shared uint starts[kBlock + 1];  // 8 KB: where the pairs of the block's ranks start; each visible splat has one or more

uint start_of(uint rank) {
  return rank < control[kVisible] ? saturating_add(group_pairs[rank / kGroup], pair_starts[rank]) : ~0u;
}

// The visible splat, by depth, that pair number `pair` belongs to.
uint rank_of(uint pair) {
  uint low = 0, high = control[kVisible];
  while (high - low > 1) {
    const uint middle = low + (high - low) / 2;
    if (start_of(middle) <= pair)
      low = middle;
    else
      high = middle;
  }
  return low;
}

// The splat's tile number `index`, counted along its rows.
uint tile_of(uint splat, uint index) {
  const vec2 mean = ellipses[2 * splat].xy;
  const vec4 shape = shapes[splat];
  const ivec2 image = ivec2(grid.width, grid.height);
  const ivec2 rows = tile_rows(mean, shape, image);
  for (int row = rows.x; row < rows.y; ++row) {
    const ivec2 range = tiles_of_row(mean, shape, row, image);
    const uint width = uint(range.y - range.x);
    if (index < width) return uint(row * grid.tiles_x + range.x) + index;
    index -= width;
  }
  // project counted with the same formula; should a compiler round the two copies differently, the pair goes to a tile
  // behind the last, which nobody draws.
  return uint(grid.tiles_x * grid.tiles_y);
}

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint begin = gl_WorkGroupID.x * kBlock;
  const uint end = min(begin + kBlock, control[kPairs]);
  const uint first = rank_of(begin);
  for (uint i = thread; i <= kBlock; i += kGroup) starts[i] = start_of(first + i);
  barrier();
  for (uint pair = begin + thread; pair < end; pair += kGroup) {
    uint low = 0, high = min(pair - begin, kBlock) + 1;  // a rank later for each pair, at most
    while (high - low > 1) {
      const uint middle = low + (high - low) / 2;
      if (starts[middle] <= pair)
        low = middle;
      else
        high = middle;
    }
    const uint splat = order[first + low].y;
    pairs[pair] = uvec2(tile_of(splat, pair - starts[low]), splat);
  }
}
