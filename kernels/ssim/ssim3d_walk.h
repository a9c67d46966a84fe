#pragma once
// How a job of SSIM on CPU walks through its block of a volume: slice by slice, with the last window of
// slices, filtered along x and y, kept for the combination along z.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "kernels/ssim/ssim2d_lines.h"
#include "kernels/ssim/ssim3d.h"
#include "kernels/ssim/ssim3d_rows.h"

namespace fg::cpu {

inline constexpr int kBlockRows3d = 16, kBlockSlices3d = 32;

// Blocks of kBlockSlices3d x kBlockRows3d x kBlockColumns voxels.
struct Blocks3d {
  std::int64_t across, down, deep;

  Blocks3d(int depth, int height, int width)
      : across((width + kBlockColumns - 1) / kBlockColumns),
        down((height + kBlockRows3d - 1) / kBlockRows3d),
        deep((depth + kBlockSlices3d - 1) / kBlockSlices3d) {}
  std::int64_t count() const { return across * down * deep; }
};

// One of them, cut to the volume.
struct Block3d {
  int slice, row, column, slices, rows, columns;

  Block3d(const Blocks3d& blocks, std::int64_t index, int depth, int height, int width)
      : slice(static_cast<int>(index / (blocks.across * blocks.down)) * kBlockSlices3d),
        row(static_cast<int>(index / blocks.across % blocks.down) * kBlockRows3d),
        column(static_cast<int>(index % blocks.across) * kBlockColumns),
        slices(std::min(kBlockSlices3d, depth - slice)),
        rows(std::min(kBlockRows3d, height - row)),
        columns(std::min(kBlockColumns, width - column)) {}
};

// The rows of the block, filtered along x and y, for the last window of slices; and the rows of one slice,
// filtered along x alone. 11 x 16 rows of 2 KB and more: too much for a stack.
template <class Row>
class SliceRing {
 public:
  explicit SliceRing(int window)
      : window_(window),
        rows_(new Row[static_cast<std::size_t>(window * kBlockRows3d)]),
        inner_(new Row[static_cast<std::size_t>(kBlockRows3d + kMaxTaps - 1)]) {}

  Row& inner(int row) { return inner_[row]; }
  Row& at(int step, int row) { return rows_[step % window_ * kBlockRows3d + row]; }

 private:
  int window_;
  std::unique_ptr<Row[]> rows_, inner_;
};

// Makes the moments of the windows of a block, of the op's map, and gives them row by row to
// body(slice, row, moments).
template <class T, class Body>
void for_moments(const Ssim3d<T>& op, const WindowTaps& window, std::int64_t volume, const Block3d& block,
                 const Body& body) {
  const VolumeView<const T> x = op.x.volume(volume), y = op.y.volume(volume);
  const int radius = op.radius(), taps = 2 * radius + 1;
  // Result p looks at samples p - before ... p - before + 2 radius along each axis.
  const int before = op.padding == Padding::same ? radius : 0;
  SliceRing<RowMoments> ring(taps);
  SampleLine line;
  RowMoments mixed;
  const RowMoments* rows[kMaxTaps];
  for (int step = 0; step < block.slices + 2 * radius; ++step) {
    const int z = block.slice - before + step;
    const bool inside = z >= 0 && z < x.depth;
    for (int i = 0; inside && i < block.rows + 2 * radius; ++i) {
      const int row = block.row - before + i;
      if (row >= 0 && row < x.height) {
        load_line(x.slice(z), y.slice(z), row, block.column - before, block.columns + 2 * radius, line);
        filter_row(line, block.columns, window, ring.inner(i));
      } else {
        std::memset(&ring.inner(i), 0, sizeof(RowMoments));
      }
    }
    for (int row = 0; row < block.rows; ++row) {
      if (!inside) {
        std::memset(&ring.at(step, row), 0, sizeof(RowMoments));
        continue;
      }
      for (int k = 0; k < taps; ++k) rows[k] = &ring.inner(row + k);
      mix_rows(rows, block.columns, window, ring.at(step, row));
    }
    if (step < 2 * radius) continue;
    for (int row = 0; row < block.rows; ++row) {
      for (int k = 0; k < taps; ++k) rows[k] = &ring.at(step - 2 * radius + k, row);
      mix_rows(rows, block.columns, window, mixed);
      body(block.slice + step - 2 * radius, block.row + row, mixed);
    }
  }
}

// One row of results: their sum, and to the map where there is one.
template <class T>
double score_map_row(const Ssim3d<T>& op, const VolumeView<float>& map, const Block3d& block, int slice,
                     int row, const RowMoments& moments) {
  alignas(64) float terms[kBlockColumns];
  const double sum = score_row(moments, block.columns, {op.c1, op.c2}, terms);
  if (map.data == nullptr) return sum;
  for (int i = 0; i < block.columns; ++i) map.at(slice, row, block.column + i) = terms[i];
  return sum;
}

// Scores and mean from the sum of each volume.
template <class T>
void finish_scores(const Ssim3d<T>& op, const double* volume_sums) {
  double total = 0;
  for (std::int64_t volume = 0; volume < op.x.volumes(); ++volume) {
    const double score = volume_sums[volume] / op.map_voxels();
    if (op.scores.data != nullptr) op.scores.at(volume / op.x.channels, volume % op.x.channels) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(op.x.volumes());
}

}  // namespace fg::cpu
