#include "viewer/bench/frame_ring.h"

#include "plugin/vk/error.h"

namespace fg {

FrameRing::FrameRing(const vk::OwnDevice& device, std::uint32_t frames_in_flight)
    : device_(device), slots_(frames_in_flight) {
  for (Slot& slot : slots_) {
    const VkCommandPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
                                            .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
                                            .queueFamilyIndex = device.queue_family};
    VkCommandPool pool;
    vk::check(device.CreateCommandPool(device.handle, &pool_info, nullptr, &pool), "creating a command pool");
    slot.pool = vk::UniqueCommandPool(device, pool);
    const VkCommandBufferAllocateInfo allocate{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
                                               .commandPool = pool,
                                               .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
                                               .commandBufferCount = 1};
    vk::check(device.AllocateCommandBuffers(device.handle, &allocate, &slot.cmd),
              "allocating a command buffer");
    const VkFenceCreateInfo fence_info{.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO,
                                       .flags = VK_FENCE_CREATE_SIGNALED_BIT};
    VkFence fence;
    vk::check(device.CreateFence(device.handle, &fence_info, nullptr, &fence), "creating a fence");
    slot.finished = vk::UniqueFence(device, fence);
  }
}

FrameRing::~FrameRing() { device_.DeviceWaitIdle(device_.handle); }

bool FrameRing::next_is_free() const {
  const VkResult status = device_.GetFenceStatus(device_.handle, slots_[next_].finished.get());
  if (status == VK_NOT_READY) return false;
  vk::check(status, "asking whether a frame has finished");
  return true;
}

VkCommandBuffer FrameRing::begin() {
  const Slot& slot = slots_[next_];
  vk::check(device_.ResetCommandPool(device_.handle, slot.pool.get(), 0), "resetting a command pool");
  const VkCommandBufferBeginInfo info{.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
                                      .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT};
  vk::check(device_.BeginCommandBuffer(slot.cmd, &info), "beginning a command buffer");
  return slot.cmd;
}

void FrameRing::submit() {
  const Slot& slot = slots_[next_];
  const VkFence fence = slot.finished.get();
  vk::check(device_.EndCommandBuffer(slot.cmd), "ending a command buffer");
  vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
  const VkSubmitInfo submit{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &slot.cmd};
  vk::check(device_.QueueSubmit(device_.queue, 1, &submit, fence), "submitting a frame");
  next_ = (next_ + 1) % slots_.size();
}

}  // namespace fg
