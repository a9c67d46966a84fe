// framegauge view: the window, or the same work without a display.

#include <CLI/CLI.hpp>
#include <algorithm>

#include "viewer/app/session/view_options.h"
#include "viewer/commands/commands.h"
#include "viewer/commands/drr_geometry_file.h"
#include "viewer/commands/offscreen.h"
#include "viewer/commands/option_checks.h"
#include "viewer/error.h"
#include "viewer/report/heatmap.h"

namespace fg {
namespace {

struct CommandLine {
  ViewOptions view;
  OffscreenOptions offscreen;
  std::string geometry, executor = "auto", drr_renderer = "auto", color_map = "turbo";
  std::vector<float> background = {0, 0, 0}, range = {0, 1};
  std::vector<int> size;
  bool headless = false, no_vsync = false;
};

int run(CommandLine& line) {
  line.view.executor = executor_named(line.executor);
  line.view.drr_backend = drr_backend_named(line.drr_renderer);
  check_background(line.background);
  check_heatmap_range(line.range);
  std::copy(line.background.begin(), line.background.end(), line.view.background);
  if (!line.geometry.empty()) line.view.drr_geometry = load_drr_geometry(line.geometry);
  if (!line.view.ct.empty() && !line.view.scene.empty())
    throw Failure(ExitCode::usage,
                  "a scene and a CT were both named; open one of them, and drop the other on the window");
  if (!line.size.empty()) line.view.window_width = line.size[0], line.view.window_height = line.size[1];
  if (!line.headless) {
    line.view.vsync = !line.no_vsync;
    return run_window(line.view);
  }
  if (!line.view.ct.empty() && !line.size.empty())
    throw Failure(
        ExitCode::usage,
        "--size is of free views of splats; a radiograph has the height and width of its --geometry");
  if (line.view.ct.empty() && line.view.drr_backend != DrrBackend::automatic)
    throw Failure(ExitCode::usage, "--drr-renderer is of radiographs; name a CT with --ct");
  if (line.offscreen.output.empty())
    throw Failure(ExitCode::usage, "--offscreen needs --output FOLDER for its pictures");
  line.offscreen.color_map = color_map_named(line.color_map);
  line.offscreen.worst = line.range[0];
  line.offscreen.best = line.range[1];
  return run_offscreen(line.view, line.offscreen);
}

}  // namespace

void add_view(CLI::App& app, int& exit_code) {
  auto line = std::make_shared<CommandLine>();
  ViewOptions& v = line->view;
  CLI::App* c =
      app.add_subcommand("view", "Fly through a splat scene or around a CT, every frame scored live");
  c->add_option("scene", v.scene, "Splat scene, INRIA .ply; without one, drop files on the window");
  c->add_option("--cameras", v.cameras,
                "COLMAP model folder, transforms.json or its folder, or INRIA cameras.json");
  c->add_option("--images", v.images, "Folder of photos; default: where the cameras file says");
  c->add_option("--reference-scene", v.reference_scene,
                "Second splat file: score scene against scene from any camera");
  c->add_option("--reference-image", v.reference_image, "One fixed picture as the ground truth");
  c->add_option("--camera", v.camera,
                "Ground-truth camera to start at (offscreen: to stay at), by name or part of it");
  c->add_option("--downscale", v.downscale, "Divide the size of photos and renders by this")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  c->add_option("--background", line->background, "Colour behind splats and transparent photos, 0..1")
      ->expected(3)
      ->capture_default_str();
  c->add_option("--ct", v.ct,
                "Volume for radiographs: NIfTI, NRRD, MetaImage, DICOM, or raw with a JSON header");
  c->add_option(
      "--xray", v.xray,
      "Radiograph that the CT's DRR is scored against: DICOM, PNG, JPEG, TIFF, OpenEXR, PFM or .npy");
  c->add_option("--geometry", line->geometry,
                "JSON file with the radiograph's geometry (see 'framegauge drr --help')");
  c->add_option(
       "--drr-renderer", line->drr_renderer,
       "What renders radiographs: vulkan, cuda, on an image that Vulkan shares with it, or auto: vulkan, "
       "whose ticks are shorter")
      ->capture_default_str();
  c->add_option("--executor", line->executor, "auto, in_queue, interop or shader")->capture_default_str();
  c->add_option("--device", v.device, "Vulkan device: part of its name, or its index");
  c->add_flag("--validation", v.validation,
              "Run under the Vulkan validation layer; its messages are failures");

  c->add_flag("--offscreen", line->headless, "No window: render, score, write pictures and metrics.jsonl")
      ->group("Without a display");
  c->add_option("--frames", line->offscreen.frames, "Ticks to run")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str()
      ->group("Without a display");
  c->add_option("--output", line->offscreen.output, "Folder for the results")->group("Without a display");
  c->add_option("--colormap", line->color_map, "viridis, turbo, magma or grey")
      ->check(CLI::IsMember(color_map_names()))
      ->capture_default_str()
      ->group("Without a display");
  c->add_option("--range", line->range,
                "SSIM drawn in the last (hot) and in the first colour of the map: worst best")
      ->expected(2)
      ->capture_default_str()
      ->group("Without a display");

  c->add_option("--size", line->size, "Pixels of the window, or of free views offscreen: width height")
      ->expected(2)
      ->check(CLI::Range(1, 32768));
  c->add_option("--ui-scale", v.ui_scale, "Scale of texts and controls; default: from the display")
      ->group("Window");
  c->add_flag("--no-vsync", line->no_vsync, "Do not wait for the display's refresh")->group("Window");
  c->add_option("--settings", v.settings, "Settings file; default: in the configuration folder")
      ->group("Window");
  c->add_option("--screenshots", v.screenshots, "Folder for screenshots; default: the working folder")
      ->group("Window");
  c->add_option("--max-frames", v.max_frames, "Close after so many frames; 0: never")->group("Window");
  c->add_option("--frame-count", v.frame_count)->group("");  // not in the help: for the window's tests
  c->footer(
      "Examples:\n"
      "  framegauge view point_cloud.ply --cameras sparse/0 --images images\n"
      "  framegauge view new.ply --reference-scene old.ply\n"
      "  framegauge view --ct ct.nii.gz --xray xray.png --geometry carm.json\n"
      "  framegauge view point_cloud.ply --cameras sparse/0 --offscreen --frames 20 --output out --camera "
      "IMG_0042");
  // An option without effect would leave a user wondering: it is refused.
  const auto option = [c](const std::string& name) { return c->get_option(name); };
  for (const char* name : {"--xray", "--geometry"}) option(name)->needs(option("--ct"));
  for (const char* name : {"--images", "--camera"}) option(name)->needs(option("--cameras"));
  for (const char* name : {"--frames", "--output", "--colormap", "--range"})
    option(name)->needs(option("--offscreen"));
  for (const char* name : {"--cameras", "--reference-scene", "--reference-image", "--downscale"})
    option(name)->excludes(option("--ct"));
  option("--reference-scene")->excludes(option("--reference-image"));
  c->callback([line, &exit_code] { exit_code = run(*line); });
}

}  // namespace fg
