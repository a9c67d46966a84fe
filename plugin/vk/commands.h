#pragma once
// Command buffers for work outside the tick (uploads, downloads, tests), and the barriers everybody writes.

#include <cstdint>
#include <functional>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/image.h"
#include "plugin/vk/own_device.h"
#include "plugin/vk/submission.h"

namespace fg::vk {

// A command buffer with a pool of its own, for one of several frames in flight, and the fence of its latest submission:
// signalled while there is none.
struct CommandSlot {
  CommandSlot() = default;
  explicit CommandSlot(const OwnDevice& device);
  // Recording anew, for one submission; the latest one has finished.
  VkCommandBuffer begin(const Device& device) const;

  UniqueCommandPool pool;
  VkCommandBuffer cmd = VK_NULL_HANDLE;
  UniqueFence finished;
};

// Records into a fresh command buffer, submits it and waits for it. Not for use inside a tick. join, once it is
// recorded, adds the semaphores of its submission.
void run_and_wait(const OwnDevice& device, const std::function<void(VkCommandBuffer)>& record,
                  const std::function<void(Submission&)>& join = {});

// All earlier compute and transfer writes become visible to all later compute and transfer work of the queue.
void compute_barrier(const Device& device, VkCommandBuffer cmd);

// All earlier work of the queue is finished and visible to all later work, whatever its kind.
void full_barrier(const Device& device, VkCommandBuffer cmd);

// Moves an image to a layout, after all earlier work and before all later work of the queue.
void change_layout(const Device& device, VkCommandBuffer cmd, VkImage image, VkImageLayout from,
                   VkImageLayout to);

// Host pixels, tightly packed rows, to an image whose old content is not kept, and back. Both wait.
// The image ends in (upload) and is expected in (download) the given layout. texel_bytes: 4 for RGBA8 and
// R32F.
void upload(const OwnDevice& device, const Image& image, const void* pixels, std::size_t texel_bytes,
            VkImageLayout final_layout);
std::vector<std::byte> download(const OwnDevice& device, const Image& image, std::size_t texel_bytes,
                                VkImageLayout layout);
// The same for an image that somebody else made.
std::vector<std::byte> download(const OwnDevice& device, VkImage image, VkExtent3D extent,
                                std::size_t texel_bytes, VkImageLayout layout);
void upload(const OwnDevice& device, const Buffer& buffer, const void* bytes, std::size_t size_bytes);
std::vector<std::byte> download(const OwnDevice& device, const Buffer& buffer, std::size_t size_bytes);

}  // namespace fg::vk
