// Limits and tolerances of the command line.

#include "tests/fuzz/fuzz_file.h"
#include "viewer/diff/results/baseline.h"
#include "viewer/diff/results/gates.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Parts parts = split(input);
  const ScorePlan plan{.metrics = all_metrics(), .map_statistics = true, .chroma = true};
  const GateOptions gates{.fail_under = {std::string(text_of(parts.first))}};
  metrics_of_gates(gates, false);
  parse_gates(gates, columns_of(plan), true);
  parse_tolerances({std::string(text_of(parts.second))}, columns_of(plan));
}

}  // namespace fg
