// framegauge diff, from the shell's side.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

TEST(diff_command, identical_images_score_exactly_one_and_pass) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(97, 61, 0));
  const auto a = (folder / "a.png").string();
  const Outcome run = framegauge("diff " + a + " " + a + " --fail-under ssim=1 --fail-over mae=0 --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = nlohmann::json::parse(run.out);
  EXPECT_EQ(report["scores"]["ssim"], 1.0);
  EXPECT_EQ(report["scores"]["ssim-valid"], 1.0);
  EXPECT_EQ(report["scores"]["psnr"], "inf");
  EXPECT_TRUE(report["passed"].get<bool>());
}

TEST(diff_command, a_missed_threshold_gives_exit_code_one_and_says_which) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(97, 61, 0));
  save_png(folder / "b.png", waves(97, 61, 30));
  const Outcome run = framegauge("diff " + (folder / "b.png").string() + " " + (folder / "a.png").string() +
                                 " --fail-under ssim=0.99 --heatmap " + (folder / "map.png").string());
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("ssim is 0."), std::string::npos) << run.err;
  const Image8 heatmap = load_image(folder / "map.png");
  EXPECT_EQ(heatmap.width, 97);
  EXPECT_EQ(heatmap.height, 61);
}

TEST(diff_command, images_of_different_size_give_exit_code_three) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(20, 30, 0));
  save_png(folder / "b.png", waves(21, 30, 0));
  const Outcome run = framegauge("diff " + (folder / "a.png").string() + " " + (folder / "b.png").string());
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_NE(run.err.find("20x30 against 21x30"), std::string::npos) << run.err;
}

TEST(diff_command, a_file_that_is_no_image_gives_exit_code_four_and_its_name) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(20, 30, 0));
  write_text(folder / "b.png", "this is a letter to my aunt");
  const Outcome run = framegauge("diff " + (folder / "b.png").string() + " " + (folder / "a.png").string());
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_NE(run.err.find("b.png"), std::string::npos) << run.err;
}

TEST(diff_command, wrong_usage_gives_exit_code_two) {
  EXPECT_EQ(framegauge("diff onlyone.png").exit_code, 2);
  EXPECT_EQ(framegauge("diff a.png b.png --fail-under beauty=3").exit_code, 2);
  EXPECT_EQ(framegauge("diff a.png b.png --fail-under ssim=high").exit_code, 2);
  EXPECT_EQ(framegauge("").exit_code, 2);
}

TEST(diff_command, quiet_output_is_name_tab_value) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(20, 30, 0));
  const auto a = (folder / "a.png").string();
  const Outcome run = framegauge("diff -q " + a + " " + a);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.out.substr(0, run.out.find('\n')), "ssim\t1");
  EXPECT_EQ(run.err, "");
}

TEST(diff_command, one_pixel_images_are_scored) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(1, 1, 0));
  const auto a = (folder / "a.png").string();
  const Outcome run = framegauge("diff " + a + " " + a + " --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto report = nlohmann::json::parse(run.out);
  EXPECT_EQ(report["scores"]["ssim"], 1.0);
  EXPECT_EQ(report["scores"]["ssim-valid"], "nan");  // no window fits
}

}  // namespace
}  // namespace fg::test
