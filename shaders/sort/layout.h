#ifndef FG_SHADERS_SORT_LAYOUT_H
#define FG_SHADERS_SORT_LAYOUT_H
// Radix sort of (key, value) pairs of 32-bit words, least significant digit first. Compiled as GLSL and as
// C++.

#if defined(__cplusplus)
#include <cstdint>
namespace fg::sort {
using uint = std::uint32_t;
#define FG_SORT_CONST inline constexpr
#else
#define FG_SORT_CONST const
#endif

FG_SORT_CONST uint kThreads = 256u;              // a workgroup, and the most digits
FG_SORT_CONST uint kRounds = 8u;                 // elements a thread
FG_SORT_CONST uint kBlock = kThreads * kRounds;  // elements a workgroup
FG_SORT_CONST uint kLanes = 8u;                  // of the variant for CPUs: a workgroup is one vector
FG_SORT_CONST uint kRun = kBlock / kLanes;  // consecutive elements that a lane of that variant sorts alone
FG_SORT_CONST uint kSkip = ~0u;             // a key that the compacting pass leaves out

// Push constants of all three passes.
struct Pass {
  uint shift;       // the digit is (key >> shift) & (digits - 1)
  uint digits;      // a power of two, at most kThreads
  uint count_word;  // word of the control buffer that holds the number of elements
  uint compact;     // 1: elements with key kSkip are dropped
};

#if defined(__cplusplus)
}  // namespace fg::sort
#endif
#endif
