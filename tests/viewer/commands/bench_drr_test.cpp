// framegauge bench drr, from the shell's side.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/viewer/commands/program.h"
#include "viewer/bench/drr_scene.h"

namespace fg::test {
namespace {

using Json = nlohmann::json;

Json report_of(const std::string& arguments) {
  const Outcome run = framegauge("bench drr --quick --runs 2 --device cpu " + arguments);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  return Json::parse(run.out, nullptr, false);
}

TEST(bench_drr, every_work_is_measured_on_the_CPU_and_its_figures_fit_together) {
  const Json report = report_of("--json -");
  EXPECT_EQ(report["schema"], "framegauge-bench-1");
  EXPECT_EQ(report["suite"], "drr");
  ASSERT_EQ(report["rows"].size(), 16u);  // 4 detectors, 2 methods, with and without a gradient
  double trilinear = 0;
  for (const Json& row : report["rows"]) {
    ASSERT_FALSE(row.contains("reason")) << row;
    const double median = row["median_us"],
                 rays = row["poses"].get<double>() * row["height"].get<double>() * row["width"].get<double>();
    EXPECT_EQ(row["runs"], 2);
    EXPECT_GE(median, row["min_us"].get<double>());
    EXPECT_NEAR(row["rays_per_s"].get<double>(), rays / median * 1e6, 1e-6 * rays / median * 1e6);
    const bool siddon = row["method"] == "siddon";
    const double looks = row[siddon ? "voxels_per_ray" : "samples_per_ray_inside"];
    EXPECT_NEAR(row[siddon ? "voxels_per_s" : "samples_per_s"].get<double>(), looks * rays / median * 1e6,
                1e-6 * looks * rays / median * 1e6);
    EXPECT_EQ(row.contains("slope_by_distance"), row["work"] == "image and gradient by pose");
    // The same rays through the same volume: the two methods agree on what is in their way to a percent.
    if (!siddon) trilinear = row["mean"];
    EXPECT_NEAR(row["mean"].get<double>(), trilinear, 0.01 * trilinear) << row;
    EXPECT_GT(trilinear, 1);
  }
}

TEST(bench_drr, samples_are_2_mm_apart_and_a_third_of_them_lie_inside) {
  const DrrBenchRays rays = count_rays(drr_bench_volume(false), drr_bench_poses(1), {});
  EXPECT_NEAR(rays.mm_per_sample, 2.07, 0.01);   // 1020 to 1059 mm in 499 steps
  EXPECT_NEAR(rays.samples_inside, 162.7, 0.1);  // as in nanodrr's benchmark
  EXPECT_NEAR(rays.path_mm, 162.7 * 2.07, 5);
  EXPECT_GT(rays.voxels_crossed, rays.path_mm / 0.703125);  // a voxel is crossed along y alone, or on a slant
}

// World coordinates are RAS: -x is the patient's left, -y the back, -z down.
TEST(bench_drr, the_camera_is_in_front_of_the_body_and_its_x_points_to_the_patients_left) {
  const std::vector<DrrBenchPose> poses = drr_bench_poses(2);
  const DrrBenchPose front{-1, 0, 0, 0.3, 0, 0, -1, 850, 0, -1, 0, 0.4};
  for (std::size_t i = 0; i < front.size(); ++i) EXPECT_NEAR(poses[0][i], front[i], 1e-12) << i;
  const double turn = 2 * 3.14159265358979323846 / 180;
  EXPECT_NEAR(poses[1][3], 0.3 * std::cos(turn) - 850 * std::sin(turn), 1e-10);
  EXPECT_NEAR(poses[1][4], -std::sin(turn), 1e-12);
}

TEST(bench_drr, a_ray_along_an_axis_crosses_each_voxel_once) {
  const DrrBenchVolume cube{10, 20, 30, 1, 1, 1};
  const std::vector<DrrBenchPose> along_y{{1, 0, 0, 0.01, 0, 0, 1, -500, 0, 1, 0, 0.01}};
  const DrrBenchRays rays = count_rays(cube, along_y, {.side = 1, .samples = 1021});
  EXPECT_EQ(rays.voxels_crossed, 20);
  EXPECT_EQ(rays.samples_inside, 21);  // 1 mm apart, from one voxel before the first to one behind the last
  EXPECT_NEAR(rays.path_mm, 20, 1e-9);
}

TEST(bench_drr, the_table_and_the_CSV_have_a_line_for_each_row) {
  const std::string file = testing::TempDir() + "bench_drr.csv";
  const Outcome table = framegauge("bench drr --quick --runs 1 --device cpu --csv " + file);
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_NE(table.out.find("128x128x34 voxels"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("M rays/s"), std::string::npos);
  std::ifstream stream(file);
  const std::string csv{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 17);
}

TEST(bench_drr, an_unknown_device_is_wrong_usage) {
  const Outcome run = framegauge("bench drr --quick --device tpu");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("tpu"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace fg::test
