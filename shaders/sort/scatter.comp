#version 460
#extension GL_GOOGLE_include_directive : require
// Radix sort, pass 3 of 3: moves each element to its place. Stable: elements of one digit keep their order.
// The rank within a round of 256 elements comes from bit masks: lane l of virtual warp w (32 threads, whatever the
// hardware's subgroup is) sets bit l of masks[w][digit]; the rank is the number of bits before its own.
#include "sort/layout.h"
#include "sort/scan.glsl"

layout(local_size_x = 256) in;
layout(push_constant) uniform Push { Pass pass; };
layout(binding = 0) readonly buffer Control { uint control[]; };
layout(binding = 1) readonly buffer Source { uvec2 source[]; };  // key, value
layout(binding = 2) readonly buffer Counts { uint counts[]; };   // [digit][block]: elements in earlier blocks
layout(binding = 3) readonly buffer Totals { uint totals[]; };   // [digit]
layout(binding = 4) writeonly buffer Sorted { uvec2 sorted[]; };

const uint kWarps = kThreads / 32;
shared uint masks[kWarps][kThreads];  // 8 KB
shared uint next[kThreads];           // 1 KB: place of the digit's next element

void main() {
  const uint thread = gl_LocalInvocationIndex;
  const uint warp = thread / 32, bit = 1u << (thread % 32);
  const uint block = gl_WorkGroupID.x;
  const uint count = control[pass.count_word];
  const uint blocks = (count + kBlock - 1) / kBlock;

  uvec2 elements[kRounds];  // all at once, so that the loads overlap
  for (uint r = 0; r < kRounds; ++r) {
    const uint i = block * kBlock + r * kThreads + thread;
    elements[r] = i < count ? source[i] : uvec2(0);
  }

  uint total;
  const uint smaller = scan_exclusive(thread < pass.digits ? totals[thread] : 0, total);
  next[thread] = thread < pass.digits ? smaller + counts[thread * blocks + block] : 0;
  for (uint w = 0; w < kWarps; ++w) masks[w][thread] = 0;
  barrier();

  for (uint r = 0; r < kRounds; ++r) {
    const uint i = block * kBlock + r * kThreads + thread;
    const uvec2 element = elements[r];
    const uint digit = (element.x >> pass.shift) & (pass.digits - 1);
    const bool kept = i < count && (pass.compact == 0 || element.x != kSkip);
    if (kept) atomicOr(masks[warp][digit], bit);
    barrier();
    if (kept) {
      uint place = next[digit] + bitCount(masks[warp][digit] & (bit - 1));
      for (uint w = 0; w < warp; ++w) place += bitCount(masks[w][digit]);
      sorted[place] = element;
    }
    barrier();
    uint placed = 0;  // this thread now looks after digit number `thread`
    for (uint w = 0; w < kWarps; ++w) {
      placed += bitCount(masks[w][thread]);
      masks[w][thread] = 0;
    }
    next[thread] += placed;
    barrier();
  }
}
