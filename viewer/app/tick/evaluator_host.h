#pragma once
// What an evaluator on a device of our own is made with, and what a tick's result looks like in JSON.

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "framegauge/vulkan.h"
#include "plugin/vk/image.h"
#include "plugin/vk/own_device.h"
#include "viewer/app/tick/tick.h"
#include "viewer/device/status.h"

namespace fg {

// Device extensions that make more executors available; for OwnDeviceInfo::device_extensions.
std::vector<const char*> evaluator_extensions();

// The defaults, with the device's handles.
FgEvaluatorInfo evaluator_info(const vk::OwnDevice& device);

struct EvaluatorDeleter {
  void operator()(FgEvaluator_T* evaluator) const { fg_evaluator_destroy(evaluator); }
};
using UniqueEvaluator = std::unique_ptr<FgEvaluator_T, EvaluatorDeleter>;
UniqueEvaluator make_evaluator(const vk::OwnDevice& device, FgExecutor executor,
                               std::uint32_t frames_in_flight);

// An image in layout GENERAL, as fg_evaluator_record() and fg_evaluator_record_reference() take it.
FgFrame frame_of(const vk::Image& image, std::uint64_t number);

// Adds tick, executor, ssim, ssim_channel, ssim_min, ssim_p5, psnr, mse, mae, max_error, nonfinite, render_ms
// and metric_ms to an object: the schema of metrics.jsonl and of screenshots.
void add_scores(nlohmann::ordered_json& object, const TickResult& result);

}  // namespace fg
