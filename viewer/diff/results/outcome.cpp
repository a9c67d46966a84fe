#include "viewer/diff/results/outcome.h"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/io/quotable.h"
#include "viewer/report/json_file.h"

namespace fg {

using nlohmann::ordered_json;

bool Outcome::passed() const { return exit_code() == ExitCode::pass; }

ExitCode Outcome::exit_code() const {
  if (results.count(PairResult::Status::unreadable) || results.count(PairResult::Status::incomplete) ||
      missing_fails())
    return ExitCode::unreadable_input;
  if (results.count(PairResult::Status::size_mismatch)) return ExitCode::size_mismatch;
  if (!verdict.passed || (comparison && !comparison->regressions.empty())) return ExitCode::threshold_missed;
  return ExitCode::pass;
}

namespace {

constexpr const char* kMissingNames[] = {"fail", "warn", "ignore"};

ordered_json scores_of(const Outcome& outcome, const PairResult& pair) {
  ordered_json values;
  for (std::size_t c = 0; c < pair.scores.size(); ++c)
    values[column_name(outcome.results.columns[c], outcome.two_files)] =
        pair.has_score(c) ? json_number(pair.scores[c]) : nullptr;
  return values;
}

ordered_json summary_of(const Outcome& outcome, const std::vector<Statistics>& statistics) {
  ordered_json summary;
  for (std::size_t c = 0; c < outcome.results.columns.size(); ++c) {
    const Statistics& s = statistics[c];
    ordered_json values;
    for (const std::string& name : statistic_names())
      if (name != "pooled" || outcome.results.columns[c].metric == Metric::psnr)
        values[name] = json_number(statistic(s, name));
    values["not_a_number"] = s.not_a_number;
    summary[column_name(outcome.results.columns[c], outcome.two_files)] = values;
  }
  return summary;
}

ordered_json videos_of(const Outcome& outcome) {
  ordered_json videos = ordered_json::array();
  for (const VideoSummary& video : summaries_of_videos(outcome.results))
    videos.push_back({{"name", video.name},
                      {"scored", video.scored},
                      {"failed", video.failed},
                      {"summary", summary_of(outcome, video.statistics)}});
  return videos;
}

ordered_json pair_of(const Outcome& outcome, std::size_t index) {
  const PairResult& pair = outcome.results.pairs[index];
  ordered_json row = {{"name", pair.identity.name},
                      {"test", pair.identity.test},
                      {"reference", pair.identity.reference},
                      {"status", status_name(pair.status)}};
  if (pair.has_scores()) {
    row["width"] = pair.width;
    row["height"] = pair.height;
    if (outcome.plan.volumes) {
      row["depth"] = pair.depth;
      row["data_range"] = pair.data_range;
    }
    row["scores"] = scores_of(outcome, pair);
    row["within_limits"] = !outcome.verdict.failing_pairs.contains(index);
    if (pair.not_finite) row["not_finite_samples"] = pair.not_finite;
  }
  if (pair.status != PairResult::Status::scored) row["problem"] = pair.problem;
  return row;
}

ordered_json comparison_of(const Outcome& outcome) {
  ordered_json regressions = ordered_json::array();
  for (const Regression& r : outcome.comparison->regressions)
    regressions.push_back({{"pair", outcome.results.pairs[r.pair].identity.name},
                           {"score", r.column},
                           {"before", json_number(r.before)},
                           {"now", json_number(r.now)}});
  return {{"regressions", regressions},
          {"new_pairs", outcome.comparison->new_pairs},
          {"lost_pairs", outcome.comparison->lost_pairs}};
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

// score(c): of a column, or none.
template <class Score>
std::string csv_row(const std::vector<std::string>& start, std::size_t columns, Score&& score,
                    const std::string& problem) {
  std::string row = fmt::format("{}", fmt::join(start, ","));
  for (std::size_t c = 0; c < columns; ++c) {
    const std::optional<double> value = score(c);
    row += value ? fmt::format(",{:.17g}", *value) : ",";
  }
  return row + "," + csv_field(problem) + "\n";
}

std::string table_of_two_files(const Outcome& outcome, TableStyle style) {
  std::string text;
  if (outcome.results.pairs.empty()) return text;  // interrupted before
  const PairResult& pair = outcome.results.pairs.front();
  for (std::size_t c = 0; c < pair.scores.size(); ++c) {
    const std::string name = column_name(outcome.results.columns[c], true);
    text += style == TableStyle::aligned ? fmt::format("{:<15} {:.9g}\n", name, pair.scores[c])
                                         : fmt::format("{}\t{:.9g}\n", name, pair.scores[c]);
  }
  return text;
}

// Wide enough for the header and for 1234.567890.
std::size_t cell_width(const std::string& name) { return std::max<std::size_t>(11, name.size()); }

std::string aligned_row(const Outcome& outcome, const std::string& name, std::size_t name_width,
                        const std::vector<double>& values, const PairResult* pair = nullptr) {
  std::string row = fmt::format("{:<{}}", on_one_line(name), name_width);
  for (std::size_t c = 0; c < values.size(); ++c) {
    const std::size_t width = cell_width(outcome.results.columns[c].name);
    row += pair && !pair->has_score(c) ? fmt::format("  {:>{}}", "-", width)
                                       : fmt::format("  {:>{}.6f}", values[c], width);
  }
  return row;
}

constexpr std::size_t kLongTable = 100;  // pairs; of more only the worst are printed
constexpr std::size_t kWorst = 20;

std::vector<std::size_t> rows_to_print(const Results& results) {
  std::vector<std::size_t> rows;
  if (results.pairs.size() <= kLongTable) {
    for (std::size_t i = 0; i < results.pairs.size(); ++i) rows.push_back(i);
    return rows;
  }
  rows = worst_first(results);
  if (rows.size() > kWorst) rows.resize(kWorst);
  const std::size_t worst = rows.size(), most = worst + kLongTable;
  for (std::size_t i = 0; i < results.pairs.size() && rows.size() < most; ++i)
    if (results.pairs[i].status != PairResult::Status::scored &&
        std::find(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(worst), i) ==
            rows.begin() + static_cast<std::ptrdiff_t>(worst))
      rows.push_back(i);
  return rows;
}

std::string aligned_table(const Outcome& outcome) {
  const Results& results = outcome.results;
  const std::vector<std::size_t> rows = rows_to_print(results);
  const std::size_t worst = std::min(kWorst, results.count_with_score(0));  // of a long table
  std::size_t name_width = 8;
  for (const std::size_t i : rows) name_width = std::max(name_width, results.pairs[i].identity.name.size());
  const std::vector<VideoSummary> videos = summaries_of_videos(results);
  const auto mean_of = [](const VideoSummary& video) { return "mean of " + video.name; };
  for (const VideoSummary& video : videos) name_width = std::max(name_width, mean_of(video).size());
  std::string text = fmt::format("{:<{}}", "pair", name_width);
  for (const Column& column : results.columns)
    text += fmt::format("  {:>{}}", column.name, cell_width(column.name));
  text += "\n";
  for (const std::size_t i : rows) {
    const PairResult& pair = results.pairs[i];
    if (pair.has_scores())
      text += aligned_row(outcome, pair.identity.name, name_width, pair.scores, &pair) +
              (outcome.verdict.failing_pairs.contains(i) ? "  outside the limits" : "") +
              (pair.problem.empty() ? "\n" : "  " + on_one_line(pair.problem) + "\n");
    else
      text += fmt::format("{:<{}}  {}: {}\n", on_one_line(pair.identity.name), name_width,
                          status_name(pair.status), on_one_line(pair.problem));
  }
  if (results.pairs.size() > kLongTable)
    text += fmt::format(
        "({} worst of {} pairs by {}, and {} that were not scored; --csv or --json have them all)\n", worst,
        results.pairs.size(), results.columns.front().name, rows.size() - worst);
  for (const VideoSummary& video : videos) {
    std::vector<double> means;
    for (const Statistics& s : video.statistics) means.push_back(s.mean);
    text += aligned_row(outcome, mean_of(video), name_width, means) + "\n";
  }
  for (const char* name : {"mean", "p5", "min", "max"}) {
    std::vector<double> values;
    for (const Statistics& s : results.statistics) values.push_back(statistic(s, name));
    text += aligned_row(outcome, name, name_width, values) + "\n";
  }
  return text;
}

std::string summary_line(const Outcome& outcome) {
  const Results& results = outcome.results;
  std::string text = fmt::format("{} pairs scored", results.count(PairResult::Status::scored));
  if (const std::size_t n = results.count(PairResult::Status::unreadable))
    text += fmt::format(", {} unreadable", n);
  if (const std::size_t n = results.count(PairResult::Status::size_mismatch))
    text += fmt::format(", {} of different size", n);
  if (const std::size_t n = results.count(PairResult::Status::incomplete))
    text += fmt::format(", {} incomplete", n);
  if (outcome.unmatched_count) text += fmt::format(", {} without a counterpart", outcome.unmatched_count);
  return text + "\n";
}

}  // namespace

std::string table(const Outcome& outcome, TableStyle style) {
  if (outcome.two_files) return table_of_two_files(outcome, style);
  if (style == TableStyle::aligned) return aligned_table(outcome) + summary_line(outcome);
  std::string text;
  for (const PairResult& pair : outcome.results.pairs) {
    text += on_one_line(pair.identity.name);
    for (std::size_t c = 0; c < pair.scores.size(); ++c)
      text += pair.has_score(c) ? fmt::format("\t{:.9g}", pair.scores[c]) : "\t-";
    text += pair.status == PairResult::Status::scored ? "\n" : "\t" + status_name(pair.status) + "\n";
  }
  return text;
}

void put_csv(const Outcome& outcome, const TextSink& sink) {
  const Results& results = outcome.results;
  std::string header = "name,test,reference,status,width,height";
  for (const Column& column : results.columns)
    header += "," + csv_field(column_name(column, outcome.two_files));
  sink(header + ",problem\n");
  for (const PairResult& pair : results.pairs)
    sink(csv_row(
        {csv_field(pair.identity.name), csv_field(pair.identity.test), csv_field(pair.identity.reference),
         status_name(pair.status), fmt::format("{},{}", pair.width, pair.height)},
        results.columns.size(),
        [&](std::size_t c) { return pair.has_score(c) ? std::optional(pair.scores[c]) : std::nullopt; },
        pair.problem));
  for (const VideoSummary& video : summaries_of_videos(results)) {
    sink(csv_row(
        {csv_field(video.name), csv_field(video.test), csv_field(video.reference), "video-mean",
         fmt::format("{},{}", video.width, video.height)},
        results.columns.size(),
        [&](std::size_t c) { return video.scored ? std::optional(video.statistics[c].mean) : std::nullopt; },
        video.failed
            ? fmt::format("{} of {} frames were not scored", video.failed, video.failed + video.scored)
            : ""));
  }
}

ordered_json json_without_pairs(const Outcome& outcome) {
  const Results& results = outcome.results;
  ordered_json thresholds = ordered_json::array();
  for (const GateOutcome& gate : outcome.verdict.outcomes) thresholds.push_back(describe(gate, results));

  ordered_json json = {{"schema", "framegauge-diff-2"}};
  if (outcome.two_files && !results.pairs.empty()) {
    const PairResult& pair = results.pairs.front();
    json["test"] = outcome.tests.front();
    json["reference"] = outcome.reference;
    json["width"] = pair.width;
    json["height"] = pair.height;
    json["scores"] = scores_of(outcome, pair);
  } else {
    json["tests"] = outcome.tests;
    json["reference"] = outcome.reference;
  }
  json["counts"] = {{"planned", results.planned},
                    {"scored", results.count(PairResult::Status::scored)},
                    {"unreadable", results.count(PairResult::Status::unreadable)},
                    {"size_mismatch", results.count(PairResult::Status::size_mismatch)},
                    {"incomplete", results.count(PairResult::Status::incomplete)},
                    {"unmatched", outcome.unmatched_count}};
  json["summary"] = summary_of(outcome, results.statistics);
  if (ordered_json videos = videos_of(outcome); !videos.empty()) json["videos"] = std::move(videos);
  json["metrics"] = describe_metrics(outcome.plan);
  json["settings"] = outcome.settings;
  json["thresholds"] = thresholds;
  if (outcome.fail_percent) json["fail_percent"] = *outcome.fail_percent;
  if (outcome.comparison) json["baseline"] = comparison_of(outcome);
  json["missing"] = kMissingNames[static_cast<int>(outcome.missing)];
  json["unmatched"] = outcome.unmatched;
  json["notes"] = outcome.notes;
  json["interrupted"] = outcome.interrupted;
  json["passed"] = outcome.passed() && !outcome.interrupted;
  json["pairs"] = ordered_json::array();
  return json;
}

void put_json(const Outcome& outcome, const TextSink& sink) {
  const auto text_of = [](const ordered_json& json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
  };
  // The list of the pairs comes last and is empty: they go before its end, one by one.
  const std::string whole = text_of(json_without_pairs(outcome)), end = "]\n}";
  sink(std::string_view(whole).substr(0, whole.size() - end.size()));
  for (std::size_t i = 0; i < outcome.results.pairs.size(); ++i) {
    std::string entry = i ? ",\n    " : "\n    ";
    for (const char c : text_of(pair_of(outcome, i))) {
      entry += c;
      if (c == '\n') entry += "    ";
    }
    sink(entry);
  }
  sink(outcome.results.pairs.empty() ? end + "\n" : "\n  " + end + "\n");
}

void write_gaussian_splatting_tables(const std::filesystem::path& folder, const std::string& method,
                                     const Outcome& outcome) {
  const std::pair<const char*, const char*> names[] = {{"ssim", "SSIM"}, {"psnr", "PSNR"}, {"mae", "MAE"}};
  ordered_json means, views;
  for (const auto& [column, theirs] : names)
    for (std::size_t c = 0; c < outcome.results.columns.size(); ++c) {
      if (outcome.results.columns[c].name != column) continue;
      means[theirs] = json_number(outcome.results.statistics[c].mean);
      ordered_json::object_t by_pair;  // as a list: a key would be looked for among all before it
      for (const PairResult& pair : outcome.results.pairs)
        if (pair.has_score(c)) by_pair.push_back({pair.identity.name, json_number(pair.scores[c])});
      if (!by_pair.empty()) views[theirs] = std::move(by_pair);
    }
  make_folder(folder);
  write_json(folder / "results.json", {{method, means}});
  write_json(folder / "per_view.json", {{method, views}});
}

}  // namespace fg
