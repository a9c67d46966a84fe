#pragma once
// The end of a run as text: table, JSON, CSV, JUnit, and the two files that scripts of 3DGS papers read.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/results/baseline.h"
#include "viewer/diff/results/gates.h"
#include "viewer/diff/results/result.h"
#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {

enum class MissingRule { fail, warn, ignore };

struct Outcome {
  Results results;
  ScorePlan plan;
  std::vector<std::string> tests;
  std::string reference;
  bool two_files = false;
  std::vector<std::string> unmatched;
  std::size_t unmatched_count = 0;
  MissingRule missing = MissingRule::fail;
  std::optional<double> fail_percent;
  Verdict verdict;
  std::optional<Comparison> comparison;  // with the baseline
  nlohmann::ordered_json settings;       // how the pictures became numbers
  std::vector<std::string> notes;        // what a user should know of the inputs, one sentence each
  bool interrupted = false;

  bool missing_fails() const { return missing == MissingRule::fail && unmatched_count > 0; }
  bool passed() const;
  ExitCode exit_code() const;  // DESIGN: an unreadable or missing input before a size, a size before a limit
};

enum class TableStyle { aligned, tab_separated };

// Two files: a line a score. More: a line a pair and the statistics; of a long list only the worst.
std::string table(const Outcome& outcome, TableStyle style);
// Part by part: a video has many frames.
void put_csv(const Outcome& outcome, const TextSink& sink);
void put_junit(const Outcome& outcome, const TextSink& sink);
void put_json(const Outcome& outcome,
              const TextSink& sink);  // schema framegauge-diff-2: viewer/diff/README.md

// The same JSON with no entry in "pairs", which is its last key.
nlohmann::ordered_json json_without_pairs(const Outcome& outcome);

// results.json and per_view.json, as metrics.py of the 3DGS authors writes them.
void write_gaussian_splatting_tables(const std::filesystem::path& folder, const std::string& method,
                                     const Outcome& outcome);

}  // namespace fg
