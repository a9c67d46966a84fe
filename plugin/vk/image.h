#pragma once
#include "plugin/vk/unique.h"

namespace fg::vk {

struct ImageInfo {
  VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
  VkExtent3D extent = {1, 1, 1};  // pixels; depth > 1 makes a 3D image
  VkImageUsageFlags usage = VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT |
                            VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT;
  bool exported = false;  // another API may import its memory (exported.h)
};

// A colour image with memory and a view of its own: one mip, one layer, optimal tiling, layout UNDEFINED at
// first.
class Image {
 public:
  Image() = default;
  Image(const Device& device, const ImageInfo& info);

  VkImage get() const { return image_.get(); }
  VkImageView view() const { return view_.get(); }
  VkFormat format() const { return info_.format; }
  VkExtent3D extent() const { return info_.extent; }
  std::uint32_t width() const { return info_.extent.width; }
  std::uint32_t height() const { return info_.extent.height; }
  VkDeviceMemory memory() const { return memory_.get(); }
  VkDeviceSize memory_bytes() const { return memory_bytes_; }  // what the device has set aside
  explicit operator bool() const { return static_cast<bool>(image_); }

 private:
  ImageInfo info_;
  UniqueMemory memory_;
  VkDeviceSize memory_bytes_ = 0;
  UniqueImage image_;
  UniqueImageView view_;
};

// A view of the whole of a colour image with one mip.
UniqueImageView make_view(const Device& device, VkImage image, VkImageViewType type, VkFormat format);

// Normalised coordinates, clamped to the edge, one mip.
UniqueSampler make_sampler(const Device& device, VkFilter filter);

}  // namespace fg::vk
