#include "plugin/vk/submission.h"

#include "plugin/vk/error.h"

namespace fg::vk {

UniqueSemaphore make_timeline(const Device& device, const void* next) {
  const VkSemaphoreTypeCreateInfo type{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                       .pNext = next,
                                       .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
  const VkSemaphoreCreateInfo info{.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO, .pNext = &type};
  VkSemaphore semaphore;
  check(device.CreateSemaphore(device.handle, &info, nullptr, &semaphore), "creating a timeline semaphore");
  return {device, semaphore};
}

std::uint32_t Submission::Side::add(VkSemaphore semaphore, std::uint64_t value) {
  if (count == kMost)
    throw Error(VK_ERROR_UNKNOWN, "a submission waits for and signals at most " + std::to_string(kMost) +
                                      " semaphores each; one more was added");
  semaphores[count] = semaphore;
  values[count] = value;
  return count++;
}

void Submission::wait(VkSemaphore semaphore, VkPipelineStageFlags stages, std::uint64_t value) {
  stages_[waits_.add(semaphore, value)] = stages;
  has_timeline_ |= value != 0;
}

void Submission::signal(VkSemaphore semaphore, std::uint64_t value) {
  signals_.add(semaphore, value);
  has_timeline_ |= value != 0;
}

VkResult Submission::submit(const OwnDevice& device, VkCommandBuffer cmd, VkFence fence) const {
  const VkTimelineSemaphoreSubmitInfo values{.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                                             .waitSemaphoreValueCount = waits_.count,
                                             .pWaitSemaphoreValues = waits_.values.data(),
                                             .signalSemaphoreValueCount = signals_.count,
                                             .pSignalSemaphoreValues = signals_.values.data()};
  const VkSubmitInfo info{.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
                          .pNext = has_timeline_ ? &values : nullptr,
                          .waitSemaphoreCount = waits_.count,
                          .pWaitSemaphores = waits_.semaphores.data(),
                          .pWaitDstStageMask = stages_.data(),
                          .commandBufferCount = 1,
                          .pCommandBuffers = &cmd,
                          .signalSemaphoreCount = signals_.count,
                          .pSignalSemaphores = signals_.semaphores.data()};
  return device.QueueSubmit(device.queue, 1, &info, fence);
}

}  // namespace fg::vk
