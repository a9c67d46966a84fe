#pragma once
// Gates on scores: --fail-under ssim=0.98, --fail-over mae=0.02, with statistics as in ssim:p5=0.9.

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace fg {

struct Threshold {
  std::string score;  // a name of the scores that the command offers: "ssim", "ssim:min", "psnr"
  double limit = 0;
  bool fails_under = true;  // false: fails over
};

// Parses "NAME=VALUE"; throws Failure(usage) naming what the command offers when the name is not among known.
Threshold parse_threshold(const std::string& text, bool fails_under, const std::vector<std::string>& known);

// NaN never passes.
bool passes(const Threshold& threshold, double value);

// One entry a threshold: {"score", "limit", "rule", "value", "passed"}. Sets all_passed.
nlohmann::ordered_json check_thresholds(const std::vector<Threshold>& thresholds,
                                        const std::map<std::string, double>& scores, bool& all_passed);

}  // namespace fg
