#version 460
#extension GL_GOOGLE_include_directive : require
// One workgroup, after the first pass of the depth sort has dropped the culled splats: how many are left, and how
// large the passes over them are.
#include "gaussians/layout.h"
#include "sort/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(binding = 0) buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Totals { uint totals[]; };  // splats by the lowest digit of their depth key

void main() {
  uint visible;
  scan_exclusive(totals[gl_LocalInvocationIndex], visible);
  if (gl_LocalInvocationIndex != 0) return;
  control[kVisible] = visible;
  control[kSortVisible] = (visible + kBlock - 1) / kBlock;
  control[kEachVisible] = (visible + kGroup - 1) / kGroup;
  for (uint i = 1; i < 3; ++i) control[kSortVisible + i] = control[kEachVisible + i] = control[kSortPairs + i] = 1;
}
