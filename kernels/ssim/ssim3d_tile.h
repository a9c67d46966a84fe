#pragma once
// The arithmetic of the CUDA kernel for volumes, phase by phase and thread by thread, free of anything that
// only a GPU has: the test ssim3d_tile_test runs it on the host against the oracle.
//
// A block of 352 threads makes 32 columns (x) by 64 rows (y, or a multiple of it) by 8 slices (z) of results, 8 rows
// a step. It
// filters along z first, straight from memory, then along y and along x in shared memory:
//   filter_slices    new rows of the ring, 42 columns wide: each thread takes one (x, y) and makes 8 slices
//   -- barrier --
//   filter_rows      each thread takes one (x, z) and makes 8 rows, into registers
//   -- barrier --    (the 8 oldest rows of the ring have been read for the last time)
//   store_rows       into their place
//   -- barrier --
//   filter_columns   each thread takes 8 neighbouring columns of one (y, z), into registers, and
//   score            applies the formula there. Where something is written for each voxel, lanes change places
//                    first, so that they lie along x:
//   -- barrier --
//   store_columns    into the place of the 8 rows
//   -- barrier --
//   lines_of         each of 8 warps takes one slice, row after row
//   -- barrier --
// Per result 1.52 filters along z, 1.31 along y and 1 along x, whatever the depth of the volume.
//
// Moments are taken about a sample that lies inside all windows of a short run of results (ssim2d_strip.h).

#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/core/volume_view.h"
#include "kernels/ssim/ssim2d_strip.h"

namespace fg::tile3d {

using strip::Moments;
using strip::not_negative;
using strip::Sums;

inline constexpr int kGroup = 8;     // results of a thread along an axis
inline constexpr int kColumns = 32;  // of results of a block
inline constexpr int kSlices = kGroup;
inline constexpr int kSteps = 8;
inline constexpr int kRows = kSteps * kGroup;
inline constexpr int kPitch = 43;                   // >= 32 + 2 * 5 and odd: 8 slices lie in 8 banks of 16 B
inline constexpr int kRowCells = kSlices * kPitch;  // one row of the ring: [slice][column]
inline constexpr int kThreads = 352;                // 11 warps: one thread for each of the 344 cells of a row
static_assert(kThreads >= kRowCells);

template <int kRadius>
struct Shape {
  static constexpr int kSampleColumns = kColumns + 2 * kRadius;
  static constexpr int kRingRows = kGroup + 2 * kRadius;
  static constexpr int kRingCells = kRingRows * kRowCells;
  static constexpr int kRun = kRadius == 3 ? 4 : 8;  // results whose moments are taken about one sample
};

// Where a block lies in the map, and how far the map is inset into the volume (0: same, radius: valid).
struct Place {
  std::int32_t slice, row, column;
  std::int32_t inset;
};

// Where the ring keeps the sample row `row`, counted from the first one of the block.
template <int kRadius>
FG_HD int ring_cell(int row) {
  return row % Shape<kRadius>::kRingRows * kRowCells;
}

// A cell less than one ring beyond the end.
template <int kRadius>
FG_HD int wrapped(int cell) {
  return cell < Shape<kRadius>::kRingCells ? cell : cell - Shape<kRadius>::kRingCells;
}

// Moments of kCount results along an axis, from samples or moments that lie along it.
template <int kRadius, int kCount, class Read>
FG_HD void filter_moments(const Moments& about, const Read& read, const WindowTaps& window,
                          Moments* results) {
  Sums<kCount> sums;
  sums.clear();
  FG_UNROLL
  for (int at = 0; at < kCount + 2 * kRadius; ++at) {
    const Moments m = read(at);
    const float es = m.s_mean - about.s_mean, ed = m.d_mean - about.d_mean;
    sums.template add<kRadius>(at, window, es, es * es + m.s_variance, ed, ed * ed + m.d_variance);
  }
  FG_UNROLL
  for (int i = 0; i < kCount; ++i) {
    results[i].s_mean = about.s_mean + sums.s1[i];
    results[i].s_variance = sums.s2[i] - sums.s1[i] * sums.s1[i];
    results[i].d_mean = about.d_mean + sums.d1[i];
    results[i].d_variance = sums.d2[i] - sums.d1[i] * sums.d1[i];
  }
}

// What a pointer points to, on the GPU through the read-only path: inputs are never written by the same launch.
#if defined(__CUDA_ARCH__)
FG_HD float fetch(const float* p) { return __ldg(p); }
FG_HD float fetch(const std::uint8_t* p) { return to_float(__ldg(p)); }
FG_HD float fetch(const Half* p) { return to_float(Half{__ldg(&p->bits)}); }
FG_HD float fetch(const BFloat16* p) { return to_float(BFloat16{__ldg(&p->bits)}); }
#else
template <class T>
FG_HD float fetch(const T* p) {
  return fg::to_float(*p);
}
#endif

// A pointer that walks along an axis, possibly outside the volume, where it is not followed. One addition a
// step and no more: left alone, the compiler keeps the distances of all steps in registers.
template <class T>
struct Walk {
  const T* next;
  std::int64_t stride;

  FG_HD float read(bool inside) const { return inside ? fetch(next) : 0.0f; }
  FG_HD void step() {
    next += stride;
#if defined(__CUDA_ARCH__)
    asm("" : "+l"(next));
#endif
  }
};

// The moments along z of `count` sample rows from row `first` of the block on.
template <int kRadius, class T>
FG_HD void filter_slices(int thread, const VolumeView<const T>& x, const VolumeView<const T>& y,
                         const WindowTaps& window, const Place& place, int first, int count, Moments* ring) {
  constexpr int kRun = Shape<kRadius>::kRun;
  const std::int32_t first_slice = place.slice + place.inset - kRadius;
  for (int item = thread; item < count * kPitch; item += kThreads) {
    const int row = item / kPitch, column = item % kPitch;
    if (column >= Shape<kRadius>::kSampleColumns) continue;
    const std::int32_t volume_row = place.row + place.inset - kRadius + first + row;
    const std::int32_t volume_column = place.column + place.inset - kRadius + column;
    Moments* const to = ring + ring_cell<kRadius>(first + row) + column;
    if (volume_row < 0 || volume_row >= x.height || volume_column < 0 || volume_column >= x.width) {
      FG_UNROLL
      for (int i = 0; i < kSlices; ++i) to[i * kPitch] = {0, 0, 0, 0};
      continue;
    }
    const std::int64_t x_offset = volume_row * x.row_stride + volume_column * x.column_stride;
    const std::int64_t y_offset = volume_row * y.row_stride + volume_column * y.column_stride;
    const auto filter = [&](const auto& inside) {
      FG_UNROLL
      for (int run = 0; run < kSlices; run += kRun) {
        Walk<T> walk_x{x.data + (x_offset + (first_slice + run) * x.slice_stride), x.slice_stride};
        Walk<T> walk_y{y.data + (y_offset + (first_slice + run) * y.slice_stride), y.slice_stride};
        const auto moments = [](float vx, float vy) { return Moments{vx + vy, 0, vx - vy, 0}; };
        constexpr int kAbout = kRun / 2 + kRadius;
        const Walk<T> about_x{walk_x.next + kAbout * x.slice_stride, 0};
        const Walk<T> about_y{walk_y.next + kAbout * y.slice_stride, 0};
        const Moments about = moments(about_x.read(inside(run + kAbout)), about_y.read(inside(run + kAbout)));
        const auto read = [&](int at) {
          const Moments m = moments(walk_x.read(inside(run + at)), walk_y.read(inside(run + at)));
          walk_x.step();
          walk_y.step();
          return m;
        };
        Moments results[kRun];
        filter_moments<kRadius, kRun>(about, read, window, results);
        FG_UNROLL
        for (int i = 0; i < kRun; ++i) to[(run + i) * kPitch] = results[i];
      }
    };
    if (first_slice >= 0 && first_slice + kSlices + 2 * kRadius <= x.depth)
      filter([](int) { return true; });
    else
      filter([&](int at) { return first_slice + at >= 0 && first_slice + at < x.depth; });
  }
}

// The cell of a row of the ring that a thread filters along y; the threads left over repeat another one's.
template <int kRadius>
FG_HD int cell_of(int thread) {
  const int cell = thread < kRowCells ? thread : kRowCells - 1;
  const int beyond = cell % kPitch - (Shape<kRadius>::kSampleColumns - 1);
  return beyond > 0 ? cell - beyond : cell;
}

// results[8]: rows first + radius ... of the thread's cell. `first` is a multiple of 8.
template <int kRadius>
FG_HD void filter_rows(int thread, const Moments* ring, const WindowTaps& window, int first,
                       Moments* results) {
  constexpr int kRun = Shape<kRadius>::kRun;
  const int oldest = first % Shape<kRadius>::kRingRows;
  const Moments* const column = ring + (oldest * kRowCells + cell_of<kRadius>(thread));
  const Moments* const wrapped_column = column - Shape<kRadius>::kRingCells;
  FG_UNROLL
  for (int run = 0; run < kGroup; run += kRun) {
    const auto read = [&](int at) {
      const bool wraps = run + at >= Shape<kRadius>::kRingRows - oldest;
      return (wraps ? wrapped_column : column)[(run + at) * kRowCells];
    };
    filter_moments<kRadius, kRun>(read(kRun / 2 + kRadius), read, window, results + run);
  }
}

template <int kRadius>
FG_HD void store_rows(int thread, const Moments* results, int first, Moments* ring) {
  const int cell = cell_of<kRadius>(thread);
  if (cell != thread) return;
  const int oldest = ring_cell<kRadius>(first);
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) ring[wrapped<kRadius>(oldest + i * kRowCells) + cell] = results[i];
}

// Threads that filter along x: lanes lie along z, then y.
inline constexpr int kColumnThreads = kGroup * kSlices * (kColumns / kGroup);
FG_HD int run_slice(int thread) { return thread % 8; }
FG_HD int run_row(int thread) { return thread / 8 % 8; }
FG_HD int run_column(int thread) { return thread / 64 * kGroup; }
template <int kRadius>
FG_HD int run_cell(int thread, int first) {
  return ring_cell<kRadius>(first + run_row(thread)) + run_slice(thread) * kPitch + run_column(thread);
}

template <int kRadius>
FG_HD void filter_columns(int thread, const Moments* ring, const WindowTaps& window, int first,
                          Moments* results) {
  constexpr int kRun = Shape<kRadius>::kRun;
  const Moments* const cells = ring + run_cell<kRadius>(thread, first);
  FG_UNROLL
  for (int run = 0; run < kGroup; run += kRun)
    filter_moments<kRadius, kRun>(
        cells[run + kRun / 2 + kRadius], [&](int at) { return cells[run + at]; }, window, results + run);
}

template <int kRadius>
FG_HD void store_columns(int thread, const Moments* results, int first, Moments* ring) {
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) ring[run_cell<kRadius>(thread, first) + i] = results[i];
}

FG_HD FgSsimMoments window_moments(const Moments& m) {
  return {m.s_mean, m.d_mean, not_negative(m.s_variance), not_negative(m.d_variance)};
}

// The extent of the map.
struct Extent {
  std::int32_t depth, height, width;
};

// The sum of the terms of a thread's 8 columns, as far as they lie in the map.
FG_HD float score(int thread, const Moments* results, FgSsimConstants constants, const Place& place,
                  int first, const Extent& map) {
  const bool inside =
      place.slice + run_slice(thread) < map.depth && place.row + first + run_row(thread) < map.height;
  const std::int32_t columns = inside ? map.width - place.column - run_column(thread) : 0;
  float sum = 0;
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) {
    // A choice rather than a branch: threads beyond the map have nothing better to do.
    const float term = fg_ssim_term(window_moments(results[i]), constants);
    sum += i < columns ? term : 0.0f;
  }
  return sum;
}

// Where each voxel is written lanes lie along x: warp w < 8 takes slice w of a step, row after row. `begin` is
// where its first row lies in the step; rows before it and from `end` on are none of the region's.
struct Lines {
  std::int32_t slice, row, column;  // of the first row of the step
  int begin, end;
};

// The region is [0, extent) in the coordinates of the place, shifted by `shift`.
FG_HD Lines lines_of(int thread, const Place& place, int first, std::int32_t shift, const Extent& extent) {
  Lines lines{place.slice + thread / 32 + shift, place.row + first + shift,
              place.column + thread % 32 + shift, 0, 0};
  if (thread / 32 >= kSlices || lines.slice < 0 || lines.slice >= extent.depth ||
      lines.column >= extent.width)
    return lines;
  const std::int32_t left = extent.height - lines.row;
  lines.begin = lines.row < 0 ? -lines.row : 0;
  lines.end = left < kGroup ? left : kGroup;
  return lines;
}

template <int kRadius>
FG_HD int line_cell(int thread, int first, int row) {
  return wrapped<kRadius>(ring_cell<kRadius>(first) + row * kRowCells) + thread / 32 * kPitch + thread % 32;
}

}  // namespace fg::tile3d
