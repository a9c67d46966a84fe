#include "viewer/diff/results/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {
namespace {

// Only two statistics are of one pair alone; the others need their neighbours.
bool is_of_single_pairs(const Gate& gate) { return gate.statistic == "mean"; }

bool misses(const Gate& gate, const PairResult& pair) {
  return pair.has_score(gate.column) && !passes(gate.threshold, pair.scores[gate.column]);
}

std::string name_of(const std::string& text) { return text.substr(0, text.find('=')); }

const char* rule_of(const Gate& gate) {
  if (gate.warns_only) return gate.threshold.fails_under ? "warn under" : "warn over";
  return gate.threshold.fails_under ? "fail under" : "fail over";
}

Gate parse_gate(const std::string& text, bool under, const std::vector<Column>& columns, bool two_files) {
  const std::string name = name_of(text);
  std::string offered, base = name, statistic_name = "mean";
  const auto column_called = [&](const std::string& wanted) {
    return std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
      return column_name(column, two_files) == wanted || column.name == wanted;
    });
  };
  auto column = column_called(name);
  if (column == columns.end()) {
    const std::size_t colon = name.rfind(':');
    const std::vector<std::string> known = statistic_names();
    if (colon != std::string::npos) {
      base = name.substr(0, colon);
      statistic_name = name.substr(colon + 1);
    }
    column = column_called(base);
    const bool known_statistic = std::find(known.begin(), known.end(), statistic_name) != known.end() &&
                                 (statistic_name != "pooled" || base.rfind("psnr", 0) == 0);
    if (column == columns.end() || !known_statistic) {
      for (const Column& c : columns) offered += (offered.empty() ? "" : ", ") + column_name(c, two_files);
      throw Failure(
          ExitCode::usage,
          fmt::format("threshold '{}': there is no score '{}'; choose from {}{}", text, name, offered,
                      two_files ? ""
                                : "; over the pairs with :mean, :p5, :p95, :min, :max or "
                                  ":worst, of PSNR also :pooled"));
    }
  }
  return {.threshold = parse_threshold(text, under, {name}),
          .column = static_cast<std::size_t>(column - columns.begin()),
          .statistic = statistic_name};
}

}  // namespace

std::vector<std::string> GateOptions::all() const {
  std::vector<std::string> texts;
  for (const auto* list : {&fail_under, &fail_over, &warn_under, &warn_over})
    texts.insert(texts.end(), list->begin(), list->end());
  return texts;
}

std::vector<Metric> metrics_of_gates(const GateOptions& options, bool masked) {
  std::vector<Metric> metrics;
  for (const std::string& text : options.all()) {
    std::string name = name_of(text);
    name = name.substr(0, name.find(':'));
    if (name == "psnr-y" || name == "psnr-u" || name == "psnr-v") name = "psnr";
    for (const Metric metric : all_metrics())
      if (metric_name(metric) == name) metrics.push_back(parse_metrics(name, masked).front());
  }
  return metrics;
}

bool gates_need_map_statistics(const GateOptions& options) {
  const std::vector<std::string> texts = options.all();
  return std::any_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return text.find(":map-") != std::string::npos; });
}

std::string column_name(const Column& column, bool two_files) {
  const std::size_t map = column.name.find(":map-");
  return two_files && map != std::string::npos ? column.name.substr(0, map + 1) + column.name.substr(map + 5)
                                               : column.name;
}

std::vector<std::string> doubts(const std::vector<Gate>& gates, const std::vector<Column>& columns) {
  std::vector<std::string> sentences;
  for (const Gate& gate : gates) {
    const bool higher = columns[gate.column].higher_is_better, under = gate.threshold.fails_under;
    const char* what = gate.warns_only ? "--warn" : "--fail";
    if (under != higher)
      sentences.push_back(fmt::format("{0}-{1} {2}={3:g}: the {4} {2} is, the better; is {0}-{5} meant?",
                                      what, under ? "under" : "over", gate.threshold.score,
                                      gate.threshold.limit, higher ? "higher" : "lower",
                                      higher ? "under" : "over"));
  }
  return sentences;
}

std::vector<Gate> parse_gates(const GateOptions& options, const std::vector<Column>& columns,
                              bool two_files) {
  std::vector<Gate> gates;
  const struct {
    const std::vector<std::string>& texts;
    bool under, warns_only;
  } lists[] = {{options.fail_under, true, false},
               {options.fail_over, false, false},
               {options.warn_under, true, true},
               {options.warn_over, false, true}};
  for (const auto& list : lists)
    for (const std::string& text : list.texts) {
      gates.push_back(parse_gate(text, list.under, columns, two_files));
      gates.back().warns_only = list.warns_only;
    }
  return gates;
}

bool misses_a_limit(const std::vector<Gate>& gates, const PairResult& pair) {
  return std::any_of(gates.begin(), gates.end(),
                     [&](const Gate& gate) { return !gate.warns_only && misses(gate, pair); });
}

Verdict judge(const std::vector<Gate>& gates, const std::optional<double>& fail_percent,
              const Results& results) {
  Verdict verdict;
  for (const Gate& gate : gates) {
    const std::size_t scored = results.count_with_score(gate.column);
    GateOutcome outcome{.gate = gate};
    outcome.value = statistic(results.statistics[gate.column], gate.statistic);
    for (std::size_t i = 0; i < results.pairs.size(); ++i)
      if (misses(gate, results.pairs[i])) {
        outcome.missed_by.push_back(i);
        if (!gate.warns_only) verdict.failing_pairs.insert(i);
      }
    outcome.of_pairs = fail_percent && is_of_single_pairs(gate);
    outcome.passed = outcome.of_pairs ? scored > 0 && 100.0 * static_cast<double>(outcome.missed_by.size()) <=
                                                          *fail_percent * static_cast<double>(scored)
                                      : passes(gate.threshold, outcome.value);
    verdict.passed = verdict.passed && (outcome.passed || gate.warns_only);
    verdict.outcomes.push_back(std::move(outcome));
  }
  return verdict;
}

std::string sentence(const GateOutcome& outcome, const Results& results,
                     const std::optional<double>& fail_percent) {
  const Threshold& threshold = outcome.gate.threshold;
  const char* relation = threshold.fails_under ? "under the limit of" : "over the limit of";
  if (outcome.of_pairs)
    return fmt::format("{} of {} pairs have {} {} {}; allowed are {} %", outcome.missed_by.size(),
                       results.count_with_score(outcome.gate.column), threshold.score, relation,
                       threshold.limit, *fail_percent);
  if (std::isnan(outcome.value))
    return fmt::format("{} is not a number, which keeps no limit ({})", threshold.score, threshold.limit);
  return fmt::format("{}{} is {:.9g}, {} {}",
                     results.planned > 1 && outcome.gate.statistic == "mean" ? "mean " : "", threshold.score,
                     outcome.value, relation, threshold.limit);
}

nlohmann::ordered_json describe(const GateOutcome& outcome, const Results& results) {
  nlohmann::ordered_json d = {
      {"score", outcome.gate.threshold.score}, {"statistic", outcome.gate.statistic},
      {"rule", rule_of(outcome.gate)},         {"limit", json_number(outcome.gate.threshold.limit)},
      {"value", json_number(outcome.value)},   {"passed", outcome.passed}};
  if (outcome.of_pairs) {
    nlohmann::ordered_json names = nlohmann::ordered_json::array();
    for (const std::size_t i : outcome.missed_by) names.push_back(results.pairs[i].identity.name);
    d["missed_by"] = names;
  }
  return d;
}

}  // namespace fg
