#include "plugin/evaluator/executors/shader/shader_executor.h"

#include <bit>
#include <vector>

#include "kernels/ssim/window.h"
#include "plugin/evaluator/executors/linear_image.h"
#include "plugin/evaluator/executors/shader/shader_workspace.h"
#include "shaders/shared/frame_statistics.h"
#include "shaders/shared/ssim_passes.h"
#include "shaders/ssim/columns.comp.h"
#include "shaders/ssim/reference_columns.comp.h"
#include "shaders/ssim/reference_rows.comp.h"
#include "shaders/ssim/rows.comp.h"
#include "shaders/ssim/statistics.comp.h"

namespace fg {
namespace {

// Specialisation constants of shaders/ssim/window.glsl.
std::vector<std::uint32_t> window_constants(const ExecutorSettings& settings) {
  std::vector<std::uint32_t> constants = {static_cast<std::uint32_t>(settings.window / 2),
                                          settings.padding == FG_PADDING_VALID ? 1u : 0u};
  for (const float tap : gaussian_window(settings.window / 2).tap)
    constants.push_back(std::bit_cast<std::uint32_t>(tap));
  return constants;
}

SsimPasses make_passes(const vk::Device& device, const ExecutorSettings& settings) {
  const auto make = [&](std::span<const std::uint32_t> spirv, std::vector<VkDescriptorType> bindings) {
    return vk::ComputePass(device, {.spirv = spirv,
                                    .bindings = std::move(bindings),
                                    .push_bytes = sizeof(FgSsimPush),
                                    .constants = window_constants(settings)});
  };
  using vk::kSampledImage;
  using vk::kStorageBuffer;
  using vk::kStorageImage;
  return {
      .reference_rows =
          make(shaders::ssim_reference_rows, {kSampledImage, kStorageBuffer, kStorageBuffer, kStorageBuffer}),
      .reference_columns =
          make(shaders::ssim_reference_columns, {kStorageBuffer, kStorageBuffer, kStorageBuffer}),
      .rows = make(shaders::ssim_rows,
                   {kSampledImage, kStorageBuffer, kStorageBuffer, kStorageBuffer, kStorageBuffer}),
      .columns = make(shaders::ssim_columns, {kStorageBuffer, kStorageBuffer, kStorageBuffer, kStorageImage,
                                              kStorageImage, kStorageBuffer}),
      .statistics =
          make(shaders::ssim_statistics, {kSampledImage, kStorageBuffer, kStorageBuffer, kStorageBuffer}),
  };
}

}  // namespace

std::string ShaderExecutor::why_unavailable(const vk::Device& device, std::uint32_t queue_family) {
  const std::uint32_t version = device.properties.apiVersion;
  if (version < VK_API_VERSION_1_2)
    return std::string(device.properties.deviceName) + " offers Vulkan " +
           std::to_string(VK_API_VERSION_MAJOR(version)) + "." +
           std::to_string(VK_API_VERSION_MINOR(version)) + "; 1.2 or newer is needed";
  std::uint32_t count = 0;
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
  if (queue_family >= count)
    return "queue family " + std::to_string(queue_family) + " does not exist; " +
           device.properties.deviceName + " has " + std::to_string(count);
  if (!(families[queue_family].queueFlags & VK_QUEUE_COMPUTE_BIT))
    return "queue family " + std::to_string(queue_family) +
           " does no compute; choose one with VK_QUEUE_COMPUTE_BIT";
  return {};
}

ShaderExecutor::ShaderExecutor(const vk::Device& device, const ExecutorSettings& settings)
    : device_(&device),
      settings_(settings),
      passes_(make_passes(device, settings)),
      linearize_(make_linearize_pass(device)) {}

std::size_t ShaderExecutor::statistics_bytes() const {
  return (kFgMapBins + std::size_t{statistics_groups()} * kFgRecordWords) * 4;
}

CommandScope ShaderExecutor::scope() const {
  return {.stages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
          .reads = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT,
          .writes = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT};
}

std::unique_ptr<Workspace> ShaderExecutor::make_workspace(VkExtent2D extent) {
  return std::make_unique<ShaderWorkspace>(*this, extent);
}

}  // namespace fg
