#include "viewer/report/thresholds.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "viewer/error.h"
#include "viewer/report/json_file.h"

namespace fg {

Threshold parse_threshold(const std::string& text, bool fails_under, const std::vector<std::string>& known) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (equals == std::string::npos)
    throw Failure(ExitCode::usage, "threshold '" + text + "': expected NAME=VALUE, for example ssim=0.98");
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    std::string offered;
    for (const std::string& k : known) offered += (offered.empty() ? "" : ", ") + k;
    throw Failure(ExitCode::usage,
                  "threshold '" + text + "': there is no score '" + name + "'; choose from " + offered);
  }
  const std::string number = text.substr(equals + 1);
  char* end = nullptr;
  const double limit = std::strtod(number.c_str(), &end);
  if (number.empty() || std::isnan(limit) || *end != '\0')
    throw Failure(ExitCode::usage, "threshold '" + text + "': '" + number + "' is not a number");
  return {.score = name, .limit = limit, .fails_under = fails_under};
}

bool passes(const Threshold& threshold, double value) {
  return threshold.fails_under ? value >= threshold.limit : value <= threshold.limit;
}

nlohmann::ordered_json check_thresholds(const std::vector<Threshold>& thresholds,
                                        const std::map<std::string, double>& scores, bool& all_passed) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  all_passed = true;
  for (const Threshold& t : thresholds) {
    const double value = scores.at(t.score);
    const bool passed = passes(t, value);
    all_passed = all_passed && passed;
    rows.push_back({{"score", t.score},
                    {"rule", t.fails_under ? "fail under" : "fail over"},
                    {"limit", t.limit},
                    {"value", json_number(value)},
                    {"passed", passed}});
  }
  return rows;
}

}  // namespace fg
