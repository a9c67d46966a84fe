#include "plugin/evaluator/executors/in_queue/in_queue_executor.h"

#include <string>

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/in_queue/in_queue_workspace.h"
#include "plugin/evaluator/executors/in_queue/live_kernels.h"
#include "plugin/evaluator/executors/linear_image.h"
#include "plugin/evaluator/executors/shader/shader_executor.h"
#include "plugin/vk/image.h"

namespace fg {

bool InQueueExecutor::is_offered(const vk::Dispatch& functions, VkPhysicalDevice physical) {
  if (live_kernels().empty()) return false;
  for (const char* extension : kExtensions)
    if (!vk::offers_extension(functions, physical, extension)) return false;
  VkPhysicalDeviceBufferDeviceAddressFeatures addresses{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_BUFFER_DEVICE_ADDRESS_FEATURES};
  VkPhysicalDeviceFeatures2 features{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                     .pNext = &addresses};
  functions.GetPhysicalDeviceFeatures2(physical, &features);
  return addresses.bufferDeviceAddress == VK_TRUE;
}

std::string InQueueExecutor::why_unavailable(const vk::Device& device, std::uint32_t queue_family) {
  const std::string name = device.properties.deviceName;
  if (live_kernels().empty()) return "this library was built without CUDA kernels";
  if (!device.is_nvidia()) return name + " is no NVIDIA device; CUDA kernels in a command buffer need one";
  for (const char* extension : kExtensions)
    if (!vk::offers_extension(device, device.physical, extension))
      return "the driver of " + name + " does not offer " + extension + "; a newer NVIDIA driver may";
  const struct {
    const char* extension;
    bool enabled;
  } entry_points[] = {
      {kExtensions[0], device.CreateCuModuleNVX && device.DestroyCuModuleNVX && device.CreateCuFunctionNVX &&
                           device.DestroyCuFunctionNVX && device.CmdCuLaunchKernelNVX},
      {kExtensions[1], device.GetImageViewHandleNVX != nullptr}};
  for (const auto& [extension, enabled] : entry_points)
    if (!enabled)
      return std::string(extension) +
             " is offered but not enabled on this device; enable what fg_evaluator_device_requirements() "
             "names";
  if (!device.buffer_device_address || !device.GetBufferDeviceAddress)
    return "the feature bufferDeviceAddress is not stated as enabled; enable it and set "
           "FgEvaluatorInfo.buffer_device_address to 1";
  return ShaderExecutor::why_unavailable(device, queue_family);  // Vulkan 1.2 and a queue that does compute
}

// The texture unit reads the frame at normalised coordinates: with others it reads wrongly.
InQueueExecutor::InQueueExecutor(const vk::Device& device, const ExecutorSettings& settings)
    : device_(&device),
      settings_(settings),
      sampler_(vk::make_sampler(device, VK_FILTER_NEAREST)),
      linearize_(make_linearize_pass(device)),
      module_(device, live_kernels()) {
  const char* names[live::kMostEntries];
  const std::size_t count = live::entry_names(names);
  for (std::size_t i = 0; i < count; ++i)
    kernels_.push_back({names[i], vk::CudaKernel(device, module_, names[i])});
}

const vk::CudaKernel& InQueueExecutor::kernel(std::string_view entry) const {
  for (const Entry& e : kernels_)
    if (e.name == entry) return e.kernel;
  throw Error(ErrorCode::internal, "no live kernel is named " + std::string(entry));
}

// Vulkan documents neither stage nor access flags for the launches.
CommandScope InQueueExecutor::scope() const {
  return {.stages = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
          .reads = VK_ACCESS_MEMORY_READ_BIT,
          .writes = VK_ACCESS_MEMORY_WRITE_BIT};
}

std::unique_ptr<Workspace> InQueueExecutor::make_workspace(VkExtent2D extent) {
  return std::make_unique<InQueueWorkspace>(*this, extent);
}

}  // namespace fg
