// framegauge diff of raw video, from the shell's side.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

class diff_video : public testing::Test {
 protected:
  std::string write(const char* name, const std::string& text) {
    write_text(folder_ / name, text);
    return (folder_ / name).string();
  }
  nlohmann::json diff(const std::string& arguments, int exit_code = 0) {
    const Outcome run = framegauge("diff " + arguments + " --json -");
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    err_ = run.err;
    return run.out.empty() ? nlohmann::json() : nlohmann::json::parse(run.out);
  }

  fs::path folder_ = scratch_folder();
  std::string err_;
};

TEST_F(diff_video, frames_are_scored_one_by_one) {
  const auto report = diff(write("a.y4m", y4m_of({0, 5, 20})) + " " + write("b.y4m", y4m_of({0, 0, 0})));
  ASSERT_EQ(report["pairs"].size(), 3u);
  EXPECT_EQ(report["pairs"][0]["scores"]["ssim"], 1.0);
  EXPECT_EQ(report["pairs"][2]["name"], "frame_00002");
  EXPECT_LT(report["pairs"][2]["scores"]["ssim"], report["pairs"][1]["scores"]["ssim"]);
  for (const char* name : {"psnr-y", "psnr-u", "psnr-v"}) EXPECT_TRUE(report["summary"].contains(name));
  EXPECT_EQ(report["metrics"]["ssim"]["channels"], "Y plane");
}

TEST_F(diff_video, yuv_and_y4m_of_the_same_frames_score_the_same) {
  std::string raw[2];
  for (const int noise : {0, 7}) {
    const Frame frame = planes(64, 48, 10, noise);
    for (const Plane& plane : frame.planes) raw[noise ? 1 : 0].append(plane.bytes.begin(), plane.bytes.end());
  }
  const std::string test = write("a.yuv", raw[1]), reference = write("b.yuv", raw[0]);
  const auto yuv = diff(test + " " + reference + " --size 64x48 --format yuv420p10le");
  const auto y4m = diff(write("a.y4m", y4m_of({7}, 10)) + " " + write("b.y4m", y4m_of({0}, 10)));
  EXPECT_EQ(yuv["pairs"][0]["scores"], y4m["pairs"][0]["scores"]);
  diff(test + " " + reference, 2);
  diff(test + " " + reference + " --size 64x48", 2);
  diff(test + " " + reference + " --size 640x480 --format yuv420p", 4);
}

TEST_F(diff_video, the_range_of_frames_can_be_chosen) {
  const std::string pair = write("a.y4m", y4m_of({0, 1, 2, 3, 4, 5, 6, 7})) + " " +
                           write("b.y4m", y4m_of({0, 1, 2, 3, 4, 5, 6, 7}));
  const auto names = [&](const std::string& options) {
    std::string text;
    const auto report = diff(pair + options);
    for (const auto& row : report["pairs"]) text += row["name"].get<std::string>().substr(10) + " ";
    return text;
  };
  EXPECT_EQ(names(" --frames 2:5"), "2 3 4 ");
  EXPECT_EQ(names(" --frames 6:"), "6 7 ");
  EXPECT_EQ(names(" --frames :3 --every 2"), "0 2 ");
  EXPECT_EQ(names(" --offset 5"), "0 1 2 ");
  EXPECT_EQ(names(" --offset -6"), "6 7 ");
  diff(pair + " --frames 8:9", 2);
  diff(pair + " --frames 3", 2);
  diff(pair + " --frames a:b", 2);
  diff(pair + " --offset 8", 2);
}

TEST_F(diff_video, tests_of_the_same_file_name_are_told_apart_by_their_folders) {
  fs::create_directory(folder_ / "one");
  fs::create_directory(folder_ / "two");
  const std::string first = write("one/a.y4m", y4m_of({3})), second = write("two/a.y4m", y4m_of({9})),
                    reference = write("b.y4m", y4m_of({0}));
  const auto report = diff(first + " " + second + " " + reference);
  ASSERT_EQ(report["pairs"].size(), 2u);
  EXPECT_EQ(report["pairs"][0]["name"], "a.y4m/frame_00000");
  EXPECT_EQ(report["pairs"][1]["name"], second + "/frame_00000");
  diff(first + " " + first + " " + reference, 2);
  EXPECT_NE(err_.find("given twice"), std::string::npos) << err_;
}

TEST_F(diff_video, an_offset_aligns_what_is_late) {
  const std::string pair = write("a.y4m", y4m_of({9, 9, 0, 3, 6})) + " " + write("b.y4m", y4m_of({0, 3, 6}));
  EXPECT_EQ(diff(pair + " --offset 2 --fail-under ssim:min=1")["passed"], true);
  diff(pair + " --missing ignore --fail-under ssim:min=1", 1);
}

TEST_F(diff_video, unequal_length_is_stated) {
  const std::string pair = write("a.y4m", y4m_of({0, 0, 0, 0})) + " " + write("b.y4m", y4m_of({0, 0, 0}));
  const auto report = diff(pair, 4);
  EXPECT_EQ(report["counts"]["unmatched"], 1);
  EXPECT_EQ(report["counts"]["scored"], 3);
  EXPECT_NE(err_.find("a.y4m: frames 3 to 3"), std::string::npos) << err_;
  diff(pair + " --missing warn", 0);
}

TEST_F(diff_video, what_differs_in_layout_gives_exit_code_three) {
  const std::string a = write("a.y4m", y4m_of({0})), b = write("b.y4m", y4m_of({0}, 10));
  diff(a + " " + b, 3);
  EXPECT_NE(err_.find("a.y4m is 64x48 yuv420p, the reference"), std::string::npos) << err_;
  diff(a + " " + FRAMEGAUGE_ASSETS "/scene/images/view_00.png", 2);
}

TEST_F(diff_video, a_file_that_is_cut_short_says_so) {
  std::string text = y4m_of({0, 0});
  const std::string whole = write("b.y4m", text);
  text.resize(text.size() - 10);
  diff(write("a.y4m", text) + " " + whole, 4);
  EXPECT_NE(err_.find("are no whole frame; is it cut short"), std::string::npos) << err_;
}

}  // namespace
}  // namespace fg::test
