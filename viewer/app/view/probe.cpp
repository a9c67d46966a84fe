#include "viewer/app/view/probe.h"

#include <array>
#include <cstring>

#include "plugin/vk/commands.h"
#include "shaders/display/probe.comp.h"

namespace fg {

Probe::Probe(const vk::OwnDevice& device, std::uint32_t slots)
    : device_(device),
      pass_(device, {.spirv = shaders::display_probe,
                     .bindings = {vk::kCombinedImageSampler, vk::kCombinedImageSampler,
                                  vk::kCombinedImageSampler, vk::kStorageBuffer},
                     .push_bytes = sizeof(ProbePush)}) {
  for (std::uint32_t i = 0; i < slots; ++i)
    slots_.push_back({vk::Buffer(device, sizeof(ProbeReading::texels), vk::Residence::readback),
                      vk::BindingSet(device, pass_), std::nullopt});
}

void Probe::record(VkCommandBuffer cmd, std::uint32_t slot, const Compositor& compositor, const Tick& tick,
                   glm::ivec2 middle) {
  Slot& s = slots_.at(slot);
  const DisplayImages images = compositor.images_of(tick);
  constexpr VkImageLayout kGeneral = VK_IMAGE_LAYOUT_GENERAL;
  const std::array bindings = {vk::bind(images.frame, kGeneral, compositor.sampler()),
                               vk::bind(images.reference, kGeneral, compositor.sampler()),
                               vk::bind(images.map, kGeneral, compositor.sampler()), vk::bind(s.texels)};
  s.set.update(0, bindings);
  s.asked = ProbePush{.width = tick.width(),
                      .height = tick.height(),
                      .x = middle.x,
                      .y = middle.y,
                      .has_reference = tick.has_reference() ? 1 : 0};
  vk::compute_barrier(device_, cmd);
  pass_.record(cmd, s.set, &*s.asked, 1);
  const VkMemoryBarrier to_host{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
                                .dstAccessMask = VK_ACCESS_HOST_READ_BIT};
  device_.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                             &to_host, 0, nullptr, 0, nullptr);
}

std::optional<ProbeReading> Probe::take(std::uint32_t slot) {
  Slot& s = slots_.at(slot);
  if (!s.asked) return std::nullopt;
  ProbeReading reading;
  reading.middle = {s.asked->x, s.asked->y};
  reading.has_reference = s.asked->has_reference != 0;
  static_assert(sizeof(ProbeTexel) == 8 * sizeof(float));  // two vec4, as the shader writes them
  std::memcpy(reading.texels, s.texels.mapped(), sizeof(reading.texels));
  s.asked.reset();
  return reading;
}

}  // namespace fg
