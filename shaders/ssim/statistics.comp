#version 450
// Histogram of the band's part of the map, and the sums of what the row and column passes left: each workgroup adds to
// its own record in an order that depends on nothing but the sizes, so that the same frame gives the same bits.
#extension GL_GOOGLE_include_directive : require
#include "shaders/shared/frame_statistics.h"
#include "shaders/ssim/window.glsl"

layout(local_size_x = kFgStatisticsThreads) in;
layout(binding = 0) uniform texture2D map;
layout(binding = 1, std430) readonly buffer Errors { uvec4 errors[]; };  // see rows.comp
layout(binding = 2, std430) readonly buffer Scores { uvec4 scores[]; };  // see columns.comp
layout(binding = 3, std430) buffer Statistics { uint statistics[]; };    // see frame_statistics.h; bins start at 0

// First the bins of this workgroup's histogram, then the records of its invocations. 16 KB.
shared uint words[kFgMapBins];
const int kSums = 5;  // sums of a record
const int kWords = 13;

struct Record {
  vec2 sums[kSums];
  float largest, smallest;
  uint nonfinite;
};

// Adds v, and to the second component what rounding took (Knuth's two-sum).
void add(inout vec2 sum, float v) {
  precise float t = sum.x + v;
  precise float z = t - sum.x;
  precise float lost = (sum.x - (t - z)) + (v - z);
  sum = vec2(t, sum.y + lost);
}

void merge(inout Record a, Record b) {
  [[unroll]] for (int i = 0; i < kSums; ++i) {
    add(a.sums[i], b.sums[i].x);
    a.sums[i].y += b.sums[i].y;
  }
  a.largest = max(a.largest, b.largest);
  a.smallest = min(a.smallest, b.smallest);
  a.nonfinite += b.nonfinite;
}

void count_map_values(int thread) {
  for (int i = thread; i < kFgMapBins; i += kFgStatisticsThreads) words[i] = 0u;
  barrier();
  const int border = kValid * kHalf;
  const int begin = max(push.band_begin, border);
  const int end = min(push.band_end, push.height - border);
  for (int y = begin + int(gl_WorkGroupID.x); y < end; y += int(gl_NumWorkGroups.x)) {
    for (int x = border + thread; x < push.width - border; x += kFgStatisticsThreads) {
      const float m = texelFetch(map, ivec2(x, y), 0).r;
      if (is_finite(m)) atomicAdd(words[clamp(int((m + 1.0) * float(kFgMapBins / 2)), 0, kFgMapBins - 1)], 1u);
    }
  }
  barrier();
  for (int i = thread; i < kFgMapBins; i += kFgStatisticsThreads)
    if (words[i] != 0u) atomicAdd(statistics[i], words[i]);
  barrier();
}

Record sum_blocks(int thread) {
  Record sum;
  [[unroll]] for (int i = 0; i < kSums; ++i) sum.sums[i] = vec2(0.0);
  sum.largest = 0.0;
  sum.smallest = uintBitsToFloat(0x7f800000u);
  sum.nonfinite = 0u;
  const int rows = push.band_end - push.band_begin;
  const int first = int(gl_WorkGroupID.x) * kFgStatisticsThreads + thread;
  const int step = int(gl_NumWorkGroups.x) * kFgStatisticsThreads;
  const int error_blocks = rows * ((push.width + kFgRowBlock - 1) / kFgRowBlock);
  for (int i = first; i < error_blocks; i += step) {
    const uvec4 e = errors[i];
    add(sum.sums[3], uintBitsToFloat(e.x));
    add(sum.sums[4], uintBitsToFloat(e.y));
    sum.largest = max(sum.largest, uintBitsToFloat(e.z));
    sum.nonfinite += e.w;
  }
  const int score_blocks = push.width * ((rows + kFgColumnBlock - 1) / kFgColumnBlock);
  for (int i = first; i < score_blocks; i += step) {
    const uvec4 s = scores[i];
    [[unroll]] for (int c = 0; c < 3; ++c) add(sum.sums[c], uintBitsToFloat(s[c]));
    sum.smallest = min(sum.smallest, uintBitsToFloat(s.w));
  }
  return sum;
}

void put(int thread, Record r) {
  [[unroll]] for (int i = 0; i < kSums; ++i) {
    words[thread * kWords + 2 * i] = floatBitsToUint(r.sums[i].x);
    words[thread * kWords + 2 * i + 1] = floatBitsToUint(r.sums[i].y);
  }
  words[thread * kWords + 10] = floatBitsToUint(r.largest);
  words[thread * kWords + 11] = floatBitsToUint(r.smallest);
  words[thread * kWords + 12] = r.nonfinite;
}

Record get(int thread) {
  Record r;
  [[unroll]] for (int i = 0; i < kSums; ++i)
    r.sums[i] = vec2(uintBitsToFloat(words[thread * kWords + 2 * i]),
                     uintBitsToFloat(words[thread * kWords + 2 * i + 1]));
  r.largest = uintBitsToFloat(words[thread * kWords + 10]);
  r.smallest = uintBitsToFloat(words[thread * kWords + 11]);
  r.nonfinite = words[thread * kWords + 12];
  return r;
}

void main() {
  const int thread = int(gl_LocalInvocationID.x);
  count_map_values(thread);
  Record sum = sum_blocks(thread);
  put(thread, sum);
  barrier();
  for (int half_count = kFgStatisticsThreads / 2; half_count > 0; half_count /= 2) {
    if (thread < half_count) {
      merge(sum, get(thread + half_count));
      put(thread, sum);
    }
    barrier();
  }
  if (thread != 0) return;

  const int base = kFgMapBins + int(gl_WorkGroupID.x) * kFgRecordWords;
  if (push.first_band == 0) {
    Record before;
    [[unroll]] for (int i = 0; i < kSums; ++i)
      before.sums[i] =
          vec2(uintBitsToFloat(statistics[base + 2 * i]), uintBitsToFloat(statistics[base + 2 * i + 1]));
    before.largest = uintBitsToFloat(statistics[base + kFgMaxError]);
    before.smallest = uintBitsToFloat(statistics[base + kFgMapMin]);
    before.nonfinite = statistics[base + kFgNonfinite];
    merge(sum, before);
  }
  [[unroll]] for (int i = 0; i < kSums; ++i) {
    statistics[base + 2 * i] = floatBitsToUint(sum.sums[i].x);
    statistics[base + 2 * i + 1] = floatBitsToUint(sum.sums[i].y);
  }
  statistics[base + kFgMaxError] = floatBitsToUint(sum.largest);
  statistics[base + kFgMapMin] = floatBitsToUint(sum.smallest);
  statistics[base + kFgNonfinite] = sum.nonfinite;
}
