#include "viewer/app/tick/evaluator_host.h"

#include <nlohmann/json.hpp>

#include "viewer/report/json_file.h"

namespace fg {

std::vector<const char*> evaluator_extensions() {
  std::vector<const char*> names;
  for (const char* const* name = fg_evaluator_device_extensions(); *name; ++name) names.push_back(*name);
  return names;
}

FgEvaluatorInfo evaluator_info(const vk::OwnDevice& device) {
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  info.instance = device.instance;
  info.physical_device = device.physical;
  info.device = device.handle;
  info.get_instance_proc_addr = device.GetInstanceProcAddr;
  info.queue_family = device.queue_family;
  info.buffer_device_address = device.buffer_device_address;
  return info;
}

UniqueEvaluator make_evaluator(const vk::OwnDevice& device, FgExecutor executor,
                               std::uint32_t frames_in_flight) {
  FgEvaluatorInfo info = evaluator_info(device);
  info.frames_in_flight = frames_in_flight;
  info.executor = executor;
  FgEvaluator evaluator = nullptr;
  expect_ok(fg_evaluator_create(&info, &evaluator));
  return UniqueEvaluator(evaluator);
}

FgFrame frame_of(const vk::Image& image, std::uint64_t number) {
  FgFrame frame;
  fg_frame_defaults(&frame);
  frame.image = image.get();
  frame.view = image.view();
  frame.layout = VK_IMAGE_LAYOUT_GENERAL;
  frame.width = image.width();
  frame.height = image.height();
  frame.frame_number = number;
  frame.format = image.format();
  return frame;
}

void add_scores(nlohmann::ordered_json& object, const TickResult& result) {
  const FgFrameResult& s = result.scores;
  object["tick"] = s.frame_number;
  object["executor"] = fg_executor_name(s.executor);
  object["ssim"] = json_number(s.ssim);
  object["ssim_channel"] = {json_number(s.ssim_channel[0]), json_number(s.ssim_channel[1]),
                            json_number(s.ssim_channel[2])};
  object["ssim_min"] = json_number(s.ssim_min);
  object["ssim_p5"] = json_number(s.ssim_p5);
  object["psnr"] = json_number(s.psnr);
  object["mse"] = json_number(s.mse);
  object["mae"] = json_number(s.mae);
  object["max_error"] = json_number(s.max_error);
  object["nonfinite"] = s.nonfinite;
  object["render_ms"] = result.render_ms;
  object["metric_ms"] = result.metric_ms;
}

}  // namespace fg
