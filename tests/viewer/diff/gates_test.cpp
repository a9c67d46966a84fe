// Limits on scores of one pair and of many, and baselines.

#include "viewer/diff/results/gates.h"

#include <gtest/gtest.h>

#include "tests/viewer/io/test_files.h"
#include "viewer/diff/results/baseline.h"

namespace fg {
namespace {

// Pairs "0", "1", ... with these scores of ssim.
Results results_of(const std::vector<double>& ssims) {
  Results results{.columns = columns_of({.metrics = {Metric::ssim}}), .planned = ssims.size()};
  for (std::size_t i = 0; i < ssims.size(); ++i)
    results.pairs.push_back({.index = i, .identity = {.name = std::to_string(i)}, .scores = {ssims[i]}});
  results.statistics = {statistics_of(results.columns[0], ssims)};
  return results;
}

Verdict judge_ssim(const std::vector<double>& ssims, const std::string& limit,
                   std::optional<double> percent = std::nullopt) {
  const Results results = results_of(ssims);
  return judge(parse_gates({.fail_under = {limit}}, results.columns, false), percent, results);
}

TEST(gates, hold_the_mean_to_the_limit_unless_told_otherwise) {
  EXPECT_TRUE(judge_ssim({0.9, 1.0}, "ssim=0.95").passed);
  EXPECT_FALSE(judge_ssim({0.9, 1.0}, "ssim=0.951").passed);
  EXPECT_FALSE(judge_ssim({0.9, 1.0}, "ssim:min=0.95").passed);
  EXPECT_FALSE(judge_ssim({0.9, 1.0}, "ssim:worst=0.95").passed);
  EXPECT_TRUE(judge_ssim({0.9, 1.0}, "ssim:max=0.95").passed);
  EXPECT_TRUE(judge_ssim({0.9, 1.0}, "ssim:p95=0.95").passed);
  EXPECT_FALSE(judge_ssim({0.9, 1.0}, "ssim:p5=0.95").passed);
}

TEST(gates, by_percent_hold_every_pair_to_the_limit) {
  EXPECT_FALSE(judge_ssim({0.9, 1, 1, 1}, "ssim=0.95", 0).passed);
  EXPECT_FALSE(judge_ssim({0.9, 1, 1, 1}, "ssim=0.95", 24.9).passed);
  EXPECT_TRUE(judge_ssim({0.9, 1, 1, 1}, "ssim=0.95", 25).passed);
  EXPECT_EQ(judge_ssim({0.9, 1, 1, 0.8}, "ssim=0.95", 25).failing_pairs, (std::set<std::size_t>{0, 3}));
}

TEST(gates, nothing_and_nan_do_not_pass) {
  EXPECT_FALSE(judge_ssim({}, "ssim=0.5").passed);
  EXPECT_FALSE(judge_ssim({}, "ssim=0.5", 100).passed);
  EXPECT_FALSE(judge_ssim({1, std::nan("")}, "ssim=0.5").passed);
  EXPECT_FALSE(judge_ssim({1, std::nan("")}, "ssim=0.5", 0).passed);
}

TEST(gates, a_score_that_is_no_number_is_not_said_to_be_under_the_limit) {
  const Results results = results_of({std::nan("")});
  const auto gates = parse_gates({.fail_under = {"ssim=0.5"}}, results.columns, false);
  const Verdict verdict = judge(gates, std::nullopt, results);
  EXPECT_EQ(sentence(verdict.outcomes[0], results, std::nullopt),
            "ssim is not a number, which keeps no limit (0.5)");
}

TEST(gates, that_warn_do_not_fail) {
  const Results results = results_of({0.5});
  const Verdict verdict =
      judge(parse_gates({.warn_under = {"ssim=0.9"}}, results.columns, false), std::nullopt, results);
  EXPECT_TRUE(verdict.passed);
  ASSERT_EQ(verdict.outcomes.size(), 1u);
  EXPECT_FALSE(verdict.outcomes[0].passed);
  EXPECT_TRUE(verdict.failing_pairs.empty());
}

TEST(gates, an_unknown_score_is_answered_with_those_there_are) {
  const std::vector<Column> columns = columns_of({.metrics = {Metric::ssim, Metric::psnr}, .chroma = true});
  const auto refused = [&](const std::string& text) {
    return failure_of([&] { parse_gates({.fail_under = {text}}, columns, false); }, ExitCode::usage);
  };
  EXPECT_TRUE(contains(refused("beauty=3"), "choose from ssim, psnr, psnr-y, psnr-u, psnr-v"));
  for (const char* text : {"ssim:p50=1", "ssim:pooled=1", "ssim", "ssim=", "ssim=high", "ssim:p5=nan", "=1"})
    EXPECT_TRUE(contains(refused(text), "threshold")) << text;
  EXPECT_EQ(parse_gates({.fail_under = {"psnr-u:pooled=30"}}, columns, false)[0].statistic, "pooled");
}

TEST(gates, of_two_files_min_and_p5_are_those_of_the_map) {
  const std::vector<Column> columns = columns_of({.metrics = {Metric::ssim}, .map_statistics = true});
  EXPECT_EQ(parse_gates({.fail_under = {"ssim:min=0.5"}}, columns, true)[0].column, 1u);
  EXPECT_EQ(parse_gates({.fail_under = {"ssim:min=0.5"}}, columns, false)[0].statistic, "min");
  const Gate both = parse_gates({.fail_under = {"ssim:map-p5:worst=0.5"}}, columns, false)[0];
  EXPECT_EQ(both.column, 2u);
  EXPECT_EQ(both.statistic, "worst");
}

TEST(gates, that_good_pairs_miss_are_doubted) {
  const std::vector<Column> columns = columns_of({.metrics = {Metric::ssim, Metric::mae}});
  const auto doubts_of = [&](const GateOptions& options) {
    return doubts(parse_gates(options, columns, false), columns);
  };
  EXPECT_EQ(doubts_of({.fail_under = {"ssim=0.9"}, .fail_over = {"mae:worst=0.1"}}).size(), 0u);
  EXPECT_EQ(doubts_of({.fail_over = {"ssim=0.9"}}),
            std::vector<std::string>{
                "--fail-over ssim=0.9: the higher ssim is, the better; is --fail-under meant?"});
  EXPECT_EQ(
      doubts_of({.warn_under = {"mae=0.1"}}),
      std::vector<std::string>{"--warn-under mae=0.1: the lower mae is, the better; is --warn-over meant?"});
}

TEST(gates, name_the_metrics_that_they_need) {
  EXPECT_EQ(metrics_of_gates({.fail_under = {"vmaf-ssim:p5=0.9", "psnr-y=30"}}, false),
            (std::vector<Metric>{Metric::vmaf_ssim, Metric::psnr}));
}

nlohmann::ordered_json definitions() { return describe_metrics({.metrics = {Metric::ssim}}); }

TEST(baseline, finds_what_became_worse) {
  const TemporaryFolder folder;
  save_baseline(folder / "b.json", results_of({0.9, 0.8, std::numeric_limits<double>::infinity()}),
                definitions());
  const Baseline baseline = load_baseline(folder / "b.json");
  const Results now = results_of({0.9 - 2e-5, 0.95, std::numeric_limits<double>::infinity(), 0.1});
  const auto tolerances = parse_tolerances({}, now.columns);
  const Comparison found = compare(now, baseline, tolerances);
  ASSERT_EQ(found.regressions.size(), 1u);
  EXPECT_EQ(found.regressions[0].pair, 0u);
  EXPECT_EQ(found.new_pairs, std::vector<std::string>{"3"});
  EXPECT_TRUE(compare(now, baseline, parse_tolerances({"ssim=0.001"}, now.columns)).regressions.empty());
  EXPECT_EQ(compare(results_of({0.9}), baseline, tolerances).lost_pairs,
            (std::vector<std::string>{"1", "2"}));
}

TEST(baseline, of_another_definition_is_refused) {
  const TemporaryFolder folder;
  save_baseline(folder / "b.json", results_of({0.9}), definitions());
  const Baseline baseline = load_baseline(folder / "b.json");
  const auto other = describe_metrics({.metrics = {Metric::ssim}, .window = 7});
  EXPECT_TRUE(
      contains(failure_of([&] { check_metrics(baseline, other); }, ExitCode::usage), "the baseline's ssim"));
}

TEST(baseline, that_is_none_is_unreadable) {
  const TemporaryFolder folder;
  for (const char* text :
       {"", "{", "[]", "{}", "{\"schema\": \"framegauge-diff-2\"}", "{\"schema\": 3}",
        "{\"schema\": \"framegauge-baseline-1\"}",
        "{\"schema\": \"framegauge-baseline-1\", \"metrics\": {}, \"pairs\": {\"a\": {\"ssim\": []}}}"}) {
    write_text(folder / "b.json", text);
    EXPECT_TRUE(contains(failure_of([&] { load_baseline(folder / "b.json"); }), "b.json")) << text;
  }
}

}  // namespace
}  // namespace fg
