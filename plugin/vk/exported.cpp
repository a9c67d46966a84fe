#include "plugin/vk/exported.h"

#include "plugin/vk/error.h"
#include "plugin/vk/submission.h"

namespace fg::vk {
namespace {

interop::ExternalMemory export_memory(const Device& device, VkDeviceMemory memory, VkDeviceSize bytes) {
  const VkMemoryGetFdInfoKHR info{
      .sType = VK_STRUCTURE_TYPE_MEMORY_GET_FD_INFO_KHR, .memory = memory, .handleType = kExportedMemory};
  int fd = -1;
  check(device.GetMemoryFdKHR(device.handle, &info, &fd), "exporting memory");
  return {interop::UniqueFd(fd), static_cast<std::size_t>(bytes)};
}

}  // namespace

ExportInfo::ExportInfo(const For& what)
    : dedicated_{.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO,
                 .pNext = nullptr,
                 .image = what.image,
                 .buffer = what.buffer},
      export_{.sType = VK_STRUCTURE_TYPE_EXPORT_MEMORY_ALLOCATE_INFO,
              .pNext = &dedicated_,
              .handleTypes = kExportedMemory} {}

interop::ExternalMemory export_memory(const Device& device, const Buffer& buffer) {
  return export_memory(device, buffer.memory(), buffer.memory_bytes());
}
interop::ExternalMemory export_memory(const Device& device, const Image& image) {
  return export_memory(device, image.memory(), image.memory_bytes());
}

UniqueSemaphore make_exported_timeline(const Device& device) {
  const VkExportSemaphoreCreateInfo exported{.sType = VK_STRUCTURE_TYPE_EXPORT_SEMAPHORE_CREATE_INFO,
                                             .handleTypes = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT};
  return make_timeline(device, &exported);
}

interop::UniqueFd export_semaphore(const Device& device, VkSemaphore semaphore) {
  const VkSemaphoreGetFdInfoKHR info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_GET_FD_INFO_KHR,
                                     .semaphore = semaphore,
                                     .handleType = VK_EXTERNAL_SEMAPHORE_HANDLE_TYPE_OPAQUE_FD_BIT};
  int fd = -1;
  check(device.GetSemaphoreFdKHR(device.handle, &info, &fd), "exporting a semaphore");
  return interop::UniqueFd(fd);
}

std::string why_not_enabled(const Device& device, const char* extension) {
  return offers_extension(device, device.physical, extension)
             ? std::string(extension) +
                   " is offered but not enabled on this device; enable what "
                   "fg_evaluator_device_requirements() names"
             : std::string("the driver of ") + device.properties.deviceName + " does not offer " + extension;
}

std::string why_not_exportable(const Device& device, VkFormat format, VkImageUsageFlags usage) {
  if (!device.GetMemoryFdKHR) return why_not_enabled(device, VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
  const VkPhysicalDeviceExternalImageFormatInfo external{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_IMAGE_FORMAT_INFO, .handleType = kExportedMemory};
  const VkPhysicalDeviceImageFormatInfo2 image{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_IMAGE_FORMAT_INFO_2,
                                               .pNext = &external,
                                               .format = format,
                                               .type = VK_IMAGE_TYPE_2D,
                                               .tiling = VK_IMAGE_TILING_OPTIMAL,
                                               .usage = usage};
  VkExternalImageFormatProperties exported{.sType = VK_STRUCTURE_TYPE_EXTERNAL_IMAGE_FORMAT_PROPERTIES};
  VkImageFormatProperties2 properties{.sType = VK_STRUCTURE_TYPE_IMAGE_FORMAT_PROPERTIES_2,
                                      .pNext = &exported};
  const VkResult result =
      device.GetPhysicalDeviceImageFormatProperties2(device.physical, &image, &properties);
  constexpr VkExternalMemoryFeatureFlags kExport = VK_EXTERNAL_MEMORY_FEATURE_EXPORTABLE_BIT;
  if (result < 0 || !(exported.externalMemoryProperties.externalMemoryFeatures & kExport))
    return std::string(device.properties.deviceName) + " does not export images of VkFormat " +
           std::to_string(format) + " as file descriptors";
  return {};
}

}  // namespace fg::vk
