#pragma once
// What an executor draws for the host: the map and the heatmap, as large as the frame.

#include "plugin/vk/commands.h"
#include "plugin/vk/image.h"

#include "framegauge/vulkan.h"

namespace fg {

struct OutputImages {
  vk::Image map, heatmap;

  OutputImages() = default;
  OutputImages(const vk::Device& device, VkExtent2D extent)
      : map(device, {.format = VK_FORMAT_R32_SFLOAT, .extent = {extent.width, extent.height, 1}}),
        heatmap(device, {.format = VK_FORMAT_R8G8B8A8_UNORM, .extent = {extent.width, extent.height, 1}}) {}

  // For commands that write them whole: their old content can go.
  void make_general(const vk::Device& device, VkCommandBuffer cmd) const {
    for (const vk::Image* image : {&map, &heatmap})
      vk::change_layout(device, cmd, image->get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  }
  FgEvaluatorImages describe() const {
    return {.struct_size = sizeof(FgEvaluatorImages),
            .map = map.get(),
            .map_view = map.view(),
            .heatmap = heatmap.get(),
            .heatmap_view = heatmap.view(),
            .width = map.width(),
            .height = map.height()};
  }
};

}  // namespace fg
