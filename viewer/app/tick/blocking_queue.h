#pragma once
// Commands submitted one batch at a time, each waited for: what headless commands want. The window never uses
// this.

#include <functional>

#include "plugin/vk/own_device.h"
#include "plugin/vk/submission.h"
#include "plugin/vk/unique.h"
#include "viewer/io/image.h"

namespace fg {

class BlockingQueue {
 public:
  explicit BlockingQueue(const vk::OwnDevice& device);

  // Records, submits, waits. Returns milliseconds from submit to finished on the host's clock. join, once it is
  // recorded, adds the semaphores of the submission.
  double run(const std::function<void(VkCommandBuffer)>& record,
             const std::function<void(vk::Submission&)>& join = {});

 private:
  const vk::OwnDevice& device_;
  vk::UniqueCommandPool pool_;
  vk::UniqueFence fence_;
  VkCommandBuffer cmd_ = VK_NULL_HANDLE;  // freed with the pool
};

// An RGBA8 image in layout GENERAL, copied to the host. Waits.
Image8 download_rgba(const vk::OwnDevice& device, VkImage image, int width, int height);

}  // namespace fg
