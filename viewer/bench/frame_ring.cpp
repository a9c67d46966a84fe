#include "viewer/bench/frame_ring.h"

#include "plugin/vk/error.h"

namespace fg {

FrameRing::FrameRing(const vk::OwnDevice& device, std::uint32_t frames_in_flight) : device_(device) {
  for (std::uint32_t i = 0; i < frames_in_flight; ++i) slots_.emplace_back(device);
}

FrameRing::~FrameRing() { device_.DeviceWaitIdle(device_.handle); }

bool FrameRing::next_is_free() const {
  const VkResult status = device_.GetFenceStatus(device_.handle, slots_[next_].finished.get());
  if (status == VK_NOT_READY) return false;
  vk::check(status, "asking whether a frame has finished");
  return true;
}

VkCommandBuffer FrameRing::begin() { return slots_[next_].begin(device_); }

void FrameRing::submit() {
  const vk::CommandSlot& slot = slots_[next_];
  const VkFence fence = slot.finished.get();
  vk::check(device_.EndCommandBuffer(slot.cmd), "ending a command buffer");
  vk::check(device_.ResetFences(device_.handle, 1, &fence), "resetting a fence");
  const VkSubmitInfo submit{
      .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO, .commandBufferCount = 1, .pCommandBuffers = &slot.cmd};
  vk::check(device_.QueueSubmit(device_.queue, 1, &submit, fence), "submitting a frame");
  next_ = (next_ + 1) % slots_.size();
}

}  // namespace fg
