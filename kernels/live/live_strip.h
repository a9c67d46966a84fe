#pragma once
// The arithmetic of the live kernel (live_ssim.h), phase by phase and thread by thread as ssim2d_strip.h, free of anything
// that only a GPU has: live_strip_test runs it on the host against the oracle.
//
// kThreads threads walk down a strip, kRunRows rows of results at a time, and for each run through the channels:
//   filter_columns   each thread: one column's sums of e = d - d0, e^2 and 4 e y
//   -- barrier --
//   store_columns    these into shared memory
//   -- barrier --
//   score_channel    each thread: the window's sums of kGroupColumns results of one row; with the reference's cached
//                    moments, what the SSIM terms lack of 1 (ssim_math.h)
// and after the last channel the mean over the channels: map, heatmap, histogram, smallest value.
//
// d0, the mean of d over some samples of the strip, keeps what is squared small where a frame is off by much everywhere.
// Moments of the pair, with y = reference, x = y + d and E = G*e:
//   D = d0 + E     VD = G*e^2 - E^2     S = 2 Y + D
//   VS = 4 (VY + cov(d, y)) + VD        4 cov(d, y) = G*(4 e y) - E 4 Y
//   T = VS + VD + 2 c2 = (4 VY + 2 c2) + (G*(4 e y) - E 4 Y) + 2 VD
// What is subtracted here is no larger than the frame's error; what is squared is that error itself, so that terms
// near 1 are the most exact (live_strip_test: map errors below 1e-5, and 2.2e-5 where a frame is off by nothing here and
// by half the range there).

#include <cmath>
#include <cstdint>

#include "kernels/live/live_pixels.h"
#include "kernels/live/live_ssim.h"
#include "kernels/ssim/ssim_math.h"
#include "kernels/ssim/window.h"

namespace fg::live {

inline constexpr int kThreads = 128;      // columns of a strip, halo included
inline constexpr int kRunRows = 8;        // rows of results between two barriers
inline constexpr int kGroupColumns = 8;   // results of a thread in a row
inline constexpr int kMostColumns = 116;  // of results: a multiple of 4, so that rows of groups are aligned
// Rows lie an odd number of 16 bytes apart: 8 lanes read 8 rows without a bank conflict. The last group reads 20 columns.
inline constexpr int kPitch = kThreads + 12;
static_assert(kPitch % 8 == 4 && kMostColumns + 2 * kMaxWindowRadius <= kThreads);
static_assert((kThreads / kRunRows - 1) * kGroupColumns + 20 <= kPitch);

struct alignas(16) Four {
  float value[4];
};

// Column sums of a run: of one column, and of all, 3 x 8 x 140 x 4 B = 13.4 KB.
struct ColumnSums {
  float d[kRunRows], dd[kRunRows], dy[kRunRows];
};
struct Sums {
  Four d[kRunRows * kPitch / 4], dd[kRunRows * kPitch / 4], dy[kRunRows * kPitch / 4];
};

// The results that a block makes.
struct Place {
  std::int32_t row, rows, column, columns;
};

// Where a channel lies in the pixels of frame and reference.
struct Places {
  std::uint32_t frame, reference;
};

// Sums of |d| and its like over the samples that a thread answers for.
struct Errors {
  float squares = 0, absolute = 0, largest = 0;
  std::uint32_t nonfinite = 0;
};

FG_HD bool is_finite(float v) { return fabsf(v) <= 3.402823466e38f; }

// Makes the column sums of a channel for the kRunRows results whose samples the tracks hold, and adds the errors of the
// samples in the middle of these windows where the column is one of the strip's own. Rows beyond the frame add nothing:
// both images are zero there.
template <int kRadius, class X, class Y>
FG_HD ColumnSums filter_columns(const X& x, const Y& y, const Pixels& frame, const Pixels& reference,
                                Places places, float d0, const WindowTaps& window, bool own, Errors& errors) {
  ColumnSums sums{};
  Errors here;
  FG_UNROLL
  for (int at = 0; at < kRunRows + 2 * kRadius; ++at) {
    const float vx = x.number(frame, at, places.frame), vy = y.number(reference, at, places.reference);
    const float d = vx - vy;  // a bias is in both or in none
    const float e = d - d0, four_y = 4.0f * vy - 4.0f * Y::kBias;
    const float ee = e * e, ey = e * four_y;
    FG_UNROLL
    for (int i = 0; i < kRunRows; ++i) {
      const int offset = at - i - kRadius;
      if (offset < -kRadius || offset > kRadius) continue;
      const float weight = window.tap[offset < 0 ? -offset : offset];
      sums.d[i] += weight * e;
      sums.dd[i] += weight * ee;
      sums.dy[i] += weight * ey;
    }
    if (at < kRadius || at >= kRadius + kRunRows) continue;
    here.squares += d * d;
    here.absolute += fabsf(d);
    here.largest = fmaxf(here.largest, fabsf(d));
  }
  if (Y::kBias == 0 && !is_finite(here.absolute)) {  // rarely: to be looked at one by one
    FG_UNROLL
    for (int at = kRadius; at < kRadius + kRunRows; ++at)
      here.nonfinite += (is_finite(x.number(frame, at, places.frame)) ? 0u : 1u) +
                        (is_finite(y.number(reference, at, places.reference)) ? 0u : 1u);
  }
  if (own) {
    errors.squares += here.squares;
    errors.absolute += here.absolute;
    errors.largest = fmaxf(errors.largest, here.largest);
    errors.nonfinite += here.nonfinite;
  }
  return sums;
}

FG_HD void store_columns(int thread, const ColumnSums& sums, Sums& shared) {
  float* const to = &shared.d[0].value[0] + thread;
  float* const to_squares = &shared.dd[0].value[0] + thread;
  float* const to_products = &shared.dy[0].value[0] + thread;
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i) {
    to[i * kPitch] = sums.d[i];
    to_squares[i * kPitch] = sums.dd[i];
    to_products[i * kPitch] = sums.dy[i];
  }
}

// Lanes lie along a column, so that their reads fall into different banks.
FG_HD int filtered_row(int thread) { return thread % kRunRows; }
FG_HD int filtered_column(int thread) { return thread / kRunRows * kGroupColumns; }

// The window sums of the thread's results from one plane of column sums.
template <int kRadius>
FG_HD void filter_row(const Four* at, const WindowTaps& window, float* results) {
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) results[i] = 0;
  constexpr int kSamples = kGroupColumns + 2 * kRadius;
  FG_UNROLL
  for (int four = 0; four < (kSamples + 3) / 4; ++four) {
    const Four v = at[four];
    FG_UNROLL
    for (int part = 0; part < 4; ++part) {
      FG_UNROLL
      for (int i = 0; i < kGroupColumns; ++i) {
        const int offset = 4 * four + part - i - kRadius;
        if (offset < -kRadius || offset > kRadius) continue;
        results[i] += window.tap[offset < 0 ? -offset : offset] * v.value[part];
      }
    }
  }
}

// The thread's results of the run that begins at `first_row` of the place.
struct Group {
  std::int32_t row, column;  // of the frame
  std::int32_t count;        // results that exist
};

FG_HD Group group_of(int thread, const Place& place, std::int32_t first_row) {
  const std::int32_t row = first_row + filtered_row(thread), column = filtered_column(thread);
  return {place.row + row, place.column + column, row < place.rows ? place.columns - column : 0};
}

// What the terms of a channel lack of 1, halved.
template <int kRadius>
FG_HD void score_channel(int thread, const Sums& shared, const WindowTaps& window, float d0,
                         const ReferenceMoments* moments, float two_c1, float* lacking) {
  const int at = (filtered_row(thread) * kPitch + filtered_column(thread)) / 4;
  float d1[kGroupColumns], d2[kGroupColumns], dy[kGroupColumns];
  filter_row<kRadius>(shared.d + at, window, d1);
  filter_row<kRadius>(shared.dd + at, window, d2);
  filter_row<kRadius>(shared.dy + at, window, dy);
  FG_UNROLL
  for (int i = 0; i < kGroupColumns; ++i) {
    const float D = d0 + d1[i];
    const float S = 0.5f * moments[i].four_means + D;
    const float VD = fmaxf(d2[i] - d1[i] * d1[i], 0.0f);  // a NaN is lost here, but not in D
    const float VS_and_c2 = (dy[i] + moments[i].four_variances) - d1[i] * moments[i].four_means;
    const FgSsimDeficit deficit = fg_ssim_deficit(S, D, VD, VS_and_c2 + 2.0f * VD, two_c1);
    lacking[i] = fg_ssim_quotient(deficit.over, deficit.under);
  }
}

// Which of a group's results count: they exist and lie inside the border.
FG_HD std::uint32_t counting(const Group& group, std::int32_t width, std::int32_t height,
                             std::int32_t border) {
  if (group.count <= 0 || group.row < border || group.row >= height - border) return 0;
  const std::int32_t first = border - group.column;
  std::int32_t last = width - border - group.column;
  last = last < group.count ? last : group.count;
  std::uint32_t bits = last >= kGroupColumns ? 0xFFu : last <= 0 ? 0u : (1u << last) - 1u;
  if (first > 0) bits &= first >= kGroupColumns ? 0u : ~((1u << first) - 1u);
  return bits;
}

// How many results of a place lie inside the border.
FG_HD std::int32_t results_that_count(const Place& place, std::int32_t width, std::int32_t height,
                                      std::int32_t border) {
  const auto inside = [border](std::int32_t first, std::int32_t count, std::int32_t extent) {
    const std::int32_t begin = first > border ? first : border;
    const std::int32_t end = first + count < extent - border ? first + count : extent - border;
    return end > begin ? end - begin : 0;
  };
  return inside(place.row, place.rows, height) * inside(place.column, place.columns, width);
}

// The whole part of `share` (0..1, what lies outside is brought there) of a count up to 2^22, at most count - 1: a sum with
// 2^23 that drops the fraction has it in its low bits.
FG_HD std::uint32_t whole_part(float share, std::uint32_t count) {
#if defined(__CUDA_ARCH__)
  const float sum = __fmaf_rz(__saturatef(share), static_cast<float>(count), 8388608.0f);
  return min(__float_as_uint(sum) - 0x4B000000u, count - 1);
#else
  const float inside = fminf(fmaxf(share, 0.0f), 1.0f);
  const auto whole = static_cast<std::uint32_t>(inside * static_cast<float>(count));
  return whole < count ? whole : count - 1;
#endif
}

// As the shader's: steps of 1 / 2048 from -1 on.
FG_HD std::uint32_t bin_of(float value) { return whole_part(value * 0.5f + 0.5f, kFgMapBins); }

// The colours of a map: value 0 has the share at_0 of them, a half of one added for rounding.
struct ColorScale {
  float per_unit, at_0;
};
FG_HD ColorScale color_scale(float worst, float colors_per_unit) {
  const float per_unit = colors_per_unit / kFgColors;
  return {per_unit, 0.5f / kFgColors - worst * per_unit};
}
FG_HD std::uint32_t color_index(float value, ColorScale scale) {
  return whole_part(value * scale.per_unit + scale.at_0, kFgColors);
}

// How a frame is cut: by the size alone, so that the order of the sums does not hang on the device. Strips are as even in
// height as whole runs allow; none has less than two runs where there are two.
struct Strips {
  std::int32_t columns, across, down, runs;  // runs of a column of strips

  FG_HD Place place(std::int32_t across_at, std::int32_t down_at, std::int32_t width,
                    std::int32_t height) const {
    Place p;
    p.row = static_cast<std::int32_t>(std::int64_t{down_at} * runs / down) * kRunRows;
    const std::int32_t end = static_cast<std::int32_t>(std::int64_t{down_at + 1} * runs / down) * kRunRows;
    p.rows = (end < height ? end : height) - p.row;
    p.column = across_at * columns;
    p.columns = columns < width - p.column ? columns : width - p.column;
    return p;
  }
  // Of the strips numbered row by row; empty beyond the last.
  FG_HD Place place(std::int32_t strip, std::int32_t width, std::int32_t height) const {
    if (strip >= across * down) return {0, 0, 0, 0};
    return place(strip % across, strip / across, width, height);
  }
};
// About at_once of them, which the multiprocessors of an H200 work on at a time, or a multiple; none has more than
// most_runs runs.
FG_HD Strips strips_of(std::int32_t width, std::int32_t height, std::int32_t at_once,
                       std::int32_t most_runs) {
  Strips strips;
  strips.columns = kMostColumns;
  strips.across = (width + kMostColumns - 1) / kMostColumns;
  strips.runs = (height + kRunRows - 1) / kRunRows;
  const auto within = [](std::int32_t v, std::int32_t least, std::int32_t most) {
    return v < least ? least : v > most ? most : v;
  };
  const std::int32_t fitting = within(at_once / strips.across, 1, strips.runs / 2 < 1 ? 1 : strips.runs / 2);
  const std::int32_t least = (strips.runs + most_runs - 1) / most_runs;
  strips.down = (least + fitting - 1) / fitting * fitting;
  return strips;
}

// Those of the scores: the groups of a block, which take a strip each, share a histogram that counts to 65,535.
inline constexpr std::int32_t kStripGroups = 3;
FG_HD Strips score_strips(std::int32_t width, std::int32_t height) {
  constexpr std::int32_t kMostRuns = 65535 / (kStripGroups * kMostColumns * kRunRows);
  return strips_of(width, height, kStripGroups * kUsualMultiprocessors, kMostRuns);
}
// Those of a reference's moments, a block each.
FG_HD Strips reference_strips(std::int32_t width, std::int32_t height) {
  return strips_of(width, height, 4 * kUsualMultiprocessors, height);
}

}  // namespace fg::live
