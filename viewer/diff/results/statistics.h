#pragma once
// One column over all pairs.

#include <cstddef>
#include <string>
#include <vector>

#include "viewer/diff/scores/metrics.h"

namespace fg {

// All NaN where there is no pair or a score is NaN: what could not be scored is not averaged away.
struct Statistics {
  double mean, p5, p95, min, max;
  double worst;  // min where higher is better, max where lower is
  double
      pooled;  // of PSNR: that of the mean of the mean squared errors, as FFmpeg's psnr filter sums up; else NaN
  std::size_t not_a_number = 0;  // pairs whose score is NaN
};

Statistics statistics_of(const Column& column, const std::vector<double>& scores);

std::vector<std::string> statistic_names();  // as gates have them: "mean", "p5", ...
double statistic(const Statistics& statistics, const std::string& name);

}  // namespace fg
