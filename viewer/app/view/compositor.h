#pragma once
// Draws what a user sees from the images of a tick: shaders/display/compose.comp. The window and files use
// the same.

#include <vector>

#include "plugin/vk/compute_pass.h"
#include "viewer/app/tick/tick.h"
#include "viewer/app/view/display.h"

namespace fg {

// The views a display pass reads; a black pixel stands in for what does not exist yet.
struct DisplayImages {
  VkImageView frame, reference, map, heatmap;
};

class Compositor {
 public:
  // slots: how many recorded command buffers may be unfinished at once.
  Compositor(const vk::OwnDevice& device, std::uint32_t slots);

  // Records the picture into target, RGBA8 in layout GENERAL. Commands of an earlier record with the same
  // slot must have finished. Orders itself after the tick's writes; the caller orders what comes after.
  void record(VkCommandBuffer cmd, std::uint32_t slot, const Tick& tick, const ComposePush& push,
              const vk::Image& target);

  // The whole picture at the images' own resolution, as it would be shown unzoomed. Waits for the GPU.
  Image8 picture(const Tick& tick, const DisplaySettings& settings, ViewMode mode);

  DisplayImages images_of(const Tick& tick) const;
  VkSampler sampler() const { return sampler_.get(); }

 private:
  const vk::OwnDevice& device_;
  vk::UniqueSampler sampler_;
  vk::Image black_;       // 1 x 1, layout GENERAL
  vk::Image color_maps_;  // 256 x 4, layout GENERAL
  vk::ComputePass pass_;
  std::vector<vk::BindingSet> sets_;
};

}  // namespace fg
