#pragma once
// The way of a reference from host memory to an image: through a buffer that the next command buffer copies.

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

class ReferenceUpload {
 public:
  // Copies the pixels.
  ReferenceUpload(const vk::Device& device, const HostPixels& pixels);

  // Copies them on to an image, all earlier commands of the queue being finished. May be recorded again.
  void record(const vk::Device& device, VkCommandBuffer cmd) const;
  SourceImage source() const;
  VkExtent2D extent() const { return {image_.width(), image_.height()}; }

 private:
  vk::Buffer staging_;
  vk::Image
      image_;  // RGBA8 or RGBA32F: the format of the pixels, so that codes decode as those of a frame do
};

}  // namespace fg
