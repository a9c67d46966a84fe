#pragma once
// The arithmetic of the CUDA kernel, phase by phase and thread by thread, free of anything that only a GPU
// has: the test ssim2d_tile_test runs it on the host against the oracle.
//
// A block of 256 threads makes a tile of 32 columns and 64 - 2 radius rows (54 for 11 taps: 1080 rows are 20
// tiles):
//   load_samples     64 rows of s = x + y and d = x - y, halo included, zeros outside the image
//   -- barrier --
//   filter_rows      each thread: 8 neighbouring columns of one row, into registers
//   -- barrier --    (the moments take the place of the samples)
//   store_moments
//   -- barrier --
//   filter_columns   each thread: 7 or 8 rows of one column, the formula, the map, a partial sum
//
// Moments are taken about a sample that lies inside all windows of a short run of results: where a window is
// smooth, its samples are close to that one, so that nothing large is squared and subtracted again.

#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

#if defined(__CUDA_ARCH__)
#define FG_UNROLL _Pragma("unroll")
#else
#define FG_UNROLL
#endif

namespace fg::tile {

inline constexpr int kThreads = 256;
inline constexpr int kColumns = 32;      // of results
inline constexpr int kSampleRows = 64;   // halo included
inline constexpr int kGroupColumns = 8;  // results of a thread in a row
inline constexpr int kSamplePitch =
    43;  // >= 32 + 2 * 5 and odd: 16 lanes read 16 rows without a bank conflict
inline constexpr int kMomentPitch = 33;  // odd: 8 lanes write 8 rows without a bank conflict

struct alignas(8) Sample {
  float s, d;
};
struct alignas(16) Moments {
  float s_mean, s_variance, d_mean, d_variance;
};
union Shared {
  Sample samples[kSampleRows * kSamplePitch];  // 64 x 43 x 8 B = 22.0 KB
  Moments
      moments[kSampleRows * kMomentPitch];  // 64 x 33 x 16 B = 33.8 KB, below the 40 KB that a queue allows
};
static_assert(sizeof(Shared) <= 40 * 1024);

template <int kRadius>
struct Shape {
  static constexpr int kRows = kSampleRows - 2 * kRadius;        // of results
  static constexpr int kRowsPerWarp = (kRows + 7) / 8;           // 7, 7, 8 for radius 5, 4, 3
  static constexpr int kSampleColumns = kColumns + 2 * kRadius;  // halo included
  // Results whose moments are taken about one sample. It must lie well inside the windows of all of them: at
  // most 4 from their centres for radius 5 and 4, and 2 for radius 3.
  static constexpr int kRunColumns = kRadius == 3 ? 4 : 8;
  static constexpr int kRunRows = kRadius == 3 ? 4 : 7;
  static_assert(kGroupColumns % kRunColumns == 0 && kRowsPerWarp % kRunRows == 0);
};

// Where a tile lies in the map, and how far the map is inset into the image (0: same, radius: valid).
struct Place {
  std::int32_t row, column;
  std::int32_t inset;
};

// One sample of the tile, zeros outside the image. `offset` of the element in each image.
template <class T>
FG_HD Sample load_sample(const T* x, const T* y, std::int64_t x_offset, std::int64_t y_offset, bool inside) {
  const float vx = inside ? to_float(x[x_offset]) : 0.0f;
  const float vy = inside ? to_float(y[y_offset]) : 0.0f;
  return {vx + vy, vx - vy};
}

// `kRowsApart` rows lie between the rows that a thread loads of its one column.
template <int kRowsApart, class T>
FG_HD void load_column(const PlaneView<const T>& x, const PlaneView<const T>& y, std::int32_t first_row,
                       std::int32_t image_column, Sample* samples) {
  const bool wanted = image_column >= 0 && image_column < x.width;
  std::int64_t x_offset = first_row * x.row_stride + image_column * x.column_stride;
  std::int64_t y_offset = first_row * y.row_stride + image_column * y.column_stride;
  FG_UNROLL
  for (int row = 0; row < kSampleRows; row += kRowsApart) {
    const bool inside = wanted && first_row + row >= 0 && first_row + row < x.height;
    samples[row * kSamplePitch] = load_sample(x.data, y.data, x_offset, y_offset, inside);
    x_offset += kRowsApart * x.row_stride;
    y_offset += kRowsApart * y.row_stride;
  }
}

// The first 32 columns: each warp takes every eighth row. The 2 radius columns beyond: sixteen lanes a row.
template <int kRadius, class T>
FG_HD void load_samples(int thread, const PlaneView<const T>& x, const PlaneView<const T>& y,
                        const Place& place, Sample* samples) {
  const std::int32_t first_row = place.row + place.inset - kRadius;
  const std::int32_t first_column = place.column + place.inset - kRadius;
  {
    const int row = thread / 32, column = thread % 32;
    load_column<8>(x, y, first_row + row, first_column + column, samples + row * kSamplePitch + column);
  }
  const int row = thread / 16, column = 32 + thread % 16;
  if (column < Shape<kRadius>::kSampleColumns)
    load_column<16>(x, y, first_row + row, first_column + column, samples + row * kSamplePitch + column);
}

// Lanes lie along a column, so that their reads fall into different banks.
FG_HD int filtered_row(int thread) { return thread % 64; }
FG_HD int filtered_column(int thread) { return thread / 64 * kGroupColumns; }

// First and second moments of a run of results about one sample, gathered sample by sample.
template <int kCount>
struct Sums {
  float s1[kCount], s2[kCount], d1[kCount], d2[kCount];

  FG_HD void clear() {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) s1[i] = s2[i] = d1[i] = d2[i] = 0;
  }
  // Sample `at` of the run lies at - i away from the first sample of the window of result i.
  template <int kRadius>
  FG_HD void add(int at, const WindowTaps& window, float es, float es2, float ed, float ed2) {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int offset = at - i - kRadius;
      if (offset < -kRadius || offset > kRadius) continue;
      const float weight = window.tap[offset < 0 ? -offset : offset];
      s1[i] += weight * es;
      s2[i] += weight * es2;
      d1[i] += weight * ed;
      d2[i] += weight * ed2;
    }
  }
};

template <int kRadius>
FG_HD void filter_rows(int thread, const Sample* samples, const WindowTaps& window, Moments* moments) {
  constexpr int kCount = Shape<kRadius>::kRunColumns;
  FG_UNROLL
  for (int first = 0; first < kGroupColumns; first += kCount) {
    const Sample* const run = samples + filtered_row(thread) * kSamplePitch + filtered_column(thread) + first;
    const Sample about = run[kCount / 2 + kRadius];
    Sums<kCount> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kCount + 2 * kRadius; ++at) {
      const Sample v = run[at];
      const float es = v.s - about.s, ed = v.d - about.d;
      sums.template add<kRadius>(at, window, es, es * es, ed, ed * ed);
    }
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      Moments& m = moments[first + i];
      m.s_mean = about.s + sums.s1[i];
      m.s_variance = sums.s2[i] - sums.s1[i] * sums.s1[i];
      m.d_mean = about.d + sums.d1[i];
      m.d_variance = sums.d2[i] - sums.d1[i] * sums.d1[i];
    }
  }
}

FG_HD void store_moments(int thread, const Moments* moments, Moments* shared) {
  Moments* const run = shared + filtered_row(thread) * kMomentPitch + filtered_column(thread);
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) run[i] = moments[i];
}

// A variance that rounding made negative is 0; a NaN stays.
FG_HD float not_negative(float v) { return v < 0 ? 0 : v; }

// The sum of this thread's terms; writes them to the map where there is one.
template <int kRadius>
FG_HD float filter_columns(int thread, const Moments* shared, const WindowTaps& window,
                           FgSsimConstants constants, const Place& place, std::int32_t map_height,
                           std::int32_t map_width, const PlaneView<float>& map) {
  constexpr int kCount = Shape<kRadius>::kRunRows;
  const int column = thread % 32, warp = thread / 32;
  // The last warp moves up to stay inside the tile; the results that it shares with the warp before it count
  // there.
  const int own_row = warp * Shape<kRadius>::kRowsPerWarp;
  const int last_start = Shape<kRadius>::kRows - Shape<kRadius>::kRowsPerWarp;
  const int start = own_row < last_start ? own_row : last_start;

  float sum = 0;
  FG_UNROLL
  for (int first = start; first < start + Shape<kRadius>::kRowsPerWarp; first += kCount) {
    const Moments* const run = shared + first * kMomentPitch + column;
    const Moments about = run[(kCount / 2 + kRadius) * kMomentPitch];
    Sums<kCount> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kCount + 2 * kRadius; ++at) {
      const Moments m = run[at * kMomentPitch];
      const float es = m.s_mean - about.s_mean, ed = m.d_mean - about.d_mean;
      sums.template add<kRadius>(at, window, es, es * es + m.s_variance, ed, ed * ed + m.d_variance);
    }
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      FgSsimMoments m;
      m.S = about.s_mean + sums.s1[i];
      m.D = about.d_mean + sums.d1[i];
      m.VS = not_negative(sums.s2[i] - sums.s1[i] * sums.s1[i]);
      m.VD = not_negative(sums.d2[i] - sums.d1[i] * sums.d1[i]);
      const float term = fg_ssim_term(m, constants);
      // A choice rather than a branch: threads beyond the map have nothing better to do.
      const std::int32_t row = place.row + first + i;
      const bool counts = first + i >= own_row && row < map_height && place.column + column < map_width;
      if (map.data != nullptr && counts) map.at(row, place.column + column) = term;
      sum += counts ? term : 0.0f;
    }
  }
  return sum;
}

}  // namespace fg::tile
