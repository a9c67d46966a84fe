#pragma once
// The window moments of a live reference, phase by phase and thread by thread (tested on the host: live_strip_test).
//
// In double and about a sample of the tile.
//   load_samples     the tile's samples and the halo's, each decoded once
//   -- barrier --
//   filter_rows      sums of y - y0 and (y - y0)^2 along rows, for the tile's rows and the halo's
//   -- barrier --
//   filter_columns   the same down the columns; mean and variance

#include <cstdint>

#include "kernels/ssim/live_pixels.h"
#include "kernels/ssim/live_ssim.h"
#include "kernels/ssim/window.h"

namespace fg::live {

inline constexpr int kReferenceRows = 16, kReferenceColumns = 32;  // results of a block
inline constexpr int kReferenceThreads = 256;

struct RowSums {
  double first, second;
};
struct ReferenceTile {
  float samples[kReferenceRows + 2 * kMaxWindowRadius][kReferenceColumns + 2 * kMaxWindowRadius];  // 4.4 KB
  RowSums sums[kReferenceRows + 2 * kMaxWindowRadius][kReferenceColumns];                          // 13.3 KB
};

// A sample of the source as frames will be scored against it, zero outside.
FG_HD float reference_sample(const LiveReference& op, std::int32_t row, std::int32_t column, int c) {
  if (row < 0 || row >= op.height || column < 0 || column >= op.width) return 0;
  const std::uint32_t place = op.source.channel[c];
  switch (op.source_format) {
    case PixelFormat::rgba8: {
      const float code = Reader<PixelFormat::rgba8>::sample(op.source, row, column, place);
      return op.codes ? code : code * (1.0f / 255.0f);
    }
    case PixelFormat::rgba16f:
      return Reader<PixelFormat::rgba16f>::sample(op.source, row, column, place);
    case PixelFormat::rgba32f:
      return Reader<PixelFormat::rgba32f>::sample(op.source, row, column, place);
    case PixelFormat::planar32f:
      return Reader<PixelFormat::planar32f>::sample(op.source, row, column, place);
    case PixelFormat::texture8:
    case PixelFormat::texture: {
#if defined(__CUDA_ARCH__)
      const float value = Reader<PixelFormat::texture>::sample(op.source, row, column, place);
      if (op.source_format == PixelFormat::texture) return value;
      return op.codes ? rintf(value * 255.0f) : rintf(value * 255.0f) * (1.0f / 255.0f);
#else
      break;  // only a GPU has textures
#endif
    }
  }
  return 0;
}

FG_HD void load_samples(int thread, const LiveReference& op, std::int32_t tile_row, std::int32_t tile_column,
                        int c, ReferenceTile& shared) {
  const int radius = op.window.radius, columns = kReferenceColumns + 2 * radius;
  for (int i = thread; i < (kReferenceRows + 2 * radius) * columns; i += kReferenceThreads)
    shared.samples[i / columns][i % columns] =
        reference_sample(op, tile_row + i / columns - radius, tile_column + i % columns - radius, c);
}

// y0: the tile's middle sample, inside the image, where it is finite.
FG_HD double tile_centre(const LiveReference& op, std::int32_t tile_row, std::int32_t tile_column,
                         const ReferenceTile& shared) {
  const std::int32_t rows = op.height - tile_row, columns = op.width - tile_column;
  const int row = rows > kReferenceRows / 2 ? kReferenceRows / 2 : rows - 1;
  const int column = columns > kReferenceColumns / 2 ? kReferenceColumns / 2 : columns - 1;
  const float v = shared.samples[op.window.radius + row][op.window.radius + column];
  return v - v == 0 ? v : 0.0;
}

FG_HD void filter_rows(int thread, const LiveReference& op, double centre, ReferenceTile& shared) {
  const int radius = op.window.radius;
  for (int i = thread; i < (kReferenceRows + 2 * radius) * kReferenceColumns; i += kReferenceThreads) {
    const int row = i / kReferenceColumns, column = i % kReferenceColumns;
    double first = 0, second = 0;
    FG_UNROLL
    for (int k = -kMaxWindowRadius; k <= kMaxWindowRadius; ++k) {
      if (k < -radius || k > radius) continue;
      const double v = shared.samples[row][column + radius + k] - centre;
      const double weight = op.window.tap[k < 0 ? -k : k];
      first += weight * v;
      second += weight * v * v;
    }
    shared.sums[row][column] = {first, second};
  }
}

FG_HD void filter_columns(int thread, const LiveReference& op, std::int32_t tile_row,
                          std::int32_t tile_column, int c, double centre, const ReferenceTile& shared) {
  const int radius = op.window.radius;
  const double c2 = live_constants(op.codes).c2;
  for (int i = thread; i < kReferenceRows * kReferenceColumns; i += kReferenceThreads) {
    const int row = i / kReferenceColumns, column = i % kReferenceColumns;
    if (tile_row + row >= op.height || tile_column + column >= op.width) continue;
    double first = 0, second = 0;
    FG_UNROLL
    for (int k = -kMaxWindowRadius; k <= kMaxWindowRadius; ++k) {
      if (k < -radius || k > radius) continue;
      const RowSums sums = shared.sums[row + radius + k][column];
      const double weight = op.window.tap[k < 0 ? -k : k];
      first += weight * sums.first;
      second += weight * sums.second;
    }
    // The taps' sum is 1 to 1e-8 only; what they lack lies in y0 as well.
    const double variance = second - first * first;
    op.moments[(std::int64_t{c} * op.height + tile_row + row) * op.moments_pitch + tile_column + column] = {
        static_cast<float>(4 * (centre + first)),
        static_cast<float>(4 * (variance < 0 ? 0.0 : variance) + 2 * c2)};
  }
}

// Copies the thread's pixels of the tile.
FG_HD void copy_pixels(int thread, const LiveReference& op, std::int32_t tile_row, std::int32_t tile_column) {
  for (int i = thread; i < kReferenceRows * kReferenceColumns; i += kReferenceThreads) {
    const std::int32_t row = tile_row + i / kReferenceColumns, column = tile_column + i % kReferenceColumns;
    if (row >= op.height || column >= op.width) continue;
    char* const line = static_cast<char*>(op.copy) + row * op.copy_row_bytes;
    if (op.source_format == PixelFormat::rgba8) {
      const std::uint32_t pixel = Reader<PixelFormat::rgba8>::pixel(op.source, row, column);
      std::uint32_t ordered = 0xFF000000u;
      for (int c = 0; c < 3; ++c) ordered |= (pixel >> (8 * op.source.channel[c]) & 0xFFu) << (8 * c);
      reinterpret_cast<std::uint32_t*>(line)[column] = ordered;
    } else if (op.source_format == PixelFormat::texture8) {
      std::uint32_t ordered = 0xFF000000u;
      for (int c = 0; c < 3; ++c) {
        const float value = reference_sample(op, row, column, c);
        ordered |= static_cast<std::uint32_t>(op.codes ? value : rintf(value * 255.0f)) << (8 * c);
      }
      reinterpret_cast<std::uint32_t*>(line)[column] = ordered;
    } else {
      for (int c = 0; c < 3; ++c)
        reinterpret_cast<float*>(line + c * op.copy_plane_bytes)[column] =
            reference_sample(op, row, column, c);
    }
  }
}

}  // namespace fg::live
