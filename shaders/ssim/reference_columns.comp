#version 450
// Vertical pass over one band of the reference: mean and variance over the window, kept until the reference changes.
// One invocation a pixel: it runs once for many frames. How variances combine is explained in columns.comp.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgThreads) in;
layout(binding = 0, std430) readonly buffer RowMeans { float row_means[]; };
layout(binding = 1, std430) readonly buffer RowVariances { float row_variances[]; };
layout(binding = 2, std430) writeonly buffer ReferenceMoments { float reference_moments[]; };

void main() {
  const int x = int(gl_GlobalInvocationID.x);
  const int row = int(gl_GlobalInvocationID.y) + push.band_begin - push.window_begin;
  if (x >= push.width || row >= push.band_end - push.window_begin) return;

  const int here = row * push.pitch + x;
  [[unroll]] for (int c = 0; c < 3; ++c) {
    const float middle = row_means[kFgRowMeanFloats * here + c];
    const float pivot = is_finite(middle) ? middle : 0.0;
    float sum = 0.0, sum_squares = 0.0;
    [[unroll]] for (int t = -kMaxHalf; t <= kMaxHalf; ++t) {
      if (distance_of(t) <= kHalf) {
        const bool inside = row + t >= 0 && row + t < push.window_rows;
        const int i = kFgRowMeanFloats * (clamp(row + t, 0, push.window_rows - 1) * push.pitch + x) + c;
        const float v = (inside ? row_means[i] : 0.0) - pivot;
        sum += tap(t) * v;
        sum_squares += tap(t) * ((inside ? row_variances[i] : 0.0) + v * v);
      }
    }
    reference_moments[kFgReferenceMomentFloats * here + c] = sum + pivot;
    reference_moments[kFgReferenceMomentFloats * here + 3 + c] = max(sum_squares - sum * sum, 0.0);
  }
}
