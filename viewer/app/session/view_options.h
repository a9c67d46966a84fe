#pragma once
// Everything that `framegauge view` accepts, parsed. commands/view.cpp fills it; the window and --offscreen
// read it.

#include <filesystem>
#include <optional>
#include <string>

#include "framegauge/vulkan.h"
#include "viewer/render/live_drr.h"

namespace fg {

struct ViewOptions {
  // Splats. All empty: the window opens and waits for files to be dropped.
  std::filesystem::path scene;            // .ply
  std::filesystem::path cameras;          // COLMAP folder, transforms.json, cameras.json
  std::filesystem::path images;           // folder of photos; empty: where the cameras say
  std::filesystem::path reference_scene;  // second .ply as the live reference
  std::filesystem::path reference_image;  // one fixed picture as the reference

  // Radiographs. ct takes the place of scene.
  std::filesystem::path ct;
  std::filesystem::path xray;  // the reference of the DRR
  std::optional<DrrGeometry>
      drr_geometry;  // from --geometry; its camera_to_world is the pose that sliders start from
  std::optional<DrrDisplay> drr_display;  // none: fitted to the volume
  Attenuation attenuation;
  DrrBackend drr_backend = DrrBackend::automatic;

  std::string camera;               // name of the ground-truth camera to start at; empty: the first
  int downscale = 1;                // photos and the frames scored against them
  float background[3] = {0, 0, 0};  // display-referred 0..1
  FgExecutor executor = FG_EXECUTOR_AUTO;
  std::string device;       // part of the Vulkan device's name, or its index; empty: the best one
  bool validation = false;  // Khronos layer; run_window then returns `internal` if it said anything

  // The window alone.
  bool vsync = true;
  int window_width = 0, window_height = 0;  // 0: as remembered, 1600 x 900 the first time
  float ui_scale = 0;                       // 0: from the display's DPI
  std::filesystem::path settings;           // empty: $XDG_CONFIG_HOME/framegauge/settings.json
  std::filesystem::path screenshots;        // folder for the screenshot key; empty: the working directory
  std::uint64_t max_frames = 0;             // close after so many presented frames; 0: never
  std::filesystem::path
      frame_count;  // file that grows by a byte with each presented frame: tests wait for it
};

// Opens the window and returns when it is closed, with the exit code of the process. Throws Failure where
// there is no display or an input named on the command line cannot be read.
int run_window(const ViewOptions& options);

}  // namespace fg
