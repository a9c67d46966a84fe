#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 2 of 3: one workgroup a digit turns that digit's counts per part of the elements into the number of
// its elements in earlier parts, and leaves the sum over all parts in totals[digit].
#include "sort/layout.h"

layout(local_size_x_id = 0) in;
layout(constant_id = 1) const uint kParts = 1;  // a block: 1, or one a lane in the variant for CPUs
#define FG_SCAN_THREADS gl_WorkGroupSize.x
#include "sort/scan.glsl"

layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) buffer Counts { uint counts[]; };  // [digit][part]
layout(binding = 2) writeonly buffer Totals { uint totals[]; };

const uint kPartsAThread = 4;

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint digit = gl_WorkGroupID.x;
  const uint parts = (control[pass.count_word] + kBlock - 1) / kBlock * kParts;
  uint carry = 0;
  for (uint start = 0; start < parts; start += gl_WorkGroupSize.x * kPartsAThread) {
    const uint first = start + thread * kPartsAThread;
    uint values[kPartsAThread];
    uint sum = 0;
    for (uint j = 0; j < kPartsAThread; ++j) {
      values[j] = first + j < parts ? counts[digit * parts + first + j] : 0;
      sum += values[j];
    }
    uint total;
    uint before = carry + scan_exclusive(sum, total);
    for (uint j = 0; j < kPartsAThread; ++j) {
      if (first + j < parts) counts[digit * parts + first + j] = before;
      before += values[j];
    }
    carry += total;
  }
  if (thread == 0) totals[digit] = carry;
}
