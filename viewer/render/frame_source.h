#pragma once
#include <memory>

#include "plugin/vk/image.h"
#include "plugin/vk/submission.h"

namespace fg {

// What a frame costs outside of its command buffer, where the queue's timestamps do not see it.
class WorkElsewhere {
 public:
  virtual ~WorkElsewhere() = default;
  virtual double milliseconds() const = 0;  // once the frame's commands have finished; 0: unknown
};

// What a tick renders: records commands that fill the target, an RGBA8 UNORM storage image in layout GENERAL, with
// display-referred colours, alpha 1. Earlier work on the target is already ordered before these commands, and the
// caller orders what comes after. Records only; never waits for the GPU.
class FrameSource {
 public:
  virtual ~FrameSource() = default;
  virtual void record(VkCommandBuffer cmd, const vk::Image& target) = 0;

  // Of the frame recorded last. join() adds what its submission waits for and signals, each time once; a frame whose
  // submission was not joined before the next one is recorded counts as never submitted. Sources that do all their work in
  // the command buffer have neither.
  virtual void join(vk::Submission&) {}
  virtual std::shared_ptr<const WorkElsewhere> elsewhere() const { return nullptr; }
};

}  // namespace fg
