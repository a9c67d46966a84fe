#include "plugin/vk/image.h"

#include "plugin/vk/error.h"
#include "plugin/vk/exported.h"

namespace fg::vk {

Image::Image(const Device& device, const ImageInfo& info) : info_(info) {
  const bool volume = info.extent.depth > 1;
  const VkExternalMemoryImageCreateInfo external{.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_IMAGE_CREATE_INFO,
                                                 .handleTypes = kExportedMemory};
  const VkImageCreateInfo create{.sType = VK_STRUCTURE_TYPE_IMAGE_CREATE_INFO,
                                 .pNext = info.exported ? &external : nullptr,
                                 .imageType = volume ? VK_IMAGE_TYPE_3D : VK_IMAGE_TYPE_2D,
                                 .format = info.format,
                                 .extent = info.extent,
                                 .mipLevels = 1,
                                 .arrayLayers = 1,
                                 .samples = VK_SAMPLE_COUNT_1_BIT,
                                 .tiling = VK_IMAGE_TILING_OPTIMAL,
                                 .usage = info.usage,
                                 .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
                                 .initialLayout = VK_IMAGE_LAYOUT_UNDEFINED};
  VkImage image;
  check(device.CreateImage(device.handle, &create, nullptr, &image), "creating an image");
  image_ = UniqueImage(device, image);

  VkMemoryRequirements needs;
  device.GetImageMemoryRequirements(device.handle, image, &needs);
  const ExportInfo as_export({.image = image});
  const VkMemoryAllocateInfo allocate{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = info.exported ? as_export.chain() : nullptr,
      .allocationSize = needs.size,
      .memoryTypeIndex = device.memory_type(needs.memoryTypeBits, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT)};
  VkDeviceMemory memory;
  check(device.AllocateMemory(device.handle, &allocate, nullptr, &memory), "allocating memory for an image");
  memory_ = UniqueMemory(device, memory);
  memory_bytes_ = needs.size;
  check(device.BindImageMemory(device.handle, image, memory, 0), "binding memory to an image");

  view_ = make_view(device, image, volume ? VK_IMAGE_VIEW_TYPE_3D : VK_IMAGE_VIEW_TYPE_2D, info.format);
}

UniqueImageView make_view(const Device& device, VkImage image, VkImageViewType type, VkFormat format) {
  const VkImageViewCreateInfo info{
      .sType = VK_STRUCTURE_TYPE_IMAGE_VIEW_CREATE_INFO,
      .image = image,
      .viewType = type,
      .format = format,
      .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, VK_REMAINING_ARRAY_LAYERS}};
  VkImageView view;
  check(device.CreateImageView(device.handle, &info, nullptr, &view), "creating an image view");
  return {device, view};
}

UniqueSampler make_sampler(const Device& device, VkFilter filter) {
  const VkSamplerCreateInfo info{.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO,
                                 .magFilter = filter,
                                 .minFilter = filter,
                                 .mipmapMode = VK_SAMPLER_MIPMAP_MODE_NEAREST,
                                 .addressModeU = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                 .addressModeV = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE,
                                 .addressModeW = VK_SAMPLER_ADDRESS_MODE_CLAMP_TO_EDGE};
  VkSampler sampler;
  check(device.CreateSampler(device.handle, &info, nullptr, &sampler), "creating a sampler");
  return {device, sampler};
}

}  // namespace fg::vk
