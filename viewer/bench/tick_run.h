#pragma once
// One row of `bench tick`: an evaluator on a device, a size, and what a frame consists of.

#include <cstdint>
#include <vector>

#include "framegauge/vulkan.h"
#include "plugin/vk/own_device.h"
#include "viewer/bench/tick_inputs.h"

namespace fg {

enum class TickWork {
  score,          // the frame is there, the reference stays
  new_reference,  // the same, and the reference is another image in every frame
  render,         // the frame is rendered first, the reference stays
};

struct TickRunInfo {
  FgExecutor executor = FG_EXECUTOR_AUTO;
  TickWork work = TickWork::score;
  TickScene* scene = nullptr;  // for TickWork::render
  std::uint32_t frames_in_flight = 3;
  int runs = 1;  // frames, first one by one, then pipelined
};

struct TickMeasurement {
  // Frames one by one: the next is recorded when the result of the last has come.
  std::vector<double>
      score_us;  // on the GPU, score, map and heatmap; empty where the queue has no timestamps
  std::vector<double> before_us;  // on the GPU, the render or the new reference; empty where there is none
  std::vector<double> result_us;  // on the host, from the call that submits to the poll that has the result
  double ssim = 0;                // of the last of them
  // Pipelined: a frame is recorded as soon as its place in the ring is free.
  double frames_per_second = 0;         // scored ones, from the first record to the last result
  int pipelined = 0;                    // frames submitted
  std::uint64_t dropped = 0;            // frames of both kinds that the evaluator would not take
  GaussianRenderer::Counters rendered;  // of the last frame rendered; for TickWork::render
};

// Throws NotMeasured where the scene does not fit into the device's memory, and Failure when no result comes.
TickMeasurement measure_tick(const vk::OwnDevice& device, const TickImages& images, const TickRunInfo& info);

}  // namespace fg
