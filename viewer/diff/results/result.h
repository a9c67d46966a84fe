#pragma once
// What came of the pairs: the table, the JSON, the report and the gates read it.

#include <string>
#include <vector>

#include "viewer/diff/inputs/source.h"
#include "viewer/diff/results/statistics.h"
#include "viewer/diff/scores/metrics.h"

namespace fg {

struct PairResult {
  // incomplete: a metric is not defined for the two files, such as flip-hdr of a PNG; the others are scored.
  enum class Status { scored, size_mismatch, unreadable, incomplete };
  Status status = Status::scored;
  std::size_t index = 0;  // in the source
  PairIdentity identity;
  int width = 0, height = 0;           // pixels that were scored
  int depth = 1;                       // slices of a volume
  double data_range = 0;               // of a volume
  std::vector<double> scores;          // one a column; empty where nothing could be scored
  std::vector<std::size_t> undefined;  // columns without a value, whose scores are NaN; of incomplete pairs
  std::string problem;                 // one sentence; empty when scored
  std::uint64_t not_finite = 0;        // NaN and Inf samples in the two files
  std::vector<std::string> notes;      // of the two files, one sentence each

  bool has_scores() const { return status == Status::scored || status == Status::incomplete; }
  bool has_score(std::size_t column) const;  // NaN is one, too
};

std::string status_name(PairResult::Status status);  // "scored", "size-mismatch", "unreadable", "incomplete"

struct Results {
  std::vector<Column> columns;
  std::vector<PairResult> pairs;       // finished ones, in the order of the source
  std::size_t planned = 0;             // more than pairs when it was interrupted
  std::vector<Statistics> statistics;  // one a column, over the pairs that have a score there

  std::size_t count(PairResult::Status status) const;
  std::size_t count_with_score(std::size_t column) const;
};

// The scored frames of one video among several.
struct VideoSummary {
  std::string name, test, reference;
  int width = 0, height = 0;  // of its first scored frame
  std::size_t scored = 0, failed = 0;
  std::vector<Statistics> statistics;  // one a column
};
std::vector<VideoSummary> summaries_of_videos(const Results& results);  // in the order of the source

// The scores of one column, of the pairs that have one.
std::vector<double> column_scores(const Results& results, std::size_t column);

// Indices in results.pairs of those that have a score in the first column, worst first by it.
std::vector<std::size_t> worst_first(const Results& results);

}  // namespace fg
