// framegauge diff of volumes, from the shell's side.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "tests/oracle/ssim3d_oracle.h"
#include "tests/viewer/commands/program.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr int kDepth = 13, kHeight = 17, kWidth = 19;

// Waves in HU, and a test that is off by grain.
oracle::Volume waves_in(double grain) {
  oracle::Volume volume(kDepth, kHeight, kWidth);
  std::uint32_t seed = 7;
  for (int z = 0; z < kDepth; ++z)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) {
        seed = seed * 1664525u + 1013904223u;
        const double noise = static_cast<double>(seed >> 8) / 16777216.0 - 0.5;
        volume.value[volume.index(z, y, x)] = static_cast<double>(
            static_cast<float>(400 * std::sin(0.3 * x + 0.2 * y) * std::cos(0.25 * z) + grain * noise));
      }
  return volume;
}

std::string write_volume(const fs::path& file, const oracle::Volume& volume,
                         const std::string& spacing = "1 1 2", const std::string& offset = "0 0 0") {
  std::string text =
      "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nOffset = " + offset +
      "\nElementSpacing = " + spacing + "\nDimSize = " + std::to_string(volume.width) + " " +
      std::to_string(volume.height) + " " + std::to_string(volume.depth) +
      "\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n";
  for (const double value : volume.value) {
    const auto sample = static_cast<float>(value);
    text.append(reinterpret_cast<const char*>(&sample), sizeof(sample));
  }
  fs::create_directories(file.parent_path());
  write_text(file, text);
  return file.string();
}

struct Expected {
  double range = 0, mse = 0, mae = 0, max = 0, ncc = 0, ssim3d = 0;
};

Expected expected_of(const oracle::Volume& x, const oracle::Volume& y) {
  Expected e;
  double low = y.value[0], high = y.value[0], mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  const auto n = static_cast<double>(x.value.size());
  for (std::size_t i = 0; i < x.value.size(); ++i) {
    low = std::min(low, y.value[i]);
    high = std::max(high, y.value[i]);
    mx += x.value[i] / n;
    my += y.value[i] / n;
  }
  e.range = high - low;
  for (std::size_t i = 0; i < x.value.size(); ++i) {
    const double d = std::abs(x.value[i] - y.value[i]) / e.range;
    e.mse += d * d / n;
    e.mae += d / n;
    e.max = std::max(e.max, d);
    xx += (x.value[i] - mx) * (x.value[i] - mx);
    yy += (y.value[i] - my) * (y.value[i] - my);
    xy += (x.value[i] - mx) * (y.value[i] - my);
  }
  e.ncc = xy / std::sqrt(xx * yy);
  e.ssim3d = oracle::ssim3d(x, y, {.range = e.range}).mean;
  return e;
}

TEST(diff_volumes, scores_are_those_of_the_naive_definitions_over_the_references_range) {
  const fs::path folder = scratch_folder();
  const oracle::Volume x = waves_in(200), y = waves_in(0);
  const std::string test = write_volume(folder / "a.mha", x), reference = write_volume(folder / "b.mha", y);
  const Outcome run = framegauge("diff " + test + " " + reference + " --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json report = json::parse(run.out), scores = report["scores"];
  const Expected e = expected_of(x, y);
  EXPECT_NEAR(scores["mse"].get<double>(), e.mse, 1e-6 * e.mse);
  EXPECT_NEAR(scores["mae"].get<double>(), e.mae, 1e-6 * e.mae);
  EXPECT_NEAR(scores["max"].get<double>(), e.max, 1e-6);
  EXPECT_NEAR(scores["psnr"].get<double>(), -10 * std::log10(e.mse), 1e-5);
  EXPECT_NEAR(scores["ncc"].get<double>(), e.ncc, 1e-5);
  EXPECT_NEAR(scores["ssim3d"].get<double>(), e.ssim3d, 1e-5);
  EXPECT_EQ(scores.size(), 6u);
  EXPECT_EQ(report["metrics"]["ssim3d"]["data_range"], "max - min of each reference");
  EXPECT_EQ(report["pairs"][0]["depth"], kDepth);
  EXPECT_NEAR(report["pairs"][0]["data_range"].get<double>(), e.range, 1e-3);
  const Outcome in_hu =
      framegauge("diff " + test + " " + reference + " --data-range 1 --metrics mae --json -");
  EXPECT_NEAR(json::parse(in_hu.out)["scores"]["mae"].get<double>(), e.mae * e.range, 1e-3);
}

TEST(diff_volumes, what_is_to_be_known_of_a_reference_is_said_once) {
  const fs::path folder = scratch_folder();
  oracle::Volume y = waves_in(0);
  y.value[7] = std::nan("");
  const std::string reference = write_volume(folder / "b.mha", y);
  std::string tests;
  for (const char* name : {"1.mha", "2.mha", "3.mha"})
    tests += write_volume(folder / name, waves_in(9)) + " ";
  const Outcome run = framegauge("diff " + tests + reference + " --metrics mae -j 2 --csv -");
  const std::string note = "b.mha: 1 voxels are NaN or infinite and count as air.";
  const std::size_t first = run.err.find(note);
  ASSERT_NE(first, std::string::npos) << run.err;
  EXPECT_EQ(run.err.find(note, first + 1), std::string::npos) << run.err;
}

TEST(diff_volumes, identical_volumes_score_1_and_pass) {
  const fs::path folder = scratch_folder();
  const std::string a = write_volume(folder / "a.mha", waves_in(0));
  const Outcome run = framegauge("diff " + a + " " + a + " --fail-under ssim3d=1 --fail-over mse=0 --json -");
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["scores"]["ssim3d"], 1.0);
}

TEST(diff_volumes, other_grids_are_exit_code_3_with_one_sentence_and_resample_mends_it) {
  const fs::path folder = scratch_folder();
  const oracle::Volume y = waves_in(0);
  const std::string reference = write_volume(folder / "b.mha", y);
  const auto expect = [&](const std::string& test, const std::string& words) {
    const Outcome run = framegauge("diff " + test + " " + reference);
    EXPECT_EQ(run.exit_code, 3);
    EXPECT_NE(run.err.find(words), std::string::npos) << run.err;
    EXPECT_NE(run.err.find("--resample"), std::string::npos) << run.err;
    EXPECT_EQ(framegauge("diff " + test + " " + reference + " --resample").exit_code, 0);
  };
  expect(write_volume(folder / "spaced.mha", y, "1 1 2.5"), "spacing: 1, 1, 2.5 mm against 1, 1, 2 mm");
  expect(write_volume(folder / "moved.mha", y, "1 1 2", "0 0 6"), "differ in origin");
  oracle::Volume cut(kDepth - 1, kHeight, kWidth);
  std::copy_n(y.value.begin(), cut.value.size(), cut.value.begin());
  expect(write_volume(folder / "cut.mha", cut), "19 x 17 x 12 voxels against 19 x 17 x 13");
  // All but the slice that is not there agree: it is what lies outside.
  const Outcome run = framegauge("diff " + (folder / "cut.mha").string() + " " + reference +
                                 " --resample --outside 5000 --metrics max --data-range 1 --json -");
  double most = 0;
  for (std::size_t i = cut.value.size(); i < y.value.size(); ++i) most = std::max(most, 5000 - y.value[i]);
  EXPECT_NEAR(json::parse(run.out)["scores"]["max"].get<double>(), most, 1e-2);
  EXPECT_EQ(json::parse(run.out)["settings"]["outside"], 5000.0);
  EXPECT_NE(run.err.find("7.69 % of the reference's voxels lie beyond its grid and count as 5000"),
            std::string::npos)
      << run.err;
}

TEST(diff_volumes, an_axis_that_runs_the_other_way_round_is_no_other_grid) {
  const fs::path folder = scratch_folder();
  const oracle::Volume y = waves_in(0);
  oracle::Volume turned = y;
  for (auto row = turned.value.begin(); row != turned.value.end(); row += kWidth)
    std::reverse(row, row + kWidth);
  const std::string test =
      write_volume(folder / "turned.mha", turned, "1 1 2", "18 0 0\nTransformMatrix = -1 0 0 0 1 0 0 0 1");
  const Outcome run =
      framegauge("diff " + test + " " + write_volume(folder / "b.mha", y) + " --metrics max --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["scores"]["max"], 0);
}

TEST(diff_volumes, folders_are_matched_by_name_and_a_damaged_file_is_one_row) {
  const fs::path folder = scratch_folder();
  for (const char* name : {"one.mha", "two.mha", "three.mha"}) {
    write_volume(folder / "test" / name, waves_in(50));
    write_volume(folder / "gold" / name, waves_in(0));
  }
  fs::resize_file(folder / "test/two.mha", 900);
  fs::remove(folder / "gold/three.mha");
  const Outcome run = framegauge("diff " + (folder / "test").string() + " " + (folder / "gold").string() +
                                 " --json - --heatmaps " + (folder / "maps").string() + " --missing warn");
  EXPECT_EQ(run.exit_code, 4) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["counts"]["scored"], 1);
  EXPECT_EQ(report["counts"]["unreadable"], 1);
  EXPECT_EQ(report["counts"]["unmatched"], 1);
  const Image8 map = load_image(folder / "maps/one.png");
  EXPECT_EQ(map.width, kWidth);
  EXPECT_EQ(map.height, kHeight);
}

TEST(diff_volumes, what_has_no_definition_for_volumes_is_wrong_usage) {
  const fs::path folder = scratch_folder();
  const std::string a = write_volume(folder / "a.mha", waves_in(0));
  write_text(folder / "text.txt", "no volume");
  for (const std::string options :
       {"--metrics ssim", "--metrics flip", "--fail-over flip=1", "--crop 0,0,2,2", "--ignore 0,0,2,2",
        "--heatmap-of flip", "--frames 0:2", "--data-range 0", "--as-rgb", "--tonemap none",
        "--background 1 1 1", "--resample --outside nan", "--resample --outside 1e300"})
    EXPECT_EQ(framegauge("diff " + a + " " + a + " " + options).exit_code, 2) << options;
  EXPECT_EQ(framegauge("diff " + a + " " + (folder / "text.txt").string()).exit_code, 2);
  EXPECT_EQ(framegauge("diff " + a + " " + (folder / "none.mha").string()).exit_code, 4);
  save_png(folder / "p.png", {.width = 1, .height = 1, .rgba = {1, 2, 3, 255}});
  const std::string p = (folder / "p.png").string();
  EXPECT_EQ(framegauge("diff " + p + " " + p + " --metrics ssim3d").exit_code, 2);
  EXPECT_EQ(framegauge("diff " + p + " " + p + " --resample").exit_code, 2);
}

TEST(diff_volumes, a_constant_reference_has_a_range_of_1) {
  const fs::path folder = scratch_folder();
  oracle::Volume flat(2, 3, 4);
  const std::string reference = write_volume(folder / "flat.mha", flat);
  for (double& value : flat.value) value = 3;
  const Outcome run =
      framegauge("diff " + write_volume(folder / "three.mha", flat) + " " + reference + " --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(json::parse(run.out)["scores"]["mae"], 3.0);
  EXPECT_EQ(json::parse(run.out)["pairs"][0]["data_range"], 1.0);
}

}  // namespace
}  // namespace fg::test
