// A device that is lost under an evaluator: a status that says so, whatever is called, and a quiet end.

#include <cstring>

#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

// The driver's functions, but for events, which are of a lost device when the test says so.
struct Driver {
  const vk::OwnDevice* device = nullptr;
  bool lost = false;
};
Driver driver;

VkResult VKAPI_PTR event_status(VkDevice device, VkEvent event) {
  return driver.lost ? VK_ERROR_DEVICE_LOST : driver.device->GetEventStatus(device, event);
}
PFN_vkVoidFunction VKAPI_PTR device_function(VkDevice device, const char* name) {
  if (std::strcmp(name, "vkGetEventStatus") == 0) return reinterpret_cast<PFN_vkVoidFunction>(event_status);
  return driver.device->GetDeviceProcAddr(device, name);
}
PFN_vkVoidFunction VKAPI_PTR instance_function(VkInstance instance, const char* name) {
  if (std::strcmp(name, "vkGetDeviceProcAddr") == 0)
    return reinterpret_cast<PFN_vkVoidFunction>(device_function);
  return driver.device->GetInstanceProcAddr(instance, name);
}

using lost_device = LiveTest;

TEST_F(lost_device, is_reported_by_record_and_poll) {
  driver = {&device(), false};
  FgEvaluatorInfo info = evaluator_info(device());
  info.get_instance_proc_addr = instance_function;
  const UniqueEvaluator evaluator = make_evaluator(info);
  const RenderedImage image(device(), PixelFormat::rgba8, 16, 16, [](int, int, int) { return 0.5f; });
  const HostImage reference(16, 16, 3, false, [](int, int, int) { return 0.5f; });
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK);
  const FgFrame frame = image.frame(1);
  CommandRing ring(device(), 2);
  ASSERT_EQ(fg_evaluator_record(evaluator.get(), ring.begin(), &frame), FG_STATUS_OK) << fg_last_error();
  ring.submit();
  const FgExecutor executor = fg_evaluator_executor(evaluator.get());
  driver.lost = true;
  FgFrameResult result;
  fg_frame_result_defaults(&result);
  EXPECT_EQ(fg_evaluator_poll(evaluator.get(), &result), FG_STATUS_DEVICE_LOST);
  EXPECT_STREQ(
      fg_last_error(),
      "the Vulkan device was lost, as shows while looking at an event; destroy it and everything on it, "
      "and create it anew");
  EXPECT_EQ(fg_evaluator_record(evaluator.get(), ring.begin(), &frame), FG_STATUS_DEVICE_LOST);
  ring.abandon();
  EXPECT_EQ(fg_evaluator_discard(evaluator.get(), 1), FG_STATUS_DEVICE_LOST);
  EXPECT_EQ(fg_evaluator_executor(evaluator.get()), executor) << "no other executor could do better";
  ring.wait_all();
}

}  // namespace
}  // namespace fg::test
