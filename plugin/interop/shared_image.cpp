#include "plugin/interop/shared_image.h"

#include <string>

#include "kernels/core/error.h"
#include "plugin/vk/error.h"
#include "plugin/vk/exported.h"

namespace fg::interop {
namespace {

constexpr VkImageUsageFlags kUsage =
    VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT;

TexelFormat texels_of(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8G8B8A8_UNORM:
      return TexelFormat::rgba8;
    case VK_FORMAT_R16G16B16A16_SFLOAT:
      return TexelFormat::rgba16f;
    case VK_FORMAT_R32G32B32A32_SFLOAT:
      return TexelFormat::rgba32f;
    case VK_FORMAT_R32_SFLOAT:
      return TexelFormat::r32f;
    default:
      throw Error(ErrorCode::unsupported,
                  "VkFormat " + std::to_string(format) +
                      " cannot be shared with CUDA; use R8G8B8A8_UNORM (37), R16G16B16A16_SFLOAT (97), "
                      "R32_SFLOAT (100) or R32G32B32A32_SFLOAT (109)");
  }
}

void require_possible(const vk::Device& device, const SharedImageInfo& info) {
  texels_of(info.format);
  require(kHasCuda, ErrorCode::unsupported,
          "this library was built without CUDA, which writes shared images");
  const std::string why = vk::why_not_exportable(device, info.format, kUsage);
  require(why.empty(), ErrorCode::unavailable, why);
  require(device.GetSemaphoreFdKHR && device.GetSemaphoreCounterValue, ErrorCode::unavailable,
          vk::why_not_enabled(device, VK_KHR_EXTERNAL_SEMAPHORE_FD_EXTENSION_NAME));
}

}  // namespace

SharedImage::SharedImage(const vk::HostHandles& host, const SharedImageInfo& info)
    : device_(host),
      info_(info),
      cuda_device_((require_possible(device_, info), cuda_device_of(device_.uuid))) {
  image_ = vk::Image(
      device_,
      {.format = info.format, .extent = {info.width, info.height, 1}, .usage = kUsage, .exported = true});
  semaphore_ = vk::make_exported_timeline(device_);
  cuda_image_ = ImportedImage(cuda_device_, vk::export_memory(device_, image_),
                              {info.width, info.height, texels_of(info.format)});
  cuda_semaphore_ = ImportedSemaphore(cuda_device_, vk::export_semaphore(device_, semaphore_.get()));
}

// The host looks before the stream waits: a stream that waits for a submission that never comes would hang.
bool SharedImage::begin_cuda(void* stream) {
  require(!is_vulkans(), ErrorCode::invalid_argument,
          "it is Vulkan's turn with this image; record it with fg_shared_image_record_begin() and _end()");
  require(!begun_, ErrorCode::invalid_argument,
          "CUDA writes this image already; call fg_shared_image_end_cuda() first");
  std::uint64_t reached = 0;
  vk::check(device_.GetSemaphoreCounterValue(device_.handle, semaphore_.get(), &reached),
            "looking at a shared image's semaphore");
  if (reached < turn_) return false;
  cuda_semaphore_.wait(turn_, stream);
  begun_ = true;
  return true;
}

void SharedImage::require_cudas_turn() const {
  require(!is_vulkans() && begun_, ErrorCode::invalid_argument,
          "CUDA does not write this image; call fg_shared_image_begin_cuda() first");
}

void SharedImage::write(const ImportedImage::Rows& rows, void* stream) {
  require_cudas_turn();
  cuda_image_.write(rows, stream);
}

void SharedImage::end_cuda(void* stream) {
  require_cudas_turn();
  cuda_semaphore_.signal(turn_ + 1, stream);
  begun_ = false;
  ++turn_;
}

void SharedImage::pass(VkCommandBuffer cmd, VkImageLayout from, std::uint32_t from_family,
                       std::uint32_t to_family) const {
  const VkImageMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
                                     .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                     .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT,
                                     .oldLayout = from,
                                     .newLayout = VK_IMAGE_LAYOUT_GENERAL,
                                     .srcQueueFamilyIndex = from_family,
                                     .dstQueueFamilyIndex = to_family,
                                     .image = image_.get(),
                                     .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1}};
  device_.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                             0, nullptr, 0, nullptr, 1, &barrier);
}

void SharedImage::record_begin(VkCommandBuffer cmd) {
  require(is_vulkans(), ErrorCode::invalid_argument,
          "it is CUDA's turn with this image; call fg_shared_image_begin_cuda() and _end_cuda() first");
  require(!begun_, ErrorCode::invalid_argument,
          "Vulkan's turn with this image has begun already; call fg_shared_image_record_end() first");
  if (turn_ == 0)
    pass(cmd, VK_IMAGE_LAYOUT_UNDEFINED, info_.queue_family, info_.queue_family);
  else
    pass(cmd, VK_IMAGE_LAYOUT_GENERAL, VK_QUEUE_FAMILY_EXTERNAL, info_.queue_family);
  begun_ = true;
}

void SharedImage::record_end(VkCommandBuffer cmd) {
  require(is_vulkans() && begun_, ErrorCode::invalid_argument,
          "Vulkan's turn with this image has not begun; call fg_shared_image_record_begin() first");
  pass(cmd, VK_IMAGE_LAYOUT_GENERAL, info_.queue_family, VK_QUEUE_FAMILY_EXTERNAL);
  begun_ = false;
  vulkan_turn_ = turn_++;
}

}  // namespace fg::interop
