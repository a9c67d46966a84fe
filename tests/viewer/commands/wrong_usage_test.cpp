// What a user may get wrong, and what a command leaves when it is stopped: one sentence, the right exit code, nothing
// written.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/viewer/commands/program.h"
#include "viewer/io/image.h"
#include "viewer/report/near_names.h"

namespace fg::test {
namespace {

namespace fs = std::filesystem;
const std::string kScene = FRAMEGAUGE_ASSETS "/scene/point_cloud.ply";
const std::string kCameras = " --cameras " FRAMEGAUGE_ASSETS "/scene/sparse";
const std::string kImages = " --images " FRAMEGAUGE_ASSETS "/scene/images";
const std::string kCt = " --ct " FRAMEGAUGE_ASSETS "/ct/phantom.nrrd";

void expect_usage(const std::string& arguments, const std::string& words) {
  const Outcome run = framegauge(arguments);
  EXPECT_EQ(run.exit_code, 2) << arguments << '\n' << run.err;
  EXPECT_NE(run.err.find(words), std::string::npos) << arguments << '\n' << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
}

TEST(wrong_usage, an_unknown_command_is_named_with_those_there_are) {
  expect_usage("frobnicate a.png", "no command 'frobnicate'; choose from view, eval, diff");
}

TEST(wrong_usage, an_option_without_effect_is_refused) {
  const std::string offscreen = " --offscreen --output " + (scratch_folder() / "out").string();
  expect_usage("view " + kScene + " --xray a.png" + offscreen, "--xray requires --ct");
  expect_usage("view " + kScene + " --geometry a.json" + offscreen, "--geometry requires --ct");
  expect_usage("view " + kScene + " --offscreen --output o --frames 2 --drr-renderer cuda",
               "--drr-renderer is of radiographs");
  expect_usage("view " + kScene + kImages + offscreen, "--images requires --cameras");
  expect_usage("view " + kScene + " --camera view_01" + offscreen, "--camera requires --cameras");
  expect_usage("view " + kScene + " --frames 3", "--frames requires --offscreen");
  expect_usage("view " + kScene + " --output somewhere", "--output requires --offscreen");
  expect_usage("view" + kCt + kCameras + offscreen, "--cameras excludes --ct");
  expect_usage("view" + kCt + " --reference-image a.png" + offscreen, "--reference-image excludes --ct");
  expect_usage("view" + kCt + " --size 300 200" + offscreen, "--geometry");
  expect_usage("view " + kScene + " --reference-scene a.ply --reference-image b.png" + offscreen, "excludes");
  expect_usage("diff --self-test --json -", "--self-test takes no other option; got --json");
  expect_usage("diff --watch --self-test", "--self-test takes no other option; got --watch");
}

TEST(wrong_usage, a_value_that_means_nothing_is_refused) {
  const std::string offscreen = " --offscreen --output " + (scratch_folder() / "out").string();
  expect_usage("view " + kScene + offscreen + " --background 2 0 0", "0 to 1");
  expect_usage("view " + kScene + offscreen + " --background nan 0 0", "0 to 1");
  expect_usage("view " + kScene + offscreen + " --range 0.5 0.5", "two different");
  expect_usage("view " + kScene + offscreen + " --range nan 1", "two different");
  expect_usage("view" + kCt + offscreen + " --drr-renderer opengl", "'opengl'; choose auto, vulkan or cuda");
  expect_usage("eval " + kScene + kCameras + " --output nowhere --background 0 0 -1", "0 to 1");
  expect_usage("eval " + kScene + kCameras + " --output nowhere --fail-under ssim=nan", "is not a number");
  expect_usage("diff a.png b.png --background 0 1.5 0", "0 to 1");
  expect_usage("diff a.png b.png --range 1 1 --heatmap h.png", "two different");
  expect_usage("diff a.png b.png --heatmap h.jpg", "ends in .png");
  EXPECT_FALSE(fs::exists("nowhere"));
}

TEST(wrong_usage, a_camera_that_is_not_there_is_answered_with_the_nearest_names) {
  const std::string view = "view " + kScene + kCameras + kImages + " --offscreen --output " +
                           scratch_folder().string() + " --camera ";
  expect_usage(view + "veiw_07", "no camera is named 'veiw_07'; the nearest of 12 names: view_07.png, ");
  expect_usage(view + "view_1", "more than one camera's name contains 'view_1': view_10.png, view_11.png;");
}

TEST(view_command, without_a_reference_it_names_the_option_that_gives_one) {
  const auto folder = scratch_folder();
  const std::string offscreen = " --offscreen --output " + (folder / "out").string();
  fs::create_directories(folder / "out");
  for (const char* earlier : {"reference.png", "heatmap.png", "overlay.png"})
    write_text(folder / "out" / earlier, "of an earlier run");
  const Outcome splats = framegauge("view " + kScene + offscreen);
  for (const char* earlier : {"reference.png", "heatmap.png", "overlay.png"})
    EXPECT_FALSE(fs::exists(folder / "out" / earlier)) << earlier << " is none of this run's";
  EXPECT_EQ(splats.exit_code, 0) << splats.err;
  EXPECT_NE(splats.out.find("--reference-scene"), std::string::npos) << splats.out;
  const Outcome radiograph = framegauge("view" + kCt + offscreen);
  if (radiograph.err.find("without ITK") != std::string::npos) GTEST_SKIP() << radiograph.err;
  EXPECT_EQ(radiograph.exit_code, 0) << radiograph.err;
  EXPECT_NE(radiograph.out.find("--xray"), std::string::npos) << radiograph.out;
}

TEST(view_command, tells_which_renderer_makes_the_radiographs) {
  const auto folder = scratch_folder();
  const std::string view =
      "view" + kCt + " --offscreen --output " + (folder / "out").string() + " --drr-renderer ";
  const Outcome vulkan = framegauge(view + "vulkan");
  if (vulkan.err.find("without ITK") != std::string::npos) GTEST_SKIP() << vulkan.err;
  EXPECT_EQ(vulkan.exit_code, 0) << vulkan.err;
  EXPECT_EQ(vulkan.out.find("radiographs by vulkan\n"), 0u) << vulkan.out;
  const auto line = nlohmann::json::parse(read_text(folder / "out/metrics.jsonl"));
  EXPECT_EQ(line["drr_renderer"], "vulkan");
  EXPECT_GT(line["window"], 0.0);
  EXPECT_EQ(line["inverted"], false);
  EXPECT_GE(line["wall_with_recording_ms"], line["wall_ms"]);

  const Outcome either = framegauge(view + "auto"), cuda = framegauge(view + "cuda");
  EXPECT_EQ(either.exit_code, 0) << either.err;
  EXPECT_EQ(either.out.find("radiographs by vulkan\n"), 0u) << either.out;
  if (cuda.exit_code == 0) {  // a machine with a GPU
    EXPECT_EQ(cuda.out.find("radiographs by cuda\n"), 0u) << cuda.out;
    return;
  }
  EXPECT_EQ(cuda.exit_code, 5);
  const std::string start = "framegauge: radiographs cannot be rendered by CUDA here: ",
                    end = "; choose auto or vulkan\n";
  ASSERT_EQ(cuda.err.find(start), 0u) << cuda.err;
  ASSERT_TRUE(cuda.err.ends_with(end)) << cuda.err;
}

TEST(eval_command, a_transparent_photo_says_what_is_behind_it) {
  const auto folder = scratch_folder();
  fs::copy(FRAMEGAUGE_ASSETS "/scene/images", folder / "images");
  Image8 photo = load_image(folder / "images/view_00.png");
  photo.rgba[3] = 100;
  fs::remove(folder / "images/view_00.png");
  save_png(folder / "images/view_00.png", photo);
  const Outcome run = framegauge("eval " + kScene + kCameras + " --images " + (folder / "images").string() +
                                 " --split test --background 1 1 1 --output " + (folder / "out").string());
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_NE(run.err.find("transparent in places; they are laid over the background 1 1 1"), std::string::npos)
      << run.err;
}

// The shell stops the program once the second view has been written.
TEST(eval_command, stopped_it_leaves_what_was_finished) {
  const auto folder = scratch_folder();
  const struct {
    const char* signal;
    int exit_code;
  } kinds[] = {{"INT", 130}, {"TERM", 143}};
  for (const auto& kind : kinds) {
    const fs::path out = folder / kind.signal;
    const std::string command =
        std::string(FRAMEGAUGE_PROGRAM) + " eval " + kScene + kCameras + kImages + " --renders --output " +
        out.string() + " >/dev/null 2>" + (folder / "err").string() + " & pid=$!; while [ ! -e " +
        (out / "gt/view_01.png").string() + " ]; do kill -0 $pid || exit 99; sleep 0.02; done; kill -" +
        kind.signal + " $pid; wait $pid";
    const int status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), kind.exit_code) << read_text(folder / "err");
    const auto views = nlohmann::json::parse(read_text(out / "per_view.json"))["framegauge"]["SSIM"];
    EXPECT_GE(views.size(), 2u);
    EXPECT_LT(views.size(), 12u);
    EXPECT_TRUE(fs::exists(out / "results.json"));
  }
}

TEST(near_names, slips_of_the_finger_cost_one) {
  EXPECT_EQ(edit_distance("view", "view"), 0u);
  EXPECT_EQ(edit_distance("view", "VIEW"), 0u);
  EXPECT_EQ(edit_distance("veiw", "view"), 1u);
  EXPECT_EQ(edit_distance("vew", "view"), 1u);
  EXPECT_EQ(edit_distance("viewx", "view"), 1u);
  EXPECT_EQ(edit_distance("vxew", "view"), 1u);
  EXPECT_EQ(edit_distance("", "view"), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(near_names("IMG_0043", {"a", "IMG_0042", "IMG_0143", "img_0043"}, 2),
            (std::vector<std::string>{"img_0043", "IMG_0042"}));
}

}  // namespace
}  // namespace fg::test
