#version 450
// Vertical pass over one band of the reference: mean and variance over the window, kept until the reference changes.
// Blocks, pivot and the way variances combine are those of columns.comp.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgThreads) in;
layout(binding = 0, std430) readonly buffer RowMeans { float row_means[]; };
layout(binding = 1, std430) readonly buffer RowVariances { float row_variances[]; };
layout(binding = 2, std430) writeonly buffer ReferenceMoments { float reference_moments[]; };

void main() {
  const int x = int(gl_GlobalInvocationID.x);
  const int y0 = push.band_begin + int(gl_GlobalInvocationID.y) * kFgColumnBlock;
  if (x >= push.width || y0 >= push.band_end) return;

  [[unroll]] for (int c = 0; c < 3; ++c) {
    const int middle = min(y0 + kFgColumnBlock / 2 - push.window_begin, push.window_rows - 1);
    const float pivot = row_means[(middle * kFgRowMeanPlanes + c) * push.pitch + x];
    float sum[kFgColumnBlock], sum_squares[kFgColumnBlock];
    [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) sum[j] = sum_squares[j] = 0.0;
    [[unroll]] for (int k = 0; k < kFgColumnBlock + 2 * kMaxHalf; ++k) {
      const int row = y0 + k - kMaxHalf - push.window_begin;
      const bool inside = row >= 0 && row < push.window_rows;
      const int i = (clamp(row, 0, push.window_rows - 1) * kFgRowMeanPlanes + c) * push.pitch + x;
      const float mean = row_means[i];
      const float variance = row_variances[i];
      const float v = (inside ? mean : 0.0) - pivot;
      const float vv = (inside ? variance : 0.0) + v * v;
      [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) {
        const int t = k - j - kMaxHalf;
        if (distance_of(t) <= kMaxHalf && distance_of(t) <= kHalf) {
          sum[j] += tap(t) * v;
          sum_squares[j] += tap(t) * vv;
        }
      }
    }
    [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) {
      if (y0 + j < push.band_end) {
        const int i = ((y0 + j - push.window_begin) * kFgReferenceMomentPlanes + c) * push.pitch + x;
        reference_moments[i] = sum[j] + pivot;
        reference_moments[i + 3 * push.pitch] = max(sum_squares[j] - sum[j] * sum[j], 0.0);
      }
    }
  }
}
