#pragma once
// The arithmetic of the two CUDA kernels of the gradient, as ssim3d_tile.h for the forward one: run on the host
// by ssim3d_gradient_tile_test.
//
// The first kernel makes the map's moments as the forward one does and writes the fields B, E and X or Y of
// ssim_math.h to scratch. cs and cd are those of the window's cell: 32 columns by 8 rows by 8 slices of the
// map, its middle window's S and D, so that s - cs and d - cd stay small. The second kernel filters the fields
// along z, y and x in the same phases and brings them to the cell of the result on the way:
//   X(cs', cd') = X(cs, cd) + 2 (cs' - cs) B + 2 (cd' - cd) E      Y likewise with - 2 (cd' - cd) E
//
// The second kernel works in the map's coordinates p; the sample of window p is q = p + inset.

#include <cstddef>
#include <cstdint>

#include "kernels/ssim/ssim3d_tile.h"

namespace fg::tile3d {

// What is subtracted from s and d in a cell.
struct alignas(8) Centre {
  float s, d;
};

// Fields at one voxel. P is X, or Y where y's gradient is the only one wanted; Q is Y where both are.
struct alignas(16) FieldSums {
  float B, E, P, Q;
};
static_assert(sizeof(FieldSums) == sizeof(Moments));

// Fields in scratch: [volume][slice][row][32 columns][field][column of the 32], so that the fields of a voxel
// lie at fixed distances; and the cells' centres, [volume][slice / 8][row / 8][column / 32].
template <int kFields>
struct FieldView {
  float* fields = nullptr;
  Centre* centres = nullptr;
  std::int32_t depth = 0, height = 0, width = 0;  // of the map

  static constexpr std::int32_t kRowOfTile = kFields * kColumns;
  FG_HD std::int32_t across() const { return (width + kColumns - 1) / kColumns; }
  FG_HD std::int32_t cells_down() const { return (height + kGroup - 1) / kGroup; }
  FG_HD std::int32_t cells_deep() const { return (depth + kGroup - 1) / kGroup; }
  FG_HD std::int64_t row_floats() const { return std::int64_t{across()} * kRowOfTile; }
  FG_HD std::int64_t slice_floats() const { return height * row_floats(); }
  FG_HD std::int64_t volume_floats() const { return slice_floats() * depth; }
  FG_HD std::int64_t volume_cells() const { return std::int64_t{across()} * cells_down() * cells_deep(); }

  FG_HD float* at(std::int64_t volume, std::int32_t slice, std::int32_t row, std::int32_t column) const {
    return fields + volume * volume_floats() + slice * slice_floats() +
           (std::int64_t{row} * across() + (column >> 5)) * kRowOfTile + (column & 31);
  }
  // The cell's centre; beyond the map that of the nearest cell.
  FG_HD Centre& centre(std::int64_t volume, std::int32_t deep, std::int32_t down, std::int32_t column) const {
    deep = clamped(deep, cells_deep());
    down = clamped(down, cells_down());
    const std::int32_t cell_column = clamped(column >> 5, across());
    return centres[volume * volume_cells() + (std::int64_t{deep} * cells_down() + down) * across() +
                   cell_column];
  }
  FG_HD static std::int32_t clamped(std::int32_t i, std::int32_t count) {
    return i < 0 ? 0 : i < count ? i : count - 1;
  }
};

// The middle of what lies in the map of a step's cell: where its centre is taken.
template <int kRadius>
FG_HD Centre centre_of_step(const Moments* ring, const Place& place, int first, const Extent& map) {
  const auto middle = [](std::int32_t left, int side) { return (left < side ? left : side) / 2; };
  const int slice = middle(map.depth - place.slice - 1, kSlices),
            row = middle(map.height - place.row - first - 1, kGroup),
            column = middle(map.width - place.column - 1, kColumns);
  const Moments& m = ring[ring_cell<kRadius>(first + row) + slice * kPitch + column];
  return {m.s_mean, m.d_mean};
}

// The fields of a window into scratch, times its weight. Returns its term.
template <int kFields>
FG_HD float store_fields(const FgSsimMoments& m, FgSsimConstants constants, const Centre& centre,
                         float weight, bool y_alone, float* to) {
  const FgSsimPartials p = fg_ssim_partials(m, constants, centre.s, centre.d, weight);
  to[0] = p.B;
  to[kColumns] = p.E;
  to[2 * kColumns] = y_alone ? p.Y : p.X;
  if constexpr (kFields == 4) to[3 * kColumns] = p.Y;
  return p.term;
}

// From one centre to another: 2 (cs' - cs) and 2 (cd' - cd), the latter with the sign that P has.
struct Shift {
  float s, d;
};
FG_HD Shift shift_between(const Centre& from, const Centre& to, float sign) {
  return {2.0f * (to.s - from.s), sign * 2.0f * (to.d - from.d)};
}

template <int kFields>
FG_HD FieldSums shifted(FieldSums f, const Shift& by) {
  f.P += by.s * f.B + by.d * f.E;
  if constexpr (kFields == 4) f.Q += by.s * f.B - by.d * f.E;
  return f;
}

// out[i] = sum_k w_k in(i + k) for 8 results.
template <int kRadius, int kFields, class Read>
FG_HD void spread(const Read& read, const WindowTaps& window, FieldSums* results) {
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) results[i] = {0, 0, 0, 0};
  FG_UNROLL
  for (int at = 0; at < kGroup + 2 * kRadius; ++at) {
    const FieldSums f = read(at);
    FG_UNROLL
    for (int i = 0; i < kGroup; ++i) {
      const int offset = at - i - kRadius;
      if (offset < -kRadius || offset > kRadius) continue;
      const float weight = window.tap[offset < 0 ? -offset : offset];
      results[i].B += weight * f.B;
      results[i].E += weight * f.E;
      results[i].P += weight * f.P;
      if constexpr (kFields == 4) results[i].Q += weight * f.Q;
    }
  }
}

// Which of the three cells along an axis holds sample `at` of 8 results and their halo: 0, 1 or 2.
template <int kRadius>
FG_HD constexpr int cell_of_sample(int at) {
  return at < kRadius ? 0 : at < kRadius + kGroup ? 1 : 2;
}

// A block of the second kernel. Samples lie up to `inset` before the map; there it begins 8 rows and slices
// before the map, so that cells and steps agree.
FG_HD Place gather_place(Place place) {
  if (place.inset == 0) return place;
  place.slice -= kGroup;
  place.row -= kGroup;
  place.column -= place.inset;
  return place;
}

// The centre that the rows of a cell of the block are brought to: that of the cell in the block's middle.
// Rows and slices of a block's place are multiples of 8, also where they are negative.
template <int kFields>
FG_HD Centre centre_of_rows(const FieldView<kFields>& view, std::int64_t volume, const Place& place,
                            std::int32_t row) {
  return view.centre(volume, place.slice >> 3, row >> 3, place.column + kColumns / 2);
}

// The fields along z of `count` rows of windows from row `first` of the block on.
template <int kRadius, int kFields>
FG_HD void spread_slices(int thread, const FieldView<kFields>& view, std::int64_t volume,
                         const WindowTaps& window, const Place& place, float sign, int first, int count,
                         FieldSums* ring) {
  const std::int32_t first_slice = place.slice - kRadius;
  const std::int64_t slice_floats = view.slice_floats();
  for (int item = thread; item < count * kPitch; item += kThreads) {
    const int row = item / kPitch, column = item % kPitch;
    if (column >= Shape<kRadius>::kSampleColumns) continue;
    const std::int32_t map_row = place.row - kRadius + first + row;
    const std::int32_t map_column = place.column - kRadius + column;
    FieldSums* const to = ring + ring_cell<kRadius>(first + row) + column;
    if (map_row < 0 || map_row >= view.height || map_column < 0 || map_column >= view.width) {
      FG_UNROLL
      for (int i = 0; i < kSlices; ++i) to[i * kPitch] = {0, 0, 0, 0};
      continue;
    }
    const Centre target = centre_of_rows(view, volume, place, map_row);
    Shift shifts[3];
    FG_UNROLL
    for (int cell = 0; cell < 3; ++cell)
      shifts[cell] = shift_between(
          view.centre(volume, (place.slice >> 3) + cell - 1, map_row >> 3, map_column), target, sign);
    const float* const start = view.at(volume, 0, map_row, map_column);
    const auto filter = [&](const auto& inside) {
      Walk<float> walk{start + first_slice * slice_floats, slice_floats};
      const auto read = [&](int at) {
        FieldSums f{0, 0, 0, 0};
        if (inside(at)) {
          f.B = fetch(walk.next);
          f.E = fetch(walk.next + kColumns);
          f.P = fetch(walk.next + 2 * kColumns);
          if constexpr (kFields == 4) f.Q = fetch(walk.next + 3 * kColumns);
        }
        walk.step();
        return shifted<kFields>(f, shifts[cell_of_sample<kRadius>(at)]);
      };
      FieldSums results[kSlices];
      spread<kRadius, kFields>(read, window, results);
      FG_UNROLL
      for (int i = 0; i < kSlices; ++i) to[i * kPitch] = results[i];
    };
    if (first_slice >= 0 && first_slice + kSlices + 2 * kRadius <= view.depth)
      filter([](int) { return true; });
    else
      filter([&](int at) { return first_slice + at >= 0 && first_slice + at < view.depth; });
  }
}

// As filter_rows, store_rows, filter_columns and store_columns of the forward kernel.
template <int kRadius, int kFields>
FG_HD void spread_rows(int thread, const FieldSums* ring, const WindowTaps& window,
                       const FieldView<kFields>& view, std::int64_t volume, const Place& place, float sign,
                       int first, FieldSums* results) {
  const std::int32_t row = place.row + first;
  const Centre target = centre_of_rows(view, volume, place, row);
  const Shift before = shift_between(centre_of_rows(view, volume, place, row - kGroup), target, sign);
  const Shift after = shift_between(centre_of_rows(view, volume, place, row + kGroup), target, sign);
  const int oldest = first % Shape<kRadius>::kRingRows;
  const FieldSums* const column = ring + (oldest * kRowCells + cell_of<kRadius>(thread));
  const FieldSums* const wrapped_column = column - Shape<kRadius>::kRingCells;
  const auto read = [&](int at) {
    const bool wraps = at >= Shape<kRadius>::kRingRows - oldest;
    const FieldSums f = (wraps ? wrapped_column : column)[at * kRowCells];
    const int cell = cell_of_sample<kRadius>(at);
    return cell == 1 ? f : shifted<kFields>(f, cell == 0 ? before : after);
  };
  spread<kRadius, kFields>(read, window, results);
}

template <int kRadius>
FG_HD void store_rows(int thread, const FieldSums* results, int first, FieldSums* ring) {
  const int cell = cell_of<kRadius>(thread);
  if (cell != thread) return;
  const int oldest = ring_cell<kRadius>(first);
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) ring[wrapped<kRadius>(oldest + i * kRowCells) + cell] = results[i];
}

template <int kRadius, int kFields>
FG_HD void spread_columns(int thread, const FieldSums* ring, const WindowTaps& window, int first,
                          FieldSums* results) {
  const FieldSums* const cells = ring + run_cell<kRadius>(thread, first);
  spread<kRadius, kFields>([&](int at) { return cells[at]; }, window, results);
}

template <int kRadius>
FG_HD void store_columns(int thread, const FieldSums* results, int first, FieldSums* ring) {
  FG_UNROLL
  for (int i = 0; i < kGroup; ++i) ring[run_cell<kRadius>(thread, first) + i] = results[i];
}

// The gradients of a step's samples.
template <int kRadius, int kFields, class T>
FG_HD void store_gradients(int thread, const FieldSums* ring, const VolumeView<const T>& x,
                           const VolumeView<const T>& y, const FieldView<kFields>& view, std::int64_t volume,
                           const Place& place, float sign, int first, const VolumeView<float>& gradient,
                           const VolumeView<float>& other_gradient) {
  const Centre centre = centre_of_rows(view, volume, place, place.row + first);
  const Lines lines = lines_of(thread, place, first, place.inset, {x.depth, x.height, x.width});
  if (lines.end <= lines.begin) return;
  const auto from = [&](const auto& v) {
    return v.data +
           (lines.slice * v.slice_stride + lines.row * v.row_stride + lines.column * v.column_stride);
  };
  const auto wanted = [&](int row) { return row >= lines.begin && row < lines.end; };
  // All samples first, so that their ways from memory overlap.
  float vx[kGroup], vy[kGroup];
  Walk<T> walk_x{from(x), x.row_stride}, walk_y{from(y), y.row_stride};
  FG_UNROLL
  for (int row = 0; row < kGroup; ++row) {
    vx[row] = walk_x.read(wanted(row));
    vy[row] = walk_y.read(wanted(row));
    walk_x.step();
    walk_y.step();
  }
  float* to = from(gradient);
  float* other = kFields == 4 ? from(other_gradient) : nullptr;
  FG_UNROLL
  for (int row = 0; row < kGroup; ++row, to += gradient.row_stride) {
    const FieldSums f = ring[line_cell<kRadius>(thread, first, row)];
    const float s_part = 2.0f * (vx[row] + vy[row] - centre.s) * f.B;
    const float d_part = 2.0f * (vx[row] - vy[row] - centre.d) * f.E;
    if (wanted(row)) *to = f.P + (s_part + sign * d_part);
    if constexpr (kFields == 4) {
      if (wanted(row)) *other = f.Q + (s_part - d_part);
      other += other_gradient.row_stride;
    }
  }
}

}  // namespace fg::tile3d
