// Baselines of framegauge diff.

#include "viewer/diff/results/baseline.h"
#include "tests/fuzz/fuzz_file.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Baseline baseline = load_baseline(write("baseline.json", input));
  const ScorePlan plan{.metrics = default_metrics(false)};
  Results results{.columns = columns_of(plan), .pairs = {}, .statistics = {}};
  check_metrics(baseline, describe_metrics(plan));
  compare(results, baseline, {});
  PairResult pair{.identity = {.name = "a"}, .scores = std::vector<double>(results.columns.size(), 0.5)};
  results.pairs.push_back(pair);
  std::map<std::string, double> tolerances = parse_tolerances({}, results.columns);
  compare(results, baseline, tolerances);
}

}  // namespace fg
