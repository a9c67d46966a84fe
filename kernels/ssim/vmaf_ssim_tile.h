#pragma once
// The arithmetic of the CUDA kernel of libvmaf's float SSIM, thread by thread: vmaf_ssim_cpu_test runs it on
// the host. A block of 128 threads makes a tile of 32 columns and 16 rows of results from 42 x 26 samples.

#include <cstdint>

#include "kernels/ssim/vmaf_ssim_math.h"

#if !defined(FG_UNROLL)
#if defined(__CUDA_ARCH__)
#define FG_UNROLL _Pragma("unroll")
#else
#define FG_UNROLL
#endif
#endif

namespace fg::vmaf::tile {

inline constexpr int kThreads = 128;
inline constexpr int kColumns = 32, kRows = 16;  // of results
inline constexpr int kSampleRows = kRows + 2 * kRadius, kSampleColumns = kColumns + 2 * kRadius;
inline constexpr int kRowsPerWarp = 4;

struct Shared {
  float x[kSampleRows * kSampleColumns], y[kSampleRows * kSampleColumns];  // 2 x 4.3 KB
  float moments[5][kSampleRows * kColumns];                                // 16.3 KB: x, y, xx, yy, xy
};

// A level's planes are compact, height x width samples; zeros beyond them.
FG_HD void load(int thread, const float* x, const float* y, std::int32_t height, std::int32_t width,
                std::int32_t row, std::int32_t column, Shared& shared) {
  for (int i = thread; i < kSampleRows * kSampleColumns; i += kThreads) {
    const std::int32_t r = row + i / kSampleColumns, c = column + i % kSampleColumns;
    const bool inside = r < height && c < width;
    const std::int64_t at = std::int64_t{r} * width + c;
    shared.x[i] = inside ? x[at] : 0.0f;
    shared.y[i] = inside ? y[at] : 0.0f;
  }
}

FG_HD void filter_rows(int thread, Shared& shared) {
  for (int i = thread; i < kSampleRows * kColumns; i += kThreads) {
    const int at = i / kColumns * kSampleColumns + i % kColumns;
    double sum[5] = {};
    FG_UNROLL
    for (int k = 0; k < kWindow; ++k) {
      const float weight = tap(k - kRadius), x = shared.x[at + k], y = shared.y[at + k];
      sum[0] += static_cast<double>(times(x, weight));
      sum[1] += static_cast<double>(times(y, weight));
      sum[2] += static_cast<double>(times(times(x, x), weight));
      sum[3] += static_cast<double>(times(times(y, y), weight));
      sum[4] += static_cast<double>(times(times(x, y), weight));
    }
    FG_UNROLL
    for (int m = 0; m < 5; ++m) shared.moments[m][i] = static_cast<float>(sum[m]);
  }
}

// The sums of the thread's results among height x width of them.
FG_HD LevelSums filter_columns(int thread, const Shared& shared, std::int32_t row, std::int32_t column,
                               std::int32_t height, std::int32_t width) {
  const int lane = thread % kColumns, first = thread / kColumns * kRowsPerWarp;
  float window[5][kRowsPerWarp];
  FG_UNROLL
  for (int m = 0; m < 5; ++m) {
    double sum[kRowsPerWarp] = {};
    FG_UNROLL
    for (int at = 0; at < kRowsPerWarp + 2 * kRadius; ++at) {
      const float value = shared.moments[m][(first + at) * kColumns + lane];
      FG_UNROLL
      for (int i = 0; i < kRowsPerWarp; ++i) {
        const int k = at - i - kRadius;
        if (k < -kRadius || k > kRadius) continue;
        sum[i] += static_cast<double>(times(value, tap(k)));
      }
    }
    FG_UNROLL
    for (int i = 0; i < kRowsPerWarp; ++i) window[m][i] = static_cast<float>(sum[i]);
  }
  LevelSums sums{0, 0, 0, 0};
  FG_UNROLL
  for (int i = 0; i < kRowsPerWarp; ++i) {
    if (row + first + i >= height || column + lane >= width) continue;
    const Parts p = parts(window[0][i], window[1][i], window[2][i], window[3][i], window[4][i]);
    sums.ssim += p.l * p.c * p.s;
    sums.l += p.l;
    sums.c += p.c;
    sums.s += p.s;
  }
  return sums;
}

}  // namespace fg::vmaf::tile
