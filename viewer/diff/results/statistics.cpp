#include "viewer/diff/results/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "viewer/percentile.h"

namespace fg {
namespace {

double psnr_of_mean_error(const std::vector<double>& decibels) {
  double sum = 0;
  for (const double psnr : decibels) sum += std::pow(10.0, -psnr / 10);
  return sum == 0 ? std::numeric_limits<double>::infinity()
                  : -10 * std::log10(sum / static_cast<double>(decibels.size()));
}

}  // namespace

Statistics statistics_of(const Column& column, const std::vector<double>& scores) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  Statistics s{kNone, kNone, kNone, kNone, kNone, kNone, kNone, 0};
  s.not_a_number = static_cast<std::size_t>(
      std::count_if(scores.begin(), scores.end(), [](double v) { return std::isnan(v); }));
  if (scores.empty() || s.not_a_number) return s;
  s.mean = std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
  s.p5 = percentile(scores, 0.05);
  s.p95 = percentile(scores, 0.95);
  s.min = *std::min_element(scores.begin(), scores.end());
  s.max = *std::max_element(scores.begin(), scores.end());
  s.worst = column.higher_is_better ? s.min : s.max;
  if (column.metric == Metric::psnr) s.pooled = psnr_of_mean_error(scores);
  return s;
}

std::vector<std::string> statistic_names() { return {"mean", "p5", "p95", "min", "max", "worst", "pooled"}; }

double statistic(const Statistics& s, const std::string& name) {
  const std::vector<std::string> names = statistic_names();
  const double values[] = {s.mean, s.p5, s.p95, s.min, s.max, s.worst, s.pooled};
  return values[std::find(names.begin(), names.end(), name) - names.begin()];
}

}  // namespace fg
