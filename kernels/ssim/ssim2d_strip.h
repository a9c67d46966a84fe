#pragma once
// The arithmetic of the CUDA kernels of SSIM 2D, phase by phase and thread by thread, free of anything that only a
// GPU has: the test ssim2d_strip_test runs it on the host against the oracle.
//
// A block walks down a strip of the image, kRunRows rows of results at a time. Its threads stand side by side, one
// to a column, halo columns included:
//   load_rows        each thread: the next kRunRows samples of its column, from memory into registers
//   filter_columns   each thread: with the 2 radius samples that it kept, the column moments of kRunRows results
//   -- barrier --    (they lie in shared memory now)
//   filter_rows      each thread: kGroupColumns neighbouring results of one row, and the formula
// Two buffers take turns, so that one barrier is enough. Every sample is read once but for the halo between strips, and
// squared once for kRunRows results.
//
// Moments are taken about a sample that lies inside all windows of a short run of results: where a window is
// smooth, its samples are close to that one, so that nothing large is squared and subtracted again. Columns first,
// rows of columns then (law of total variance).

#include <cmath>
#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/ssim_parts.h"
#include "kernels/ssim/window.h"

#if defined(__CUDA_ARCH__)
#define FG_UNROLL _Pragma("unroll")
#else
#define FG_UNROLL
#endif

namespace fg::strip {

inline constexpr int kThreads = 128;     // columns of a strip, halo included
inline constexpr int kRunRows = 8;       // rows of results between two barriers
inline constexpr int kGroupColumns = 8;  // results of a thread in a row
// The last group reads 2 radius columns beyond its own. Odd: 8 lanes read 8 rows without a bank conflict.
inline constexpr int kPitch = kThreads + 2 * kMaxWindowRadius + 1;

struct alignas(8) Sample {
  float s, d;
};
struct alignas(16) Moments {
  float s_mean, s_variance, d_mean, d_variance;
};
struct Shared {
  Moments moments[kRunRows *
                  kPitch];  // 8 x 139 x 16 B = 17.8 KB; two of them stay below the 40 KB that a queue allows
};
static_assert(2 * sizeof(Shared) <= 40 * 1024);

template <int kRadius>
struct Shape {
  static constexpr int kColumns = kThreads - 2 * kRadius;  // of results, an even number
  // from their centres for radius 5 and 4, and 2 for radius 3.
  static constexpr int kRun = kRadius == 3 ? 4 : 8;
};

// The part of a plane's map that a block makes.
struct Place {
  std::int32_t row, rows;        // of results
  std::int32_t column, columns;  // of results, at most Shape::kColumns
  std::int32_t inset;            // of the map into the image (0: same, radius: valid)
};

// A thread's column of the image: the last 2 radius samples, the next ones on their way, and where those after them
// come from. The next ones stay as they come from memory until they are used: nothing waits for them earlier.
// Offset: std::int32_t where it reaches every element of a plane, which saves instructions; std::int64_t elsewhere.
template <int kRadius, class Offset, class T>
struct Column {
  Sample kept[2 * kRadius];
  T next_x[kRunRows], next_y[kRunRows];
  Offset x, y;            // elements from the planes' first to the sample after them
  std::int32_t next_row;  // of that sample, in the image
  bool inside;            // the column is one of the image's
};

// Do 32 bits reach every element of a plane, the halo included?
template <class T>
inline bool reached_by_32_bits(const PlaneView<T>& plane) {
  constexpr std::int64_t kReach = std::int64_t{1} << 31;
  const auto span = [](std::int64_t stride, std::int64_t extent) {
    return (stride < 0 ? -stride : stride) * (extent + kThreads);
  };
  return span(plane.row_stride, plane.height) + span(plane.column_stride, plane.width) < kReach;
}

// The next kCount samples of a column, zeros outside the image. (The bits of zero are zeros in all types.)
template <int kCount, int kRadius, class Offset, class T>
FG_HD void load_rows(Column<kRadius, Offset, T>& column, const PlaneView<const T>& x,
                     const PlaneView<const T>& y, T* to_x, T* to_y) {
  const Offset x_step = static_cast<Offset>(x.row_stride), y_step = static_cast<Offset>(y.row_stride);
  if (column.inside && column.next_row >= 0 && column.next_row + kCount <= x.height) {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      to_x[i] = x.data[column.x + i * x_step];
      to_y[i] = y.data[column.y + i * y_step];
    }
  } else {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const std::int32_t row = column.next_row + i;
      to_x[i] = to_y[i] = T{};
      if (!column.inside || row < 0 || row >= x.height) continue;
      to_x[i] = x.data[column.x + i * x_step];
      to_y[i] = y.data[column.y + i * y_step];
    }
  }
  column.x += kCount * x_step;
  column.y += kCount * y_step;
  column.next_row += kCount;
}

template <int kRadius, class Offset, class T>
FG_HD void load_next_rows(Column<kRadius, Offset, T>& column, const PlaneView<const T>& x,
                          const PlaneView<const T>& y) {
  load_rows<kRunRows>(column, x, y, column.next_x, column.next_y);
}

template <class T>
FG_HD Sample sample_of(T x, T y) {
  const float vx = to_float(x), vy = to_float(y);
  return {vx + vy, vx - vy};
}
FG_HD Sample sample_of(Folded sum, Folded difference) { return {sum.value, difference.value}; }

template <int kRadius, class Offset, class T>
FG_HD Column<kRadius, Offset, T> start_column(int thread, const PlaneView<const T>& x,
                                              const PlaneView<const T>& y, const Place& place) {
  Column<kRadius, Offset, T> column;
  const std::int32_t at = place.column + place.inset - kRadius + thread;
  column.inside = at >= 0 && at < x.width && thread < place.columns + 2 * kRadius;
  column.next_row = place.row + place.inset - kRadius;
  column.x = static_cast<Offset>(column.next_row * x.row_stride + at * x.column_stride);
  column.y = static_cast<Offset>(column.next_row * y.row_stride + at * y.column_stride);
  T first_x[2 * kRadius], first_y[2 * kRadius];
  load_rows<2 * kRadius>(column, x, y, first_x, first_y);
  load_next_rows(column, x, y);
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) column.kept[i] = sample_of(first_x[i], first_y[i]);
  return column;
}

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

// Warps whose columns lie beyond the strip have nothing to filter.
template <int kRadius>
FG_HD bool has_columns(int thread, const Place& place) {
  return thread / 32 * 32 < place.columns + 2 * kRadius;
}

// Makes the column moments of the next kRunRows results from the kept and the next samples, and keeps the last.
template <int kRadius, class Offset, class T>
FG_HD void filter_columns(int thread, Column<kRadius, Offset, T>& column, const WindowTaps& window,
                          Moments* shared) {
  constexpr int kRun = Shape<kRadius>::kRun;
  Sample samples[2 * kRadius + kRunRows];
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) samples[i] = column.kept[i];
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) samples[2 * kRadius + i] = sample_of(column.next_x[i], column.next_y[i]);
  FG_UNROLL
  for (int first = 0; first < kRunRows; first += kRun) {
    const Sample about = samples[first + kRun / 2 + kRadius];
    Sums<kRun> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kRun + 2 * kRadius; ++at) {
      const float es = samples[first + at].s - about.s, ed = samples[first + at].d - about.d;
      sums.template add<kRadius>(at, window, es, es * es, ed, ed * ed);
    }
    FG_UNROLL
    for (int i = 0; i < kRun; ++i)
      shared[(first + i) * kPitch + thread] = {about.s + sums.s1[i], sums.s2[i] - sums.s1[i] * sums.s1[i],
                                               about.d + sums.d1[i], sums.d2[i] - sums.d1[i] * sums.d1[i]};
  }
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) column.kept[i] = samples[kRunRows + i];
}

// Lanes lie along a column, so that their reads fall into different banks.
FG_HD int filtered_row(int thread) { return thread % kRunRows; }
FG_HD int filtered_column(int thread) { return thread / kRunRows * kGroupColumns; }

// A variance that rounding made negative is 0. A NaN may be lost here: the mean beside it is not finite either, which
// makes the term NaN.
FG_HD float not_negative(float v) { return fmaxf(v, 0.0f); }

// The window moments of the thread's kGroupColumns results.
template <int kRadius>
FG_HD void filter_rows(int thread, const Moments* shared, const WindowTaps& window, FgSsimMoments* results) {
  constexpr int kRun = Shape<kRadius>::kRun;
  const Moments* const row = shared + filtered_row(thread) * kPitch + filtered_column(thread);
  FG_UNROLL
  for (int first = 0; first < kGroupColumns; first += kRun) {
    const Moments about = row[first + kRun / 2 + kRadius];
    Sums<kRun> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kRun + 2 * kRadius; ++at) {
      const Moments m = row[first + at];
      const float es = m.s_mean - about.s_mean, ed = m.d_mean - about.d_mean;
      sums.template add<kRadius>(at, window, es, es * es + m.s_variance, ed, ed * ed + m.d_variance);
    }
    FG_UNROLL
    for (int i = 0; i < kRun; ++i) {
      results[first + i].S = about.s_mean + sums.s1[i];
      results[first + i].D = about.d_mean + sums.d1[i];
      results[first + i].VS = not_negative(sums.s2[i] - sums.s1[i] * sums.s1[i]);
      results[first + i].VD = not_negative(sums.d2[i] - sums.d1[i] * sums.d1[i]);
    }
  }
}

// The thread's results in rows [first_row, first_row + kRunRows) of the place.
struct Group {
  std::int32_t row, column;  // of the map
  std::int32_t count;        // results that exist; nothing may be read for a group without any
};

FG_HD Group group_of(int thread, const Place& place, std::int32_t first_row) {
  const std::int32_t row = first_row + filtered_row(thread), column = filtered_column(thread);
  return {place.row + row, place.column + column, row < place.rows ? place.columns - column : 0};
}

// Writes the values of a group that exist, next to each other in a row that `at` points into.
FG_HD void store_group(const float* values, std::int32_t count, float* at, std::int64_t column_stride) {
#if defined(__CUDA_ARCH__)
  if (count >= kGroupColumns && column_stride == 1 && reinterpret_cast<std::uintptr_t>(at) % 8 == 0) {
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; i += 2)
      *reinterpret_cast<float2*>(at + i) = make_float2(values[i], values[i + 1]);
    return;
  }
#endif
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i)
    if (i < count) at[i * column_stride] = values[i];
}

// The terms of a group: written to the map where there is one. Returns their sum.
template <SsimPart kPart = SsimPart::whole>
FG_HD float score_group(const FgSsimMoments* moments, FgSsimConstants constants, const Group& group,
                        const PlaneView<float>& map) {
  float terms[kGroupColumns], sum = 0;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) terms[i] = ssim_part_term<kPart>(moments[i], constants);
  if (group.count >= kGroupColumns) {
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; ++i) sum += terms[i];
  } else {
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; ++i) sum += i < group.count ? terms[i] : 0.0f;
  }
  if (map.data != nullptr)
    store_group(terms, group.count, &map.at(group.row, group.column), map.column_stride);
  return sum;
}

}  // namespace fg::strip
