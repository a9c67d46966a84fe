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
