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

// The weighted partials of a plane's windows, kFloats floats a window, row by row.
template <bool kBoth>
struct PartialPlane {
  static constexpr int kFloats = kBoth ? 4 : 3;  // X and Y, or the one that is wanted; B; E
  float* data;
  std::int32_t height, width;  // of the map
  std::int32_t pitch;          // windows between rows, a multiple of 4
};

struct alignas(16) Partial {
  float first, B, E, second;  // X or Y, and Y when both are wanted
};
struct SharedPartials {
  Partial partials[kRunRows * kPitch];  // 17.8 KB
};

// A thread's column of partials: the last 2 radius ones, the next on their way, and where those after them lie.
// Offset: as in Column.
template <int kRadius, class Offset>
struct PartialColumn {
  Partial kept[2 * kRadius];
  Partial next[kRunRows];
  Offset at;              // floats from the plane's first
  std::int32_t next_row;  // of the map
  bool inside;
};

template <bool kBoth>
FG_HD Partial load_partial(const float* at) {
#if defined(__CUDA_ARCH__)
  if constexpr (kBoth) {
    const float4 v = *reinterpret_cast<const float4*>(at);
    return {v.x, v.y, v.z, v.w};
  }
#endif
  return {at[0], at[1], at[2], kBoth ? at[3] : 0.0f};
}

template <int kCount, bool kBoth, int kRadius, class Offset>
FG_HD void load_partials(PartialColumn<kRadius, Offset>& column, const PartialPlane<kBoth>& plane,
                         Partial* to) {
  const Offset step = static_cast<Offset>(plane.pitch) * plane.kFloats;
  if (column.inside && column.next_row >= 0 && column.next_row + kCount <= plane.height) {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) to[i] = load_partial<kBoth>(plane.data + (column.at + i * step));
  } else {
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const std::int32_t row = column.next_row + i;
      to[i] = {0, 0, 0, 0};
      if (column.inside && row >= 0 && row < plane.height)
        to[i] = load_partial<kBoth>(plane.data + (column.at + i * step));
    }
  }
  column.at += kCount * step;
  column.next_row += kCount;
}

// The place is one of the image here; the map lies place.inset inside it.
template <int kRadius, class Offset, bool kBoth>
FG_HD PartialColumn<kRadius, Offset> start_partials(int thread, const PartialPlane<kBoth>& plane,
                                                    const Place& place) {
  PartialColumn<kRadius, Offset> column;
  const std::int32_t at = place.column - place.inset - kRadius + thread;
  column.inside = at >= 0 && at < plane.width && thread < place.columns + 2 * kRadius;
  column.next_row = place.row - place.inset - kRadius;
  column.at = (static_cast<Offset>(column.next_row) * plane.pitch + at) * plane.kFloats;
  load_partials<2 * kRadius>(column, plane, column.kept);
  load_partials<kRunRows>(column, plane, column.next);
  return column;
}

// The partials of a group of windows on their way to memory.
template <bool kBoth>
FG_HD void store_partials(const Partial* partials, const Group& group, const PartialPlane<kBoth>& plane) {
  constexpr int kFloats = PartialPlane<kBoth>::kFloats;
  float values[kGroupColumns * kFloats];
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    values[i * kFloats] = partials[i].first;
    values[i * kFloats + 1] = partials[i].B;
    values[i * kFloats + 2] = partials[i].E;
    if constexpr (kBoth) values[i * kFloats + 3] = partials[i].second;
  }
  float* const to = plane.data + (std::int64_t{group.row} * plane.pitch + group.column) * kFloats;
#if defined(__CUDA_ARCH__)
  if (group.count >= kGroupColumns) {  // columns and pitch are multiples of 4
    FG_UNROLL
    for (int i = 0; i < kGroupColumns * kFloats; i += 4)
      *reinterpret_cast<float4*>(to + i) =
          make_float4(values[i], values[i + 1], values[i + 2], values[i + 3]);
    return;
  }
#endif
  FG_UNROLL
  for (int i = 0; i < kGroupColumns * kFloats; ++i)
    if (i < group.count * kFloats) to[i] = values[i];
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

template <int kRadius, bool kBoth, class Offset>
FG_HD void spread_columns(int thread, PartialColumn<kRadius, Offset>& column, const WindowTaps& window,
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

// The images' samples of a group.
struct GroupSamples {
  float x[kGroupColumns], y[kGroupColumns];
};

template <class T>
FG_HD GroupSamples load_samples(const Group& group, const PlaneView<const T>& x,
                                const PlaneView<const T>& y) {
  GroupSamples samples;
  load_group(&x.at(group.row, group.column), x.column_stride, group.count, samples.x);
  load_group(&y.at(group.row, group.column), y.column_stride, group.count, samples.y);
  return samples;
}

// The gradients of a group of samples, written where they are wanted.
template <bool kBoth>
FG_HD void finish_gradient(const PartialSums<kGroupColumns, kBoth>& sums, const GroupSamples& samples,
                           const Group& group, const GradientTerms& terms, const PlaneView<float>& x_gradient,
                           const PlaneView<float>& y_gradient) {
  float first[kGroupColumns], second[kGroupColumns];
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const float s = samples.x[i] + samples.y[i], d = samples.x[i] - samples.y[i];
    const Partial& sum = sums.sum[i];
    const float s_part = 2.0f * (s - terms.cs) * sum.B, d_part = 2.0f * (d - terms.cd) * sum.E;
    first[i] = sum.first + s_part + terms.first_sign * d_part;
    second[i] = sum.second + s_part - d_part;
  }
  const PlaneView<float>& to_first = terms.first_sign > 0 ? x_gradient : y_gradient;
  store_group(first, group.count, &to_first.at(group.row, group.column), to_first.column_stride);
  if (kBoth)
    store_group(second, group.count, &y_gradient.at(group.row, group.column), y_gradient.column_stride);
}

// The share of |x - y| over the map's region, which lies `inset` inside images of height x width: added to the sums'
// first and second before they are finished. Returns the sum of |x - y|.
template <bool kBoth>
FG_HD float add_l1(PartialSums<kGroupColumns, kBoth>& sums, const GroupSamples& samples, const Group& group,
                   const GradientTerms& terms, std::int32_t inset, std::int32_t height, std::int32_t width) {
  if (group.row < inset || group.row >= height - inset) return 0;
  float magnitudes = 0;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const bool counts = i < group.count && group.column + i >= inset && group.column + i < width - inset;
    const float d = samples.x[i] - samples.y[i];
    const float slope = !counts || d == 0 ? 0.0f : d > 0 ? terms.l1 : d < 0 ? -terms.l1 : d;  // a NaN stays
    magnitudes += counts ? fabsf(d) : 0.0f;
    sums.sum[i].first += terms.first_sign * slope;
    if (kBoth) sums.sum[i].second -= slope;
  }
  return magnitudes;
}

}  // namespace fg::strip
