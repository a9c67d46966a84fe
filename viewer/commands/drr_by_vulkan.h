#pragma once
// One radiograph by the Vulkan renderer, in host memory.

#include <vector>

#include "viewer/render/drr_renderer.h"

namespace fg {

struct VulkanDrr {
  std::vector<float> integrals;  // [H, W]
  double gpu_milliseconds = 0;   // 0 where the queue has no timestamps
};
VulkanDrr vulkan_drr(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation,
                     const DrrGeometry& geometry);

}  // namespace fg
