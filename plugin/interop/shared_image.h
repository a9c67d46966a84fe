#pragma once
// An image that a CUDA renderer writes and Vulkan reads, without a copy and without a wait of the host.
//
// A timeline semaphore says whose turn it is. Turn t begins when the semaphore has reached t, and brings it to t + 1; the
// even ones are Vulkan's, who has the first, to give the image its layout, the odd ones CUDA's.

#include <cstdint>

#include "plugin/interop/cuda_import.h"
#include "plugin/vk/image.h"

namespace fg::interop {

struct SharedImageInfo {
  std::uint32_t queue_family = 0;  // of the queue that reads
  std::uint32_t width = 0, height = 0;
  VkFormat format = VK_FORMAT_R8G8B8A8_UNORM;
};

struct Submission {
  VkSemaphore semaphore = VK_NULL_HANDLE;
  std::uint64_t wait_value = 0, signal_value = 0;
};

class SharedImage {
 public:
  // Throws Error or vk::Error where device, format or CUDA do not allow it.
  SharedImage(const vk::HostHandles& host, const SharedImageInfo& info);

  // CUDA's turn on the stream, from begin to end. False: the submission of Vulkan's turn has not run yet.
  bool begin_cuda(void* stream);
  void end_cuda(void* stream);
  void write(const ImportedImage::Rows& rows, void* stream);  // in it
  // Vulkan's turn in a command buffer: in between, the image is in layout GENERAL and may be sampled and copied from.
  void record_begin(VkCommandBuffer cmd);
  void record_end(VkCommandBuffer cmd);
  // What the submission of the command buffer of Vulkan's latest turn waits for and signals.
  Submission submission() const { return {semaphore_.get(), vulkan_turn_, vulkan_turn_ + 1}; }

  const SharedImageInfo& info() const { return info_; }
  const vk::Image& image() const { return image_; }
  const ImportedImage& cuda() const { return cuda_image_; }
  int cuda_device() const { return cuda_device_; }

 private:
  void pass(VkCommandBuffer cmd, VkImageLayout from, std::uint32_t from_family,
            std::uint32_t to_family) const;
  bool is_vulkans() const { return turn_ % 2 == 0; }
  void require_cudas_turn() const;

  vk::Device device_;
  SharedImageInfo info_;
  int cuda_device_;
  vk::Image image_;
  vk::UniqueSemaphore semaphore_;
  // CUDA's views go first.
  ImportedImage cuda_image_;
  ImportedSemaphore cuda_semaphore_;
  std::uint64_t turn_ = 0, vulkan_turn_ = 0;
  bool begun_ = false;  // the turn has
};

}  // namespace fg::interop
