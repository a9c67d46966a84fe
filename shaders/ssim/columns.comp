#version 450
// Vertical pass over one band: moments over the window from those of its rows, the SSIM map and its heatmap.
//
// The variance over the window is the mean of the row variances plus the variance of the row means, and likewise for
// the covariance: sums of non-negative terms, so nothing cancels. Row means deviate from a pivot as in rows.comp.
#extension GL_GOOGLE_include_directive : require
#include "shaders/ssim/window.glsl"
#include "kernels/ssim/ssim_math.h"

layout(local_size_x = kFgThreads) in;
layout(binding = 0, std430) readonly buffer Moments { vec4 moments[]; };
layout(binding = 1, std430) readonly buffer ReferenceMoments { float reference_moments[]; };
layout(binding = 2, std430) readonly buffer Colors { uint colors[]; };  // RGBA8
layout(binding = 3, r32f) uniform writeonly image2D map;
layout(binding = 4, rgba8) uniform writeonly image2D heatmap;
// Per block of the band: sum of SSIM for each channel, smallest finite value of the map (floats).
layout(binding = 5, std430) writeonly buffer Scores { uvec4 scores[]; };

const FgSsimConstants kConstants = FgSsimConstants(0.01 * 0.01, 0.03 * 0.03);  // k1, k2 for a range of 1

// Means of d and y, and their variance and covariance, over the windows of a row.
struct RowMoments {
  float d, y, dd, dy;
};

RowMoments load_row(int row, int channel, int x) {
  const vec4 m = moments[(row * kFgMomentPlanes + channel) * push.pitch + x];
  return RowMoments(m.x, m.w, m.y, m.z);
}

void main() {
  const int x = int(gl_GlobalInvocationID.x);
  const int block = int(gl_GlobalInvocationID.y);
  const int y0 = push.band_begin + block * kFgColumnBlock;
  if (x >= push.width || y0 >= push.band_end) return;
  const int border = kValid * kHalf;
  const bool x_counts = x >= border && x < push.width - border;

  float total[kFgColumnBlock];
  [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) total[j] = 0.0;
  vec3 score = vec3(0.0);
  [[unroll]] for (int c = 0; c < 3; ++c) {
    const int middle = min(y0 + kFgColumnBlock / 2 - push.window_begin, push.window_rows - 1);
    const RowMoments pivot = load_row(middle, c, x);
    float sum_d[kFgColumnBlock], sum_dd[kFgColumnBlock], sum_dy[kFgColumnBlock];
    [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) sum_d[j] = sum_dd[j] = sum_dy[j] = 0.0;
    [[unroll]] for (int k = 0; k < kFgColumnBlock + 2 * kMaxHalf; ++k) {
      const int row = y0 + k - kMaxHalf - push.window_begin;  // rows that the window lacks are outside the frame,
      const bool inside = row >= 0 && row < push.window_rows;  // or of no use to this band
      const RowMoments m = load_row(clamp(row, 0, push.window_rows - 1), c, x);
      const float dk = (inside ? m.d : 0.0) - pivot.d;
      const float yk = (inside ? m.y : 0.0) - pivot.y;
      const float dd = (inside ? m.dd : 0.0) + dk * dk;
      const float dy = (inside ? m.dy : 0.0) + dk * yk;
      [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) {
        const int t = k - j - kMaxHalf;
        if (distance_of(t) <= kMaxHalf && distance_of(t) <= kHalf) {
          sum_d[j] += tap(t) * dk;
          sum_dd[j] += tap(t) * dd;
          sum_dy[j] += tap(t) * dy;
        }
      }
    }
    [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) {
      const int y = min(y0 + j, push.band_end - 1);
      const int i = ((y - push.window_begin) * kFgReferenceMomentPlanes + c) * push.pitch + x;
      const float y_mean = reference_moments[i];
      const float y_variance = reference_moments[i + 3 * push.pitch];
      const float d_mean = sum_d[j] + pivot.d;
      const float d_variance = max(sum_dd[j] - sum_d[j] * sum_d[j], 0.0);
      const float covariance = sum_dy[j] - sum_d[j] * (y_mean - pivot.y);
      // s = x + y = 2 y + d
      const FgSsimMoments m =
          FgSsimMoments(2.0 * y_mean + d_mean, d_mean,
                        max(4.0 * (y_variance + covariance) + d_variance, 0.0), d_variance);
      float ssim = fg_ssim_term(m, kConstants);
      // Vulkan lets a division be off by 2.5 ULP, also a / a.
      if (d_mean == 0.0 && d_variance == 0.0) ssim = 1.0;
      ssim = min(ssim, 1.0);
      // A device's min, max and comparisons may turn NaN into a number: what the window holds decides.
      if (!is_finite(d_mean)) ssim = uintBitsToFloat(kNaN);
      const bool counts =
          x_counts && y0 + j < push.band_end && y0 + j >= border && y0 + j < push.height - border;
      if (counts) score[c] += ssim;
      total[j] += ssim;
    }
  }

  float smallest = uintBitsToFloat(0x7f800000u);
  [[unroll]] for (int j = 0; j < kFgColumnBlock; ++j) {
    const int y = y0 + j;
    if (y < push.band_end) {
      const float mean = total[j] * (1.0 / 3.0);
      const bool counts = x_counts && y >= border && y < push.height - border;
      uint color = kFgColorBorder;
      if (counts) {
        precise float t = clamp((mean - push.worst) * push.colors_per_unit, 0.0, float(kFgColors - 1));
        color = is_finite(mean) ? uint(t + 0.5) : kFgColorNotANumber;
        if (is_finite(mean)) smallest = min(smallest, mean);
      }
      imageStore(map, ivec2(x, y), vec4(counts ? mean : uintBitsToFloat(kNaN)));
      imageStore(heatmap, ivec2(x, y), unpackUnorm4x8(colors[color]));
    }
  }
  scores[block * push.width + x] = uvec4(floatBitsToUint(score), floatBitsToUint(smallest));
}
