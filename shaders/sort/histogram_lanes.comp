#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 1 of 3, for CPUs: how often each digit occurs in each lane's run of elements. A workgroup is one
// vector and its lanes share nothing, so there are no atomics and no barriers, which are dear where threads are loops.
#include "sort/layout.h"

layout(local_size_x = 8) in;
layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Source { uvec2 source[]; };  // key, value
layout(binding = 2) writeonly buffer Counts { uint counts[]; };  // [digit][run]

shared uint histogram[kThreads * kLanes];  // 8 KB: [digit][lane]

void main() {
  const uint lane = gl_LocalInvocationIndex;
  const uint run = gl_GlobalInvocationID.x;
  const uint count = control[pass.count_word];
  const uint runs = (count + kBlock - 1) / kBlock * kLanes;
  for (uint d = 0; d < pass.digits; ++d) histogram[d * kLanes + lane] = 0;
  const uint end = min(count, (run + 1) * kRun);
  for (uint i = run * kRun; i < end; ++i) {
    const uint key = source[i].x;
    if (pass.compact == 0 || key != kSkip) ++histogram[((key >> pass.shift) & (pass.digits - 1)) * kLanes + lane];
  }
  for (uint d = 0; d < pass.digits; ++d) counts[d * runs + run] = histogram[d * kLanes + lane];
}
