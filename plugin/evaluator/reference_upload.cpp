#include "plugin/evaluator/reference_upload.h"

#include <cstring>

#include "plugin/vk/commands.h"

namespace fg {
namespace {

// Pixel by pixel to RGBA; the fourth channel is never read.
template <class T>
void pack(const HostPixels& p, T* out) {
  const T* const in = reinterpret_cast<const T*>(p.data);
  for (std::uint32_t y = 0; y < p.height; ++y)
    for (std::uint32_t x = 0; x < p.width; ++x) {
      const std::int64_t at = y * p.strides[0] + x * p.strides[1];
      for (int c = 0; c < 3; ++c) *out++ = in[at + c * p.strides[2]];
      *out++ = T{1};
    }
}

}  // namespace

BufferedImage::BufferedImage(const vk::Device& device, VkExtent2D extent, VkFormat format)
    : image_(device, {.format = format,
                      .extent = {extent.width, extent.height, 1},
                      .usage = VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT}) {}

bool BufferedImage::takes(const BufferPixels& pixels) const {
  return pixels.format == image_.format() && pixels.extent.width == image_.width() &&
         pixels.extent.height == image_.height();
}

void BufferedImage::record(const vk::Device& device, VkCommandBuffer cmd, const BufferPixels& pixels) const {
  vk::change_layout(device, cmd, image_.get(), VK_IMAGE_LAYOUT_UNDEFINED,
                    VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
  const VkBufferImageCopy copy{.bufferOffset = pixels.offset_bytes,
                               .bufferRowLength = pixels.row_pixels,
                               .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                               .imageExtent = image_.extent()};
  device.CmdCopyBufferToImage(cmd, pixels.buffer, image_.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1,
                              &copy);
  vk::change_layout(device, cmd, image_.get(), VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL,
                    VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL);
}

SourceImage BufferedImage::source() const {
  return {image_.get(),
          image_.view(),
          VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL,
          {image_.width(), image_.height()},
          image_.format()};
}

ReferenceUpload::ReferenceUpload(const vk::Device& device, const HostPixels& pixels)
    : staging_(device, VkDeviceSize{pixels.width} * pixels.height * (pixels.is_float ? 16 : 4),
               vk::Residence::upload),
      image_(device, {pixels.width, pixels.height},
             pixels.is_float ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R8G8B8A8_UNORM) {
  if (pixels.is_float)
    pack(pixels, reinterpret_cast<float*>(staging_.mapped()));
  else
    pack(pixels, reinterpret_cast<std::uint8_t*>(staging_.mapped()));
}

void ReferenceUpload::record(const vk::Device& device, VkCommandBuffer cmd) {
  was_recorded_ = true;
  image_.record(device, cmd, {.buffer = staging_.get()});
}

}  // namespace fg
