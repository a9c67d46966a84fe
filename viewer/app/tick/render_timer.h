#pragma once
// When the GPU began and ended what a tick renders, for as many ticks as may be unfinished at once.

#include <cstdint>

#include "plugin/vk/own_device.h"
#include "plugin/vk/unique.h"

namespace fg {

class RenderTimer {
 public:
  RenderTimer(const vk::OwnDevice& device, std::uint32_t slots);

  // Around the commands to be timed. Nothing where the queue has no timestamps.
  void begin(VkCommandBuffer cmd, std::uint64_t tick) const;
  void end(VkCommandBuffer cmd, std::uint64_t tick) const;

  // Of a tick whose commands have finished, among the last `slots`; 0 when unknown.
  double milliseconds(std::uint64_t tick) const;

 private:
  std::uint32_t first(std::uint64_t tick) const { return 2 * static_cast<std::uint32_t>(tick % slots_); }
  const vk::OwnDevice* device_;
  std::uint32_t slots_;
  std::uint64_t mask_ = 0;  // of the bits that timestamps have
  vk::UniqueQueryPool pool_;
};

}  // namespace fg
