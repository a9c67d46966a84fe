#include "plugin/evaluator/executors/interop/interop_executor.h"

#include "kernels/core/error.h"
#include "plugin/evaluator/executors/interop/interop_workspace.h"
#include "plugin/evaluator/executors/shader/shader_executor.h"
#include "plugin/interop/cuda_import.h"
#include "plugin/vk/exported.h"
#include "shaders/interop/pack.comp.h"
#include "shaders/interop/pack.h"
#include "shaders/interop/unpack.comp.h"

namespace fg {

bool InteropExecutor::is_offered(const vk::Dispatch& functions, VkPhysicalDevice physical) {
  VkPhysicalDeviceProperties2 properties{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
  functions.GetPhysicalDeviceProperties2(physical, &properties);
  if (!interop::kHasCuda || properties.properties.vendorID != vk::kNvidiaVendor) return false;
  for (const char* extension : kExtensions)
    if (!vk::offers_extension(functions, physical, extension)) return false;
  return true;
}

std::string InteropExecutor::why_unavailable(const vk::Device& device, std::uint32_t queue_family) {
  if (!interop::kHasCuda) return "this library was built without CUDA kernels";
  if (!device.is_nvidia())
    return std::string(device.properties.deviceName) + " is no NVIDIA device; CUDA needs one";
  for (const OutputFormat& format : kSharedOutputs)
    if (const std::string why = vk::why_not_exportable(device, format.format, kSharedOutputUsage);
        !why.empty())
      return why;
  return ShaderExecutor::why_unavailable(device, queue_family);  // Vulkan 1.2 and a queue that does compute
}

InteropExecutor::InteropExecutor(const vk::Device& device, const ExecutorSettings& settings)
    : device_(&device),
      settings_(settings),
      cuda_device_(interop::cuda_device_of(device.uuid)),
      pack_(device, {.spirv = shaders::interop_pack,
                     .bindings = {vk::kSampledImage, vk::kStorageBuffer},
                     .push_bytes = sizeof(FgPackPush)}),
      unpack_(device,
              {.spirv = shaders::interop_unpack,
               .bindings = {vk::kStorageImage, vk::kStorageImage, vk::kStorageImage, vk::kStorageImage}}) {}

CommandScope InteropExecutor::scope() const {
  return {.stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
          .reads = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT,
          .writes = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
}

std::unique_ptr<Workspace> InteropExecutor::make_workspace(VkExtent2D extent) {
  return std::make_unique<InteropWorkspace>(*this, extent);
}

}  // namespace fg
