#include "plugin/evaluator/frame_statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "shaders/shared/frame_statistics.h"

namespace fg {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Sums {
  double ssim[3] = {};
  double squares = 0, absolute = 0;
  float max_error = 0;
  float map_min = std::numeric_limits<float>::infinity();
  std::uint64_t nonfinite = 0;
};

Sums sum_records(std::span<const std::uint32_t> records) {
  Sums s;
  for (std::size_t base = 0; base + kFgRecordWords <= records.size(); base += kFgRecordWords) {
    const auto value = [&](int word) { return std::bit_cast<float>(records[base + word]); };
    const auto sum = [&](int word) { return static_cast<double>(value(word)) + value(word + 1); };
    for (int c = 0; c < 3; ++c) s.ssim[c] += sum(kFgSumSsim + 2 * c);
    s.squares += sum(kFgSumSquares);
    s.absolute += sum(kFgSumAbsolute);
    s.max_error = std::max(s.max_error, value(kFgMaxError));
    s.map_min = std::min(s.map_min, value(kFgMapMin));
    s.nonfinite += records[base + kFgNonfinite];
  }
  return s;
}

// The value of rank k (0: smallest), spread evenly inside its bin.
double value_of_rank(std::span<const std::uint32_t> bins, double rank) {
  double before = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    if (rank < before + bins[i])
      return -1 + (static_cast<double>(i) + (rank - before + 0.5) / bins[i]) * 2 /
                      static_cast<double>(bins.size());
    before += bins[i];
  }
  return 1;
}

}  // namespace

double histogram_quantile(std::span<const std::uint32_t> bins, double fraction) {
  double count = 0;
  for (const std::uint32_t n : bins) count += n;
  if (count == 0) return kNaN;
  const double position = fraction * (count - 1);
  const double rank = std::floor(position);
  const double low = value_of_rank(bins, rank);
  if (position == rank) return low;
  return low + (position - rank) * (value_of_rank(bins, rank + 1) - low);
}

void finish_statistics(std::span<const std::uint32_t> words, const StatisticsShape& shape,
                       FgFrameResult& result) {
  const std::span<const std::uint32_t> bins = words.first(kFgMapBins);
  const Sums sums = sum_records(words.subspan(kFgMapBins));
  const double border = shape.padding == FG_PADDING_VALID ? shape.window - 1 : 0;
  const double map_pixels = (shape.width - border) * (shape.height - border);
  const double values = 3.0 * shape.width * shape.height;

  result.width = shape.width;
  result.height = shape.height;
  result.nonfinite = sums.nonfinite;
  const bool finite = sums.nonfinite == 0;
  double total = 0;
  for (int c = 0; c < 3; ++c) {
    result.ssim_channel[c] = sums.ssim[c] / map_pixels;  // NaN by itself where the channel holds one
    total += sums.ssim[c];
  }
  result.ssim = finite ? total / (3 * map_pixels) : kNaN;
  result.mse = finite ? sums.squares / values : kNaN;
  result.mae = finite ? sums.absolute / values : kNaN;
  result.max_error = finite ? sums.max_error : kNaN;
  result.psnr = -10 * std::log10(result.mse);  // +inf for mse 0

  result.ssim_min = std::isinf(sums.map_min) ? kNaN : sums.map_min;
  result.ssim_p5 = std::max(histogram_quantile(bins, 0.05), result.ssim_min);
  constexpr int kBinsPerBin = kFgMapBins / FG_HISTOGRAM_BINS;
  for (int i = 0; i < FG_HISTOGRAM_BINS; ++i) {
    std::uint32_t count = 0;
    for (const std::uint32_t n : bins.subspan(i * kBinsPerBin, kBinsPerBin)) count += n;
    result.histogram[i] = count;
  }
}

}  // namespace fg
