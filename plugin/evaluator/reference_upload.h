#pragma once
// The way of a reference to an image: from a buffer, which for host memory is one of ours that the next command buffer
// copies.

#include <array>
#include <cstddef>
#include <cstdint>

#include "plugin/evaluator/executors/executor.h"
#include "plugin/vk/buffer.h"
#include "plugin/vk/image.h"

namespace fg {

// Pixels in host memory, [height, width, channels]: uint8 codes / 255, or float values; display-referred
// 0..1.
struct HostPixels {
  const std::byte* data = nullptr;
  bool is_float = false;
  std::uint32_t width = 0, height = 0, channels = 0;  // 3 or 4 channels
  std::array<std::int64_t, 3> strides{};              // in elements: row, pixel, channel
};

// Pixels in a buffer on the device.
struct BufferPixels {
  VkBuffer buffer = VK_NULL_HANDLE;
  VkDeviceSize offset_bytes = 0;
  std::uint32_t row_pixels = 0;  // from row to row; 0: width
  VkExtent2D extent = {};
  VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
};

// An image that takes what a buffer holds.
class BufferedImage {
 public:
  BufferedImage(const vk::Device& device, VkExtent2D extent, VkFormat format);
  // All earlier commands of the queue being finished. pixels are as large as the image, and of its format.
  void record(const vk::Device& device, VkCommandBuffer cmd, const BufferPixels& pixels) const;
  SourceImage source() const;
  bool takes(const BufferPixels& pixels) const;

 private:
  vk::Image image_;
};

class ReferenceUpload {
 public:
  // Copies the pixels.
  ReferenceUpload(const vk::Device& device, const HostPixels& pixels);

  // Copies them on to an image, all earlier commands of the queue being finished. May be recorded again.
  void record(const vk::Device& device, VkCommandBuffer cmd);
  bool was_recorded() const { return was_recorded_; }
  SourceImage source() const { return image_.source(); }
  VkExtent2D extent() const { return source().extent; }

 private:
  vk::Buffer staging_;
  BufferedImage
      image_;  // RGBA8 or RGBA32F: the format of the pixels, so that codes decode as those of a frame do
  bool was_recorded_ = false;
};

}  // namespace fg
