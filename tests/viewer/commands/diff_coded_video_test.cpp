// framegauge diff of compressed video, from the shell's side, against FFmpeg's own program.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/viewer/commands/program.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;

// Ours decodes what another build of the same libraries encodes; without the program there is nothing to ask.
#define SKIP_WITHOUT_FFMPEG()                                                       \
  if (!FRAMEGAUGE_HAS_FFMPEG) GTEST_SKIP() << "built without the FFmpeg libraries"; \
  if (std::system("ffmpeg -version >/dev/null 2>&1") != 0)                          \
  GTEST_SKIP() << "there is no ffmpeg program to compare with"

class diff_coded_video : public testing::Test {
 protected:
  std::string path(const char* name) const { return (folder_ / name).string(); }
  // "-i a.mkv -c:v ffv1 b.mkv", with names in the folder.
  bool ffmpeg(const std::string& arguments, const char* log = "ffmpeg.log") const {
    return std::system(
               ("cd '" + folder_.string() + "' && ffmpeg -hide_banner -nostdin -y " + arguments + " 2>" + log)
                   .c_str()) == 0;
  }
  nlohmann::json diff(const std::string& arguments, int exit_code = 0) {
    const Outcome run = framegauge("diff " + arguments + " --json -");
    EXPECT_EQ(run.exit_code, exit_code) << run.err;
    err_ = run.err;
    return run.out.empty() ? nlohmann::json() : nlohmann::json::parse(run.out);
  }

  // What FFmpeg's psnr filter prints of all frames, frame i with frame i.
  std::map<std::string, double> ffmpeg_psnr(const std::string& test, const std::string& reference) {
    EXPECT_TRUE(
        ffmpeg("-i " + test + " -i " + reference +
                   " -lavfi '[0:v]settb=1/25,setpts=N[a];[1:v]settb=1/25,setpts=N[b];[a][b]psnr' -f null -",
               "psnr.log"));
    const std::string log = read_text(folder_ / "psnr.log");
    std::map<std::string, double> values;
    const std::regex pair("(y|u|v|average):([0-9.]+)");
    const std::size_t line = log.rfind("PSNR y:");
    for (std::sregex_iterator i(log.begin() + static_cast<std::ptrdiff_t>(line), log.end(), pair), end;
         i != end; ++i)
      values[(*i)[1]] = std::stod((*i)[2]);
    return values;
  }

  // Within 0.01 dB of it, all samples together and each plane.
  void expect_psnr_of_ffmpeg(const std::string& test, const std::string& reference) {
    const auto summary =
        diff(path(test.c_str()) + " " + path(reference.c_str()) + " --metrics psnr")["summary"];
    const auto theirs = ffmpeg_psnr(test, reference);
    for (const auto& [ours, name] :
         {std::pair("psnr", "average"), {"psnr-y", "y"}, {"psnr-u", "u"}, {"psnr-v", "v"}}) {
      EXPECT_NEAR(summary[ours]["pooled"].get<double>(), theirs.at(name), 0.01) << ours;
      RecordProperty(test + "_" + ours,
                     std::to_string(summary[ours]["pooled"].get<double>() - theirs.at(name)));
    }
  }

  fs::path folder_ = scratch_folder();
  std::string err_;
};

const std::string kPicture = "-f lavfi -i testsrc2=size=176x144:rate=25 -frames:v 12 ";

TEST_F(diff_coded_video, frames_of_every_codec_are_those_that_ffmpeg_decodes) {
  SKIP_WITHOUT_FFMPEG();
  ASSERT_TRUE(ffmpeg(kPicture + "-pix_fmt yuv420p source.y4m"));
  int compared = 0;
  std::string missing;
  // B-frames, invisible frames, no timestamps, fields: each numbers its frames in another way.
  for (const char* coding :
       {"-c:v mpeg4 -bf 2 b.avi", "-c:v mpeg2video -bf 2 -flags +ilme+ildct c.ts", "-c:v libx264 -bf 3 d.mp4",
        "-c:v libx264 e.h264", "-c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 200k f.webm",
        "-c:v libvpx-vp9 -b:v 200k g.webm", "-c:v ffv1 -level 3 h.mkv", "-c:v prores_ks i.mov",
        "-c:v mjpeg j.avi"}) {
    SCOPED_TRACE(coding);
    const std::string name = std::string(coding).substr(std::string(coding).rfind(' ') + 1);
    if (!ffmpeg("-i source.y4m " + std::string(coding))) {
      // Only an encoder that this FFmpeg has not is passed over, by name.
      ASSERT_NE(read_text(folder_ / "ffmpeg.log").find("Unknown encoder"), std::string::npos)
          << read_text(folder_ / "ffmpeg.log");
      missing += (missing.empty() ? "" : "; ") + std::string(coding);
      continue;
    }
    ASSERT_TRUE(ffmpeg("-i " + name + " -fps_mode passthrough -strict -1 -f yuv4mpegpipe decoded.y4m"));
    const auto report = diff(path(name.c_str()) + " " + path("decoded.y4m") + " --fail-over max:max=0");
    EXPECT_EQ(report["pairs"].size(), 12u);
    EXPECT_EQ(report["passed"], true);
    ++compared;
  }
  EXPECT_GE(compared, 4) << "FFmpeg's own encoders of MPEG-4, MPEG-2, FFV1 and MJPEG are always there";
  if (!missing.empty()) GTEST_SKIP() << compared << " codings agree; this ffmpeg lacks encoders: " << missing;
}

TEST_F(diff_coded_video, psnr_is_that_of_ffmpegs_filter) {
  SKIP_WITHOUT_FFMPEG();
  ASSERT_TRUE(ffmpeg(kPicture + "-pix_fmt yuv420p a.y4m"));
  ASSERT_TRUE(ffmpeg("-i a.y4m -c:v mpeg4 -q:v 8 coded.mkv"));
  expect_psnr_of_ffmpeg("coded.mkv", "a.y4m");
  ASSERT_TRUE(ffmpeg(kPicture + "-vf noise=alls=20 -pix_fmt yuv422p10le -c:v ffv1 noisy.mkv"));
  ASSERT_TRUE(ffmpeg(kPicture + "-pix_fmt yuv422p10le -c:v ffv1 clean.mkv"));
  expect_psnr_of_ffmpeg("noisy.mkv", "clean.mkv");
}

TEST_F(diff_coded_video, psnr_of_real_frames_is_that_of_ffmpegs_filter) {
  SKIP_WITHOUT_FFMPEG();
  const fs::path yuv = fs::path(FRAMEGAUGE_SHARED_DATA) / "yuv";
  if (!fs::is_directory(yuv)) GTEST_SKIP() << yuv << " is not there: it has the real frames of this test";
  const auto wrap = [&](const char* name, const char* size, const char* format, const char* output) {
    return ffmpeg(std::string("-f rawvideo -s ") + size + " -pix_fmt " + format + " -i '" +
                  (yuv / name).string() + "' -c:v ffv1 " + output);
  };
  ASSERT_TRUE(wrap("src01_hrc01_576x324.yuv420p10le.yuv", "576x324", "yuv420p10le", "a.mkv"));
  ASSERT_TRUE(wrap("src01_hrc00_576x324.yuv420p10le.yuv", "576x324", "yuv420p10le", "b.mkv"));
  expect_psnr_of_ffmpeg("a.mkv", "b.mkv");
  ASSERT_TRUE(wrap("archer_dis_frm20.yuv", "1920x1080", "yuv420p", "c.mkv"));
  ASSERT_TRUE(wrap("archer_ref_frm20.yuv", "1920x1080", "yuv420p", "d.mkv"));
  expect_psnr_of_ffmpeg("c.mkv", "d.mkv");
  ASSERT_TRUE(wrap("hall_plr10_3693_frm_0_frm_0.yuv", "352x288", "yuv420p", "e.mkv"));
  ASSERT_TRUE(wrap("hall_cif_frm_0_frm_0.yuv", "352x288", "yuv420p", "f.mkv"));
  expect_psnr_of_ffmpeg("e.mkv", "f.mkv");
}

TEST_F(diff_coded_video, damage_is_a_row_that_failed) {
  SKIP_WITHOUT_FFMPEG();
  ASSERT_TRUE(ffmpeg(kPicture + "-c:v mpeg2video -g 1 -b:v 2M whole.ts"));
  std::string bytes = read_text(folder_ / "whole.ts");
  for (std::size_t i = 0; i < 20; ++i) bytes[bytes.size() / 2 + i] = static_cast<char>(37 * i);
  write_text(folder_ / "hurt.ts", bytes);
  const auto report = diff(path("hurt.ts") + " " + path("whole.ts"), 4);
  EXPECT_GE(report["counts"]["unreadable"], 1);
  EXPECT_GE(report["counts"]["scored"], 10);
  for (const auto& row : report["pairs"]) {
    if (row["status"] == "scored") {
      EXPECT_EQ(row["scores"]["ssim"], 1.0) << row;
    }
  }
}

TEST_F(diff_coded_video, settings_say_what_was_decoded) {
  SKIP_WITHOUT_FFMPEG();
  ASSERT_TRUE(ffmpeg(kPicture + "-pix_fmt yuv420p -colorspace bt709 -color_range tv -c:v ffv1 a.mkv"));
  const auto video = diff(path("a.mkv") + " " + path("a.mkv"))["settings"]["videos"][0];
  EXPECT_EQ(video["codec"], "ffv1");
  EXPECT_EQ(video["pixel_format"], "yuv420p");
  EXPECT_EQ(video["matrix"], "bt709");
  EXPECT_EQ(video["range"], "tv");
}

TEST_F(diff_coded_video, full_range_beside_one_that_does_not_say_is_stated) {
  SKIP_WITHOUT_FFMPEG();
  ASSERT_TRUE(ffmpeg(kPicture + "-c:v mjpeg -pix_fmt yuvj420p full.avi"));
  ASSERT_TRUE(ffmpeg(kPicture + "-c:v ffv1 -pix_fmt yuv420p silent.mkv"));
  const auto report = diff(path("full.avi") + " " + path("silent.mkv"));
  const std::string note = "full.avi is full range, " + path("silent.mkv") +
                           " does not say its own; their codes are compared as they are";
  EXPECT_NE(err_.find(note), std::string::npos) << err_;
  EXPECT_EQ(report["notes"].size(), 1u);
  diff(path("full.avi") + " " + path("silent.mkv") + " --as-rgb");
  EXPECT_EQ(err_, "");
  diff(path("silent.mkv") + " " + path("silent.mkv"));
  EXPECT_EQ(err_, "");
}

TEST_F(diff_coded_video, without_the_libraries_a_sentence_says_what_to_do) {
  if (FRAMEGAUGE_HAS_FFMPEG) GTEST_SKIP() << "built with the FFmpeg libraries";
  write_text(folder_ / "a.mp4", std::string("\0\0\0\x18"
                                            "ftypmp42",
                                            12));
  diff(path("a.mp4") + " " + path("a.mp4"), 4);
  EXPECT_NE(err_.find("-DFRAMEGAUGE_FFMPEG=ON"), std::string::npos) << err_;
}

}  // namespace
}  // namespace fg::test
