// framegauge diff of folders of videos, from the shell's side.

#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

class diff_video_folders : public testing::Test {
 protected:
  diff_video_folders() {
    for (const char* side : {"out", "gold"}) fs::create_directory(folder_ / side);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::vector<int>& noises) const {
    fs::create_directories((folder_ / name).parent_path());
    write_text(folder_ / name, y4m_of(noises));
  }
  void clip(const std::string& name, const std::vector<int>& noises) const {
    write("out/" + name, noises);
    write("gold/" + name, std::vector<int>(noises.size(), 0));
  }
  nlohmann::json diff(const std::string& options = "", int exit_code = 0) {
    return compare(path("out") + " " + path("gold"), options, exit_code);
  }
  nlohmann::json compare(const std::string& inputs, const std::string& options, int exit_code = 0) {
    const Outcome run = framegauge("diff " + inputs + " --json - " + options);
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    err_ = run.err;
    return run.out.empty() ? nlohmann::json() : nlohmann::json::parse(run.out);
  }
  static std::string names_of(const nlohmann::json& report) {
    std::string names;
    for (const auto& pair : report["pairs"]) names += pair["name"].get<std::string>() + " ";
    return names;
  }
  bool says(const std::string& text) const { return err_.find(text) != std::string::npos; }

  fs::path folder_ = scratch_folder();
  std::string err_;
};

TEST_F(diff_video_folders, every_pair_of_videos_is_scored_frame_by_frame) {
  clip("clip9.y4m", {0, 20});
  clip("clip10.y4m", {5, 9, 30});
  const auto report = diff("--fail-under ssim:min=0.1");
  EXPECT_EQ(names_of(report),
            "clip9.y4m/frame_00000 clip9.y4m/frame_00001 clip10.y4m/frame_00000 clip10.y4m/frame_00001 "
            "clip10.y4m/frame_00002 ");
  EXPECT_EQ(report["counts"]["scored"], 5);
  EXPECT_EQ(report["pairs"][3]["test"], path("out/clip10.y4m"));
  EXPECT_TRUE(report["pairs"][0]["scores"].contains("psnr-u"));
  EXPECT_EQ(report["settings"]["videos"].size(), 4u);
  ASSERT_EQ(report["videos"].size(), 2u);
  for (const auto& video : report["videos"]) {
    const std::string name = video["name"];
    const auto alone = compare(path("out/" + name) + " " + path("gold/" + name), "");
    EXPECT_EQ(video["summary"], alone["summary"]) << name;
    EXPECT_EQ(video["scored"], alone["counts"]["scored"]);
    EXPECT_EQ(video["failed"], 0);
    EXPECT_FALSE(alone.contains("videos"));
  }
}

TEST_F(diff_video_folders, limits_hold_for_the_frames_of_all) {
  clip("a.y4m", {0, 0});
  clip("b.y4m", {0, 60});
  diff("--fail-under ssim:p95=1");
  const auto report = diff("--fail-under ssim=0.999 --fail-percent 20", 1);
  EXPECT_EQ(report["thresholds"][0]["missed_by"], nlohmann::json({"b.y4m/frame_00001"}));
  diff("--fail-under ssim=0.999 --fail-percent 25");
}

TEST_F(diff_video_folders, the_table_has_the_mean_of_each_video) {
  clip("a.y4m", {0, 9});
  clip("b.y4m", {30});
  const std::string out = framegauge("diff " + path("out") + " " + path("gold") + " --metrics mae").out;
  for (const char* line : {"\nmean of a.y4m ", "\nmean of b.y4m ", "\nmean "})
    EXPECT_NE(out.find(line), std::string::npos) << out;
}

TEST_F(diff_video_folders, the_csv_ends_with_a_row_of_means_for_each_video) {
  clip("a.y4m", {0, 9});
  clip("b.y4m", {30});
  clip("c.y4m", {1});
  write_text(folder_ / "out/c.y4m", "this is a letter to my aunt");
  const std::string inputs = path("out") + " " + path("gold") + " --metrics mae ";
  const auto report = compare(inputs, "", 4);
  const std::string csv = framegauge("diff " + inputs + "--csv -").out;
  std::vector<std::string> rows;
  for (std::size_t at = 0; at < csv.size(); at = csv.find('\n', at) + 1)
    rows.push_back(csv.substr(at, csv.find('\n', at) - at));
  ASSERT_EQ(rows.size(), 1u + 4 + 3);
  EXPECT_EQ(rows[0], "name,test,reference,status,width,height,mae,problem");
  for (std::size_t i = 1; i <= 3; ++i)
    EXPECT_NE(rows[i].find(",scored,64,48,"), std::string::npos) << rows[i];
  for (const std::size_t i : {0, 1}) {
    const std::string name = report["videos"][i]["name"];
    const std::string start =
        name + "," + path("out/" + name) + "," + path("gold/" + name) + ",video-mean,64,48,";
    ASSERT_TRUE(rows[5 + i].starts_with(start)) << rows[5 + i];
    EXPECT_EQ(std::stod(rows[5 + i].substr(start.size())), report["videos"][i]["summary"]["mae"]["mean"]);
    EXPECT_EQ(rows[5 + i].back(), ',');
  }
  EXPECT_EQ(rows[7], "c.y4m," + path("out/c.y4m") + "," + path("gold/c.y4m") +
                         ",video-mean,0,0,,1 of 1 frames were not scored");
}

TEST_F(diff_video_folders, names_are_matched_like_those_of_pictures) {
  write("out/one/a.y4m", {3});
  write("gold/one/a.y4m", {0});
  write("out/new.y4m", {0});
  write("gold/old.y4m", {0});
  const auto report = diff("--missing warn");
  EXPECT_EQ(names_of(report), "one/a.y4m/frame_00000 ");
  EXPECT_EQ(report["unmatched"], nlohmann::json({path("out/new.y4m"), path("gold/old.y4m")}));
  diff("", 4);
  diff("--missing ignore");
  EXPECT_EQ(names_of(diff("--match sorted")), "new.y4m/frame_00000 one/a.y4m/frame_00000 ");
  EXPECT_EQ(names_of(diff("--match '(one|old|new)' --missing ignore")), "one/a.y4m/frame_00000 ");
}

TEST_F(diff_video_folders, a_name_without_its_ending_is_enough) {
  write("out/a.y4m", {7, 3});
  std::string raw;
  for (const int noise : {0, 0})
    for (const Plane& plane : planes(64, 48, 8, noise).planes)
      raw.append(plane.bytes.begin(), plane.bytes.end());
  write_text(folder_ / "gold/a.yuv", raw);
  EXPECT_EQ(names_of(diff("--size 64x48 --format yuv420p")), "a.y4m/frame_00000 a.y4m/frame_00001 ");
  diff("", 2);
  EXPECT_TRUE(says("--size")) << err_;
}

TEST_F(diff_video_folders, a_video_that_cannot_be_compared_is_one_row) {
  clip("a.y4m", {1, 2});
  clip("b.y4m", {3});
  write_text(folder_ / "out/b.y4m", "this is a letter to my aunt");
  clip("c.y4m", {4});
  write_text(folder_ / "gold/c.y4m", y4m_of({0}, 8, 32, 48));
  auto report = diff("", 4);
  EXPECT_EQ(names_of(report), "a.y4m/frame_00000 a.y4m/frame_00001 b.y4m c.y4m ");
  EXPECT_EQ(report["pairs"][2]["status"], "unreadable");
  EXPECT_EQ(report["pairs"][3]["status"], "size-mismatch");
  EXPECT_EQ(report["videos"][1]["failed"], 1);
  EXPECT_EQ(report["videos"][1]["summary"]["ssim"]["mean"], "nan");
  for (const char* side : {"out/b.y4m", "gold/b.y4m"}) fs::remove(folder_ / side);
  diff("", 3);
}

TEST_F(diff_video_folders, what_one_video_has_more_is_unmatched) {
  clip("a.y4m", {1, 2});
  clip("b.y4m", {3, 4});
  write("out/b.y4m", {3, 4, 5, 6});
  const auto report = diff("", 4);
  EXPECT_EQ(report["counts"]["unmatched"], 2);
  EXPECT_EQ(report["unmatched"], nlohmann::json({path("out/b.y4m") + ": frames 2 to 3"}));
  EXPECT_EQ(report["counts"]["scored"], 4);
}

TEST_F(diff_video_folders, frames_are_chosen_in_each_video) {
  clip("a.y4m", {1, 2, 3, 4, 5});
  clip("b.y4m", {1, 2});
  EXPECT_EQ(names_of(diff("--frames 2: --every 2")), "a.y4m/frame_00002 a.y4m/frame_00004 ");
  EXPECT_TRUE(says("b.y4m: --frames, --every and --offset leave no frame")) << err_;
  diff("--frames 9:", 2);
  EXPECT_TRUE(says("of any video")) << err_;
}

TEST_F(diff_video_folders, videos_are_held_against_one_or_come_from_several_folders) {
  clip("a.y4m", {1, 2});
  clip("b.y4m", {3});
  EXPECT_EQ(names_of(compare(path("out") + " " + path("gold/b.y4m"), "--missing ignore")),
            "a.y4m/frame_00000 b.y4m/frame_00000 ");
  fs::copy(folder_ / "out", folder_ / "other");
  EXPECT_EQ(names_of(compare(path("out") + " " + path("other") + " " + path("gold"), "")),
            "out/a.y4m/frame_00000 out/a.y4m/frame_00001 out/b.y4m/frame_00000 other/a.y4m/frame_00000 "
            "other/a.y4m/frame_00001 other/b.y4m/frame_00000 ");
  compare(path("out/a.y4m") + " " + path("gold"), "", 2);
  EXPECT_TRUE(says("is a folder of videos")) << err_;
}

TEST_F(diff_video_folders, pictures_go_before_videos_and_it_is_said) {
  clip("a.y4m", {1});
  for (const char* side : {"out", "gold"}) save_png(folder_ / side / "b.png", waves(31, 22, 0));
  EXPECT_EQ(names_of(diff()), "b.png ");
  EXPECT_TRUE(says("out holds pictures and videos; the pictures are compared, not a.y4m")) << err_;
  fs::remove(folder_ / "out/b.png");
  diff("", 2);
  EXPECT_TRUE(says("out holds videos, ")) << err_;
}

TEST_F(diff_video_folders, planes_and_grey_do_not_share_a_table) {
  clip("a.y4m", {1});
  for (const char* side : {"out/b.y4m", "gold/b.y4m"})
    write_text(folder_ / side, y4m_of({2}, 8, 64, 48, false));
  diff("", 2);
  EXPECT_TRUE(says("a.y4m has Y, U and V") && says("b.y4m has Y, and")) << err_;
  EXPECT_EQ(names_of(diff("--as-rgb")), "a.y4m/frame_00000 b.y4m/frame_00000 ");
}

TEST_F(diff_video_folders, results_do_not_depend_on_the_workers_nor_on_an_interruption) {
  for (int i = 0; i < 9; ++i) clip("c" + std::to_string(i) + ".y4m", std::vector<int>(i % 3 + 1, 2 * i));
  const std::string inputs = "diff " + path("out") + " " + path("gold"), csv = path("1.csv");
  ASSERT_EQ(framegauge(inputs + " -j 1 --csv " + csv).exit_code, 0);
  ASSERT_EQ(framegauge(inputs + " -j 7 --csv " + path("7.csv")).exit_code, 0);
  EXPECT_EQ(read_text(csv), read_text(path("7.csv")));
  // All pairs are scored and the last file cannot be written: the journal stays, here with its first half.
  ASSERT_EQ(framegauge(inputs + " --csv " + path("r.csv") + " --report " + path("none/r.html")).exit_code, 5);
  std::string journal = read_text(path("r.csv.journal"));
  write_text(path("r.csv.journal"), journal.substr(0, journal.find("\n", journal.size() / 2) + 1));
  const Outcome resumed = framegauge(inputs + " --resume --csv " + path("r.csv"));
  EXPECT_EQ(resumed.exit_code, 0);
  EXPECT_NE(resumed.err.find("pairs were finished before"), std::string::npos) << resumed.err;
  EXPECT_EQ(read_text(csv), read_text(path("r.csv")));
}

// 120 videos, and 40 open files at the most: each is closed before the next but one is opened.
TEST_F(diff_video_folders, many_videos_are_not_open_at_once) {
  for (int i = 0; i < 60; ++i) clip(std::to_string(i) + ".y4m", {i});
  const std::string program = std::string(FRAMEGAUGE_PROGRAM) + " diff " + path("out") + " " + path("gold") +
                              " -j 3 --device cpu --report " + path("r.html");
  EXPECT_EQ(std::system(("ulimit -n 40; " + program + " >/dev/null 2>" + path("log")).c_str()), 0)
      << read_text(path("log"));
  EXPECT_NE(read_text(path("r.html")).find("\"videos\":[{\"name\":\"0.y4m\""), std::string::npos);
}

TEST_F(diff_video_folders, compressed_videos_too) {
  if (!FRAMEGAUGE_HAS_FFMPEG) GTEST_SKIP() << "built without the FFmpeg libraries";
  if (std::system("ffmpeg -version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no ffmpeg program to make them with";
  for (const char* name : {"a", "b"}) {
    clip(std::string(name) + ".y4m", {1, 9, 4, 7, 3, 5});
    for (const char* side : {"out/", "gold/"}) {
      const std::string file = path(side + std::string(name));
      ASSERT_EQ(
          std::system(
              ("ffmpeg -nostdin -y -i " + file + ".y4m -c:v ffv1 " + file + ".mkv 2>/dev/null").c_str()),
          0);
    }
  }
  const auto raw = diff("--match '(.*)[.]y4m' --missing ignore");
  for (const char* name : {"a.y4m", "b.y4m"})
    for (const char* side : {"out/", "gold/"}) fs::remove(path(side + std::string(name)));
  const auto coded = diff("-j 4");
  EXPECT_EQ(names_of(coded).substr(0, 18), "a.mkv/frame_00000 ");
  ASSERT_EQ(coded["pairs"].size(), 12u);
  EXPECT_EQ(coded["summary"], raw["summary"]);
}

}  // namespace
}  // namespace fg::test
