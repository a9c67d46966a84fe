#pragma once
// The arithmetic of SSIM's gradient on CUDA, phase by phase and thread by thread as ssim2d_strip.h, of which it takes the
// first half (tested with it: ssim2d_gradient_strip_test).
//
// Value and gradient in one pass: a block makes the gradient of a strip, and for it the windows that reach the strip.
// For each kRunRows rows of windows:
//   filter_columns    column moments                              (ssim2d_strip.h)
//   -- barrier --
//   filter_rows       window moments, the score, and from them the weighted partials (ssim_math.h) of each window
//   -- barrier --
//   spread_rows       partials filtered along rows: G is symmetric, so spreading is the same filter again
//   -- barrier --
//   spread_columns    each thread: with the 2 radius rows that it kept, the gradient of kRunRows samples of its column
// Nothing but the images is read, nothing but the gradient written.
//
// Partials are filtered as they are, without a shift: they change sign from window to window.

#include <cmath>
#include <cstdint>

#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim2d_strip.h"

namespace fg::strip {

struct alignas(16) Partial {
  float first, B, E, second;  // first: X, or Y where it alone is wanted; second: Y where both are
};
static_assert(sizeof(Partial) == sizeof(Moments));  // spread rows take the places of column moments

// The part of a plane that a block makes: the image's samples whose gradient it writes, the windows that reach them, and
// how many rows of windows that makes.
template <int kRadius>
struct GradientPlace {
  static constexpr int kColumns = kThreads - 4 * kRadius;  // of samples, at most
  Place samples;  // of the image, in a strip of samples; inset as in `windows`
  Place windows;  // of the map; reaches beyond it where windows would lie outside

  FG_HD explicit GradientPlace(const Place& of_samples) : samples(of_samples), windows(of_samples) {
    windows.row -= samples.inset + kRadius;
    windows.column -= samples.inset + kRadius;
    windows.rows += 2 * kRadius;
    windows.columns += 2 * kRadius;
  }
};

// How the partials of windows are made.
struct PartialTerms {
  FgSsimConstants constants;
  Sample centre;    // (cs, cd) of ssim_math.h
  float weight;     // dL/dm of every window of the plane
  bool first_is_y;  // only the gradient to y is wanted
};

// The weighted partials of a group of windows into shared memory, zeros for windows that lie outside the map. Returns the
// sum of the terms that belong to the block: those of windows whose centre is one of its samples.
template <int kRadius, bool kBoth, SsimPart kPart = SsimPart::whole>
FG_HD float partial_group(int thread, const FgSsimMoments* moments, const Group& group,
                          const PartialTerms& terms, const GradientPlace<kRadius>& place,
                          std::int32_t map_height, std::int32_t map_width,
                          const PlaneView<const float>& map_weight, const PlaneView<float>& map,
                          Partial* shared) {
  Partial* const to = shared + filtered_row(thread) * kPitch + filtered_column(thread);
  float terms_of[kGroupColumns], weights[kGroupColumns];
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) weights[i] = terms.weight;
  const bool row_exists = group.row >= 0 && group.row < map_height;
  const bool all_exist = row_exists && group.column >= 0 && group.column + kGroupColumns <= map_width;
  if (map_weight.data != nullptr) {
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; ++i)
      if (row_exists && group.column + i >= 0 && group.column + i < map_width)
        weights[i] += map_weight.at(group.row, group.column + i);
  }
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const FgSsimPartials p =
        ssim_part_partials<kPart>(moments[i], terms.constants, terms.centre.s, terms.centre.d, weights[i]);
    to[i] = {terms.first_is_y ? p.Y : p.X, p.B, p.E, kBoth ? p.Y : 0.0f};
    terms_of[i] = p.term;
  }
  if (!all_exist) {  // at the map's border: few groups
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; ++i)
      if (!row_exists || group.column + i < 0 || group.column + i >= map_width) to[i] = {0, 0, 0, 0};
  }

  const std::int32_t own_row = group.row - place.windows.row - kRadius;
  const std::int32_t own_column = group.column - place.windows.column - kRadius;
  if (!row_exists || own_row < 0 || own_row >= place.samples.rows) return 0;
  float sum = 0;
  if (map.data == nullptr && all_exist && own_column >= 0 &&
      own_column + kGroupColumns <= place.samples.columns) {
    FG_UNROLL
    for (int i = 0; i < kGroupColumns; ++i) sum += terms_of[i];
    return sum;
  }
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    if (group.column + i < 0 || group.column + i >= map_width || own_column + i < 0 ||
        own_column + i >= place.samples.columns)
      continue;
    sum += terms_of[i];
    if (map.data != nullptr) map.at(group.row, group.column + i) = terms_of[i];
  }
  return sum;
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

// Of kGroupColumns samples next to each other, columns counted from the strip's first sample.
template <int kRadius, bool kBoth>
FG_HD void spread_rows(int thread, const Partial* partials, const WindowTaps& window, Partial* spread) {
  const int at = filtered_row(thread) * kPitch + filtered_column(thread);
  PartialSums<kGroupColumns, kBoth> sums;
  sums.clear();
  FG_UNROLL
  for (int i = 0; i < kGroupColumns + 2 * kRadius; ++i)
    sums.template add<kRadius>(i, window, partials[at + i]);
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) spread[at + i] = sums.sum[i];
}

// A thread's column of samples: the last 2 radius rows of spread partials.
template <int kRadius, bool kBoth>
struct SpreadColumn {
  Partial kept[2 * kRadius];
};

// The sums of the kRunRows samples that the newest rows of partials complete; those rows are kept.
template <int kRadius, bool kBoth>
FG_HD void gather_column(int thread, SpreadColumn<kRadius, kBoth>& column, const Partial* spread,
                         const WindowTaps& window, PartialSums<kRunRows, kBoth>& sums) {
  Partial next[kRunRows];
  sums.clear();
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) sums.template add<kRadius>(i, window, column.kept[i]);
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    next[i] = spread[i * kPitch + thread];
    sums.template add<kRadius>(2 * kRadius + i, window, next[i]);
  }
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i)
    column.kept[i] = i + kRunRows < 2 * kRadius ? column.kept[(i + kRunRows) % (2 * kRadius)]
                                                : next[(i + kRunRows - 2 * kRadius) % kRunRows];
}

// What the gradient of a sample is made of beside the sums.
struct GradientTerms {
  Sample centre;
  float l1;          // dL/d|x - y| of each sample inside the map's region
  float first_sign;  // 1: `first` is X; -1: it is Y
  bool with_l1;      // l1, or the sum of |x - y|, is wanted
};

// The gradient of the kRunRows samples of a column that the newest rows of partials complete: those from row
// `first_row` of the strip on. Returns the sum of |x - y| over those of them that lie in the map's region.
// Offset: as in Column.
template <class Offset, int kRadius, bool kBoth, class T>
FG_HD float spread_columns(int thread, SpreadColumn<kRadius, kBoth>& column, const Partial* spread,
                           const WindowTaps& window, const Place& place, std::int32_t first_row,
                           const GradientTerms& terms, const PlaneView<const T>& x,
                           const PlaneView<const T>& y, const PlaneView<float>& first_gradient,
                           const PlaneView<float>& second_gradient) {
  const std::int32_t at = place.column + thread, top = place.row + first_row;
  const auto offset = [&](const auto& plane) {
    return static_cast<Offset>(top) * static_cast<Offset>(plane.row_stride) +
           static_cast<Offset>(at) * static_cast<Offset>(plane.column_stride);
  };
  const auto exists = [&](int i) {  // one comparison for both ends
    return static_cast<std::uint32_t>(first_row + i) < static_cast<std::uint32_t>(place.rows);
  };
  const Offset x_at = offset(x), y_at = offset(y);
  const Offset x_step = static_cast<Offset>(x.row_stride), y_step = static_cast<Offset>(y.row_stride);
  T vx[kRunRows], vy[kRunRows];
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    vx[i] = vy[i] = T{};
    if (exists(i)) {
      vx[i] = x.data[x_at + i * x_step];
      vy[i] = y.data[y_at + i * y_step];
    }
  }
  PartialSums<kRunRows, kBoth> sums;
  gather_column(thread, column, spread, window, sums);

  float magnitudes = 0, l1[kRunRows];
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) l1[i] = 0;
  if (terms.with_l1 && at >= place.inset && at < x.width - place.inset) {
    FG_UNROLL
    for (int i = 0; i < kRunRows; ++i) {
      if (!exists(i) || top + i < place.inset || top + i >= x.height - place.inset) continue;
      const float d = sample_of(vx[i], vy[i]).d;
      l1[i] = d > 0 ? terms.l1 : d < 0 ? -terms.l1 : d;  // 0 where they agree; a NaN stays
      magnitudes += fabsf(d);
    }
  }
  const Offset first_at = offset(first_gradient), first_step = static_cast<Offset>(first_gradient.row_stride);
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    const Sample sample = sample_of(vx[i], vy[i]);
    const float s_part = 2.0f * (sample.s - terms.centre.s) * sums.sum[i].B;
    const float d_part = 2.0f * (sample.d - terms.centre.d) * sums.sum[i].E + l1[i];
    if (!exists(i)) continue;
    first_gradient.data[first_at + i * first_step] = sums.sum[i].first + s_part + terms.first_sign * d_part;
    if constexpr (kBoth)
      second_gradient.data[offset(second_gradient) + i * static_cast<Offset>(second_gradient.row_stride)] =
          sums.sum[i].second + s_part - d_part;
  }
  return magnitudes;
}

}  // namespace fg::strip
