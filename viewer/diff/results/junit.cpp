#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "viewer/diff/results/outcome.h"

namespace fg {
namespace {

// Names of files are bytes; what is no UTF-8 becomes U+FFFD, as in the JSON.
std::string valid_utf8(const std::string& text) {
  const nlohmann::json json = text;
  return nlohmann::json::parse(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// XML 1.0 has no place for most control characters, nor for U+FFFE and U+FFFF, escaped or not.
std::string escaped(const std::string& text) {
  std::string valid = valid_utf8(text), result;
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
    for (std::size_t at = 0; (at = valid.find(none, at)) != std::string::npos;)
      valid.replace(at, 3, "\xef\xbf\xbd");
  for (const char c : valid) switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 32 ? ' ' : c;
    }
  return result;
}

struct Case {
  std::string suite, name, failure, error, output;  // failure: a limit missed; error: it could not be judged
};

std::string xml(const Case& c) {
  std::string text =
      fmt::format("    <testcase classname=\"framegauge.{}\" name=\"{}\"", c.suite, escaped(c.name));
  if (c.failure.empty() && c.error.empty() && c.output.empty()) return text + "/>\n";
  text += ">\n";
  if (!c.failure.empty()) text += fmt::format("      <failure message=\"{}\"/>\n", escaped(c.failure));
  if (!c.error.empty()) text += fmt::format("      <error message=\"{}\"/>\n", escaped(c.error));
  if (!c.output.empty()) text += fmt::format("      <system-out>{}</system-out>\n", escaped(c.output));
  return text + "    </testcase>\n";
}

// Those of the pair; all are in the order of the pairs.
std::span<const Regression> regressions_of(const Outcome& outcome, std::size_t pair) {
  if (!outcome.comparison) return {};
  const std::vector<Regression>& all = outcome.comparison->regressions;
  const auto [first, end] =
      std::equal_range(all.begin(), all.end(), Regression{pair, "", 0, 0},
                       [](const Regression& a, const Regression& b) { return a.pair < b.pair; });
  return {first, end};
}

// A pair's own miss of a limit fails it only where the run is judged pair by pair and fails for it.
Case case_of(const Outcome& outcome, std::size_t index) {
  const Results& results = outcome.results;
  const PairResult& pair = results.pairs[index];
  Case c{.suite = "pair", .name = pair.identity.name};
  if (pair.status != PairResult::Status::scored) c.error = pair.problem;
  for (std::size_t k = 0; k < pair.scores.size(); ++k)
    if (pair.has_score(k))
      c.output += fmt::format("{}{} {:.9g}", c.output.empty() ? "" : ", ",
                              column_name(results.columns[k], outcome.two_files), pair.scores[k]);
  const auto add_failure = [&](const std::string& sentence) {
    c.failure += (c.failure.empty() ? "" : "; ") + sentence;
  };
  for (const GateOutcome& gate : outcome.verdict.outcomes)
    if (gate.of_pairs && !gate.passed && !gate.gate.warns_only &&
        std::binary_search(gate.missed_by.begin(), gate.missed_by.end(), index))
      add_failure(fmt::format("{} is {:.9g}, the limit is {}", gate.gate.threshold.score,
                              pair.scores[gate.gate.column], gate.gate.threshold.limit));
  for (const Regression& r : regressions_of(outcome, index))
    add_failure(fmt::format("{} is {:.9g}, it was {:.9g}", r.column, r.now, r.before));
  return c;
}

template <class Use>
void for_each_case(const Outcome& outcome, Use&& use) {
  const Results& results = outcome.results;
  for (std::size_t i = 0; i < results.pairs.size(); ++i) use(case_of(outcome, i));
  for (const GateOutcome& gate : outcome.verdict.outcomes) {
    if (gate.gate.warns_only) continue;
    const Threshold& t = gate.gate.threshold;
    Case c{.suite = "limit", .name = fmt::format("{} {} {}", t.score, t.fails_under ? ">=" : "<=", t.limit)};
    if (!gate.passed) c.failure = sentence(gate, results, outcome.fail_percent);
    use(c);
  }
  if (outcome.missing != MissingRule::ignore)
    for (const std::string& name : outcome.unmatched) {
      Case c{.suite = "counterpart", .name = name};
      (outcome.missing == MissingRule::fail ? c.error : c.output) = "has no counterpart";
      use(c);
    }
}

}  // namespace

void put_junit(const Outcome& outcome, const TextSink& sink) {
  std::size_t all = 0, failures = 0, errors = 0;
  for_each_case(outcome, [&](const Case& c) {
    ++all;
    failures += c.failure.empty() ? 0 : 1;
    errors += c.error.empty() ? 0 : 1;
  });
  sink(fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"framegauge diff\" "
      "tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
      all, failures, errors));
  for_each_case(outcome, [&](const Case& c) { sink(xml(c)); });
  sink("  </testsuite>\n</testsuites>\n");
}

}  // namespace fg
