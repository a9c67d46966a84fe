#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 1 of 3: how often each digit occurs in each block of elements.
#include "sort/layout.h"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Source { uvec2 source[]; };  // key, value
layout(binding = 2) writeonly buffer Counts { uint counts[]; };  // [digit][block]

shared uint histogram[kThreads];  // 1 KB

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint block = gl_WorkGroupID.x;
  const uint count = control[pass.count_word];
  histogram[thread] = 0;
  barrier();
  const uint end = min(count, (block + 1) * kBlock);
  for (uint i = block * kBlock + thread; i < end; i += kThreads) {
    const uint key = source[i].x;
    if (pass.compact == 0 || key != kSkip) atomicAdd(histogram[(key >> pass.shift) & (pass.digits - 1)], 1);
  }
  barrier();
  const uint blocks = (count + kBlock - 1) / kBlock;
  if (thread < pass.digits) counts[thread * blocks + block] = histogram[thread];
}
