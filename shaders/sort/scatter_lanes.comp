#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 3 of 3, for CPUs: each lane moves the elements of its run, one after the other, to their places.
// Stable, as runs follow each other and a run is taken in order.
#include "sort/layout.h"

layout(local_size_x = 8) in;
layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Source { uvec2 source[]; };  // key, value
layout(binding = 2) readonly buffer Counts { uint counts[]; };   // [digit][run]: elements in earlier runs
layout(binding = 3) readonly buffer Totals { uint totals[]; };   // [digit]
layout(binding = 4) writeonly buffer Sorted { uvec2 sorted[]; };

shared uint next[kThreads * kLanes];  // 8 KB: [digit][lane], place of the next element

void main() {
  const uint lane = gl_LocalInvocationIndex;
  const uint run = gl_GlobalInvocationID.x;
  const uint count = control[pass.count_word];
  const uint runs = (count + kBlock - 1) / kBlock * kLanes;
  uint smaller = 0;  // elements with a smaller digit
  for (uint d = 0; d < pass.digits; ++d) {
    next[d * kLanes + lane] = smaller + counts[d * runs + run];
    smaller += totals[d];
  }
  const uint end = min(count, (run + 1) * kRun);
  for (uint i = run * kRun; i < end; ++i) {
    const uvec2 element = source[i];
    if (pass.compact == 0 || element.x != kSkip) {
      const uint slot = ((element.x >> pass.shift) & (pass.digits - 1)) * kLanes + lane;
      const uint place = next[slot];
      sorted[place] = element;
      next[slot] = place + 1;
    }
  }
}
