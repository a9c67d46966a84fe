#include <fmt/format.h>

#include <algorithm>

#include "viewer/diff/outcome.h"

namespace fg {
namespace {

// Names of files are bytes; what is no UTF-8 becomes U+FFFD, as in the JSON.
std::string valid_utf8(const std::string& text) {
  const nlohmann::json json = text;
  return nlohmann::json::parse(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

// XML 1.0 has no place for most control characters, escaped or not.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : valid_utf8(text)) switch (c) {
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

// A pair's own miss of a limit fails it only where the run is judged pair by pair and fails for it.
std::vector<Case> cases_of(const Outcome& outcome) {
  const Results& results = outcome.results;
  std::vector<Case> cases;
  for (std::size_t i = 0; i < results.pairs.size(); ++i) {
    const PairResult& pair = results.pairs[i];
    Case c{.suite = "pair", .name = pair.identity.name};
    if (pair.status != PairResult::Status::scored) c.error = pair.problem;
    for (std::size_t k = 0; k < pair.scores.size(); ++k)
      c.output += fmt::format("{}{} {:.9g}", k ? ", " : "",
                              column_name(results.columns[k], outcome.two_files), pair.scores[k]);
    for (const GateOutcome& gate : outcome.verdict.outcomes)
      if (gate.of_pairs && !gate.passed && !gate.gate.warns_only &&
          std::find(gate.missed_by.begin(), gate.missed_by.end(), i) != gate.missed_by.end())
        c.failure +=
            fmt::format("{}{} is {:.9g}, the limit is {}", c.failure.empty() ? "" : "; ",
                        gate.gate.threshold.score, pair.scores[gate.gate.column], gate.gate.threshold.limit);
    if (outcome.comparison)
      for (const Regression& r : outcome.comparison->regressions)
        if (r.pair == i)
          c.failure += fmt::format("{}{} is {:.9g}, it was {:.9g}", c.failure.empty() ? "" : "; ", r.column,
                                   r.now, r.before);
    cases.push_back(std::move(c));
  }
  for (const GateOutcome& gate : outcome.verdict.outcomes) {
    if (gate.gate.warns_only) continue;
    const Threshold& t = gate.gate.threshold;
    Case c{.suite = "limit", .name = fmt::format("{} {} {}", t.score, t.fails_under ? ">=" : "<=", t.limit)};
    if (!gate.passed) c.failure = sentence(gate, results, outcome.fail_percent);
    cases.push_back(std::move(c));
  }
  if (outcome.missing != MissingRule::ignore)
    for (const std::string& name : outcome.unmatched) {
      Case c{.suite = "counterpart", .name = name};
      (outcome.missing == MissingRule::fail ? c.error : c.output) = "has no counterpart";
      cases.push_back(std::move(c));
    }
  return cases;
}

}  // namespace

std::string to_junit(const Outcome& outcome) {
  const std::vector<Case> cases = cases_of(outcome);
  std::size_t failures = 0, errors = 0;
  std::string text;
  for (const Case& c : cases) {
    failures += c.failure.empty() ? 0 : 1;
    errors += c.error.empty() ? 0 : 1;
    text += xml(c);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"framegauge diff\" "
      "tests=\"{}\" failures=\"{}\" errors=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
      cases.size(), failures, errors, text);
}

}  // namespace fg
