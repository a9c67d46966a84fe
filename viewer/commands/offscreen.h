#pragma once
#include <filesystem>

#include "viewer/app/session/view_options.h"

namespace fg {

struct OffscreenOptions {
  int frames = 1;
  std::filesystem::path output;  // folder
  FgColorMap color_map = FG_COLOR_MAP_TURBO;
  float worst = 0, best = 1;  // SSIM at the last (hot) and the first colour of the map
};

// What `framegauge view` does, without a display: ticks, one line of scores each, and at the end frame.png,
// reference.png, heatmap.png and overlay.png of the last tick, with metrics.jsonl holding one object a tick.
// With a named camera every tick is that camera; otherwise the ticks step through the ground-truth cameras,
// or, where there are none, around the scene. Returns the exit code of the process.
int run_offscreen(const ViewOptions& options, const OffscreenOptions& offscreen);

}  // namespace fg
