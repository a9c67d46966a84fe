#pragma once
#include "plugin/vk/image.h"

namespace fg {

// What a tick renders: records commands that fill the target, an RGBA8 UNORM storage image in layout GENERAL, with
// display-referred colours, alpha 1. Earlier work on the target is already ordered before these commands, and the
// caller orders what comes after. Records only; never waits for the GPU.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual void record(VkCommandBuffer cmd, const vk::Image& target) = 0;
};

}  // namespace fg
