#version 460
#extension GL_GOOGLE_include_directive : require
// One thread a tile: its first pair in the sorted list, by bisection. The entry after the last tile ends the list.
#include "gaussians/layout.h"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Grid grid; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Pairs { uvec2 pairs[]; };  // tile, splat; sorted by tile, then depth
layout(binding = 2) writeonly buffer Starts { uint starts[]; };  // tiles + 1

void main() {
  const uint tile = gl_GlobalInvocationID.x;
  if (tile > uint(grid.tiles_x * grid.tiles_y)) return;
  uint low = 0, high = control[kPairs];  // the answer is in [low, high]
  while (low < high) {
    const uint middle = low + (high - low) / 2;
    if (pairs[middle].x < tile)
      low = middle + 1;
    else
      high = middle;
  }
  starts[tile] = low;
}
