// The gradient of SSIM of volumes on CPU, one volume after the other: first the fields of all windows into
// scratch (with the scores), then each block of samples gathers them along x, y and z.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/ssim3d_gradient.h"
#include "kernels/ssim/ssim3d_walk.h"

namespace fg::cpu {
namespace {

struct Wanted {
  bool x, y;
};

template <class T>
Blocks3d map_blocks(const Ssim3d<T>& op) {
  return {op.map_depth(), op.map_height(), op.map_width()};
}

// The fields of one volume's windows in scratch, in the order of the map's voxels.
struct Fields {
  int depth, height, width;
  double *X = nullptr, *Y = nullptr, *B = nullptr, *E = nullptr;
  std::size_t bytes = 0;

  template <class T>
  Fields(const Ssim3d<T>& op, Wanted wanted, double* memory)  // null: how many bytes?
      : depth(op.map_depth()), height(op.map_height()), width(op.map_width()) {
    const std::size_t voxels =
        static_cast<std::size_t>(depth) * static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
    const auto take = [&](double*& field) {
      if (memory != nullptr) field = memory + bytes / sizeof(double);
      bytes += voxels * sizeof(double);
    };
    if (wanted.x) take(X);
    if (wanted.y) take(Y);
    take(B);
    take(E);
  }
  std::size_t row(int slice, int line) const {
    return (static_cast<std::size_t>(slice) * static_cast<std::size_t>(height) +
            static_cast<std::size_t>(line)) *
           static_cast<std::size_t>(width);
  }
};

template <class T>
double make_block(const Ssim3dGradient<T>& op, const WindowTaps& window, std::int64_t volume,
                  const Block3d& block, const Fields& fields) {
  const std::int64_t n = volume / op.forward.x.channels, c = volume % op.forward.x.channels;
  const VolumeView<const float> map_weight = op.map_weight.volume(volume);
  const VolumeView<float> map = op.forward.map.volume(volume);
  const float weight = volume_weight(op, n, c);
  float weights[kBlockColumns];
  std::fill(weights, weights + kBlockColumns, weight);
  FieldRow row_fields;
  double sum = 0;
  for_moments(op.forward, window, volume, block, [&](int slice, int row, const RowMoments& moments) {
    sum += score_map_row(op.forward, map, block, slice, row, moments);
    if (map_weight.data != nullptr)
      for (int i = 0; i < block.columns; ++i)
        weights[i] = weight + map_weight.at(slice, row, block.column + i);
    make_fields(moments, block.columns, {op.forward.c1, op.forward.c2}, weights, row_fields);
    const std::size_t to = fields.row(slice, row) + static_cast<std::size_t>(block.column);
    for (int i = 0; i < block.columns; ++i) {
      const std::size_t at = to + static_cast<std::size_t>(i);
      if (fields.X != nullptr) fields.X[at] = row_fields.X[i];
      if (fields.Y != nullptr) fields.Y[at] = row_fields.Y[i];
      fields.B[at] = row_fields.B[i];
      fields.E[at] = row_fields.E[i];
    }
  });
  return sum;
}

// A row of one field along x: from the map's row, whose column `first` begins the first window, to columns of
// the block. Zeros outside the map.
void spread_line(const double* row, int width, int first, int columns, const WindowTaps& window,
                 double* out) {
  alignas(64) double line[kBlockColumns + 2 * kMaxWindowRadius + kLinePad] = {};
  const int begin = std::max(first, 0), end = std::min(first + columns + 2 * window.radius, width);
  if (begin < end) std::copy(row + begin, row + end, line + (begin - first));
  const double* taps[kMaxTaps];
  for (int k = 0; k <= 2 * window.radius; ++k) taps[k] = line + k;
  spread(taps, columns, window, out);
}

using Field = double (FieldRow::*)[kBlockColumns];

template <class T>
void gather_block(const Ssim3dGradient<T>& op, const WindowTaps& window, std::int64_t volume,
                  const Block3d& block, const Fields& fields, Wanted wanted) {
  const VolumeView<const T> x = op.forward.x.volume(volume), y = op.forward.y.volume(volume);
  const VolumeView<float> x_gradient = op.x_gradient.volume(volume),
                          y_gradient = op.y_gradient.volume(volume);
  const int radius = window.radius, taps = 2 * radius + 1;
  // Sample q lies in the windows p = q - before ... q - before + 2 radius of the map, along each axis.
  const int before = op.forward.padding == Padding::same ? radius : 2 * radius;
  const Field both[] = {&FieldRow::B, &FieldRow::E, &FieldRow::X, &FieldRow::Y};
  const auto for_fields = [&](const auto& body) {
    for (const Field field : both)
      if ((field != &FieldRow::X || wanted.x) && (field != &FieldRow::Y || wanted.y)) body(field);
  };
  SliceRing<FieldRow> ring(taps);
  SampleLine samples;
  FieldRow sums;
  const double* rows[kMaxTaps];
  for (int step = 0; step < block.slices + 2 * radius; ++step) {
    const int z = block.slice - before + step;
    const bool inside = z >= 0 && z < fields.depth;
    for (int i = 0; inside && i < block.rows + 2 * radius; ++i) {
      const int row = block.row - before + i;
      FieldRow& to = ring.inner(i);
      if (row < 0 || row >= fields.height) {
        std::memset(&to, 0, sizeof(to));
        continue;
      }
      const std::size_t from = fields.row(z, row);
      const int first = block.column - before;
      if (wanted.x) spread_line(fields.X + from, fields.width, first, block.columns, window, to.X);
      if (wanted.y) spread_line(fields.Y + from, fields.width, first, block.columns, window, to.Y);
      spread_line(fields.B + from, fields.width, first, block.columns, window, to.B);
      spread_line(fields.E + from, fields.width, first, block.columns, window, to.E);
    }
    for (int row = 0; row < block.rows; ++row) {
      if (!inside) {
        std::memset(&ring.at(step, row), 0, sizeof(FieldRow));
        continue;
      }
      for_fields([&](Field field) {
        for (int k = 0; k < taps; ++k) rows[k] = ring.inner(row + k).*field;
        spread(rows, block.columns, window, ring.at(step, row).*field);
      });
    }
    if (step < 2 * radius) continue;
    const int slice = block.slice + step - 2 * radius;
    for (int row = 0; row < block.rows; ++row) {
      for_fields([&](Field field) {
        for (int k = 0; k < taps; ++k) rows[k] = ring.at(step - 2 * radius + k, row).*field;
        spread(rows, block.columns, window, sums.*field);
      });
      load_line(x.slice(slice), y.slice(slice), block.row + row, block.column, block.columns, samples);
      for (int i = 0; i < block.columns; ++i) {
        const double s_part = 2 * static_cast<double>(samples.s[i]) * sums.B[i];
        const double d_part = 2 * static_cast<double>(samples.d[i]) * sums.E[i];
        const int column = block.column + i;
        if (wanted.x)
          x_gradient.at(slice, block.row + row, column) = static_cast<float>(sums.X[i] + s_part + d_part);
        if (wanted.y)
          y_gradient.at(slice, block.row + row, column) = static_cast<float>(sums.Y[i] + s_part - d_part);
      }
    }
  }
}

template <class T>
Wanted wanted_of(const Ssim3dGradient<T>& op) {
  return {op.wants_x(), op.wants_y()};
}

}  // namespace

// One sum for each volume, one for each block of a volume, then the fields of one volume.
template <class T>
std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<T>& op) {
  return static_cast<std::size_t>(op.forward.x.volumes() + map_blocks(op.forward).count()) * sizeof(double) +
         Fields(op.forward, wanted_of(op), nullptr).bytes;
}

template <class T>
void ssim3d_gradient(const Ssim3dGradient<T>& op, Scratch scratch) {
  const Ssim3d<T>& forward = op.forward;
  const Wanted wanted = wanted_of(op);
  const Blocks3d windows = map_blocks(forward);
  const Blocks3d samples(forward.x.depth, forward.x.height, forward.x.width);
  const WindowTaps taps = gaussian_window(forward.radius());
  double* const volume_sums = static_cast<double*>(scratch.data);
  double* const sums = volume_sums + forward.x.volumes();
  const Fields fields(forward, wanted, sums + windows.count());
  for (std::int64_t volume = 0; volume < forward.x.volumes(); ++volume) {
    parallel_for(windows.count(), [&](std::int64_t job) {
      const Block3d block(windows, job, fields.depth, fields.height, fields.width);
      sums[job] = make_block(op, taps, volume, block, fields);
    });
    volume_sums[volume] = sum_in_order(sums, windows.count());
    parallel_for(samples.count(), [&](std::int64_t job) {
      const Block3d block(samples, job, forward.x.depth, forward.x.height, forward.x.width);
      gather_block(op, taps, volume, block, fields, wanted);
    });
  }
  finish_scores(forward, volume_sums);
}

template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<float>&);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<Half>&);
template std::size_t ssim3d_gradient_scratch_bytes(const Ssim3dGradient<BFloat16>&);
template void ssim3d_gradient(const Ssim3dGradient<float>&, Scratch);
template void ssim3d_gradient(const Ssim3dGradient<Half>&, Scratch);
template void ssim3d_gradient(const Ssim3dGradient<BFloat16>&, Scratch);

}  // namespace fg::cpu
