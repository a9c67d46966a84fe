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

TEST(diff_command, wrong_usage_is_answered_with_what_is_right) {
  const auto says = [](const std::string& arguments, const std::string& sentence) {
    const Outcome run = framegauge("diff " + arguments);
    EXPECT_EQ(run.exit_code, 2) << arguments;
    EXPECT_NE(run.err.find(sentence), std::string::npos) << run.err;
  };
  says("onlyone.png", "got onlyone.png alone; see 'framegauge diff --help'");
  says("a.png b.png --everyy 3", "see 'framegauge diff --help'");
  says("out gold --fail-under ssim:p7=1", "with :mean, :p5, :p95, :min, :max or :worst");
  says("a.mkv b.mkv --frames 9:3", "--frames 9:3: holds no frame; expected END above FIRST");
}

TEST(diff_command, what_is_done_to_pictures_is_said_and_stands_in_the_json) {
  const auto folder = scratch_folder();
  Image8 glass = waves(40, 30, 0);
  for (std::size_t i = 3; i < glass.rgba.size(); i += 4) glass.rgba[i] = 128;
  save_png(folder / "glass.png", glass);
  save_png(folder / "a.png", waves(40, 30, 0));
  save_exr(folder / "light.exr", {40, 30, 3, std::vector<float>(40 * 30 * 3, 0.5f)});
  const auto notes_of = [&](const std::string& test) {
    const Outcome run = framegauge("diff " + (folder / test).string() + " " + (folder / "a.png").string() +
                                   " --metrics mae --json -");
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const auto notes = nlohmann::json::parse(run.out)["notes"];
    std::string said;
    for (const std::string note : notes) said += "framegauge: " + note + "\n";
    EXPECT_EQ(run.err, said);
    return notes.size();
  };
  EXPECT_EQ(notes_of("a.png"), 0u);
  EXPECT_EQ(notes_of("glass.png"), 1u);
  EXPECT_EQ(notes_of("light.exr"), 3u);  // the curve, floats against codes, grey against colour
}

// The file cannot be written where a folder has its name.
TEST(diff_command, scores_are_printed_where_the_heatmap_cannot_be_written) {
  const auto folder = scratch_folder();
  save_png(folder / "a.png", waves(40, 30, 0));
  std::filesystem::create_directories(folder / "map.png/below");
  const auto a = (folder / "a.png").string();
  const Outcome run =
      framegauge("diff -q " + a + " " + a + " --metrics mae --heatmap " + (folder / "map.png").string());
  EXPECT_EQ(run.exit_code, 5);
  EXPECT_TRUE(run.out.ends_with("mae\t0\n")) << run.out;
  EXPECT_NE(run.err.find("map.png"), std::string::npos) << run.err;
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
  EXPECT_EQ(report["scores"]["ssim-valid"], "nan");
  EXPECT_EQ(run.err, "framegauge: 1x1 pixels are too few for the windows of ssim-valid, which is nan\n");
}

}  // namespace
}  // namespace fg::test
