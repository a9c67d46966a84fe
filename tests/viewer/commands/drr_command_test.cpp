// framegauge drr, run as a user would.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "viewer/error.h"
#include "viewer/io/image.h"

namespace fg {
namespace {

using test::framegauge;
using test::Outcome;
namespace fs = std::filesystem;
const fs::path kAssets = FRAMEGAUGE_ASSETS;

// Two voxels of water, 10 mm each, on the axis of an AP view: rays through them see 20 mm at most.
fs::path small_volume(const fs::path& folder) {
  test::write_text(folder / "ct.raw", std::string(4, '\0'));  // two int16 zeros
  test::write_text(folder / "ct.json",
                   R"({"file": "ct.raw", "extent": [1, 2, 1], "type": "int16", "spacing_mm": [10, 10, 10]})");
  return folder / "ct.json";
}

constexpr const char* kPose =
    R"("camera_to_world": [[-1, 0, 0, 0], [0, 0, -1, 855], [0, -1, 0, 0], [0, 0, 0, 1]])";

ImageF render(const fs::path& folder, const std::string& arguments) {
  const fs::path output = folder / "out.npy";
  fs::remove(output);
  const Outcome outcome =
      framegauge("drr " + small_volume(folder).string() + " -o " + output.string() + " " + arguments);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  return outcome.exit_code == 0 ? load_npy(output) : ImageF{};
}

class drr_command : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome doctor = framegauge("doctor");
    if (doctor.exit_code != 0) GTEST_SKIP() << "no usable Vulkan device: " << doctor.out;
  }
  const fs::path folder = test::scratch_folder();
};

}  // namespace

TEST_F(drr_command, a_geometry_file_is_followed_and_options_come_before_it) {
  test::write_text(folder / "g.json",
                   std::string(R"({"sdd_mm": 1000, "height": 3, "width": 5, "n_samples": 4001,)") +
                       R"("comment": [1], )" + kPose + "}");
  const std::string file = "--geometry " + (folder / "g.json").string();
  const ImageF image = render(folder, file);
  ASSERT_EQ(image.width, 5);
  ASSERT_EQ(image.height, 3);
  // The central ray: 0.0192/mm on a trapezoid of 10 mm between half-strength ends, 20 mm in all, sampled each
  // 0.25 mm.
  EXPECT_NEAR(image.values[7], 0.0192 * 20, 2e-4);
  const ImageF wider = render(folder, file + " --width 7 --mu-water 0.0384");
  ASSERT_EQ(wider.width, 7);
  EXPECT_NEAR(wider.values[10], 2 * image.values[7], 1e-4);
  const ImageF away =
      render(folder, file + " --translation 0 -850 0");  // one pose option replaces the file's pose
  EXPECT_EQ(away.values[7], 0.0f);
}

TEST_F(drr_command, a_pose_by_orientation_is_about_the_volumes_centre) {
  test::write_text(folder / "g.json",
                   R"({"sdd_mm": 1000, "height": 3, "width": 5, "n_samples": 4001, "orientation": "AP",
    "rotation_deg_zxy": [0, 0, 0], "translation_mm": [0, 850, 0]})");
  test::write_text(
      folder / "h.json",
      std::string(R"({"sdd_mm": 1000, "height": 3, "width": 5, "n_samples": 4001, )") + kPose + "}");
  const ImageF by_pose = render(folder, "--geometry " + (folder / "g.json").string());
  EXPECT_EQ(by_pose.values, render(folder, "--geometry " + (folder / "h.json").string()).values);
  EXPECT_EQ(by_pose.values, render(folder, "--sdd 1000 --height 3 --width 5 --samples 4001").values);
}

TEST_F(drr_command, png_npy_and_exr_of_one_run_show_the_same_radiograph) {
  const std::string base = (folder / "xray").string();
  const Outcome outcome = framegauge(
      "drr " + small_volume(folder).string() + " --height 20 --width 30 --delx 1 --dely 1 --window 0.4 " +
      "--level 0.2 --validation -o " + base + ".png -o " + base + ".npy -o " + base + ".exr");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_NE(outcome.out.find("30 x 20 pixels"), std::string::npos) << outcome.out;
  const ImageF integrals = load_npy(base + ".npy");
  const Image8 grey = load_image(base + ".png");
  ASSERT_EQ(integrals.values.size() * 4, grey.rgba.size());
  for (std::size_t n = 0; n < integrals.values.size(); ++n)
    EXPECT_NEAR(grey.rgba[4 * n], 255 * std::min(1.0f, integrals.values[n] / 0.4f),
                0.5 + 1e-3);  // rounding to a code
  EXPECT_EQ(peek_image_size(base + ".exr").width, 30);
}

TEST_F(drr_command, photons_add_noise_that_comes_back_with_its_seed_and_is_in_every_output) {
  const std::string shape = "--height 60 --width 60 --delx 0.1 --dely 0.1 ";
  const ImageF clean = render(folder, shape), noisy = render(folder, shape + "--photons 500 --seed 3"),
               again = render(folder, shape + "--photons 500 --seed 3"),
               other = render(folder, shape + "--photons 500 --seed 4");
  EXPECT_EQ(noisy.values, again.values);
  EXPECT_NE(noisy.values, other.values);
  double sum = 0, squares = 0;  // the variance of ln(count) is 1 / count
  for (std::size_t n = 0; n < clean.values.size(); ++n) {
    const double off = static_cast<double>(noisy.values[n]) - static_cast<double>(clean.values[n]);
    sum += off;
    squares += off * off * 500 * std::exp(-static_cast<double>(clean.values[n]));
  }
  const double pixels = static_cast<double>(clean.values.size());
  EXPECT_NEAR(sum / pixels, 1.0 / 1000, 5 * std::sqrt(1 / (400 * pixels)));  // -E ln is 1 / (2 mean) too high
  EXPECT_NEAR(squares / pixels, 1, 5 * std::sqrt(2 / pixels));

  const std::string base = (folder / "noisy").string();
  const Outcome outcome =
      framegauge("drr " + small_volume(folder).string() + " " + shape + "--photons 500 --seed 3 " +
                 "--window 0.8 --level 0.2 --invert -o " + base + ".png -o " + base + ".npy");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(load_npy(base + ".npy").values, noisy.values);
  const Image8 grey = load_image(base + ".png");
  for (std::size_t n = 0; n < noisy.values.size(); ++n)
    EXPECT_NEAR(grey.rgba[4 * n], 255 * (1 - std::clamp((noisy.values[n] + 0.2f) / 0.8f, 0.0f, 1.0f)),
                0.5 + 1e-3);  // rounding to a code
}

TEST_F(drr_command, bad_input_ends_with_its_exit_code_and_one_line) {
  const std::string volume = small_volume(folder).string(), output = " -o " + (folder / "out.npy").string();
  const auto expect = [&](const std::string& arguments, ExitCode code, const std::string& words) {
    const Outcome outcome = framegauge("drr " + arguments);
    EXPECT_EQ(outcome.exit_code, static_cast<int>(code)) << arguments;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(folder / "out.npy"));
  };
  const auto geometry = [&](const std::string& text) {
    test::write_text(folder / "g.json", text);
    return volume + output + " --geometry " + (folder / "g.json").string();
  };
  expect((folder / "nothing.nii").string() + output, ExitCode::unreadable_input, "no such file");
  test::write_text(
      folder / "metres.json",
      R"({"file": "ct.raw", "extent": [1, 2, 1], "type": "int16", "spacing_mm": [0.01, 0.01, 0.01]})");
  expect((folder / "metres.json").string() + output, ExitCode::unreadable_input, "looks like metres");
  expect(volume + output + " --sdd 1.02", ExitCode::usage, "sdd_mm is 1.02");
  expect(volume + " -o out.tif", ExitCode::usage, ".npy");
  expect(volume + output + " --samples 1", ExitCode::usage, "n_samples");
  expect(volume + output + " --orientation sideways", ExitCode::usage, "sideways");
  expect(volume + output + " --width 1000000", ExitCode::usage, "at most");
  expect(volume + output + " --window 0", ExitCode::usage, "window");
  expect(volume + output + " --photons 0", ExitCode::usage, "--photons 0: expected a finite number above 0");
  expect(volume + output + " --geometry nowhere.json", ExitCode::unreadable_input, "nowhere.json");
  expect(geometry("{"), ExitCode::unreadable_input, "JSON");
  expect(geometry("[]"), ExitCode::unreadable_input, "object");
  expect(geometry(R"({"height": "tall"})"), ExitCode::unreadable_input, "height");
  expect(geometry(R"({"height": 20.5})"), ExitCode::unreadable_input, "whole number");
  expect(geometry(R"({"orthographic": 1})"), ExitCode::unreadable_input, "orthographic");
  expect(geometry(R"({"camera_to_world": [[1, 0], [0, 1]]})"), ExitCode::unreadable_input, "four rows");
  const std::string twice =
      R"({"camera_to_world": [[-1,0,0,0],[0,0,-1,850],[0,-1,0,0],[0,0,0,1]], "orientation": "AP", )"
      R"("isocentre_mm_ras": [0,0,0], "translation_mm": [0,850,0], "rotation_deg_zxy": )";
  expect(geometry(twice + "[0, 2, 0]}"), ExitCode::unreadable_input, "remove the one that does not hold");
  expect(geometry(R"({"quaternion_wxyz": [1, 0, 0, 0]})"), ExitCode::unreadable_input,
         "a rotation is read from \"camera_to_world\" or \"rotation_deg_zxy\"");
  expect(geometry(R"({"orientation": "up"})"), ExitCode::unreadable_input, "up");
  expect(geometry(R"({"camera_to_world": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[5,6,7,1]]})"), ExitCode::usage,
         "transposed");
  expect(geometry(R"({"camera_to_world": [[0,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]})"), ExitCode::usage,
         "not rigid");
  expect(geometry(R"({"sdd": 900})"), ExitCode::unreadable_input, "did you mean \"sdd_mm\"?");
}

TEST_F(drr_command, the_phantoms_radiograph_is_what_its_pose_and_window_give) {
  const fs::path ct = kAssets / "ct";
  const std::string output = (folder / "out.png").string();
  std::ifstream file(ct / "phantom_xray.json");
  const nlohmann::json taken = nlohmann::json::parse(file).at("taken_with");
  const auto numbers = [&](const char* key) {
    std::string text;
    for (const nlohmann::json& value : taken.at(key)) text += " " + value.dump();
    return text;
  };
  const Outcome outcome = framegauge(
      "drr " + (ct / "phantom.nrrd").string() + " --geometry " + (ct / "phantom_xray.json").string() +
      " --orientation " + taken.at("orientation").get<std::string>() + " --rotation" +
      numbers("rotation_deg_zxy") + " --translation" + numbers("translation_mm") + " --window" +
      numbers("window") + " --level" + numbers("level") + " -o " + output);
  if (outcome.err.find("without ITK") != std::string::npos) GTEST_SKIP() << outcome.err;
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Image8 drr = load_image(output), xray = load_image(ct / "phantom_xray.png");
  ASSERT_EQ(drr.rgba.size(), xray.rgba.size());
  double sum = 0;
  for (std::size_t n = 0; n < drr.rgba.size(); n += 4) sum += std::abs(drr.rgba[n] - xray.rgba[n]);
  // The generator's own ray sums, with photon noise: 0.48 codes measured; a turn by one degree more makes
  // it 0.95.
  EXPECT_LT(sum / static_cast<double>(drr.rgba.size() / 4), 0.8);
}

TEST_F(drr_command, cuda_gives_the_radiograph_of_vulkan_or_says_why_not) {
  const ImageF expected = render(folder, "--drr-renderer vulkan");
  EXPECT_EQ(render(folder, "--drr-renderer auto").values.size(), expected.values.size());
  const Outcome cuda = framegauge("drr " + small_volume(folder).string() + " --drr-renderer cuda -o " +
                                  (folder / "cuda.npy").string());
  if (cuda.exit_code != 0) {
    EXPECT_EQ(cuda.exit_code, 5);
    EXPECT_EQ(cuda.err.find("framegauge: radiographs cannot be rendered by CUDA here: "), 0u) << cuda.err;
    EXPECT_FALSE(fs::exists(folder / "cuda.npy"));
    return;
  }
  EXPECT_NE(cuda.out.find("(cuda, "), std::string::npos) << cuda.out;
  const ImageF image = load_npy(folder / "cuda.npy");
  ASSERT_EQ(image.values.size(), expected.values.size());
  const float most = *std::max_element(expected.values.begin(), expected.values.end());
  for (std::size_t i = 0; i < image.values.size(); ++i)
    ASSERT_NEAR(image.values[i], expected.values[i], 1e-4f * most);  // cuda_drr_renderer_test.cpp
}

}  // namespace fg
