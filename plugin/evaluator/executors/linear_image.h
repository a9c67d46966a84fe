#pragma once
// Where sRGB views pass through on their way to the passes and kernels: as exact linear values (shaders/shared/srgb.glsl).

#include <cstdint>
#include <vector>

#include "plugin/evaluator/executors/executor.h"
#include "plugin/vk/compute_pass.h"
#include "plugin/vk/image.h"

namespace fg {

vk::ComputePass make_linearize_pass(const vk::Device& device);

class LinearImage {
 public:
  // linearize: made by make_linearize_pass(), and borrowed.
  LinearImage(const vk::Device& device, const vk::ComputePass& linearize, VkExtent2D extent,
              const ExecutorSettings& settings);

  // Afterwards view() shows the linear values of source, to all later commands and in layout GENERAL.
  void record(VkCommandBuffer cmd, const SourceImage& source, Work work, std::uint32_t slot);
  VkImageView view() const { return image_.view(); }

 private:
  const vk::Device* device_;
  const vk::ComputePass* linearize_;
  VkExtent2D extent_;
  vk::Image image_;
  std::vector<vk::BindingSet> of_frames_, of_references_;  // one a slot: the view changes from tick to tick
};

}  // namespace fg
