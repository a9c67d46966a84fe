#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 2 of 3: one workgroup a digit turns that digit's counts per block into the number of its elements
// in earlier blocks, and leaves the sum over all blocks in totals[digit].
#include "sort/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) buffer Counts { uint counts[]; };  // [digit][block]
layout(binding = 2) writeonly buffer Totals { uint totals[]; };

const uint kRun = 4;  // consecutive blocks a thread

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint digit = gl_WorkGroupID.x;
  const uint blocks = (control[pass.count_word] + kBlock - 1) / kBlock;
  uint carry = 0;
  for (uint start = 0; start < blocks; start += kThreads * kRun) {
    const uint first = start + thread * kRun;
    uint values[kRun];
    uint sum = 0;
    for (uint j = 0; j < kRun; ++j) {
      values[j] = first + j < blocks ? counts[digit * blocks + first + j] : 0;
      sum += values[j];
    }
    uint total;
    uint before = carry + scan_exclusive(sum, total);
    for (uint j = 0; j < kRun; ++j) {
      if (first + j < blocks) counts[digit * blocks + first + j] = before;
      before += values[j];
    }
    carry += total;
  }
  if (thread == 0) totals[digit] = carry;
}
