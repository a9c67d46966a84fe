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

// Each of the result's bins holds so many of the frame's.
constexpr std::size_t kBinsPerGroup = kFgMapBins / FG_HISTOGRAM_BINS;
using Bins = std::span<const std::uint32_t, kFgMapBins>;
using Groups = std::span<const std::uint32_t, FG_HISTOGRAM_BINS>;

std::uint32_t sum_of(std::span<const std::uint32_t> counts) {
  std::uint32_t sum = 0;
  for (const std::uint32_t n : counts) sum += n;
  return sum;
}

// The value of rank k (0: smallest) of those counted, spread evenly inside its bin. The host waits for it: whole groups are
// passed over.
double value_of_rank(Bins bins, Groups groups, std::uint64_t rank) {
  std::uint64_t before = 0;
  std::size_t group = 0;
  while (rank >= before + groups[group]) before += groups[group++];
  std::size_t bin = group * kBinsPerGroup;
  while (rank >= before + bins[bin]) before += bins[bin++];
  const double within = (static_cast<double>(rank - before) + 0.5) / bins[bin];
  return -1 + (static_cast<double>(bin) + within) * 2 / kFgMapBins;
}

// The value below which the given fraction of the counted values lies, as numpy.percentile interpolates, off by less than
// the width of a bin. NaN when nothing was counted.
double quantile(Bins bins, Groups groups, double fraction) {
  std::uint64_t count = 0;
  for (const std::uint32_t n : groups) count += n;
  if (count == 0) return kNaN;
  const double position = fraction * static_cast<double>(count - 1);
  const auto rank = static_cast<std::uint64_t>(position);
  const double low = value_of_rank(bins, groups, rank), between = position - static_cast<double>(rank);
  return between == 0 ? low : low + between * (value_of_rank(bins, groups, rank + 1) - low);
}

}  // namespace

void finish_statistics(std::span<const std::uint32_t> words, const StatisticsShape& shape,
                       FgFrameResult& result) {
  const Bins bins = words.first<kFgMapBins>();
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
  for (std::size_t i = 0; i < FG_HISTOGRAM_BINS; ++i)
    result.histogram[i] = sum_of(bins.subspan(i * kBinsPerGroup, kBinsPerGroup));
  result.ssim_p5 = std::max(quantile(bins, Groups(result.histogram), 0.05), result.ssim_min);
}

}  // namespace fg
