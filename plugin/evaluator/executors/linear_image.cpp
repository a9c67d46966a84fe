#include "plugin/evaluator/executors/linear_image.h"

#include "plugin/vk/commands.h"
#include "shaders/ssim/linearize.comp.h"

namespace fg {

vk::ComputePass make_linearize_pass(const vk::Device& device) {
  return {device, {.spirv = shaders::ssim_linearize, .bindings = {vk::kSampledImage, vk::kStorageImage}}};
}

LinearImage::LinearImage(const vk::Device& device, const vk::ComputePass& linearize, VkExtent2D extent,
                         const ExecutorSettings& settings)
    : device_(&device),
      linearize_(&linearize),
      extent_(extent),
      image_(device, {.format = VK_FORMAT_R32G32B32A32_SFLOAT, .extent = {extent.width, extent.height, 1}}) {
  const auto sets = [&](std::uint32_t slots) {
    std::vector<vk::BindingSet> made;
    for (std::uint32_t i = 0; i < slots; ++i)
      made.emplace_back(device, linearize).update(1, vk::bind(image_.view(), VK_IMAGE_LAYOUT_GENERAL));
    return made;
  };
  of_frames_ = sets(settings.frame_slots);
  of_references_ = sets(settings.reference_slots);
}

void LinearImage::record(VkCommandBuffer cmd, const SourceImage& source, Work work, std::uint32_t slot) {
  vk::BindingSet& set = (work == Work::frame ? of_frames_ : of_references_)[slot];
  set.update(0, vk::bind(source.view, source.layout));
  vk::change_layout(*device_, cmd, image_.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  constexpr std::uint32_t kThreads = 64;  // of linearize.comp
  linearize_->record(cmd, set, nullptr, (extent_.width + kThreads - 1) / kThreads, extent_.height);
  vk::full_barrier(*device_, cmd);
}

}  // namespace fg
