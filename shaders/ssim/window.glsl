// Included by every pass: the filter window, its taps, and the test for finite numbers.
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_samplerless_texture_functions : require

#include "shaders/shared/ssim_passes.h"

const int kMaxHalf = 5;                                // 11 taps
layout(constant_id = 0) const int kHalf = kMaxHalf;    // window = 2 kHalf + 1
layout(constant_id = 1) const int kValid = 0;          // 1: only windows inside the frame count
layout(constant_id = 2) const float kTap0 = 1.0;       // centre
layout(constant_id = 3) const float kTap1 = 0.0;
layout(constant_id = 4) const float kTap2 = 0.0;
layout(constant_id = 5) const float kTap3 = 0.0;
layout(constant_id = 6) const float kTap4 = 0.0;
layout(constant_id = 7) const float kTap5 = 0.0;

// abs() for loop counters: compilers fold the selection away when they unroll, but not abs() itself.
int distance_of(int offset) { return offset < 0 ? -offset : offset; }

// The tap at an offset from the centre, -kMaxHalf..kMaxHalf; a constant once the loops are unrolled.
float tap(int offset) {
  const int i = distance_of(offset);
  return i == 0 ? kTap0 : i == 1 ? kTap1 : i == 2 ? kTap2 : i == 3 ? kTap3 : i == 4 ? kTap4 : kTap5;
}

const uint kNaN = 0x7fc00000u;

// On the bits: compilers may assume that there are no NaNs.
bool is_finite(float v) { return (floatBitsToUint(v) & 0x7f800000u) != 0x7f800000u; }

layout(push_constant) uniform Push { FgSsimPush push; };
