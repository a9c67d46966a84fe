// framegauge diff of animated WebP, from the shell's side.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/animation.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

class diff_animation : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  // The encoder makes one frame of frames that follow each other and are nearly equal.
  std::string animation(const std::string& name, const std::vector<int>& noises) const {
    std::vector<AnimationFrame> frames;
    for (const int noise : noises) frames.push_back({waves(64, 48, noise), 40});
    fs::create_directories((folder_ / name).parent_path());
    save_animation(folder_ / name, frames);
    return path(name);
  }
  nlohmann::json diff(const std::string& arguments, int exit_code = 0) {
    const Outcome run = framegauge("diff " + arguments + " --json -");
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    err_ = run.err;
    return run.out.empty() ? nlohmann::json() : nlohmann::json::parse(run.out);
  }
  bool says(const std::string& text) const { return err_.find(text) != std::string::npos; }

  fs::path folder_ = scratch_folder();
  std::string err_;
};

TEST_F(diff_animation, frames_score_as_the_pictures_that_they_show) {
  const std::string pair = animation("a.webp", {0, 9, 30, 3}) + " " + animation("b.webp", {0, 20, 0, 20});
  for (const char* name : {"a", "b"}) {
    AnimationReader reader(path(name + std::string(".webp")));
    fs::create_directory(folder_ / name);
    for (std::size_t i = 0; i < reader.frames(); ++i)
      save_png(folder_ / name / (std::to_string(i) + ".png"), reader.next());
  }
  const auto film = diff(pair + " -j 3"), pictures = diff(path("a") + " " + path("b"));
  ASSERT_EQ(film["pairs"].size(), 4u);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(film["pairs"][i]["scores"], pictures["pairs"][i]["scores"]) << i;
  EXPECT_EQ(film["pairs"][2]["name"], "frame_00002");
  EXPECT_EQ(film["settings"]["videos"][0]["container"], "webp");
  EXPECT_EQ(diff(pair + " --frames 1: --every 2")["pairs"][1]["scores"], film["pairs"][3]["scores"]);
}

TEST_F(diff_animation, what_one_has_more_is_unmatched) {
  const auto report = diff(animation("a.webp", {0, 9, 3}) + " " + animation("b.webp", {0, 20}), 4);
  EXPECT_EQ(report["unmatched"][0], path("a.webp") + ": frames 2 to 2");
}

TEST_F(diff_animation, against_a_picture_it_is_a_sentence) {
  save_png(folder_ / "b.png", waves(64, 48, 0));
  diff(animation("a.webp", {0, 9}) + " " + path("b.png"), 2);
  EXPECT_TRUE(says("video is compared with video")) << err_;
}

TEST_F(diff_animation, among_pictures_it_is_a_row) {
  for (const char* side : {"out", "gold"}) {
    animation(side + std::string("/a.webp"), {0, 9});
    save_png(folder_ / side / "b.png", waves(64, 48, 0));
  }
  const auto report = diff(path("out") + " " + path("gold"), 4);
  ASSERT_EQ(report["pairs"].size(), 2u);
  EXPECT_EQ(report["pairs"][0]["status"], "unreadable");
  EXPECT_NE(report["pairs"][0]["problem"].get<std::string>().find("is an animated WebP"), std::string::npos);
  EXPECT_EQ(report["pairs"][1]["status"], "scored");
}

TEST_F(diff_animation, a_folder_of_them_is_one_of_videos) {
  for (const char* side : {"out", "gold"})
    for (const char* name : {"/a.webp", "/b.webp"}) animation(side + std::string(name), {0, 9});
  const auto report = diff(path("out") + " " + path("gold"));
  ASSERT_EQ(report["pairs"].size(), 4u);
  EXPECT_EQ(report["pairs"][3]["name"], "b.webp/frame_00001");
}

TEST_F(diff_animation, a_truncated_one_gives_exit_code_four_and_its_name) {
  const std::string pair = animation("a.webp", {0, 9}) + " " + animation("b.webp", {0, 20});
  const std::string whole = read_text(path("a.webp"));
  for (const std::size_t bytes : {std::size_t{21}, std::size_t{40}, whole.size() / 2, whole.size() - 9}) {
    write_text(path("a.webp"), whole.substr(0, bytes));
    diff(pair, 4);
    EXPECT_TRUE(says("a.webp")) << bytes << ": " << err_;
  }
}

}  // namespace
}  // namespace fg::test
