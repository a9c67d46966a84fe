#include "viewer/app/tick/blocking_queue.h"

#include <chrono>
#include <cstring>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"

namespace fg {

BlockingQueue::BlockingQueue(const vk::OwnDevice& device) : device_(device) {
  const VkCommandPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                          .queueFamilyIndex = device.queue_family};
  VkCommandPool pool;
  vk::check(device.CreateCommandPool(device.handle, &pool_info, nullptr, &pool), "creating a command pool");
  pool_ = vk::UniqueCommandPool(device, pool);
  const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                             .commandPool = pool,
                                             .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                             .commandBufferCount = 1};
  vk::check(device.AllocateCommandBuffers(device.handle, &allocate, &cmd_), "allocating a command buffer");
  const VkFenceCreateInfo fence_info{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
  VkFence fence;
  vk::check(device.CreateFence(device.handle, &fence_info, nullptr, &fence), "creating a fence");
  fence_ = vk::UniqueFence(device, fence);
}

double BlockingQueue::run(const std::function<void(VkCommandBuffer)>& record,
                          const std::function<void(vk::Submission&)>& join) {
  vk::check(device_.ResetCommandPool(device_.handle, pool_.get(), 0), "resetting the command pool");
  const VkCommandBufferBeginInfo begin{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                       .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  vk::check(device_.BeginCommandBuffer(cmd_, &begin), "beginning a command buffer");
  record(cmd_);
  vk::check(device_.EndCommandBuffer(cmd_), "ending a command buffer");
  vk::Submission submission;
  if (join) join(submission);

  const auto start = std::chrono::steady_clock::now();
  const VkFence fence = fence_.get();
  vk::check(submission.submit(device_, cmd_, fence), "submitting commands");
  vk::check(device_.WaitForFences(device_.handle, 1, &fence, VK_TRUE, UINT64_MAX), "waiting for commands");
  vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - start;
  return wall.count();
}

Image8 download_rgba(const vk::OwnDevice& device, VkImage image, int width, int height) {
  const VkExtent3D extent{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), 1};
  const std::vector<std::byte> texels = vk::download(device, image, extent, 4, VK_IMAGE_LAYOUT_GENERAL);
  Image8 copy{.width = width, .height = height, .rgba = {}};
  copy.rgba.resize(texels.size());
  std::memcpy(copy.rgba.data(), texels.data(), texels.size());
  return copy;
}

}  // namespace fg
