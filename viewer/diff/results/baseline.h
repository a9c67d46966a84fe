#pragma once
// Earlier results to hold new ones against: --baseline FILE, --update-baseline.

#include <filesystem>
#include <map>

#include "viewer/diff/results/result.h"

namespace fg {

struct Baseline {
  nlohmann::json metrics;  // what they meant, as describe_metrics() has it
  std::map<std::string, std::map<std::string, double>> scores;  // by pair, then by column
};

// Throws Failure(unreadable_input).
Baseline load_baseline(const std::filesystem::path& file);

// Holds nothing that changes from run to run but the scores.
void save_baseline(const std::filesystem::path& file, const Results& results,
                   const nlohmann::ordered_json& metrics);

// How much worse a score may be: "ssim=0.001". Columns without one may be worse by rounding: 1e-5, of PSNR 0.001 dB.
std::map<std::string, double> parse_tolerances(const std::vector<std::string>& texts,
                                               const std::vector<Column>& columns);

struct Regression {
  std::size_t pair = 0;  // place in results.pairs
  std::string column;
  double before = 0, now = 0;
};

struct Comparison {
  std::vector<Regression> regressions;
  std::vector<std::string> new_pairs, lost_pairs;  // by name
};

// Throws Failure(usage) where the baseline's metrics are other ones.
void check_metrics(const Baseline& baseline, const nlohmann::ordered_json& metrics);

Comparison compare(const Results& results, const Baseline& baseline,
                   const std::map<std::string, double>& tolerances);

}  // namespace fg
