#include "viewer/app/tick/render_timer.h"

#include <array>
#include <vector>

#include "plugin/vk/error.h"

namespace fg {

RenderTimer::RenderTimer(const vk::OwnDevice& device, std::uint32_t slots) : device_(&device), slots_(slots) {
  std::uint32_t count = 0;
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
  const std::uint32_t bits = families.at(device.queue_family).timestampValidBits;
  if (bits == 0) return;
  mask_ = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
  const VkQueryPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                   .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                   .queryCount = 2 * slots};
  VkQueryPool pool;
  vk::check(device.CreateQueryPool(device.handle, &info, nullptr, &pool), "creating the render timer");
  pool_ = vk::UniqueQueryPool(device, pool);
}

void RenderTimer::begin(VkCommandBuffer cmd, std::uint64_t tick) const {
  if (!pool_) return;
  device_->CmdResetQueryPool(cmd, pool_.get(), first(tick), 2);
  device_->CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), first(tick));
}

void RenderTimer::end(VkCommandBuffer cmd, std::uint64_t tick) const {
  if (pool_)
    device_->CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), first(tick) + 1);
}

double RenderTimer::milliseconds(std::uint64_t tick) const {
  std::array<std::uint64_t, 2> ticks{};
  if (!pool_ || device_->GetQueryPoolResults(device_->handle, pool_.get(), first(tick), 2, sizeof(ticks),
                                             ticks.data(), 8, VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
    return 0;
  return static_cast<double>((ticks[1] - ticks[0]) & mask_) * device_->properties.limits.timestampPeriod *
         1e-6;
}

}  // namespace fg
