#pragma once
// A command buffer on its way to the queue, with the semaphores that it waits for and signals, binary and timeline.
//
//   Submission submission;
//   submission.wait(acquired, VK_PIPELINE_STAGE_TRANSFER_BIT);
//   submission.signal(timeline, 7);
//   check(submission.submit(device, cmd, fence), "submitting a frame");

#include <array>
#include <cstdint>

#include "plugin/vk/own_device.h"
#include "plugin/vk/unique.h"

namespace fg::vk {

// A timeline semaphore, at 0; the device has the feature timelineSemaphore enabled. next: chained into its type.
UniqueSemaphore make_timeline(const Device& device, const void* next = nullptr);

class Submission {
 public:
  static constexpr std::uint32_t kMost = 4;  // semaphores on each side; one more throws Error

  // value: of a timeline semaphore; a binary one has none.
  void wait(VkSemaphore semaphore, VkPipelineStageFlags stages, std::uint64_t value = 0);
  void signal(VkSemaphore semaphore, std::uint64_t value = 0);
  VkResult submit(const OwnDevice& device, VkCommandBuffer cmd, VkFence fence) const;

 private:
  struct Side {
    std::array<VkSemaphore, kMost> semaphores{};
    std::array<std::uint64_t, kMost> values{};
    std::uint32_t count = 0;
    std::uint32_t add(VkSemaphore semaphore, std::uint64_t value);  // returns its place
  };
  Side waits_, signals_;
  std::array<VkPipelineStageFlags, kMost> stages_{};
  bool has_timeline_ = false;
};

}  // namespace fg::vk
