// framegauge register, run as a user would.

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
const fs::path kCt = fs::path(FRAMEGAUGE_ASSETS) / "ct";

nlohmann::json json_of(const fs::path& file) {
  std::ifstream stream(file);
  return nlohmann::json::parse(stream);
}

// A box with two bones, 40 mm wide: enough to be refused in every way.
fs::path box_volume(const fs::path& folder, const std::string& header = R"("spacing_mm": [4, 4, 4])") {
  std::string voxels;
  for (int i = 0; i < 1000; ++i) {
    const int hu = i == 333 || i == 618 ? 1200 : 40;
    voxels += static_cast<char>(hu & 255);
    voxels += static_cast<char>(hu >> 8);
  }
  test::write_text(folder / "ct.raw", voxels);
  test::write_text(folder / "ct.json",
                   R"({"file": "ct.raw", "extent": [10, 10, 10], "type": "int16", )" + header + "}");
  return folder / "ct.json";
}

fs::path ramp(const fs::path& file, int width, int height, float slope) {
  ImageF image{width, height, 1, {}};
  for (int i = 0; i < width * height; ++i) image.values.push_back(slope * static_cast<float>(i % width) + 1);
  save_npy(file, image);
  return file;
}

class register_command : public testing::Test {
 protected:
  const fs::path folder = test::scratch_folder();
};

}  // namespace

TEST_F(register_command, the_phantoms_x_ray_is_found_and_everything_is_written) {
  const fs::path out = folder / "result";
  const Outcome outcome =
      framegauge("register " + (kCt / "phantom.nrrd").string() + " " + (kCt / "phantom_xray.png").string() +
                 " --geometry " + (kCt / "phantom_xray.json").string() +
                 " --device cpu --finest 128 --starts 8 --search 10 20 -o " + out.string());
  if (outcome.err.find("without ITK") != std::string::npos) GTEST_SKIP() << outcome.err;
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("written to"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.err.find("likely wrong"), std::string::npos) << outcome.err;
  const nlohmann::json truth = json_of(kCt / "phantom_xray.json").at("taken_with"),
                       pose = json_of(out / "pose.json");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(pose.at("rotation_deg_zxy")[i].get<double>(), truth.at("rotation_deg_zxy")[i].get<double>(),
                0.1);
    EXPECT_NEAR(
        pose.at("translation_mm")[i].get<double>(), truth.at("translation_mm")[i].get<double>(),
        i == 1 ? 1.5 : 0.3);  // along the view, a hundredth of the distance is a hundredth of the size
  }
  EXPECT_EQ(pose.at("orientation"), "AP");
  const nlohmann::json summary = json_of(out / "register.json");
  EXPECT_EQ(summary.at("views")[0], pose);
  EXPECT_TRUE(summary.at("finished").get<bool>());
  EXPECT_GT(summary.at("correlation").get<double>(), 0.9);
  for (const char* file : {"overlay.png", "loss.png"}) EXPECT_GT(load_image(out / file).width, 500) << file;
  EXPECT_EQ(test::read_text(out / "descent.webp").substr(8, 8), "WEBPVP8X");
  const std::string csv = test::read_text(out / "trajectory.csv");
  EXPECT_EQ(csv.substr(0, 16), "step,level,loss,");
  EXPECT_GT(std::count(csv.begin(), csv.end(), '\n'), 20);
}

TEST_F(register_command, the_phantoms_x_ray_behind_a_round_opening_is_found_as_well) {
  Image8 xray = load_image(kCt / "phantom_xray.png");
  for (int y = 0; y < xray.height; ++y)
    for (int x = 0; x < xray.width; ++x)
      if (std::hypot(x - 211.5, y - 176.5) > 161)
        std::fill_n(xray.rgba.begin() + 4 * (y * xray.width + x), 3, std::uint8_t{0});
  save_png(folder / "x.png", xray);
  const fs::path out = folder / "result";
  const Outcome outcome =
      framegauge("register " + (kCt / "phantom.nrrd").string() + " " + (folder / "x.png").string() +
                 " --geometry " + (kCt / "phantom_xray.json").string() +
                 " --device cpu --finest 128 --starts 8 --search 10 20 --no-film -o " + out.string());
  if (outcome.err.find("without ITK") != std::string::npos) GTEST_SKIP() << outcome.err;
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("outside of a round opening and are masked"), std::string::npos) << outcome.err;
  const nlohmann::json truth = json_of(kCt / "phantom_xray.json").at("taken_with"),
                       pose = json_of(out / "pose.json");
  for (std::size_t i = 0; i < 3; ++i) {  // as of the whole X-ray
    EXPECT_NEAR(pose.at("rotation_deg_zxy")[i].get<double>(), truth.at("rotation_deg_zxy")[i].get<double>(),
                0.1);
    EXPECT_NEAR(pose.at("translation_mm")[i].get<double>(), truth.at("translation_mm")[i].get<double>(),
                i == 1 ? 1.5 : 0.3);
  }
}

TEST_F(register_command, a_pose_that_was_found_is_a_geometry_for_drr_and_for_register) {
  const fs::path out = folder / "result";
  const std::string volume = box_volume(folder).string();
  test::write_text(
      folder / "g.json",
      R"({"height": 64, "width": 60, "delx_mm": 1, "dely_mm": 1, "orientation": "PA", "rotation_deg_zxy": [3, 2, 1]})");
  const std::string geometry = " --geometry " + (folder / "g.json").string();
  const Outcome drawn = framegauge("drr " + volume + geometry + " -o " + (folder / "x.npy").string());
  if (drawn.exit_code != 0) GTEST_SKIP() << "no usable Vulkan device: " << drawn.err;
  const std::string xray = (folder / "x.npy").string();
  const Outcome found = framegauge("register " + volume + " " + xray + geometry +
                                   " --search 0 0 --no-film --quiet -o " + out.string());
  ASSERT_EQ(found.exit_code, 0) << found.err;
  EXPECT_LT(std::stod(found.out), 1e-3) << found.out;
  EXPECT_FALSE(fs::exists(out / "descent.webp"));
  const std::string pose = " --geometry " + (out / "pose.json").string();
  const Outcome again = framegauge("drr " + volume + pose + " -o " + (folder / "y.npy").string());
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(json_of(out / "pose.json").at("orientation"), "PA");
  const ImageF a = load_npy(folder / "x.npy"), b = load_npy(folder / "y.npy");
  ASSERT_EQ(a.values.size(), b.values.size());
  double off = 0, largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    off += std::abs(static_cast<double>(a.values[i] - b.values[i]));
    largest = std::max(largest, static_cast<double>(a.values[i]));
  }
  EXPECT_LT(off / static_cast<double>(a.values.size()), 0.02 * largest);
}

TEST_F(register_command, two_x_rays_get_a_pose_each) {
  const std::string volume = box_volume(folder).string();
  for (const char* name : {"a", "b"})
    test::write_text(
        folder / (std::string(name) + ".json"),
        std::string(R"({"height": 48, "width": 48, "delx_mm": 1.2, "dely_mm": 1.2, "rotation_deg_zxy": [)") +
            (name[0] == 'a' ? "0" : "80") + ", 0, 0]}");
  const std::string a = (folder / "a").string(), b = (folder / "b").string();
  const Outcome drawn = framegauge("drr " + volume + " --geometry " + a + ".json -o " + a + ".npy");
  if (drawn.exit_code != 0) GTEST_SKIP() << "no usable Vulkan device: " << drawn.err;
  ASSERT_EQ(framegauge("drr " + volume + " --geometry " + b + ".json -o " + b + ".npy").exit_code, 0);
  const Outcome found =
      framegauge("register " + volume + " " + a + ".npy " + b + ".npy --geometry " + a + ".json --geometry " +
                 b + ".json --search 0 0 --no-film --json - -o " + (folder / "out").string());
  ASSERT_EQ(found.exit_code, 0) << found.err;
  const nlohmann::json summary = nlohmann::json::parse(found.out);
  EXPECT_EQ(summary.at("views").size(), 2u);
  EXPECT_EQ(summary.at("views")[1], json_of(folder / "out" / "pose_2.json"));
  EXPECT_NEAR(summary.at("views")[1].at("rotation_deg_zxy")[0].get<double>(), 80, 0.5);
}

TEST_F(register_command, bad_input_ends_with_its_exit_code_and_one_line) {
  const std::string volume = box_volume(folder).string(), xray = ramp(folder / "x.npy", 40, 40, 1).string(),
                    out = " --delx 1 --dely 1 -o " + (folder / "out").string();
  const auto expect = [&](const std::string& arguments, ExitCode code, const std::string& words) {
    const Outcome outcome = framegauge("register " + arguments);
    EXPECT_EQ(outcome.exit_code, static_cast<int>(code)) << arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  };
  const auto geometry = [&](const std::string& text) {
    test::write_text(folder / "g.json", text);
    return volume + " " + xray + out + " --geometry " + (folder / "g.json").string();
  };
  expect((folder / "nothing.nii").string() + " " + xray + out, ExitCode::unreadable_input, "no such file");
  expect(volume + " " + (folder / "nothing.png").string() + out, ExitCode::unreadable_input, "nothing.png");
  expect(volume + " " + xray + " -o " + (folder / "out").string(), ExitCode::usage,
         "nothing says how wide its pixels are; give --geometry FILE, or --delx and --dely in mm");
  expect(volume + " " + xray + out + " --values intensity --i0 -3", ExitCode::usage,
         "--i0 -3: expected a finite number above 0");
  expect(volume + " " + xray + out + " --i0 20000", ExitCode::usage, "give --values intensity");
  expect(volume + " " + xray + out + " --metric ncd", ExitCode::usage, "did you mean ncc");
  expect(volume + " " + xray + out + " --device tpu", ExitCode::usage, "tpu");
  expect(volume + " " + xray + out + " --values counts", ExitCode::usage, "counts");
  expect(volume + " " + xray + out + " --sdd 1.02", ExitCode::usage, "millimetres");
  expect(volume + " " + xray + " " + xray + out, ExitCode::usage, "2 geometries");
  expect(volume + " " + xray + out + " --search 0 0 --translation 0 -5000 0", ExitCode::usage, "no ray");
  expect(volume + " " + ramp(folder / "flat.npy", 40, 40, 0).string() + out, ExitCode::unreadable_input,
         "same value");
  expect(volume + " " + ramp(folder / "tiny.npy", 9, 40, 1).string() + out, ExitCode::unreadable_input,
         "9 x 40");
  expect(volume + " " + xray + out + " --mask " + ramp(folder / "m.npy", 30, 40, 1).string(),
         ExitCode::size_mismatch, "30 x 40");
  expect(geometry(R"({"height": 50, "width": 40})"), ExitCode::size_mismatch, "40 x 50");
  // A geometry with one of the two pitches, and no option: the other one is missed, this one is not.
  expect(
      [&] {
        test::write_text(folder / "g.json", R"({"delx_mm": 1})");
        return volume + " " + xray + " -o " + (folder / "out").string() + " --geometry " +
               (folder / "g.json").string();
      }(),
      ExitCode::usage, "how high its pixels are");
  expect(geometry(R"({"camera_to_world": [[2,0,0,0],[0,2,0,0],[0,0,2,0],[0,0,0,1]]})"), ExitCode::usage,
         "camera_to_world is not rigid: its axes are");
  expect(geometry(R"({"camera_to_world": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[5,6,7,1]]})"), ExitCode::usage,
         "transposed");
  const auto headed = [&](const std::string& header) {
    return box_volume(folder, header).string() + " " + xray + out;
  };
  expect(headed(R"("spacing_mm": [0.004, 0.004, 0.004])"), ExitCode::unreadable_input, "metres");
  expect(headed(R"("spacing_mm": [4, 4, 4], "direction": [1,0,0,1,0,0,0,0,1])"), ExitCode::unreadable_input,
         "");
  EXPECT_FALSE(fs::exists(folder / "out" / "pose.json"));
}

TEST_F(register_command, parallel_rays_are_said_to_hide_the_depth) {
  test::write_text(folder / "g.json", R"({"delx_mm": 1, "dely_mm": 1, "orthographic": true})");
  const Outcome outcome =
      framegauge("register " + box_volume(folder).string() + " " +
                 ramp(folder / "x.npy", 40, 40, 1).string() + " --geometry " + (folder / "g.json").string() +
                 " --search 0 0 --no-film -q -o " + (folder / "out").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("x.npy: parallel rays do not show how far along them"), std::string::npos)
      << outcome.err;
}

TEST_F(register_command, an_x_ray_of_something_else_is_warned_of) {
  ImageF noise{40, 40, 1, {}};
  for (int i = 0; i < 1600; ++i) noise.values.push_back(static_cast<float>(i * 7919 % 101));
  save_npy(folder / "x.npy", noise);
  const Outcome outcome =
      framegauge("register " + box_volume(folder).string() + " " + (folder / "x.npy").string() +
                 " --delx 3 --dely 3 --device cpu --search 0 0 --no-film -o " + (folder / "out").string());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.err.find("likely wrong"), std::string::npos) << outcome.err << outcome.out;
}

}  // namespace fg
