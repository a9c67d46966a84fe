#pragma once
// The second half of SSIM's gradient on CUDA: the partials of every window (ssim_math.h, FgSsimPartials) are spread back
// over the window's samples. G is symmetric, so this is the same filter again. Phase by phase and thread by thread as
// ssim2d_strip.h, of which it takes the shape of the strip, and tested like it (ssim2d_strip_test).
//
// Partials are filtered as they are, without a shift: they change sign from window to window.

#include <cmath>
#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim2d_strip.h"

namespace fg::strip {

// The weighted partials of a plane's windows, one float a window, row by row.
struct PartialPlanes {
  float *first, *B, *E, *second;  // X and, when both gradients are wanted, Y; X or Y when one is
  std::int32_t height, width;     // of the map
  std::int32_t pitch;             // elements between rows, a multiple of 4
};

struct alignas(16) Partial {
  float first, B, E, second;
};
struct SharedPartials {
  Partial partials[kRunRows * kPitch];  // 17.8 KB
};

// A thread's column of partials: the last 2 radius ones, and the next on their way.
template <int kRadius, bool kBoth>
struct PartialColumn {
  Partial kept[2 * kRadius];
  Partial next[kRunRows];
  std::int32_t next_row;  // of the map
  std::int32_t column;    // of the map
  bool inside;
};

template <bool kBoth>
FG_HD Partial load_partial(const PartialPlanes& planes, std::int64_t at) {
  return {planes.first[at], planes.B[at], planes.E[at], kBoth ? planes.second[at] : 0.0f};
}

template <int kCount, int kRadius, bool kBoth>
FG_HD void load_partials(PartialColumn<kRadius, kBoth>& column, const PartialPlanes& planes, Partial* to) {
  const std::int64_t first = std::int64_t{column.next_row} * planes.pitch + column.column;
  if (column.inside && column.next_row >= 0 && column.next_row + kCount <= planes.height) {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) to[i] = load_partial<kBoth>(planes, first + i * planes.pitch);
  } else {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const std::int32_t row = column.next_row + i;
      to[i] = {0, 0, 0, 0};
      if (column.inside && row >= 0 && row < planes.height)
        to[i] = load_partial<kBoth>(planes, first + i * planes.pitch);
    }
  }
  column.next_row += kCount;
}

// The place is one of the image here; the map lies place.inset inside it.
template <int kRadius, bool kBoth>
FG_HD PartialColumn<kRadius, kBoth> start_partials(int thread, const PartialPlanes& planes,
                                                   const Place& place) {
  PartialColumn<kRadius, kBoth> column;
  column.column = place.column - place.inset - kRadius + thread;
  column.inside = column.column >= 0 && column.column < planes.width && thread < place.columns + 2 * kRadius;
  column.next_row = place.row - place.inset - kRadius;
  load_partials<2 * kRadius>(column, planes, column.kept);
  load_partials<kRunRows>(column, planes, column.next);
  return column;
}

template <int kCount, bool kBoth>
struct PartialSums {
  Partial sum[kCount];

  FG_HD void clear() {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) sum[i] = {0, 0, 0, 0};
  }
  // As Sums::add.
  template <int kRadius>
  FG_HD void add(int at, const WindowTaps& window, const Partial& partial) {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int offset = at - i - kRadius;
      if (offset < -kRadius || offset > kRadius) continue;
      const float weight = window.tap[offset < 0 ? -offset : offset];
      sum[i].first += weight * partial.first;
      sum[i].B += weight * partial.B;
      sum[i].E += weight * partial.E;
      if (kBoth) sum[i].second += weight * partial.second;
    }
  }
};

template <int kRadius, bool kBoth>
FG_HD void spread_columns(int thread, PartialColumn<kRadius, kBoth>& column, const WindowTaps& window,
                          Partial* shared) {
  PartialSums<kRunRows, kBoth> sums;
  sums.clear();
  FG_UNROLL
  for (int at = 0; at < 2 * kRadius; ++at) sums.template add<kRadius>(at, window, column.kept[at]);
  FG_UNROLL
  for (int at = 0; at < kRunRows; ++at) sums.template add<kRadius>(2 * kRadius + at, window, column.next[at]);
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) shared[i * kPitch + thread] = sums.sum[i];
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i)
    column.kept[i] = i + kRunRows < 2 * kRadius ? column.kept[(i + kRunRows) % (2 * kRadius)]
                                                : column.next[(i + kRunRows - 2 * kRadius) % kRunRows];
}

template <int kRadius, bool kBoth>
FG_HD void spread_rows(int thread, const Partial* shared, const WindowTaps& window,
                       PartialSums<kGroupColumns, kBoth>& sums) {
  const Partial* const row = shared + filtered_row(thread) * kPitch + filtered_column(thread);
  sums.clear();
  FG_UNROLL
  for (int at = 0; at < kGroupColumns + 2 * kRadius; ++at) sums.template add<kRadius>(at, window, row[at]);
}

// Samples of a group that exist, next to each other in a row that `at` points into; the others are 0.
template <class T>
FG_HD void load_group(const T* at, std::int64_t column_stride, std::int32_t count, float* values) {
#if defined(__CUDA_ARCH__)
  if constexpr (sizeof(T) == 4)
    if (count >= kGroupColumns && column_stride == 1 && reinterpret_cast<std::uintptr_t>(at) % 16 == 0) {
      const float4 low = reinterpret_cast<const float4*>(at)[0],
                   high = reinterpret_cast<const float4*>(at)[1];
      values[0] = low.x, values[1] = low.y, values[2] = low.z, values[3] = low.w;
      values[4] = high.x, values[5] = high.y, values[6] = high.z, values[7] = high.w;
      return;
    }
#endif
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) values[i] = i < count ? to_float(at[i * column_stride]) : 0.0f;
}

// What the gradient of a group is made of beside the sums.
struct GradientTerms {
  float cs, cd;      // as the partials were made with
  float l1;          // dL/d|x - y| of each sample inside the map's region
  float first_sign;  // 1: the sums' `first` is X; -1: it is Y
};

// The gradients of a group of samples, written where they are wanted. Returns the sum of |x - y| over the map's region.
template <bool kBoth, class T>
FG_HD float finish_gradient(const PartialSums<kGroupColumns, kBoth>& sums, const Group& group,
                            const GradientTerms& terms, const PlaneView<const T>& x,
                            const PlaneView<const T>& y, std::int32_t inset,
                            const PlaneView<float>& x_gradient, const PlaneView<float>& y_gradient) {
  float vx[kGroupColumns], vy[kGroupColumns], first[kGroupColumns], second[kGroupColumns], magnitudes = 0;
  load_group(&x.at(group.row, group.column), x.column_stride, group.count, vx);
  load_group(&y.at(group.row, group.column), y.column_stride, group.count, vy);
  const bool row_counts = group.row >= inset && group.row < x.height - inset;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const float s = vx[i] + vy[i], d = vx[i] - vy[i];
    const Partial& sum = sums.sum[i];
    const float s_part = 2.0f * (s - terms.cs) * sum.B, d_part = 2.0f * (d - terms.cd) * sum.E;
    const bool counts = row_counts && group.column + i >= inset && group.column + i < x.width - inset;
    const float slope = counts && d != 0 ? copysignf(terms.l1, d) * (terms.l1 < 0 ? -1.0f : 1.0f) : 0.0f;
    magnitudes += counts ? fabsf(d) : 0.0f;  // samples that do not exist are 0 in both images
    first[i] = sum.first + s_part + terms.first_sign * (d_part + slope);
    second[i] = sum.second + s_part - d_part - slope;
  }
  const PlaneView<float>& to_first = terms.first_sign > 0 ? x_gradient : y_gradient;
  store_group(first, group.count, &to_first.at(group.row, group.column), to_first.column_stride);
  if (kBoth)
    store_group(second, group.count, &y_gradient.at(group.row, group.column), y_gradient.column_stride);
  return magnitudes;
}

}  // namespace fg::strip
