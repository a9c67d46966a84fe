#version 450
// Horizontal pass over one band's window of the reference y: keeps the pixels and their row means, and leaves the row
// variances for reference_columns.comp. The pivot is explained in rows.comp.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgThreads) in;
layout(binding = 0) uniform texture2D source;
layout(binding = 1, std430) writeonly buffer Pixels { float pixels[]; };
layout(binding = 2, std430) writeonly buffer RowMeans { float row_means[]; };
layout(binding = 3, std430) writeonly buffer RowVariances { float row_variances[]; };  // 3 floats, pitch as RowMeans

const int kLoads = kFgRowBlock + 2 * kMaxHalf;

void main() {
  const int x0 = int(gl_GlobalInvocationID.x) * kFgRowBlock;
  const int row = int(gl_GlobalInvocationID.y);
  if (x0 >= push.width || row >= push.window_rows) return;

  vec3 y[kLoads];
  [[unroll]] for (int k = 0; k < kLoads; ++k) {
    const int x = x0 + k - kMaxHalf;
    const vec3 v = texelFetch(source, ivec2(clamp(x, 0, push.width - 1), push.window_begin + row), 0).rgb;
    y[k] = x >= 0 && x < push.width ? v : vec3(0.0);
  }
  vec3 mean[kFgRowBlock], variance[kFgRowBlock];
  [[unroll]] for (int c = 0; c < 3; ++c) {
    const float pivot = y[kMaxHalf + kFgRowBlock / 2][c];
    [[unroll]] for (int j = 0; j < kFgRowBlock; ++j) {
      float sum = 0.0, sum_squares = 0.0;
      [[unroll]] for (int t = -kMaxHalf; t <= kMaxHalf; ++t) {
        if (distance_of(t) <= kHalf) {
          const float v = y[j + t + kMaxHalf][c] - pivot;
          sum += tap(t) * v;
          sum_squares += tap(t) * (v * v);
        }
      }
      mean[j][c] = sum + pivot;
      variance[j][c] = max(sum_squares - sum * sum, 0.0);
    }
  }
  [[unroll]] for (int j = 0; j < kFgRowBlock; ++j) {
    if (x0 + j < push.width) {
      const int i = row * push.pitch + x0 + j;
      [[unroll]] for (int c = 0; c < 3; ++c) {
        pixels[kFgPixelFloats * i + c] = y[j + kMaxHalf][c];
        row_means[kFgRowMeanFloats * i + c] = mean[j][c];
        row_variances[kFgRowMeanFloats * i + c] = variance[j][c];
      }
    }
  }
}
