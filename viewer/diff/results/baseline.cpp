#include "viewer/diff/results/baseline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/report/json_file.h"
#include "viewer/report/thresholds.h"

namespace fg {
namespace {

using nlohmann::ordered_json;
constexpr const char* kSchema = "framegauge-baseline-1";

bool is_worse(const Column& column, double now, double before, double tolerance) {
  if (std::isnan(before)) return false;
  if (std::isnan(now)) return true;
  if (now == before) return false;  // both infinite
  return column.higher_is_better ? now < before - tolerance : now > before + tolerance;
}

}  // namespace

Baseline load_baseline(const std::filesystem::path& file) {
  if (std::error_code error; !std::filesystem::exists(file, error))
    throw unreadable(file, "there is no such baseline; --update-baseline writes it");
  const std::vector<std::uint8_t> bytes = read_file(file);
  try {
    const auto json = nlohmann::json::parse(bytes);
    if (json.value("schema", "") != kSchema)
      throw unreadable(file,
                       std::string("the schema is not ") + kSchema + "; write it with --update-baseline");
    Baseline baseline{.metrics = json.at("metrics"), .scores = {}};
    for (const auto& [pair, scores] : json.at("pairs").items())
      for (const auto& [column, score] : scores.items())
        baseline.scores[pair][column] = number_of_json(score);
    return baseline;
  } catch (const nlohmann::json::exception& error) {
    throw unreadable(file, std::string("not a baseline: ") + error.what());
  }
}

void save_baseline(const std::filesystem::path& file, const Results& results, const ordered_json& metrics) {
  ordered_json::object_t pairs;  // as a list: a key would be looked for among all before it
  for (const PairResult& pair : results.pairs) {
    if (!pair.has_scores()) continue;
    ordered_json scores = ordered_json::object();
    for (std::size_t c = 0; c < results.columns.size(); ++c)
      if (pair.has_score(c)) scores[results.columns[c].name] = json_number(pair.scores[c]);
    pairs.push_back({pair.identity.name, std::move(scores)});
  }
  write_json(file, {{"schema", kSchema}, {"metrics", metrics}, {"pairs", ordered_json(std::move(pairs))}});
}

std::map<std::string, double> parse_tolerances(const std::vector<std::string>& texts,
                                               const std::vector<Column>& columns) {
  std::map<std::string, double> tolerances;
  std::vector<std::string> names;
  for (const Column& column : columns) {
    names.push_back(column.name);
    tolerances[column.name] = column.metric == Metric::psnr ? 1e-3 : 1e-5;
  }
  for (const std::string& text : texts) {
    const Threshold threshold = parse_threshold(text, true, names);
    if (threshold.limit < 0) throw Failure(ExitCode::usage, "--tolerance " + text + ": expected 0 or more");
    tolerances[threshold.score] = threshold.limit;
  }
  return tolerances;
}

void check_metrics(const Baseline& baseline, const ordered_json& metrics) {
  for (const auto& [name, definition] : metrics.items())
    if (const nlohmann::json now = definition;
        baseline.metrics.contains(name) && baseline.metrics[name] != now)
      throw Failure(ExitCode::usage, "the baseline's " + name + " is " + baseline.metrics[name].dump() +
                                         ", this run's " + now.dump() +
                                         "; use the same options or --update-baseline");
}

Comparison compare(const Results& results, const Baseline& baseline,
                   const std::map<std::string, double>& tolerances) {
  Comparison comparison;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < results.pairs.size(); ++i) {
    const PairResult& pair = results.pairs[i];
    seen.insert(pair.identity.name);
    if (!pair.has_scores()) continue;
    const auto before = baseline.scores.find(pair.identity.name);
    if (before == baseline.scores.end()) {
      comparison.new_pairs.push_back(pair.identity.name);
      continue;
    }
    for (std::size_t c = 0; c < results.columns.size(); ++c) {
      const Column& column = results.columns[c];
      const auto score = before->second.find(column.name);
      if (score != before->second.end() && pair.has_score(c) &&
          is_worse(column, pair.scores[c], score->second, tolerances.at(column.name)))
        comparison.regressions.push_back({i, column.name, score->second, pair.scores[c]});
    }
  }
  for (const auto& [name, scores] : baseline.scores)
    if (!seen.contains(name)) comparison.lost_pairs.push_back(name);
  return comparison;
}

}  // namespace fg
