#pragma once
// What makes a run pass or fail: --fail-under, --fail-over, --fail-percent, --warn-under, --warn-over.

#include <optional>
#include <set>

#include "viewer/diff/results/result.h"
#include "viewer/report/thresholds.h"

namespace fg {

struct GateOptions {
  std::vector<std::string> fail_under, fail_over, warn_under, warn_over;  // "ssim=0.98", "ssim:p5=0.95"
  std::optional<double> fail_percent;  // every pair is held to the limits; so many of them may miss one

  std::vector<std::string> all() const;
};

struct Gate {
  Threshold threshold;
  std::size_t column = 0;
  std::string statistic;  // over the pairs: "mean", "p5", ...
  bool warns_only = false;
};

// The metrics that limits speak of: they are computed whether or not --metrics names them.
std::vector<Metric> metrics_of_gates(const GateOptions& options, bool masked);
bool gates_need_map_statistics(const GateOptions& options);

// What a column is called. Of two files min and p5 can only be those of the map, and need no more words.
std::string column_name(const Column& column, bool two_files);

// Throws Failure(usage) with the names that there are.
std::vector<Gate> parse_gates(const GateOptions& options, const std::vector<Column>& columns, bool two_files);

// One sentence for each limit that good pairs miss and bad ones keep: --fail-over ssim=0.98.
std::vector<std::string> doubts(const std::vector<Gate>& gates, const std::vector<Column>& columns);

struct GateOutcome {
  Gate gate;
  double value = 0;  // the statistic
  bool passed = true;
  std::vector<std::size_t> missed_by;  // places in results.pairs whose own score misses the limit
  bool of_pairs = false;               // judged by missed_by and --fail-percent instead of by value
};

struct Verdict {
  std::vector<GateOutcome> outcomes;
  bool passed = true;
  std::set<std::size_t>
      failing_pairs;  // places in results.pairs that miss the limit of a gate that is no warning
};

Verdict judge(const std::vector<Gate>& gates, const std::optional<double>& fail_percent,
              const Results& results);

// Whether the pair's own scores miss a limit. One that it does not have misses none: that it is incomplete fails the run.
bool misses_a_limit(const std::vector<Gate>& gates, const PairResult& pair);

// "ssim is 0.91, under the limit of 0.98"
std::string sentence(const GateOutcome& outcome, const Results& results,
                     const std::optional<double>& fail_percent);

nlohmann::ordered_json describe(const GateOutcome& outcome, const Results& results);

}  // namespace fg
