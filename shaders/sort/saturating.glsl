#ifndef FG_SHADERS_SORT_SATURATING
#define FG_SHADERS_SORT_SATURATING
// a + b, or 2^32 - 1 where that does not fit.
uint saturating_add(uint a, uint b) {
  const uint sum = a + b;
  return sum < a ? ~0u : sum;
}
#endif
