#pragma once
// Command buffers in flight, as a renderer has them: recorded anew for each frame, submitted without waiting.

#include <cstdint>
#include <vector>

#include "plugin/vk/commands.h"

namespace fg {

class FrameRing {
 public:
  FrameRing(const vk::OwnDevice& device, std::uint32_t frames_in_flight);
  ~FrameRing();  // waits for the device
  FrameRing(const FrameRing&) = delete;
  FrameRing& operator=(const FrameRing&) = delete;

  bool next_is_free() const;  // the submission that begin() takes the place of has finished
  VkCommandBuffer begin();    // recording; next_is_free() must hold
  void submit();              // what begin() gave

 private:
  const vk::OwnDevice& device_;
  std::vector<vk::CommandSlot> slots_;
  std::size_t next_ = 0;
};

}  // namespace fg
