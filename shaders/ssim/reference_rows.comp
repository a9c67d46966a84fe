#version 450
// Horizontal pass over one band's window of the reference y: keeps the pixels and their row means, and leaves the row
// variances for reference_columns.comp. The pivot is explained in rows.comp.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgThreads) in;
layout(binding = 0) uniform texture2D source;
// A vec4: the pixels of a block.
layout(binding = 1, std430) writeonly buffer Pixels { vec4 pixels[]; };
layout(binding = 2, std430) writeonly buffer RowMeans { vec4 row_means[]; };
layout(binding = 3, std430) writeonly buffer RowVariances { vec4 row_variances[]; };  // laid out as RowMeans

const int kLoads = kFgRowBlock + 2 * kMaxHalf;

void main() {
  const int block = int(gl_GlobalInvocationID.x);
  const int x0 = block * kFgRowBlock;
  const int row = int(gl_GlobalInvocationID.y);
  if (x0 >= push.width || row >= push.window_rows) return;

  vec3 y[kLoads];
  [[unroll]] for (int k = 0; k < kLoads; ++k) {
    const int x = x0 + k - kMaxHalf;
    const vec3 v = texelFetch(source, ivec2(clamp(x, 0, push.width - 1), push.window_begin + row), 0).rgb;
    y[k] = x >= 0 && x < push.width ? v : vec3(0.0);
  }
  [[unroll]] for (int c = 0; c < 3; ++c) {
    const float pivot = y[kMaxHalf + kFgRowBlock / 2][c];
    vec4 mean, variance;
    [[unroll]] for (int j = 0; j < kFgRowBlock; ++j) {
      float sum = 0.0, sum_squares = 0.0;
      [[unroll]] for (int t = -kMaxHalf; t <= kMaxHalf; ++t) {
        if (distance_of(t) <= kHalf) {
          const float v = y[j + t + kMaxHalf][c] - pivot;
          sum += tap(t) * v;
          sum_squares += tap(t) * (v * v);
        }
      }
      mean[j] = sum + pivot;
      variance[j] = max(sum_squares - sum * sum, 0.0);
    }
    const int blocks_per_row = push.pitch / kFgRowBlock;
    pixels[(row * kFgPixelPlanes + c) * blocks_per_row + block] =
        vec4(y[kMaxHalf][c], y[kMaxHalf + 1][c], y[kMaxHalf + 2][c], y[kMaxHalf + 3][c]);
    row_means[(row * kFgRowMeanPlanes + c) * blocks_per_row + block] = mean;
    row_variances[(row * kFgRowMeanPlanes + c) * blocks_per_row + block] = variance;
  }
}
