#include "viewer/diff/results/report.h"

#include <algorithm>
#include <string_view>

#include "viewer/diff/results/report_page.h"
#include "viewer/report/json_file.h"
#include "viewer/report/progress.h"

namespace fg {
namespace {

using nlohmann::ordered_json;

constexpr int kLongestSide = 1280;  // pixels of an embedded picture
constexpr int kBins = 64;           // of the map's histogram

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = std::uint32_t{bytes[i]} << 16;
    if (left > 1) word |= std::uint32_t{bytes[i + 1]} << 8;
    if (left > 2) word |= bytes[i + 2];
    for (std::size_t k = 0; k < 4; ++k) text += k <= left ? kDigits[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::string data_uri(const Image8& image, int shrunk) {
  return "data:image/png;base64," + base64(encode_png(shrunk > 1 ? downscale(image, shrunk) : image));
}

// The least value of a map; the largest is 1.
float least_of_map(Metric metric) {
  return metric == Metric::ssim || metric == Metric::ssim3d ? -1.0f : 0.0f;
}

std::vector<int> histogram_of(const std::vector<float>& map, float least) {
  std::vector<int> counts(kBins, 0);
  for (const float value : map)
    if (value == value)
      ++counts[static_cast<std::size_t>(
          std::clamp(static_cast<int>((value - least) / (1 - least) * kBins), 0, kBins - 1))];
  return counts;
}

ordered_json pictures_of(std::size_t index, const Outcome& outcome, const PairSource& source,
                         const Masks& masks, const ReportOptions& options) {
  const FramePair pair = source.load(index);
  const int width = pair.test->width, height = pair.test->height;
  ScorePlan plan = outcome.plan;
  plan.metrics = {plan.map_metric};
  plan.map_statistics = false;
  ScoreWorkspace workspace{.device = OpDevice(options.device), .map = {}};
  const PairScores scores =
      score_pair(pair, masks.of_size(width, height).get(), plan, KeepMap::yes, workspace);
  const int shrunk = (std::max(width, height) + kLongestSide - 1) / kLongestSide;
  ordered_json pictures = {
      {"width", (width + shrunk - 1) / shrunk},
      {"height", (height + shrunk - 1) / shrunk},
      {"shrunk", shrunk},
      {"test", data_uri(to_picture(*pair.test, plan.data_range.value_or(1)), shrunk)},
      {"reference", data_uri(to_picture(*pair.reference, plan.data_range.value_or(1)), shrunk)}};
  if (scores.map.empty()) return pictures;  // the map's metric is not defined for the two
  pictures["histogram"] = histogram_of(scores.map, least_of_map(plan.map_metric));
  pictures["heatmap"] = data_uri(heatmap_of(scores, width, height, options.style), shrunk);
  return pictures;
}

// What the JSON has, without the pairs.
ordered_json data_of(const Outcome& outcome) {
  ordered_json data = json_without_pairs(outcome);
  data.erase("pairs");
  data["tests"] = outcome.tests;
  data["map"] = {{"name", metric_name(outcome.plan.map_metric)},
                 {"least", least_of_map(outcome.plan.map_metric)}};
  data["exit_code"] = static_cast<int>(outcome.exit_code());
  data["regressions"] = data.contains("baseline") ? data["baseline"]["regressions"] : ordered_json::array();
  for (std::size_t i = 0; i < outcome.verdict.outcomes.size(); ++i)
    data["thresholds"][i]["column"] = outcome.verdict.outcomes[i].gate.column;
  for (const Column& column : outcome.results.columns)
    data["columns"].push_back(
        {{"name", column_name(column, outcome.two_files)}, {"higher_is_better", column.higher_is_better}});
  return data;
}

// A pair in short: a video has many.
ordered_json row_of(const Outcome& outcome, std::size_t index) {
  const PairResult& pair = outcome.results.pairs[index];
  ordered_json row = {{"name", pair.identity.name}};
  if (pair.has_scores()) {
    for (std::size_t c = 0; c < pair.scores.size(); ++c)
      row["scores"].push_back(pair.has_score(c) ? json_number(pair.scores[c]) : nullptr);
    if (outcome.verdict.failing_pairs.contains(index)) row["failing"] = true;
  }
  if (!pair.problem.empty()) row["problem"] = pair.problem;
  return row;
}

// No "</script>" of a file's name ends the page's data.
std::string safe_text(const ordered_json& json) {
  std::string safe;
  for (const char c : json.dump(-1, ' ', false, ordered_json::error_handler_t::replace))
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  return safe;
}

}  // namespace

void put_html_report(const Outcome& outcome, const PairSource& source, const Masks& masks,
                     const ReportOptions& options, const TextSink& sink) {
  ordered_json data = data_of(outcome);
  data["pictures"] = ordered_json::object();
  std::vector<std::size_t> worst = worst_first(outcome.results);
  if (worst.size() > options.pictures) worst.resize(options.pictures);
  std::sort(worst.begin(), worst.end());  // a video is decoded once more from its start, not once a picture
  Progress progress("drawing the report", worst.size());
  for (const std::size_t i : worst) try {
      data["pictures"][std::to_string(i)] =
          pictures_of(outcome.results.pairs[i].index, outcome, source, masks, options);
      progress.advance(outcome.results.pairs[i].identity.name);
    } catch (const Failure& failure) {
      // The file has gone or changed since it was scored; the report says so in its place.
      if (failure.code != ExitCode::unreadable_input && failure.code != ExitCode::size_mismatch) throw;
      data["notes"].push_back(std::string("no pictures: ") + failure.what());
    }
  const std::string_view page(kReportPage), place = "@DATA@";
  const std::size_t at = page.find(place);
  std::string text = safe_text(data);
  text.back() = ',';  // in place of the brace
  sink(page.substr(0, at));
  sink(text);
  sink("\"pairs\":[");
  for (std::size_t i = 0; i < outcome.results.pairs.size(); ++i)
    sink((i ? "," : "") + safe_text(row_of(outcome, i)));
  sink("]}");
  sink(page.substr(at + place.size()));
}

}  // namespace fg
