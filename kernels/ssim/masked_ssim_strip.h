#pragma once
// The arithmetic of masked SSIM on CUDA, phase by phase and thread by thread as ssim2d_strip.h and ssim2d_gradient_strip.h,
// of which it takes the walk; run on the host by masked_ssim_strip_test.
//
// Moments are weighted: of a column of a window by the taps times the mask's weights, of the window by the taps times the
// columns' sums of weights. Each is taken about a sample that is seen, the one nearest to the middle of a short run of
// results, for the reason that ssim2d_strip.h gives. But here that sample may count for next to nothing in a window, or lie
// outside of it: where the window's mean turns out to be far from it, measured by the variances, they are added up again
// about the mean itself. A hidden sample is 0 with a weight of 0, whatever lies in memory.

#include <cmath>
#include <cstdint>

#include "kernels/ssim/masked_ssim_math.h"
#include "kernels/ssim/ssim2d_gradient_strip.h"
#include "kernels/ssim/ssim2d_strip.h"

#if defined(__CUDA_ARCH__)
#define FG_NO_UNROLL _Pragma("unroll 1")
#else
#define FG_NO_UNROLL
#endif

namespace fg::masked {

using strip::kGroupColumns;
using strip::kPitch;
using strip::kRunRows;
using strip::Sample;

// What the columns of a window leave for its rows.
struct Shared {
  strip::Moments moments[kRunRows * kPitch];  // 17.8 KB
  float weights[kRunRows * kPitch];           // 4.4 KB
};

// What variances and weights are measured by.
struct Units {
  float least;   // the constant 2 c2 that is added to the variances
  float weight;  // all weights are multiplied by it
};

// Sums of weights and sums of weighted squares have to stay in float's range, the least of both and the greatest. Squares
// matter from a small part of c2 on, and c2 is 1e-18 to 1e18: where it is small, weights are multiplied by a power of two
// near 1 / c2, which is exact and cancels wherever it is divided by W (masked_ssim_strip_test: "weights of any size").
inline Units units_of(float c2) { return {2 * c2, c2 < 1 ? std::exp2(std::floor(-std::log2(c2))) : 1.0f}; }

// 1 / W, and 0 where a window sees nothing.
FG_HD float inverse_of(float weight) { return weight > 0 ? 1.0f / weight : 0.0f; }

// A thread's column of the images and of the mask, as strip::Column. What is kept has the mask's holes in it.
template <int kRadius, class Offset, class T>
struct Column {
  strip::Column<kRadius, Offset, T> images;
  float kept_weights[2 * kRadius];
  float next_mask[kRunRows];
  Offset mask;  // elements from the plane's first to the one after the next ones
};

template <int kCount, int kRadius, class Offset, class T>
FG_HD void load_mask_rows(Column<kRadius, Offset, T>& column, std::int32_t first_row,
                          const PlaneView<const float>& mask, float* to) {
  const Offset step = static_cast<Offset>(mask.row_stride);
  FG_UNROLL
  for (int i = 0; i < kCount; ++i) {
    const std::int32_t row = first_row + i;
    to[i] = column.images.inside && row >= 0 && row < mask.height ? mask.data[column.mask + i * step] : 0.0f;
  }
  column.mask += kCount * step;
}

template <int kRadius, class Offset, class T>
FG_HD void load_next_rows(Column<kRadius, Offset, T>& column, const PlaneView<const T>& x,
                          const PlaneView<const T>& y, const PlaneView<const float>& mask) {
  const std::int32_t first_row = column.images.next_row;
  strip::load_next_rows(column.images, x, y);
  load_mask_rows<kRunRows>(column, first_row, mask, column.next_mask);
}

template <int kRadius, class Offset, class T>
FG_HD Column<kRadius, Offset, T> start_column(int thread, const PlaneView<const T>& x,
                                              const PlaneView<const T>& y, const PlaneView<const float>& mask,
                                              const strip::Place& place, float unit) {
  const std::int32_t row = place.row - kRadius, at = place.column - kRadius + thread;
  Column<kRadius, Offset, T> column{};
  column.images = strip::start_column<kRadius, Offset>(thread, x, y, place);
  column.mask = static_cast<Offset>(row * mask.row_stride + at * mask.column_stride);
  load_mask_rows<2 * kRadius>(column, row, mask, column.kept_weights);
  load_mask_rows<kRunRows>(column, row + 2 * kRadius, mask, column.next_mask);
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) {
    column.kept_weights[i] = unit * weight_of(column.kept_weights[i]);
    if (column.kept_weights[i] == 0) column.images.kept[i] = {0, 0};
  }
  return column;
}

// Weights and weighted first and second moments of a run of results, as strip::Sums.
template <int kCount>
struct Sums {
  strip::Sums<kCount> moments;
  float weight[kCount];

  FG_HD void clear() {
    moments.clear();
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) weight[i] = 0;
  }
  // The second moments are those of deviations es, ed whose own variances add to them.
  template <int kRadius>
  FG_HD void add(int at, const WindowTaps& window, float w, float es, float ed, float s_variance,
                 float d_variance) {
    const float wes = w * es, wed = w * ed;
    moments.template add<kRadius>(at, window, wes, wes * es + w * s_variance, wed, wed * ed + w * d_variance);
    FG_UNROLL
    for (int i = 0; i < kCount; ++i) {
      const int offset = at - i - kRadius;
      if (offset < -kRadius || offset > kRadius) continue;
      weight[i] += window.tap[offset < 0 ? -offset : offset] * w;
    }
  }
  // Of result i; 0 everywhere but in the means where nothing is seen.
  FG_HD strip::Moments about(int i, Sample sample, float inverse) const {
    const float s = moments.s1[i] * inverse, d = moments.d1[i] * inverse;
    return {sample.s + s, strip::not_negative(moments.s2[i] * inverse - s * s), sample.d + d,
            strip::not_negative(moments.d2[i] * inverse - d * d)};
  }
};

// Did the moments lose too much when the square of the mean's distance from `about` was subtracted? A variance has then an
// error of about 2^-24 times that square. Beside `least`, the constant 2 c2 that is added to the variances, up to 32 times
// them leaves 2e-6 of an error in a term.
FG_HD bool is_far(const strip::Moments& m, Sample about, float least) {
  const float s = m.s_mean - about.s, d = m.d_mean - about.d;
  return s * s + d * d > 32.0f * (m.s_variance + m.d_variance + least);
}

// The variances of a result about its own mean. sample(k, &m) gives the weight and the moments of its k-th sample. Few
// results need this: a loop that takes little room, and nothing of which has to stay in registers for it.
template <int kRadius, class SampleOf>
FG_HD void add_up_again(const WindowTaps& window, float inverse, const SampleOf& sample_of,
                        strip::Moments& result) {
  float s2 = 0, d2 = 0;
  FG_NO_UNROLL
  for (int k = 0; k <= 2 * kRadius; ++k) {
    strip::Moments m;
    const float weight = sample_of(k, m);
    if (!(weight > 0)) continue;
    const float tap = window.tap[k < kRadius ? kRadius - k : k - kRadius];
    const float es = m.s_mean - result.s_mean, ed = m.d_mean - result.d_mean;
    s2 += tap * weight * (es * es + m.s_variance);
    d2 += tap * weight * (ed * ed + m.d_variance);
  }
  result.s_variance = s2 * inverse;
  result.d_variance = d2 * inverse;
}

// add_up_again for a result of a column, from the images.
template <int kRadius, class Offset, class T>
FG_HD void add_up_column_again(const Column<kRadius, Offset, T>& column, int result,
                               const PlaneView<const T>& x, const PlaneView<const T>& y,
                               const PlaneView<const float>& mask, const WindowTaps& window, float weight,
                               float unit, strip::Moments& moments) {
  const int back =
      2 * kRadius + kRunRows - result;  // rows from the result's first sample to those after the next ones
  const auto sample_at = [&](int k, strip::Moments& m) {
    const Offset step = static_cast<Offset>(k - back);
    const std::int32_t row = column.images.next_row - back + k;
    if (!column.images.inside || row < 0 || row >= x.height) return 0.0f;
    const Sample sample =
        strip::sample_of(x.data[column.images.x + step * static_cast<Offset>(x.row_stride)],
                         y.data[column.images.y + step * static_cast<Offset>(y.row_stride)]);
    m = {sample.s, 0, sample.d, 0};
    return unit * weight_of(mask.data[column.mask + step * static_cast<Offset>(mask.row_stride)]);
  };
  add_up_again<kRadius>(window, inverse_of(weight), sample_at, moments);
}

// As strip::filter_columns.
template <int kRadius, class Offset, class T>
FG_HD void filter_columns(int thread, Column<kRadius, Offset, T>& column, const PlaneView<const T>& x,
                          const PlaneView<const T>& y, const PlaneView<const float>& mask,
                          const WindowTaps& window, const Units& units, Shared& shared) {
  constexpr int kRun = strip::Shape<kRadius>::kRun, kSamples = kRun + 2 * kRadius;
  Sample samples[2 * kRadius + kRunRows];
  float weights[2 * kRadius + kRunRows];
  std::uint32_t far = 0;  // one bit a result
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) {
    samples[i] = column.images.kept[i];
    weights[i] = column.kept_weights[i];
  }
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    const float weight = units.weight * weight_of(column.next_mask[i]);
    const Sample sample = strip::sample_of(column.images.next_x[i], column.images.next_y[i]);
    samples[2 * kRadius + i] = weight > 0 ? sample : Sample{0, 0};
    weights[2 * kRadius + i] = weight;
  }
  FG_UNROLL
  for (int first = 0; first < kRunRows; first += kRun) {
    constexpr int kMiddle = kRun / 2 + kRadius;
    Sample about = samples[first + kMiddle];
    if (!(weights[first + kMiddle] > 0)) {
      FG_UNROLL
      for (int apart = kMiddle; apart > 0; --apart) {  // the nearest is looked at last
        if (weights[first + kMiddle - apart] > 0) about = samples[first + kMiddle - apart];
        if (kMiddle + apart >= kSamples) continue;
        if (weights[first + (kMiddle + apart) % kSamples] > 0)
          about = samples[first + (kMiddle + apart) % kSamples];
      }
    }
    Sums<kRun> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kSamples; ++at)
      sums.template add<kRadius>(at, window, weights[first + at], samples[first + at].s - about.s,
                                 samples[first + at].d - about.d, 0, 0);
    FG_UNROLL
    for (int i = 0; i < kRun; ++i) {
      const int to = (first + i) * kPitch + thread;
      const strip::Moments m = sums.about(i, about, inverse_of(sums.weight[i]));
      far |= static_cast<std::uint32_t>(is_far(m, about, units.least)) << (first + i);
      shared.moments[to] = m;
      shared.weights[to] = sums.weight[i];
    }
  }
  FG_UNROLL
  for (int i = 0; i < 2 * kRadius; ++i) {
    column.images.kept[i] = samples[kRunRows + i];
    column.kept_weights[i] = weights[kRunRows + i];
  }
  FG_NO_UNROLL
  for (int i = 0; far != 0; ++i, far >>= 1)
    if (far & 1u)
      add_up_column_again(column, i, x, y, mask, window, shared.weights[i * kPitch + thread], units.weight,
                          shared.moments[i * kPitch + thread]);
}

// As strip::filter_rows, with 1 / W of each window, which is 0 where a window sees nothing; all moments are 0 there.
// Columns behind those that the group's existing results need were written by nobody.
template <int kRadius>
FG_HD void filter_rows(int thread, const strip::Group& group, const Shared& shared, const WindowTaps& window,
                       float least, FgSsimMoments* results, float* inverse_weights) {
  constexpr int kRun = strip::Shape<kRadius>::kRun, kColumns = kRun + 2 * kRadius;
  const int at_row = strip::filtered_row(thread) * kPitch + strip::filtered_column(thread);
  const strip::Moments* const row = shared.moments + at_row;
  const float* const weights = shared.weights + at_row;
  FG_UNROLL
  for (int first = 0; first < kGroupColumns; first += kRun) {
    constexpr int kMiddle = kRun / 2 + kRadius;
    const int written = group.count + 2 * kRadius - first;
    const int last = written < kColumns ? written : kColumns;
    int nearest = first + kMiddle;
    if (!(kMiddle < last && weights[nearest] > 0)) {
      for (int apart = 1; apart <= kMiddle; ++apart) {
        if (kMiddle + apart < last && weights[first + kMiddle + apart] > 0) {
          nearest = first + kMiddle + apart;
          break;
        }
        if (weights[first + kMiddle - apart] > 0) {
          nearest = first + kMiddle - apart;
          break;
        }
      }
    }
    const Sample about{row[nearest].s_mean, row[nearest].d_mean};
    Sums<kRun> sums;
    sums.clear();
    FG_UNROLL
    for (int at = 0; at < kColumns; ++at) {
      const strip::Moments m = row[first + at];
      sums.template add<kRadius>(at, window, weights[first + at], m.s_mean - about.s, m.d_mean - about.d,
                                 m.s_variance, m.d_variance);
    }
    FG_UNROLL
    for (int i = 0; i < kRun; ++i) {
      const float inverse = inverse_of(sums.weight[i]);
      strip::Moments m = sums.about(i, about, inverse);
      if (is_far(m, about, least))
        add_up_again<kRadius>(
            window, inverse,
            [&](int k, strip::Moments& sample) {
              sample = row[first + i + k];
              return weights[first + i + k];
            },
            m);
      const bool sees = inverse > 0;
      inverse_weights[first + i] = inverse;
      results[first + i].S = sees ? m.s_mean : 0.0f;
      results[first + i].D = sees ? m.d_mean : 0.0f;
      results[first + i].VS = sees ? m.s_variance : 0.0f;
      results[first + i].VD = sees ? m.d_variance : 0.0f;
    }
  }
}

// The weights of the pixels that a group's windows are centred at; 0 outside the image.
FG_HD void load_weights(const strip::Group& group, const PlaneView<const float>& mask, float unit,
                        float* weights) {
  const bool row_exists = group.row >= 0 && group.row < mask.height;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const std::int32_t column = group.column + i;
    const bool exists = row_exists && column >= 0 && column < mask.width;
    weights[i] = exists ? unit * weight_of(mask.at(group.row, column)) : 0.0f;
  }
}

// Sums of m and of m ssim.
struct Totals {
  double weights = 0, terms = 0;
};

// Adds the `count` first results of a group. Both sums run in the same order: where all terms are 1 they are equal.
FG_HD void add_group(const float* terms, const float* weights, std::int32_t count, Totals& totals) {
  float sum = 0, weight = 0;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    if (i >= count || !(weights[i] > 0)) continue;
    weight += weights[i];
    sum += weights[i] * terms[i];
  }
  totals.weights += static_cast<double>(weight);
  totals.terms += static_cast<double>(sum);
}

// The terms of a group: written to the map where there is one, and added up.
FG_HD void score_group(const FgSsimMoments* moments, const float* weights, FgSsimConstants constants,
                       const strip::Group& group, const PlaneView<float>& map, Totals& totals) {
  float terms[kGroupColumns];
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) terms[i] = fg_ssim_term(moments[i], constants);
  add_group(terms, weights, group.count, totals);
  if (map.data != nullptr)
    strip::store_group(terms, group.count, &map.at(group.row, group.column), map.column_stride);
}

// As strip::partial_group: the partials of a group of windows into shared memory, each times the weight of its centre
// divided by W. A window that counts for nothing leaves nothing, a NaN in it included.
template <int kRadius, bool kBoth>
FG_HD void partial_group(int thread, const FgSsimMoments* moments, const float* inverse_weights,
                         const strip::Group& group, const strip::PartialTerms& terms,
                         const strip::GradientPlace<kRadius>& place, const PlaneView<const float>& mask,
                         float unit, const PlaneView<float>& map, strip::Partial* shared, Totals& totals) {
  strip::Partial* const to = shared + strip::filtered_row(thread) * kPitch + strip::filtered_column(thread);
  float weights[kGroupColumns], terms_of[kGroupColumns];
  load_weights(group, mask, unit, weights);
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const float weight = weights[i] * inverse_weights[i];
    const FgSsimPartials p =
        fg_ssim_partials(moments[i], terms.constants, terms.centre.s, terms.centre.d, weight);
    to[i] = {terms.first_is_y ? p.Y : p.X, p.B, p.E, kBoth ? p.Y : 0.0f};
    if (weight == 0) to[i] = {0, 0, 0, 0};
    terms_of[i] = p.term;
  }
  const std::int32_t own_row = group.row - place.windows.row - kRadius;
  const std::int32_t own_column = group.column - place.windows.column - kRadius;
  if (own_row < 0 || own_row >= place.samples.rows) return;
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const bool own = own_column + i >= 0 && own_column + i < place.samples.columns;
    if (!own) weights[i] = 0;
    if (own && map.data != nullptr) map.at(group.row, group.column + i) = terms_of[i];
  }
  add_group(terms_of, weights, kGroupColumns, totals);
}

// What the gradient of a sample is made of beside the sums.
struct GradientTerms {
  Sample centre;
  float first_sign;  // 1: `first` is X; -1: it is Y
  float scale;       // dL/dscore
  float share;       // 1 / sum m, 0 where nothing is seen
};

// A weight's part of sum m comes first: the loss times a small weight, or divided by a small sum, may leave float's range.
FG_HD float times_of(const GradientTerms& terms, float weight) {
  return terms.scale * (weight * terms.share);
}

// As strip::spread_columns: each gradient times the sample's part of the weights and the scale; exactly 0 for what is hidden.
template <class Offset, int kRadius, bool kBoth, class T>
FG_HD void spread_columns(int thread, strip::SpreadColumn<kRadius, kBoth>& column,
                          const strip::Partial* spread, const WindowTaps& window, const strip::Place& place,
                          std::int32_t first_row, const GradientTerms& terms, const PlaneView<const T>& x,
                          const PlaneView<const T>& y, const PlaneView<const float>& mask,
                          const PlaneView<float>& first_gradient, const PlaneView<float>& second_gradient) {
  const std::int32_t at = place.column + thread, top = place.row + first_row;
  const auto exists = [&](int i) {
    return static_cast<std::uint32_t>(first_row + i) < static_cast<std::uint32_t>(place.rows);
  };
  const auto sample_at = [&](const auto& plane, int i) -> auto& {
    return plane.data[static_cast<Offset>(top) * static_cast<Offset>(plane.row_stride) +
                      static_cast<Offset>(at) * static_cast<Offset>(plane.column_stride) +
                      i * static_cast<Offset>(plane.row_stride)];
  };
  T vx[kRunRows], vy[kRunRows];
  float weights[kRunRows];
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    vx[i] = vy[i] = T{};
    weights[i] = 0;
    if (!exists(i)) continue;
    vx[i] = sample_at(x, i);
    vy[i] = sample_at(y, i);
    weights[i] = weight_of(sample_at(mask, i));
  }
  strip::PartialSums<kRunRows, kBoth> sums;
  strip::gather_column(thread, column, spread, window, sums);
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    if (!exists(i)) continue;
    const Sample sample = strip::sample_of(vx[i], vy[i]);
    const float s_part = 2.0f * (sample.s - terms.centre.s) * sums.sum[i].B;
    const float d_part = 2.0f * (sample.d - terms.centre.d) * sums.sum[i].E;
    const float times = times_of(terms, weights[i]);
    const bool is_seen = weights[i] > 0;
    sample_at(first_gradient, i) =
        is_seen ? times * (sums.sum[i].first + s_part + terms.first_sign * d_part) : 0.0f;
    if constexpr (kBoth)
      sample_at(second_gradient, i) = is_seen ? times * (sums.sum[i].second + s_part - d_part) : 0.0f;
  }
}

}  // namespace fg::masked
