#pragma once
// The window moments of a live reference, phase by phase and thread by thread as live_strip.h, whose strips these are
// (tested on the host: live_strip_test).
//
// A block walks down a strip, kRunRows rows of results at a time, and for each run through the channels:
//   filter_reference_columns   each thread: mean and variance of the windows of one column, into shared memory
//   -- barrier --
//   filter_reference_rows      each thread: those of the windows of kGroupColumns results of a row
//   -- barrier --
// A window's variance is the mean of its columns' variances and the variance of their means. All sums are of distances to
// a pivot, a sample or mean at most two results away: within every window that it serves, and with so much weight that
// what cancels is small (means to 2e-7 of the range, variances to 3e-6 of themselves, in single precision).

#include <cmath>
#include <cstdint>

#include "kernels/live/live_pixels.h"
#include "kernels/live/live_ssim.h"
#include "kernels/live/live_strip.h"
#include "kernels/ssim/window.h"

namespace fg::live {

// Of the windows of columns: 9 KB.
struct ReferenceSums {
  Four means[kRunRows * kPitch / 4], variances[kRunRows * kPitch / 4];
};

// Samples of a pixel as frames will be scored against them.
struct ReferenceSamples {
  float of_channel[3];
};
template <PixelFormat kFormat>
FG_HD ReferenceSamples reference_samples(const LiveReference& op, std::int32_t row, std::int32_t column) {
  ReferenceSamples samples;
  FG_UNROLL
  for (int c = 0; c < 3; ++c)
    samples.of_channel[c] = Reader<kFormat>::sample(op.source, row, column, op.source.channel[c]);
  return samples;
}
template <>
FG_HD ReferenceSamples reference_samples<PixelFormat::rgba8>(const LiveReference& op, std::int32_t row,
                                                             std::int32_t column) {
  const std::uint32_t pixel = Reader<PixelFormat::rgba8>::pixel(op.source, row, column);
  ReferenceSamples samples;
  FG_UNROLL
  for (int c = 0; c < 3; ++c) {
    const float code = biased_code(pixel, op.source.channel[c]) - kCodeBias;
    samples.of_channel[c] = op.codes ? code : code * (1.0f / 255.0f);
  }
  return samples;
}
#if defined(__CUDACC__)
template <>
__device__ inline ReferenceSamples reference_samples<PixelFormat::texture8>(const LiveReference& op,
                                                                            std::int32_t row,
                                                                            std::int32_t column) {
  ReferenceSamples samples = reference_samples<PixelFormat::texture>(op, row, column);
  FG_UNROLL
  for (int c = 0; c < 3; ++c) {
    const float code = rintf(samples.of_channel[c] * 255.0f);
    samples.of_channel[c] = op.codes ? code : code * (1.0f / 255.0f);
  }
  return samples;
}
#endif

// The samples of a column in the rows that a run's windows reach, zeros outside the image.
class ReferenceTrack {
 public:
  static constexpr int kRows = kRunRows + 2 * kMaxWindowRadius;

  // row: of the first result. Ready after start().
  FG_HD ReferenceTrack(std::int32_t row, std::int32_t column, bool inside)
      : first_row_(row - kMaxWindowRadius), next_row_(first_row_), column_(column), inside_(inside) {}
  FG_HD void start(const LiveReference& op) {
    constexpr int kRuns = (kRows + kRunRows - 1) / kRunRows;
    next_row_ -= kRuns * kRunRows - kRows;
    for (int i = 0; i < kRuns; ++i) advance(op);
  }
  FG_HD void advance(const LiveReference& op) {
    FG_UNROLL
    for (int c = 0; c < 3; ++c) {
      FG_UNROLL
      for (int i = 0; i < kRows - kRunRows; ++i) samples_[c][i] = samples_[c][i + kRunRows];
    }
    switch (op.source_format) {
      case PixelFormat::rgba8:
        read<PixelFormat::rgba8>(op);
        break;
      case PixelFormat::rgba16f:
        read<PixelFormat::rgba16f>(op);
        break;
      case PixelFormat::rgba32f:
        read<PixelFormat::rgba32f>(op);
        break;
      case PixelFormat::planar32f:
        read<PixelFormat::planar32f>(op);
        break;
      case PixelFormat::texture8:
      case PixelFormat::texture:
#if defined(__CUDA_ARCH__)  // only a GPU has textures
        if (op.source_format == PixelFormat::texture8)
          read<PixelFormat::texture8>(op);
        else
          read<PixelFormat::texture>(op);
#endif
        break;
    }
    next_row_ += kRunRows;
  }
  FG_HD const float (&channel(int c) const)[kRows] { return samples_[c]; }

 private:
  template <PixelFormat kFormat>
  FG_HD void read(const LiveReference& op) {
    FG_UNROLL
    for (int i = 0; i < kRunRows; ++i) {
      const std::int32_t row = next_row_ + i;
      ReferenceSamples samples{};
      if (inside_ && row >= 0 && row >= first_row_ && row < op.height)
        samples = reference_samples<kFormat>(op, row, column_);
      FG_UNROLL
      for (int c = 0; c < 3; ++c) samples_[c][kRows - kRunRows + i] = samples.of_channel[c];
    }
  }
  float samples_[3][kRows] = {};
  std::int32_t first_row_, next_row_, column_;
  bool inside_;
};

FG_HD bool in_window(const WindowTaps& window, int offset) {
  return offset <= 3 && offset >= -3 ? true : offset <= window.radius && offset >= -window.radius;
}

struct MeanAndVariance {
  float mean, variance;
};
// Of four results from `first` on: samples[i + kMaxWindowRadius] lies in the middle of the window of result i. variances:
// of the samples themselves, where these are means.
template <bool kOfMeans>
FG_HD void filter_four(const float* samples, const float* variances, int first, const WindowTaps& window,
                       MeanAndVariance (&results)[4]) {
  const float pivot = samples[first + 2 + kMaxWindowRadius];  // in the middle of the third one's window
  float sums[4] = {}, squares[4] = {};
  FG_UNROLL
  for (int k = 0; k < 4 + 2 * kMaxWindowRadius; ++k) {
    const float v = samples[first + k] - pivot;
    const float square = kOfMeans ? v * v + variances[first + k] : v * v;
    FG_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int offset = k - i - kMaxWindowRadius;
      if (offset < -kMaxWindowRadius || offset > kMaxWindowRadius || !in_window(window, offset)) continue;
      const float weight = window.tap[offset < 0 ? -offset : offset];
      sums[i] += weight * v;
      squares[i] += weight * square;
    }
  }
  FG_UNROLL
  for (int i = 0; i < 4; ++i) {
    const float variance = squares[i] - sums[i] * sums[i];
    results[i] = {pivot + sums[i], variance < 0 ? 0.0f : variance};  // a NaN stays one
  }
}

// samples: of a channel, of the thread's column.
FG_HD void filter_reference_columns(int thread, const float (&samples)[ReferenceTrack::kRows],
                                    const WindowTaps& window, ReferenceSums& shared) {
  float* const means = &shared.means[0].value[0] + thread;
  float* const variances = &shared.variances[0].value[0] + thread;
  FG_UNROLL
  for (int first = 0; first < kRunRows; first += 4) {
    MeanAndVariance results[4];
    filter_four<false>(samples, nullptr, first, window, results);
    FG_UNROLL
    for (int i = 0; i < 4; ++i) {
      means[(first + i) * kPitch] = results[i].mean;
      variances[(first + i) * kPitch] = results[i].variance;
    }
  }
}

// The moments of the thread's group.
FG_HD void filter_reference_rows(int thread, const ReferenceSums& shared, const WindowTaps& window,
                                 float two_c2, ReferenceMoments (&moments)[kGroupColumns]) {
  constexpr int kFours = (kGroupColumns + 2 * kMaxWindowRadius + 3) / 4;
  const int at = (filtered_row(thread) * kPitch + filtered_column(thread)) / 4;
  float means[4 * kFours], variances[4 * kFours];
  FG_UNROLL
  for (int four = 0; four < kFours; ++four) {
    const Four m = shared.means[at + four], v = shared.variances[at + four];
    FG_UNROLL
    for (int i = 0; i < 4; ++i) {
      means[4 * four + i] = m.value[i];
      variances[4 * four + i] = v.value[i];
    }
  }
  FG_UNROLL
  for (int first = 0; first < kGroupColumns; first += 4) {
    MeanAndVariance results[4];
    filter_four<true>(means, variances, first, window, results);
    FG_UNROLL
    for (int i = 0; i < 4; ++i)
      moments[first + i] = {4.0f * results[i].mean, 4.0f * results[i].variance + two_c2};
  }
}

// Copies the pixels of the run's results in the thread's column.
FG_HD void copy_pixels(const LiveReference& op, std::int32_t first_row, std::int32_t column,
                       const ReferenceTrack& track) {
  const bool codes = op.source_format == PixelFormat::rgba8 || op.source_format == PixelFormat::texture8;
  char* line = static_cast<char*>(op.copy) + first_row * op.copy_row_bytes;
  FG_UNROLL
  for (int i = 0; i < kRunRows; ++i, line += op.copy_row_bytes) {
    if (first_row + i >= op.height) continue;
    std::uint32_t pixel = 0xFF000000u;
    FG_UNROLL
    for (int c = 0; c < 3; ++c) {
      const float sample = track.channel(c)[kMaxWindowRadius + i];
      if (codes)
        pixel |= static_cast<std::uint32_t>(op.codes ? sample : rintf(sample * 255.0f)) << (8 * c);
      else
        reinterpret_cast<float*>(line + c * op.copy_plane_bytes)[column] = sample;
    }
    if (codes) reinterpret_cast<std::uint32_t*>(line)[column] = pixel;
  }
}

}  // namespace fg::live
