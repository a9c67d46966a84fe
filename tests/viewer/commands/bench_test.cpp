// framegauge bench, from the shell's side: on a CPU always, on CUDA where there is a device.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/viewer/commands/program.h"

namespace fg::test {
namespace {

using Json = nlohmann::json;

const std::string kSmall = "bench ssim --runs 3 --size 180x190 --size 12x16x20 ";

Json report_of(const Outcome& run) {
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return Json::parse(run.out, nullptr, false);
}

// The only row of this op and variant on the device.
Json row_of(const Json& report, const std::string& device, const std::string& op,
            const std::string& variant) {
  Json found;
  for (const Json& row : report["rows"])
    if (row["device"] == device && row["op"] == op && row["variant"] == variant) {
      EXPECT_TRUE(found.is_null()) << "twice: " << row;
      found = row;
    }
  EXPECT_FALSE(found.is_null()) << device << ' ' << op << ' ' << variant;
  return found;
}

TEST(bench_command, stopped_it_tells_which_signal_it_was) {
  const std::filesystem::path err = scratch_folder() / "err";
  const std::pair<const char*, int> kinds[] = {{"INT", 130}, {"TERM", 143}};
  for (const auto& [signal, exit_code] : kinds) {
    const std::string command = std::string(FRAMEGAUGE_PROGRAM) +
                                " bench ssim --device cpu --size 64x64 --runs 10000 >/dev/null 2>" +
                                err.string() + " & pid=$!; sleep 2; kill -" + signal + " $pid; wait $pid";
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), exit_code);
    EXPECT_NE(read_text(err).find("interrupted after"), std::string::npos) << read_text(err);
  }
}

TEST(bench_command, every_op_is_measured_on_the_CPU_and_its_figures_fit_together) {
  const Json report = report_of(framegauge(kSmall + "--device cpu --json -"));
  EXPECT_EQ(report["schema"], "framegauge-bench-1");
  EXPECT_EQ(report["suite"], "ssim");
  ASSERT_EQ(report["devices"].size(), 1u);
  EXPECT_EQ(report["devices"][0]["device"], "cpu");
  EXPECT_EQ(report["devices"][0]["driver"], nullptr);
  const double copy = report["devices"][0]["copy_gb_per_s"];
  EXPECT_GT(copy, 0.01);
  std::set<std::string> ops;
  for (const Json& row : report["rows"]) {
    ops.insert(row["op"]);
    ASSERT_FALSE(row.contains("reason")) << row;
    EXPECT_EQ(row["device_name"], report["devices"][0]["name"]);
    EXPECT_EQ(row["runs"], 3);
    const double median = row["median_us"], least = row["min_us"], speed = row["gb_per_s"];
    EXPECT_GT(least, 0) << row;
    EXPECT_GE(median, least) << row;
    EXPECT_NEAR(speed, row["bytes"].get<double>() / median * 1e-3, 1e-9 * speed) << row;
    EXPECT_NEAR(row["copy_share"].get<double>(), speed / copy, 1e-9) << row;
    EXPECT_GT(row["score"].get<double>(), 0.2) << row;  // of images that are alike, and not the same
    EXPECT_LT(row["score"].get<double>(), 0.999) << row;
  }
  EXPECT_EQ(ops, (std::set<std::string>{"ssim", "ssim3d", "ms-ssim", "masked-ssim", "vmaf-ssim",
                                        "vmaf-float-ssim", "vmaf-ms-ssim"}));
}

TEST(bench_command, bytes_are_those_of_the_inputs_and_outputs_once) {
  const Json report = report_of(framegauge(kSmall + "--device cpu --json -"));
  constexpr int kPixels = 180 * 190, kImage = 3 * kPixels * 4, kVolume = 12 * 16 * 20 * 4, kMean = 8;
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value")["bytes"], 2 * kImage + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value and map")["bytes"], 3 * kImage + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value and gradient")["bytes"], 3 * kImage + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value, RGB of RGBA")["bytes"], 2 * 4 * kPixels + kMean);
  EXPECT_EQ(row_of(report, "cpu", "masked-ssim", "value")["bytes"], 2 * kImage + 4 * kPixels + kMean);
  EXPECT_EQ(row_of(report, "cpu", "vmaf-ssim", "picture")["bytes"], 2 * kPixels + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim3d", "value")["bytes"], 2 * kVolume + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim3d", "value and gradient")["bytes"], 3 * kVolume + kMean);
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value")["shape"], Json({1, 3, 180, 190}));
  EXPECT_EQ(row_of(report, "cpu", "ssim", "value, RGB of RGBA")["dtype"], "uint8");
}

TEST(bench_command, the_score_of_a_gradient_is_that_of_the_value) {
  const Json report = report_of(framegauge(kSmall + "--device cpu --json -"));
  for (const char* op : {"ssim", "ssim3d", "ms-ssim", "masked-ssim"})
    EXPECT_NEAR(row_of(report, "cpu", op, "value")["score"].get<double>(),
                row_of(report, "cpu", op, "value and gradient")["score"].get<double>(), 1e-6)
        << op;
}

TEST(bench_command, an_op_that_does_not_take_a_size_is_a_row_with_the_reason) {
  const Outcome run = framegauge("bench ssim --runs 1 --size 60x70 --device cpu");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.out.find("not measured: fg_ms_ssim"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("% of the copy rate"), std::string::npos) << run.out;
  EXPECT_EQ(run.err, "");  // no progress outside a terminal
}

TEST(bench_command, a_rank_chooses_the_ops_of_its_kind) {
  const Json volumes = report_of(framegauge("bench ssim --runs 1 --size 2x1x9x10x11 --device cpu --json"));
  for (const Json& row : volumes["rows"]) EXPECT_EQ(row["op"], "ssim3d");
  EXPECT_EQ(volumes["rows"].size(), 2u);
  const Json images = report_of(framegauge("bench ssim --runs 1 --size 2x4x30x20 --device cpu --json"));
  for (const Json& row : images["rows"]) EXPECT_EQ(row["shape"], Json({2, 4, 30, 20}));
}

TEST(bench_command, csv_has_a_header_and_the_cells_of_each_row) {
  const auto folder = scratch_folder();
  const Outcome run =
      framegauge("bench ssim --runs 2 --size 60x70 --device cpu --csv " + (folder / "b.csv").string());
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string text = read_text(folder / "b.csv");
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "device,device_name,driver,op,variant,shape,dtype,median_us,min_us,runs,bytes,gb_per_s,copy_"
            "share,reason");
  EXPECT_NE(text.find(",ssim,\"value\",1x3x60x70,float32,"), std::string::npos) << text;
  EXPECT_NE(text.find(",ssim,\"value, RGB of RGBA\",1x60x70x4,uint8,"), std::string::npos) << text;
  // Twelve rows, of which MS-SSIM in both forms needs larger images.
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 13) << text;
  EXPECT_NE(text.find("cpu,\""), std::string::npos) << text;  // the name of a processor may hold commas
  EXPECT_NE(run.out.find("ssim"), std::string::npos) << "the table is printed too";
}

TEST(bench_command, CUDA_is_measured_where_it_is_and_an_error_with_the_reason_where_it_is_not) {
  const Outcome run = framegauge(kSmall + "--device cuda --json -");
  const Outcome doctor = framegauge("doctor");
  if (doctor.out.find("CUDA\n  not available: ") != std::string::npos) {
    EXPECT_EQ(run.exit_code, 5);
    EXPECT_NE(run.err.find("CUDA"), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    const Json report = report_of(framegauge(kSmall + "--device auto --json -"));
    EXPECT_EQ(report["devices"].size(), 1u);
    return;
  }
  const Json report = report_of(run);
  ASSERT_EQ(report["devices"][0]["device"], "cuda:0");
  for (const Json& row : report["rows"]) {
    if (row.contains("reason")) continue;
    EXPECT_GT(row["score"].get<double>(), 0.2) << row;
  }
  EXPECT_GT(row_of(report, "cuda:0", "ssim", "value")["median_us"].get<double>(), 0);
  EXPECT_EQ(framegauge("bench ssim --runs 1 --device cuda:4321").exit_code, 5);
}

TEST(bench_command, wrong_usage_gives_exit_code_two) {
  for (const char* arguments :
       {"bench", "bench sums", "bench ssim --device tpu", "bench ssim --device cuda:x",
        "bench ssim --device cuda:-1", "bench ssim --size 0x3", "bench ssim --size 3", "bench ssim --size 3x",
        "bench ssim --size axb", "bench ssim --size 1x2x3x4x5x6", "bench ssim --runs 0"}) {
    const Outcome run = framegauge(arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments << ": " << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
}

TEST(bench_command, help_has_an_example) {
  for (const char* arguments : {"bench --help", "bench ssim --help", "bench tick --help"}) {
    const Outcome run = framegauge(arguments);
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_NE(run.out.find("Example"), std::string::npos) << run.out;
    EXPECT_NE(run.out.find("framegauge bench "), std::string::npos) << run.out;
  }
}

}  // namespace
}  // namespace fg::test
