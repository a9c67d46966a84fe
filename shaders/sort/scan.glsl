// Exclusive prefix sum over a workgroup of FG_SCAN_THREADS threads (Hillis and Steele 1986), with sums that stop at
// 2^32 - 1: saturating addition of unsigned numbers is associative, so the result does not depend on the order.
// No subgroup operations: right at any subgroup size. 2 KB of shared memory at 256 threads.
#ifndef FG_SCAN_THREADS
#define FG_SCAN_THREADS 256
#endif
#include "sort/saturating.glsl"

shared uint scan_words[2][FG_SCAN_THREADS];

// All threads call it. total: the sum of all values.
uint scan_exclusive(uint value, out uint total) {
  const uint i = gl_LocalInvocationIndex;
  uint from = 0;
  barrier();  // an earlier call's reads are over
  scan_words[0][i] = value;
  barrier();
  for (uint reach = 1; reach < FG_SCAN_THREADS; reach *= 2) {
    uint sum = scan_words[from][i];
    if (i >= reach) sum = saturating_add(sum, scan_words[from][i - reach]);
    from = 1 - from;
    scan_words[from][i] = sum;
    barrier();
  }
  total = scan_words[from][FG_SCAN_THREADS - 1];
  return i == 0 ? 0 : scan_words[from][i - 1];
}
