// framegauge eval and view --offscreen, from the shell's side.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "viewer/io/image.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;
const fs::path kAssets = FRAMEGAUGE_ASSETS;
const fs::path kShared = FRAMEGAUGE_SHARED_DATA;

std::string sample_scene() {
  return (kAssets / "scene/point_cloud.ply").string() + " --cameras " + (kAssets / "scene/sparse").string() +
         " --images " + (kAssets / "scene/images").string();
}

nlohmann::json json_of(const fs::path& file) { return nlohmann::json::parse(read_text(file)); }

// An independent renderer's scores of the same views (gsplat, float render): the two differ by rounding to 8
// bit and by the order in which splats of equal depth are blended. The limits are those that the field takes
// as the same result.
TEST(eval_command, agrees_with_an_independent_renderer_on_every_real_photo) {
  const fs::path dsc = kShared / "splats/dsc";
  if (!fs::exists(dsc)) GTEST_SKIP() << "needs " << dsc;
  const auto folder = scratch_folder();
  const Outcome run =
      framegauge("eval " + (dsc / "point_cloud.ply").string() + " --cameras " + (dsc / "sparse").string() +
                 " --images " + (dsc / "images").string() + " --output " + folder.string() + " --method dsc");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto ours = json_of(folder / "per_view.json")["dsc"];
  const auto theirs = json_of(dsc / "gsplat_eval.json");
  double ssim_sum = 0, psnr_sum = 0;
  std::size_t views = 0;
  for (const auto& [name, expected] : theirs.items()) {
    if (!expected.is_object() || !expected.contains("psnr") || !ours["SSIM"].contains(name)) continue;
    const double ssim = ours["SSIM"][name].get<double>() - expected["ssim"].get<double>();
    const double psnr = ours["PSNR"][name].get<double>() - expected["psnr"].get<double>();
    EXPECT_LE(std::abs(ssim), 0.006) << name;
    EXPECT_LE(std::abs(psnr), 0.25) << name;
    ssim_sum += ssim;
    psnr_sum += psnr;
    ++views;
  }
  ASSERT_EQ(views, 23u);
  EXPECT_LE(std::abs(ssim_sum / 23), 0.002);
  EXPECT_LE(std::abs(psnr_sum / 23), 0.1);
}

TEST(eval_command, writes_tables_that_gaussian_splatting_scripts_read) {
  const auto folder = scratch_folder();
  const Outcome run = framegauge("eval " + sample_scene() + " --output " + folder.string() +
                                 " --split test --heatmaps --renders --validation");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const auto results = json_of(folder / "results.json")["framegauge"];
  EXPECT_GT(results["SSIM"].get<double>(), 0.5);
  EXPECT_LT(results["SSIM"].get<double>(), 1.0);
  EXPECT_GT(results["PSNR"].get<double>(), 15.0);
  EXPECT_EQ(json_of(folder / "per_view.json")["framegauge"]["SSIM"].size(), 2u);  // 12 views, every eighth
  EXPECT_TRUE(fs::exists(folder / "heatmaps/view_00.png"));
  EXPECT_TRUE(fs::exists(folder / "renders/view_08.png"));
  EXPECT_TRUE(fs::exists(folder / "gt/view_08.png"));
}

TEST(eval_command, a_missing_photo_is_skipped_named_and_counted) {
  const auto folder = scratch_folder();
  fs::copy(kAssets / "scene/images", folder / "images");
  fs::remove(folder / "images/view_08.png");
  const Outcome run =
      framegauge("eval " + (kAssets / "scene/point_cloud.ply").string() + " --cameras " +
                 (kAssets / "scene/sparse").string() + " --images " + (folder / "images").string() +
                 " --output " + (folder / "out").string() + " --split test");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("view_08.png"), std::string::npos) << run.err;
  EXPECT_EQ(json_of(folder / "out/details.json")["missing_photos"].size(), 1u);
}

TEST(eval_command, a_damaged_photo_is_one_failed_view_not_the_end) {
  const auto folder = scratch_folder();
  fs::copy(kAssets / "scene/images", folder / "images");
  fs::resize_file(folder / "images/view_08.png", 3000);
  const Outcome run =
      framegauge("eval " + (kAssets / "scene/point_cloud.ply").string() + " --cameras " +
                 (kAssets / "scene/sparse").string() + " --images " + (folder / "images").string() +
                 " --output " + (folder / "out").string() + " --split test");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("view_08.png"), std::string::npos) << run.err;
  EXPECT_EQ(json_of(folder / "out/details.json")["failed_views"].size(), 1u);
}

// 20,000 splats that each cover all of every view: of 16384x16 pixels, 1024 tiles, 20 million pairs of a tile and a splat.
void write_crowded_scene(const fs::path& folder) {
  constexpr int kSplats = 20000;
  std::string ply = "ply\nformat binary_little_endian 1.0\nelement vertex " + std::to_string(kSplats) + "\n";
  for (const char* name : {"x", "y", "z", "nx", "ny", "nz", "f_dc_0", "f_dc_1", "f_dc_2", "opacity",
                           "scale_0", "scale_1", "scale_2", "rot_0", "rot_1", "rot_2", "rot_3"})
    ply += std::string("property float ") + name + "\n";
  ply += "end_header\n";
  for (int i = 0; i < kSplats; ++i) {
    const float splat[17] = {0, 0, 10 + 1e-4f * static_cast<float>(i), 0, 0, 0, 1, 0, 0, 2, 5, 5, 5, 1, 0,
                             0, 0};
    ply.append(reinterpret_cast<const char*>(splat), sizeof(splat));
  }
  write_text(folder / "crowded.ply", ply);
  fs::create_directory(folder / "photos");
  std::string cameras, images;
  int id = 0;
  for (const auto& [width, height] : {std::pair(64, 48), std::pair(16384, 16), std::pair(48, 64)}) {
    const std::string size = std::to_string(width) + "x" + std::to_string(height),
                      number = std::to_string(++id);
    Image8 grey{width, height, std::vector<std::uint8_t>(std::size_t(4) * std::size_t(width * height), 100)};
    for (std::size_t i = 3; i < grey.rgba.size(); i += 4) grey.rgba[i] = 255;
    save_png(folder / "photos" / (size + ".png"), grey);
    cameras += number + " PINHOLE " + std::to_string(width) + " " + std::to_string(height) + " " +
               std::to_string(width) + " " + std::to_string(width) + " " + std::to_string(width / 2) + " " +
               std::to_string(height / 2) + "\n";
    images += number + " 1 0 0 0 0 0 0 " + number + " " + size + ".png\n\n";
  }
  fs::create_directory(folder / "sparse");
  write_text(folder / "sparse/cameras.txt", cameras);
  write_text(folder / "sparse/images.txt", images);
  write_text(folder / "sparse/points3D.txt", "");
}

TEST(eval_command, a_view_without_room_for_its_splats_is_named_and_the_others_are_written) {
  const auto folder = scratch_folder();
  write_crowded_scene(folder);
  const Outcome run = framegauge("eval " + (folder / "crowded.ply").string() + " --cameras " +
                                 (folder / "sparse").string() + " --images " + (folder / "photos").string() +
                                 " --output " + (folder / "out").string() + " --fail-under psnr=90");
  const auto details = json_of(folder / "out/details.json");
  if (details["failed_views"].empty()) GTEST_SKIP() << "this device has room for 20 million pairs";
  EXPECT_EQ(run.exit_code, 5) << run.err;
  ASSERT_TRUE(details["failed_views"].contains("16384x16.png")) << details["failed_views"];
  EXPECT_EQ(details["failed_views"].size(), 1u);
  EXPECT_EQ(details["views"].size(), 2u);
  EXPECT_EQ(json_of(folder / "out/per_view.json")["framegauge"]["SSIM"].size(), 2u);
  EXPECT_NE(run.err.find("view skipped: 16384x16.png: the view needs more memory"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("2 views scored, 1 skipped"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("the limit is 90"), std::string::npos) << run.err;
}

TEST(eval_command, unreadable_inputs_give_exit_code_four_and_one_sentence) {
  const auto folder = scratch_folder();
  fs::copy(kAssets / "scene/point_cloud.ply", folder / "short.ply");
  fs::resize_file(folder / "short.ply", 5000);
  const std::string rest = " --cameras " + (kAssets / "scene/sparse").string() + " --images " +
                           (kAssets / "scene/images").string() + " --output " + (folder / "out").string();
  for (const char* name : {"short.ply", "absent.ply"}) {
    const Outcome run = framegauge("eval " + (folder / name).string() + rest);
    EXPECT_EQ(run.exit_code, 4) << name << run.err;
    EXPECT_NE(run.err.find(name), std::string::npos) << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  }
  const Outcome run = framegauge("eval " + (kAssets / "scene/point_cloud.ply").string() + " --cameras " +
                                 folder.string() + " --output " + (folder / "out").string());
  EXPECT_EQ(run.exit_code, 4) << run.err;
}

TEST(eval_command, a_missed_mean_gives_exit_code_one) {
  const auto folder = scratch_folder();
  const Outcome run = framegauge("eval " + sample_scene() + " --output " + folder.string() +
                                 " --split test --fail-under psnr=90");
  EXPECT_EQ(run.exit_code, 1) << run.err;
}

// The live score is that of the pictures it exports: eight-bit images, the same formula, another
// implementation.
TEST(view_command, the_live_score_equals_diff_of_the_exported_pictures) {
  const auto folder = scratch_folder();
  const Outcome view =
      framegauge("view " + sample_scene() + " --offscreen --frames 2 --camera view_03 --output " +
                 folder.string() + " --validation");
  ASSERT_EQ(view.exit_code, 0) << view.err;
  std::ifstream lines(folder / "metrics.jsonl");
  std::string line, last;
  while (std::getline(lines, line)) last = line;
  const auto live = nlohmann::json::parse(last);
  EXPECT_EQ(live["camera"], "view_03.png");
  const Outcome diff = framegauge("diff " + (folder / "frame.png").string() + " " +
                                  (folder / "reference.png").string() + " --json -");
  ASSERT_EQ(diff.exit_code, 0) << diff.err;
  const auto scores = nlohmann::json::parse(diff.out)["scores"];
  EXPECT_NEAR(live["ssim"].get<double>(), scores["ssim"].get<double>(),
              2e-6);  // both are within 1e-6 of the exact value
  EXPECT_NEAR(live["psnr"].get<double>(), scores["psnr"].get<double>(), 1e-4);
  EXPECT_NEAR(live["mae"].get<double>(), scores["mae"].get<double>(), 1e-6);
  EXPECT_NEAR(live["ssim_min"].get<double>(), scores["ssim:min"].get<double>(), 1e-5);
  for (const char* name : {"frame.png", "reference.png", "heatmap.png", "overlay.png"})
    EXPECT_TRUE(fs::exists(folder / name)) << name;
}

TEST(view_command, one_scene_is_scored_against_another_from_free_cameras) {
  const auto folder = scratch_folder();
  const std::string scene = (kAssets / "scene/point_cloud.ply").string();
  const Outcome run = framegauge("view " + scene + " --reference-scene " + scene +
                                 " --offscreen --frames 3 --output " + folder.string() + " --validation");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  std::ifstream lines(folder / "metrics.jsonl");
  std::string line;
  int ticks = 0;
  for (; std::getline(lines, line); ++ticks) EXPECT_EQ(nlohmann::json::parse(line)["ssim"], 1.0);
  EXPECT_EQ(ticks, 3);
}

TEST(view_command, a_ct_is_scored_against_a_radiograph) {
  const auto folder = scratch_folder();
  const Outcome run = framegauge("view --ct " + (kAssets / "ct/phantom.nrrd").string() + " --xray " +
                                 (kAssets / "ct/phantom_xray.png").string() + " --geometry " +
                                 (kAssets / "ct/phantom_xray.json").string() +
                                 " --offscreen --frames 2 --output " + folder.string() + " --validation");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string log = read_text(folder / "metrics.jsonl");
  const auto tick = nlohmann::json::parse(log.substr(0, log.find('\n')));
  EXPECT_GT(tick["ssim"].get<double>(), 0.2);
  EXPECT_LT(tick["ssim"].get<double>(), 1.0);
}

TEST(doctor_command, names_devices_and_executors) {
  const Outcome run = framegauge("doctor");
  EXPECT_EQ(run.exit_code, 0) << run.out;
  for (const char* word : {"CUDA", "Vulkan devices", "in_queue", "interop", "shader", "Ready"})
    EXPECT_NE(run.out.find(word), std::string::npos) << word;
}

TEST(doctor_command, without_a_driver_says_so_and_fails) {
  const auto folder = scratch_folder();
  write_text(folder / "none.json", "{}");
  setenv("VK_DRIVER_FILES", (folder / "none.json").c_str(), 1);
  setenv("VK_ICD_FILENAMES", (folder / "none.json").c_str(), 1);
  const Outcome broken = framegauge("doctor");
  unsetenv("VK_DRIVER_FILES");
  unsetenv("VK_ICD_FILENAMES");
  EXPECT_EQ(broken.exit_code, 5) << broken.out;
  EXPECT_NE(broken.out.find("Not ready"), std::string::npos) << broken.out;
}

TEST(every_command, has_help_with_an_example) {
  for (const char* command : {"view", "eval", "diff", "drr", "doctor"}) {
    const Outcome run = framegauge(std::string(command) + " --help");
    EXPECT_EQ(run.exit_code, 0) << command;
    EXPECT_NE(run.out.find("Example"), std::string::npos) << command;
  }
}

}  // namespace
}  // namespace fg::test
