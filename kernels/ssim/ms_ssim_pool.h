#pragma once
// The arithmetic of MS-SSIM on CUDA that SSIM does not have: levels out of levels, both as x + y and x - y (Folded), and
// the gradient of the images out of those of the levels. Free of anything that only a GPU has: run on the host by ms_ssim_strip_test.
//
// The next level is the mean of 2 x 2 samples. Sample i of it begins at sample 2 i - odd, where odd is the remainder of the
// finer side by 2, and sample -1 is a zero that counts (ms_ssim.h). Sums of columns come first, as on CPU, so that the levels
// have the same bits there. The finest level is pooled by the strips that score it, from samples that are in registers
// anyway, kRunRows rows at a time:
//   pair_rows     each thread: the sums of its column's pairs of rows
//   -- barrier --
//   pool_pairs    each thread: samples of the next level out of neighbouring sums
// The other levels are small: pool_tree makes several of them out of one.

#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ssim2d_strip.h"

namespace fg::pool {

inline constexpr int kPairRows = strip::kRunRows / 2;

using strip::Sample;
struct Pairs {
  Sample pair[kPairRows * strip::kThreads];  // 4 x 128 x 8 B = 4 KB
};

// A strip's part of the next level: the samples that begin at these columns of the strip, in rows below row_end, both
// counted in the finer level.
struct Place {
  std::int32_t column;         // of the strip's first thread, even
  std::int32_t first, end;     // threads; even threads begin samples
  std::int32_t row_end;        // the strip below goes on from there
  std::int32_t height, width;  // of the finer level

  FG_HD bool odd_rows() const { return height % 2 != 0; }
  FG_HD bool odd_columns() const { return width % 2 != 0; }
};

// Of a strip of windows inside the image (padding valid): it reads 2 radius columns and rows that the next strip reads too.
template <int kRadius>
FG_HD Place place_of_windows(const strip::Place& windows, std::int32_t height, std::int32_t width) {
  static_assert(strip::Shape<kRadius>::kColumns % 2 == 0);
  // The first of the columns that two strips share pairs with one that only the strip on the left has.
  const bool is_first = windows.column == 0,
             is_last = windows.column + windows.columns + 2 * kRadius >= width;
  const bool is_lowest = windows.row + windows.rows + 2 * kRadius >= height;
  return {windows.column,
          is_first ? 0 : 2,
          is_last ? strip::kThreads : windows.columns + 2,
          is_lowest ? height + 1 : windows.row + windows.rows + 2 * kRadius,
          height,
          width};
}

// Of a strip of samples, whose threads begin 2 radius columns before it (ssim2d_gradient_strip.h).
template <int kRadius>
FG_HD Place place_of_samples(const strip::Place& samples, std::int32_t height, std::int32_t width) {
  static_assert((strip::kThreads - 4 * kRadius) % 2 == 0);
  return {samples.column - 2 * kRadius, 2 * kRadius, 2 * kRadius + samples.columns,
          samples.row + samples.rows,   height,      width};
}

// Zeros outside the image.
template <class T>
FG_HD Sample sample_at(const PlaneView<const T>& x, const PlaneView<const T>& y, std::int32_t row,
                       std::int32_t column) {
  if (row < 0 || row >= x.height || column < 0 || column >= x.width) return {0, 0};
  return strip::sample_of(x.at(row, column), y.at(row, column));
}

// The sums of the pairs of rows that the next kRunRows samples of a column complete; `before` is the one above
// them.
template <class T>
FG_HD void pair_rows(int thread, const T* next_x, const T* next_y, bool odd_rows, Sample& before,
                     Sample* shared) {
  FG_UNROLL
  for (int k = 0; k < kPairRows; ++k) {
    const Sample upper = strip::sample_of(next_x[2 * k], next_y[2 * k]);
    const Sample lower = strip::sample_of(next_x[2 * k + 1], next_y[2 * k + 1]);
    const Sample& other = odd_rows ? before : lower;
    shared[k * strip::kThreads + thread] = {other.s + upper.s, other.d + upper.d};
    before = lower;
  }
}

// Samples of the next level out of the sums of the pairs, whose first row begins at image row `row`.
FG_HD void pool_pairs(int thread, const Sample* shared, std::int32_t row, const Place& place,
                      const PlaneView<float>& to_s, const PlaneView<float>& to_d) {
  constexpr int kRowThreads = strip::kThreads / kPairRows;
  const std::int32_t begin = row + 2 * (thread / kRowThreads);
  if (begin >= place.row_end || begin / 2 >= to_s.height) return;
  const Sample* const sums = shared + thread / kRowThreads * strip::kThreads;
  FG_UNROLL
  for (int at = 2 * (thread % kRowThreads); at < strip::kThreads; at += 2 * kRowThreads) {
    const std::int32_t column = (place.column + at) / 2;
    if (at < place.first || at >= place.end || column >= to_s.width) continue;
    const Sample own = sums[at];
    Sample other{0, 0};
    if (!place.odd_columns())
      other = sums[at + 1];
    else if (at > 0)
      other = sums[at - 1];
    to_s.at(begin / 2, column) = 0.25f * (other.s + own.s);
    to_d.at(begin / 2, column) = 0.25f * (other.d + own.d);
  }
}

// One sample of the next level, out of memory.
template <class T>
FG_HD Sample pooled_sample(const PlaneView<const T>& x, const PlaneView<const T>& y, std::int32_t row,
                           std::int32_t column) {
  const std::int32_t r = 2 * row - x.height % 2, c = 2 * column - x.width % 2;
  const Sample a = sample_at(x, y, r, c), b = sample_at(x, y, r + 1, c);
  const Sample e = sample_at(x, y, r, c + 1), f = sample_at(x, y, r + 1, c + 1);
  return {0.25f * ((a.s + b.s) + (e.s + f.s)), 0.25f * ((a.d + b.d) + (e.d + f.d))};
}

// The first rows of the next level, which a strip at the top of the image makes before it walks down: it has the first
// 2 radius rows of the image before any arrive.
template <int kRadius, class T>
FG_HD void pool_top(int thread, const PlaneView<const T>& x, const PlaneView<const T>& y, const Place& place,
                    const PlaneView<float>& to_s, const PlaneView<float>& to_d) {
  const int at = 2 * (thread % (strip::kThreads / 2));
  const std::int32_t column = (place.column + at) / 2;
  if (at < place.first || at >= place.end || column >= to_s.width) return;
  for (std::int32_t row = thread / (strip::kThreads / 2); row < kRadius; row += 2) {
    const Sample sample = pooled_sample(x, y, row, column);
    to_s.at(row, column) = sample.s;
    to_d.at(row, column) = sample.d;
  }
}

inline constexpr int kTreeDepth = 3;  // levels that are made out of one at once

// levels[0] is there; the sample of levels[kDepth], and all that it is made of, are written and returned.
template <int kDepth>
FG_HD float pool_tree(const PlaneView<float>* levels, std::int32_t row, std::int32_t column) {
  const PlaneView<float>& level = levels[kDepth];
  if (row < 0 || column < 0) return 0;
  if constexpr (kDepth == 0) {
    return level.at(row, column);
  } else {
    const PlaneView<float>& fine = levels[kDepth - 1];
    const std::int32_t r = 2 * row - fine.height % 2, c = 2 * column - fine.width % 2;
    const float left = pool_tree<kDepth - 1>(levels, r, c) + pool_tree<kDepth - 1>(levels, r + 1, c);
    const float right = pool_tree<kDepth - 1>(levels, r, c + 1) + pool_tree<kDepth - 1>(levels, r + 1, c + 1);
    return level.at(row, column) = 0.25f * (left + right);
  }
}

// The gradients of one plane of one image, level by level: each is that of the sum of its level's terms.
struct LevelGradients {
  PlaneView<float> level[kMaxMsSsimLevels];  // [0]: the image's own, which becomes the whole gradient
  float factor[kMaxMsSsimLevels];            // dL/d(sum of terms), times 1/4 for each pooling above
  int levels;
};

// Adds to one column of the rows 2 row - odd and 2 row + 1 - odd of the image what its coarser samples say.
FG_HD void combine_rows(const LevelGradients& gradients, std::int32_t row, std::int32_t column) {
  const PlaneView<float>& image = gradients.level[0];
  const std::int32_t first = 2 * row - image.height % 2;
  float coarse = 0;
  std::int32_t r = row, c = column;
  FG_UNROLL
  for (int level = 1; level < kMaxMsSsimLevels; ++level) {
    if (level >= gradients.levels) break;
    c = (c + gradients.level[level - 1].width % 2) / 2;
    coarse += gradients.factor[level] * gradients.level[level].at(r, c);
    r = (r + gradients.level[level].height % 2) / 2;
  }
  FG_UNROLL
  for (int i = 0; i < 2; ++i) {
    if (first + i < 0 || first + i >= image.height) continue;
    float& g = image.at(first + i, column);
    g = gradients.factor[0] * g + coarse;
  }
}

}  // namespace fg::pool
