// framegauge bench tick, from the shell's side, on whatever Vulkan device there is: tiny frames.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/viewer/commands/program.h"

namespace fg::test {
namespace {

using Json = nlohmann::json;

const std::string kSmallTick = "bench tick --runs 3 --splats 200 ";

class bench_tick : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome doctor = framegauge("doctor");
    if (doctor.exit_code != 0) GTEST_SKIP() << "no Vulkan device: " << doctor.out;
  }
};

Json tick_report_of(const Outcome& run) {
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return Json::parse(run.out, nullptr, false);
}

// Those of fg_evaluator_executors(), as the report has them.
std::set<std::string> available_in(const Json& report) {
  std::set<std::string> names;
  for (const Json& executor : report["executors"])
    if (executor["available"].get<bool>())
      names.insert(executor["executor"]);
    else
      EXPECT_GT(executor["reason"].get<std::string>().size(), 10u) << executor;
  return names;
}

TEST_F(bench_tick, each_executor_is_measured_at_each_size_with_the_render_excluded_and_included) {
  const Json report =
      tick_report_of(framegauge(kSmallTick + "--size 64x40 --size 30x20 --validation --json -"));
  EXPECT_EQ(report["schema"], "framegauge-bench-1");
  EXPECT_EQ(report["suite"], "tick");
  EXPECT_EQ(report["format"], "R8G8B8A8_UNORM");
  EXPECT_EQ(report["queue"], "graphics");
  EXPECT_EQ(report["window"], 11);
  EXPECT_EQ(report["frames_in_flight"], 3);
  EXPECT_EQ(report["runs"], 3);
  EXPECT_NE(report["device"], "");
  EXPECT_EQ(report["scene"], "200 random splats, SH degree 3");
  EXPECT_EQ(report["executors"].size(), 3u);
  const std::set<std::string> available = available_in(report);
  EXPECT_TRUE(available.contains("shader")) << report;
  std::set<std::string> rows;
  for (const Json& row : report["rows"]) {
    ASSERT_FALSE(row.contains("reason")) << row;
    EXPECT_TRUE(available.contains(row["executor"])) << row;
    rows.insert(row["executor"].get<std::string>() + row["width"].dump() + row["work"].get<std::string>());
    EXPECT_EQ(row["height"], row["width"] == 64 ? 40 : 20);
    EXPECT_EQ(row["pipelined_frames"], 3);
    for (const char* figure : {"submit_to_result_us", "submit_to_result_min_us", "frames_per_second",
                               "score_gpu_us", "score_gpu_min_us"}) {
      const double value = row[figure];
      EXPECT_TRUE(std::isfinite(value) && value > 0) << figure << ": " << row;
    }
    EXPECT_LE(row["submit_to_result_min_us"].get<double>(), row["submit_to_result_us"].get<double>());
    EXPECT_LE(row["score_gpu_us"].get<double>(), row["submit_to_result_us"].get<double>()) << row;
    EXPECT_EQ(row["before_gpu_us"].is_null(), row["work"] == "score") << row;
    EXPECT_EQ(row.contains("visible_splats"), row["work"] == "render, score") << row;
    const double ssim = row["ssim"];  // of images that are alike, and not the same
    EXPECT_GT(ssim, 0.1) << row;
    EXPECT_LT(ssim, 0.999) << row;
  }
  EXPECT_EQ(rows.size(), available.size() * 2 * 3) << report;
  EXPECT_EQ(report["rows"].size(), rows.size());
}

TEST_F(bench_tick, executors_give_the_same_score_of_the_same_frame) {
  const Json report = tick_report_of(framegauge(kSmallTick + "--size 64x40 --json"));
  for (const Json& row : report["rows"])
    for (const Json& other : report["rows"])
      if (row["work"] == other["work"]) {
        EXPECT_NEAR(row["ssim"].get<double>(), other["ssim"].get<double>(), 1e-5) << row << other;
      }
}

TEST_F(bench_tick, csv_has_a_header_and_as_many_cells_in_every_line) {
  const auto folder = scratch_folder();
  const Outcome run =
      framegauge(kSmallTick + "--size 30x20 --executor shader --csv " + (folder / "t.csv").string());
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string text = read_text(folder / "t.csv");
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "device,driver,queue,format,executor,width,height,work,score_gpu_us,score_gpu_min_us,before_gpu_"
            "us,submit_to_"
            "result_us,"
            "submit_to_result_min_us,frames,frames_per_second,pipelined_frames,dropped,ssim,reason");
  int measured = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    ASSERT_NE(end, std::string::npos) << "the last line ends too";
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    int cells = 1;
    bool quoted = false;
    for (const char c : line) {
      quoted ^= c == '"';
      cells += c == ',' && !quoted;
    }
    EXPECT_EQ(cells, 19) << line;
    measured += line.find(",shader,30,20,") != std::string::npos;
  }
  EXPECT_EQ(measured, 3) << text;
  EXPECT_NE(run.out.find("submit to result"), std::string::npos) << "the table is printed too";
  EXPECT_NE(run.out.find("200 random splats"), std::string::npos) << "and says what was rendered";
  EXPECT_EQ(run.err, "");  // no progress outside a terminal
}

TEST_F(bench_tick, an_executor_that_is_not_there_gives_its_reason_and_exit_code_five) {
  const Json report = tick_report_of(framegauge(kSmallTick + "--size 30x20 --json"));
  for (const Json& executor : report["executors"]) {
    const std::string name = executor["executor"];
    const Outcome run = framegauge(kSmallTick + "--size 30x20 --executor " + name + " --json");
    if (executor["available"].get<bool>()) {
      const Json forced = tick_report_of(run);
      for (const Json& row : forced["rows"]) EXPECT_EQ(row["executor"], name);
      continue;
    }
    EXPECT_EQ(run.exit_code, 5);
    EXPECT_EQ(run.err, "framegauge: executor " + name +
                           " is not available: " + executor["reason"].get<std::string>() + "\n");
    EXPECT_EQ(run.out, "");
  }
}

TEST_F(bench_tick, names_stand_for_sizes) {
  const Json report = tick_report_of(
      framegauge("bench tick --runs 1 --splats 5 --executor shader --size 720p --queue compute --json"));
  EXPECT_EQ(report["queue"], "compute");
  ASSERT_EQ(report["rows"].size(), 3u);
  for (const Json& row : report["rows"]) {
    EXPECT_EQ(row["width"], 1280);
    EXPECT_EQ(row["height"], 720);
  }
}

TEST_F(bench_tick, frames_are_of_every_format_that_renderers_present) {
  const std::string common = kSmallTick + "--size 64x40 --validation --json ";
  const double of_codes = tick_report_of(framegauge(common))["rows"][0]["ssim"];
  for (const auto& [option, name] : {std::pair{"srgb8", "R8G8B8A8_SRGB"},
                                     {"rgb10a2", "A2B10G10R10_UNORM_PACK32"},
                                     {"rgba16f", "R16G16B16A16_SFLOAT"},
                                     {"rgba32f", "R32G32B32A32_SFLOAT"}}) {
    const Json report = tick_report_of(framegauge(common + "--format " + option));
    EXPECT_EQ(report["format"], name);
    EXPECT_EQ(report["scene"], "") << "nothing is rendered in it";
    std::set<std::string> works;
    for (const Json& row : report["rows"]) {
      ASSERT_FALSE(row.contains("reason")) << row;
      works.insert(row["work"]);
      const double difference = std::abs(row["ssim"].get<double>() - of_codes);
      if (report["format"] == "R8G8B8A8_SRGB")
        EXPECT_GT(difference, 0.005) << "scored in linear light: " << row;
      else
        EXPECT_LT(difference, 1e-4) << "the same values, rounded: " << row;
    }
    EXPECT_EQ(works, (std::set<std::string>{"score", "new reference, score"}));
  }
}

TEST_F(bench_tick, wrong_usage_gives_exit_code_two_and_no_such_device_five) {
  for (const char* arguments :
       {"--executor cuda", "--executor auto", "--queue transfer", "--format rgb8", "--size 3", "--size 0x3",
        "--size 3x4x5", "--size 1081p", "--size 90000x90000", "--runs 0", "--splats 0", "--runs many",
        "--frames 3"}) {
    const Outcome run = framegauge(std::string("bench tick ") + arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments << ": " << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
  const Outcome run = framegauge("bench tick --device 'no such device'");
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_NE(run.err.find("no such device"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace fg::test
