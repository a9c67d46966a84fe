#pragma once
// `framegauge bench tick`: what scoring a frame live costs, with each executor, beside the renderer and behind it.

#include <functional>
#include <string>
#include <vector>

#include "plugin/vk/own_device.h"
#include "viewer/bench/tick_report.h"

namespace fg {

struct TickBenchOptions {
  std::string device;                             // Vulkan device: part of its name, or its index
  FgExecutor executor = FG_EXECUTOR_AUTO;         // AUTO: each that is available
  std::vector<VkExtent2D> sizes;                  // empty: what suits the device
  std::string format = "rgba8";                   // of the images (tick_format.h)
  int runs = 0, splats = 0;                       // 0: as many as suit the device
  vk::QueueKind queue = vk::QueueKind::graphics;  // that the command buffers go to
  bool validation = false;
  std::function<void(const TickReport& so_far, std::size_t rows)> on_row;  // before each of so many rows
  std::function<bool()> interrupted;                                       // asked between rows
};

// Throws Failure(internal) with the reason where the named executor is not available, and when validation has
// something to say.
TickReport bench_tick(const TickBenchOptions& options);

}  // namespace fg
