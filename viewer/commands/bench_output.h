#pragma once
// What the suites of framegauge bench have in common: where the rows go, and how a run ends.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "viewer/error.h"
#include "viewer/report/interrupt.h"
#include "viewer/report/json_file.h"

namespace fg {

struct BenchOutput {
  std::string json, csv;  // files, or - for standard output; "" for none

  void add_to(CLI::App& c) {
    c.add_option("--json", json, "Write the rows as JSON to a file, or to standard output (-, the default)")
        ->expected(0, 1)
        ->default_str("-");
    c.add_option("--csv", csv, "Write the rows as CSV to a file, or - for standard output");
  }
};

// Writes the files, prints the table unless a file goes there, and returns the exit code.
template <class Report>
int finish_bench(const Report& report, const BenchOutput& output, const InterruptGuard& interrupt) {
  if (!output.json.empty()) write_json(output.json, json_of(report));
  if (!output.csv.empty()) write_text(output.csv, csv_of(report));
  if (output.json != "-" && output.csv != "-") print_table(report);
  if (!interrupt.requested()) return static_cast<int>(ExitCode::pass);
  std::fprintf(stderr, "framegauge: interrupted after %zu rows\n", report.rows.size());
  return interrupt.exit_code();
}

}  // namespace fg
