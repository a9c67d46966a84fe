#version 460
#extension GL_GOOGLE_include_directive : require
// One workgroup: where each group's pairs start, how many pairs there are, and how large the passes over them are.
#include "gaussians/layout.h"
#include "sort/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Grid grid; };
layout(binding = 0) buffer Control { uint control[]; };
layout(binding = 1) buffer GroupPairs { uint group_pairs[]; };  // in: pairs of the group; out: pairs before it

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint groups = control[kEachVisible];
  uint carry = 0;
  for (uint start = 0; start < groups; start += kGroup) {
    const uint group = start + thread;
    uint total;
    const uint before = scan_exclusive(group < groups ? group_pairs[group] : 0, total);
    if (group < groups) group_pairs[group] = saturating_add(carry, before);
    carry = saturating_add(carry, total);
  }
  if (thread != 0) return;
  const uint pairs = min(carry, grid.pair_capacity);
  control[kPairsNeeded] = carry;
  control[kPairs] = pairs;
  control[kSortPairs] = (pairs + kBlock - 1) / kBlock;
  control[kCheck] = control_check(control[kFrameNumber], control[kVisible], carry, pairs);
}
