#version 450
// Horizontal pass over one band's window: d = x - y of frame x and reference y, filtered along the rows.
//
// Each invocation filters kFgRowBlock pixels of a row. Deviations are taken from a pivot, the block's middle pixel,
// which lies inside the window of each of its pixels: variances are then sums of squares no larger than the contrast
// inside the window, and nothing cancels (the plain G*d^2 - (G*d)^2 loses 1e-5 of the map where d is large and flat).
// A NaN at the pivot spoils no window that does not hold it anyway.
// Outside the frame x = y = 0, which is zero padding.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgThreads) in;
layout(binding = 0) uniform texture2D frame;
layout(binding = 1, std430) readonly buffer Pixels { float pixels[]; };
layout(binding = 2, std430) readonly buffer RowMeans { vec4 row_means[]; };  // a vec4: the pixels of a block
layout(binding = 3, std430) writeonly buffer Moments { vec4 moments[]; };    // see ssim_passes.h
// Per block of the band: sum of d^2, sum of |d|, largest |d| (floats), nonfinite values.
layout(binding = 4, std430) writeonly buffer Errors { uvec4 errors[]; };

const int kLoads = kFgRowBlock + 2 * kMaxHalf;

void main() {
  const int block = int(gl_GlobalInvocationID.x);
  const int row = int(gl_GlobalInvocationID.y);
  const int x0 = block * kFgRowBlock;
  const int y0 = push.window_begin + row;
  if (x0 >= push.width || row >= push.window_rows) return;

  vec3 d[kLoads], y[kLoads];
  float squares = 0.0, absolute = 0.0, largest = 0.0;
  uint nonfinite = 0u;
  [[unroll]] for (int k = 0; k < kLoads; ++k) {
    const int x = x0 + k - kMaxHalf;
    const bool inside = x >= 0 && x < push.width;
    const int xc = clamp(x, 0, push.width - 1);
    const vec3 test = texelFetch(frame, ivec2(xc, y0), 0).rgb;
    const int i = row * kFgPixelPlanes * push.pitch + xc;
    const vec3 truth = vec3(pixels[i], pixels[i + push.pitch], pixels[i + 2 * push.pitch]);
    y[k] = inside ? truth : vec3(0.0);
    d[k] = inside ? test - truth : vec3(0.0);
    if (k >= kMaxHalf && k < kMaxHalf + kFgRowBlock) {
      const vec3 e = abs(d[k]);
      squares += dot(e, e);
      absolute += e.x + e.y + e.z;
      largest = max(largest, max(e.x, max(e.y, e.z)));
      if (inside) {
        [[unroll]] for (int c = 0; c < 3; ++c)
          nonfinite += (is_finite(test[c]) ? 0u : 1u) + (is_finite(truth[c]) ? 0u : 1u);
      }
    }
  }
  const int band_row = y0 - push.band_begin;
  if (band_row >= 0 && y0 < push.band_end) {
    const int blocks = (push.width + kFgRowBlock - 1) / kFgRowBlock;
    errors[band_row * blocks + block] =
        uvec4(floatBitsToUint(squares), floatBitsToUint(absolute), floatBitsToUint(largest), nonfinite);
  }

  [[unroll]] for (int c = 0; c < 3; ++c) {
    const int middle = kMaxHalf + kFgRowBlock / 2;
    const float d_pivot = d[middle][c];
    const float y_pivot = y[middle][c];
    float sum_d[kFgRowBlock], sum_dd[kFgRowBlock], sum_dy[kFgRowBlock];
    [[unroll]] for (int j = 0; j < kFgRowBlock; ++j) sum_d[j] = sum_dd[j] = sum_dy[j] = 0.0;
    [[unroll]] for (int k = 0; k < kLoads; ++k) {
      const float dk = d[k][c] - d_pivot;
      const float yk = y[k][c] - y_pivot;
      const float dd = dk * dk;
      const float dy = dk * yk;
      [[unroll]] for (int j = 0; j < kFgRowBlock; ++j) {
        const int t = k - j - kMaxHalf;
        if (distance_of(t) <= kMaxHalf && distance_of(t) <= kHalf) {
          sum_d[j] += tap(t) * dk;
          sum_dd[j] += tap(t) * dd;
          sum_dy[j] += tap(t) * dy;
        }
      }
    }
    // Right of the frame the buffers hold anything; nobody uses it.
    const int blocks_per_row = push.pitch / kFgRowBlock;
    const vec4 y_mean = row_means[(row * kFgRowMeanPlanes + c) * blocks_per_row + block];
    const int first = (row * kFgMomentPlanes + c) * push.pitch + x0;
    [[unroll]] for (int j = 0; j < kFgRowBlock; ++j)
      moments[first + j] = vec4(sum_d[j] + d_pivot, max(sum_dd[j] - sum_d[j] * sum_d[j], 0.0),
                                sum_dy[j] - sum_d[j] * (y_mean[j] - y_pivot), y_mean[j]);
  }
}
