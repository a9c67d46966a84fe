#include "viewer/commands/drr_by_vulkan.h"

#include <fmt/format.h>

#include <cstring>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/error.h"

namespace fg {
namespace {

// GPU nanoseconds of what is recorded between begin and end; 0 where the queue has no timestamps.
class GpuTimer {
 public:
  explicit GpuTimer(const vk::OwnDevice& device) : device_(device) {
    std::uint32_t count = 0;
    device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
    if (families.at(device.queue_family).timestampValidBits == 0) return;
    const VkQueryPoolCreateInfo info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                     .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                     .queryCount = 2};
    VkQueryPool pool;
    vk::check(device.CreateQueryPool(device.handle, &info, nullptr, &pool), "creating a timer");
    pool_ = vk::UniqueQueryPool(device, pool);
  }

  void begin(VkCommandBuffer cmd) const {
    if (!pool_) return;
    device_.CmdResetQueryPool(cmd, pool_.get(), 0, 2);
    device_.CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), 0);
  }
  void end(VkCommandBuffer cmd) const {
    if (pool_) device_.CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, pool_.get(), 1);
  }
  double wait_for_milliseconds() const {
    if (!pool_) return 0;
    std::uint64_t ticks[2] = {};
    vk::check(device_.GetQueryPoolResults(device_.handle, pool_.get(), 0, 2, sizeof ticks, ticks,
                                          sizeof ticks[0], VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
              "reading a timer");
    return static_cast<double>(ticks[1] - ticks[0]) * device_.properties.limits.timestampPeriod * 1e-6;
  }

 private:
  const vk::OwnDevice& device_;
  vk::UniqueQueryPool pool_;
};

vk::Image make_target(const vk::OwnDevice& device, const DrrGeometry& geometry, VkFormat format) {
  const std::uint32_t most = device.properties.limits.maxImageDimension2D;
  const auto width = static_cast<std::uint32_t>(geometry.width),
             height = static_cast<std::uint32_t>(geometry.height);
  if (width > most || height > most)
    throw Failure(ExitCode::usage,
                  fmt::format("the radiograph would have {} x {} pixels; {} takes at most {} a side", width,
                              height, device.properties.deviceName, most));
  vk::Image target(device, {.format = format, .extent = {width, height, 1}});
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  });
  return target;
}

}  // namespace

VulkanDrr vulkan_drr(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation,
                     const DrrGeometry& geometry) {
  DrrRenderer renderer(device, volume, attenuation);
  renderer.set_geometry(geometry);
  const vk::Image target = make_target(device, geometry, VK_FORMAT_R32_SFLOAT);
  const GpuTimer timer(device);
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    timer.begin(cmd);
    renderer.record_integrals(cmd, target);
    timer.end(cmd);
  });
  VulkanDrr drr{.integrals = {}, .gpu_milliseconds = timer.wait_for_milliseconds()};
  const std::vector<std::byte> bytes = vk::download(device, target, sizeof(float), VK_IMAGE_LAYOUT_GENERAL);
  drr.integrals.resize(bytes.size() / sizeof(float));
  std::memcpy(drr.integrals.data(), bytes.data(), bytes.size());
  return drr;
}

}  // namespace fg
