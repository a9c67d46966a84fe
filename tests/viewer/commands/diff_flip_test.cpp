// framegauge diff with FLIP, from the shell's side.

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "tests/viewer/diff/sample_frames.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

using nlohmann::json;

// A noisy picture, its reference, and both as scene-linear PFM.
struct Pictures {
  std::filesystem::path folder = scratch_folder();

  // Two folders: png.png is display-referred, pfm.pfm is light. Returns "TEST REFERENCE".
  std::string mixed_folders() const {
    for (const char* kind : {"test", "reference"}) {
      std::filesystem::create_directory(folder / kind);
      for (const char* ending : {"png", "pfm"})
        std::filesystem::copy_file(folder / (std::string(kind) + "." + ending),
                                   folder / kind / (std::string(ending) + "." + ending));
    }
    return (folder / "test").string() + " " + (folder / "reference").string() + " ";
  }

  Pictures() {
    for (const int noise : {0, 30}) {
      const Image8 image = waves(64, 48, noise);
      save_png(folder / (noise ? "test.png" : "reference.png"), image);
      std::string pfm = "PF\n64 48\n-1.0\n";
      for (int v = image.height - 1; v >= 0; --v)
        for (int i = 0; i < 4 * image.width; ++i)
          if (i % 4 != 3) {
            const float light =
                static_cast<float>(image.rgba[static_cast<std::size_t>(4 * image.width * v + i)]) / 16.0f;
            pfm.append(reinterpret_cast<const char*>(&light), sizeof(light));
          }
      write_text(folder / (noise ? "test.pfm" : "reference.pfm"), pfm);
    }
  }
  Outcome diff(const std::string& ending, const std::string& options) const {
    return framegauge("diff " + (folder / ("test." + ending)).string() + " " +
                      (folder / ("reference." + ending)).string() + " " + options);
  }
};

TEST(diff_flip, the_result_names_the_variant_and_the_gate_holds_the_mean) {
  const Pictures pictures;
  const Outcome run =
      pictures.diff("png", "--metrics flip --fail-over flip=0.001 --json - --viewing 0.5 0.6 1920");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_NE(run.err.find("over the limit of 0.001"), std::string::npos) << run.err;
  const json metric = json::parse(run.out)["metrics"]["flip"];
  EXPECT_NE(metric["variant"].get<std::string>().find("LDR-FLIP"), std::string::npos);
  EXPECT_NEAR(metric["pixels_per_degree"].get<double>(), 27.925, 1e-3);
  EXPECT_EQ(metric["better"], "lower");
  const double wide = json::parse(run.out)["scores"]["flip"];
  const double usual = json::parse(pictures.diff("png", "--metrics flip --json -").out)["scores"]["flip"];
  EXPECT_GT(wide, usual);  // nearer to the display noise is seen better
  EXPECT_EQ(pictures.diff("png", "--metrics flip --fail-over flip=0.9").exit_code, 0);
}

TEST(diff_flip, flip_hdr_is_of_linear_files_and_says_its_tone_mapper_and_exposures) {
  const Pictures pictures;
  const Outcome run = pictures.diff(
      "pfm",
      "--metrics flip,flip-hdr --flip-tonemap reinhard --exposures -3 1 5 --json - --fail-over flip-hdr=0.9");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_GT(report["scores"]["flip"], 0.0);
  EXPECT_GT(report["scores"]["flip-hdr"], 0.0);
  EXPECT_EQ(report["metrics"]["flip-hdr"]["tone_mapper"], "reinhard");
  EXPECT_EQ(report["metrics"]["flip-hdr"]["exposures"]["count"], 5);
  const Outcome as_they_are =
      pictures.diff("pfm",
                    "--metrics flip-hdr --flip-tonemap reinhard --exposures -3 1 5 --json - "
                    "--tonemap none --data-range 16");
  EXPECT_EQ(json::parse(as_they_are.out)["scores"]["flip-hdr"], report["scores"]["flip-hdr"]);
  EXPECT_EQ(pictures.diff("png", "--metrics flip-hdr").exit_code, 2);
  EXPECT_EQ(pictures.diff("pfm", "--metrics flip --tonemap none").exit_code, 2);
}

TEST(diff_flip,
     of_a_mixed_folder_flip_hdr_scores_the_light_and_a_display_referred_pair_says_why_it_has_none) {
  const Pictures pictures;
  const std::string folders = "diff " + pictures.mixed_folders();
  const auto file = [&](const char* name) { return (pictures.folder / name).string(); };
  const double alone =
      json::parse(pictures.diff("pfm", "--metrics flip-hdr --json -").out)["scores"]["flip-hdr"];
  const Outcome run =
      framegauge(folders + "--metrics ssim,flip-hdr --fail-over flip-hdr=0.9 --fail-percent 0" + " --json " +
                 file("r.json") + " --csv " + file("r.csv") + " --junit " + file("r.xml") + " --report " +
                 file("r.html") + " --heatmap-of flip-hdr" + " --heatmaps " + file("maps") + " --baseline " +
                 file("base.json") + " --update-baseline");
  EXPECT_EQ(run.exit_code, 4) << run.err;  // what was asked for is not there
  EXPECT_NE(run.out.find("1 pairs scored, 1 incomplete"), std::string::npos) << run.out;
  const json report = json::parse(read_text(file("r.json")));
  EXPECT_EQ(report["counts"]["scored"], 1);
  EXPECT_EQ(report["counts"]["incomplete"], 1);
  EXPECT_EQ(report["summary"]["flip-hdr"]["mean"], alone);
  EXPECT_TRUE(report["thresholds"][0]["passed"]);  // held by the pairs that have a score
  const json &light = report["pairs"][0], &codes = report["pairs"][1];
  EXPECT_EQ(light["status"], "scored");
  EXPECT_EQ(light["scores"]["flip-hdr"], alone);
  EXPECT_EQ(codes["status"], "incomplete");
  EXPECT_TRUE(codes["scores"]["flip-hdr"].is_null());
  EXPECT_EQ(codes["scores"]["ssim"],
            json::parse(pictures.diff("png", "--metrics ssim --json -").out)["scores"]["ssim"]);
  EXPECT_NE(codes["problem"].get<std::string>().find("test and reference are display-referred"),
            std::string::npos);
  EXPECT_NE(read_text(file("r.csv")).find(",incomplete,64,48,0."), std::string::npos)
      << read_text(file("r.csv"));
  EXPECT_NE(read_text(file("r.xml")).find("failures=\"0\" errors=\"1\""), std::string::npos);
  EXPECT_NE(read_text(file("r.html")).find("\"problem\":"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(pictures.folder / "maps/pfm.png"));
  EXPECT_FALSE(std::filesystem::exists(pictures.folder / "maps/png.png"));
  const json baseline = json::parse(read_text(file("base.json")))["pairs"];
  EXPECT_TRUE(baseline["png.png"].contains("ssim") && !baseline["png.png"].contains("flip-hdr"));
  const Outcome again =
      framegauge(folders + "--metrics ssim,flip-hdr --json - --baseline " + file("base.json"));
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_TRUE(json::parse(again.out)["baseline"]["regressions"].empty());
  const Outcome quiet = framegauge(folders + "--metrics flip-hdr -q");
  EXPECT_NE(quiet.out.find("png.png\t-\tincomplete\n"), std::string::npos) << quiet.out;
}

TEST(diff_flip, a_missed_limit_of_the_light_is_named_beside_the_pair_without_a_score) {
  const Pictures pictures;
  const Outcome run = framegauge("diff " + pictures.mixed_folders() +
                                 "--metrics flip-hdr --fail-over flip-hdr=0 --fail-percent 0");
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_NE(run.err.find("1 of 1 pairs have flip-hdr over the limit of 0"), std::string::npos) << run.err;
}

TEST(diff_flip, a_journal_keeps_that_a_pair_has_no_score) {
  const Pictures pictures;
  const std::string folders = "diff " + pictures.mixed_folders();
  const auto result = pictures.folder / "r.json";
  std::filesystem::create_directory(
      result.string());  // so that the result cannot be written, and the journal stays
  const std::string options = folders + "--metrics flip-hdr --json " + result.string();
  EXPECT_EQ(framegauge(options).exit_code, 5);
  std::filesystem::remove(result);
  const Outcome resumed = framegauge(options + " --resume");
  EXPECT_EQ(resumed.exit_code, 4) << resumed.err;
  EXPECT_NE(resumed.err.find("2 of 2 pairs were finished before"), std::string::npos) << resumed.err;
  const json pair = json::parse(read_text(result))["pairs"][1];
  EXPECT_EQ(pair["status"], "incomplete");
  EXPECT_TRUE(pair["scores"]["flip-hdr"].is_null());
  EXPECT_NE(pair["problem"].get<std::string>().find("display-referred"), std::string::npos);
}

TEST(diff_flip, flip_hdr_of_video_is_refused_before_a_frame_is_scored) {
  const Pictures pictures;
  write_text(pictures.folder / "v.y4m", "YUV4MPEG2 W2 H2 F25:1 Cmono\nFRAME\n0123");
  const std::string video = (pictures.folder / "v.y4m").string();
  const Outcome run = framegauge("diff " + video + " " + video + " --metrics flip-hdr");
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_NE(run.err.find("take flip for videos"), std::string::npos) << run.err;
}

TEST(diff_flip, the_heatmap_of_no_difference_is_black_and_that_of_a_difference_is_not) {
  const Pictures pictures;
  const auto picture = pictures.folder / "map.png";
  const auto draw = [&](const std::string& test) {
    const Outcome run = framegauge("diff " + (pictures.folder / test).string() + " " +
                                   (pictures.folder / "reference.png").string() +
                                   " --heatmap-of flip --heatmap " + picture.string());
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return load_image(picture);
  };
  const auto brightest = [](const Image8& image) {
    int most = 0;
    for (std::size_t i = 0; i < image.rgba.size(); ++i)
      if (i % 4 != 3) most = std::max(most, int{image.rgba[i]});
    return most;
  };
  EXPECT_LT(brightest(draw("reference.png")), 8);  // magma begins at 0, 0, 4
  EXPECT_GT(brightest(draw("test.png")), 60);
  const Outcome report =
      framegauge("diff " + pictures.folder.string() + "/test.png " + pictures.folder.string() +
                 "/reference.png --metrics flip --heatmap-of flip --report " +
                 (pictures.folder / "report.html").string());
  EXPECT_EQ(report.exit_code, 0) << report.err;
  EXPECT_NE(read_text(pictures.folder / "report.html").find("\"map\":{\"name\":\"flip\""), std::string::npos);
}

TEST(diff_flip, all_is_what_every_picture_has) {
  const Pictures pictures;
  const Outcome run = pictures.diff("png", "--metrics all --json -");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json scores = json::parse(run.out)["scores"];
  EXPECT_TRUE(scores.contains("flip") && scores.contains("ncc") && !scores.contains("flip-hdr"));
}

TEST(diff_flip, wrong_numbers_are_refused_before_any_file_is_read) {
  for (const char* options :
       {"--ppd 0", "--ppd 500", "--ppd nan", "--viewing 0.7 0 3840", "--viewing 0.7 0.7", "--exposures 2 1 4",
        "--exposures 0 1 0", "--exposures 0 1 2.5", "--exposures 0 101 2", "--flip-tonemap gamma",
        "--heatmap-of psnr", "--ppd 60 --viewing 0.7 0.7 3840", "--metrics flip --ignore 0,0,2,2",
        "--heatmap-of flip --ignore 0,0,2,2"})
    EXPECT_EQ(framegauge(std::string("diff none.png nothing.png ") + options).exit_code, 2) << options;
}

}  // namespace
}  // namespace fg::test
