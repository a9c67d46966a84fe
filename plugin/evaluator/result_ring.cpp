#include "plugin/evaluator/result_ring.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plugin/vk/error.h"

namespace fg {
namespace {

std::uint64_t timestamp_mask(const vk::Device& device, std::uint32_t queue_family) {
  std::uint32_t count = 0;
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  device.GetPhysicalDeviceQueueFamilyProperties(device.physical, &count, families.data());
  const std::uint32_t bits = families.at(queue_family).timestampValidBits;
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

}  // namespace

ResultRing::ResultRing(const vk::Device& device, const ResultRingInfo& info)
    : device_(&device),
      ring_(device, info.slots, info.max_unfinished),
      slots_(info.slots),
      timestamp_mask_(timestamp_mask(device, info.queue_family)) {
  for (Slot& slot : slots_) {
    if (timestamp_mask_ == 0) continue;
    const VkQueryPoolCreateInfo pool_info{.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                          .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                          .queryCount = 2};
    VkQueryPool pool;
    vk::check(device.CreateQueryPool(device.handle, &pool_info, nullptr, &pool),
              "creating the evaluator's timer");
    slot.timer = vk::UniqueQueryPool(device, pool);
  }
}

std::shared_ptr<void> ResultRing::reserve(std::size_t statistics_bytes) {
  if (statistics_bytes <= statistics_bytes_) return {};
  const VkBufferUsageFlags addressed =
      device_->buffer_device_address ? VkBufferUsageFlags{VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT} : 0;
  auto made = std::make_shared<std::vector<vk::Buffer>>();
  for (std::size_t i = 0; i < slots_.size(); ++i)
    made->emplace_back(*device_, statistics_bytes, vk::Residence::readback, addressed);
  statistics_bytes_ = statistics_bytes;
  return std::const_pointer_cast<std::vector<vk::Buffer>>(std::exchange(buffers_, std::move(made)));
}

std::optional<std::uint32_t> ResultRing::take(std::uint64_t frame_number, const StatisticsShape& shape,
                                              FgExecutor executor, std::uint64_t reference) {
  const std::optional<std::uint32_t> slot = ring_.take(frame_number);
  if (!slot) return {};
  slots_[*slot].frame_number = frame_number;
  slots_[*slot].reference = reference;
  slots_[*slot].shape = shape;
  slots_[*slot].statistics = {buffers_, &(*buffers_)[*slot]};
  slots_[*slot].executor = executor;
  slots_[*slot].later_ns = 0;
  slots_[*slot].lost = false;
  return slot;
}

void ResultRing::record_begin(VkCommandBuffer cmd, std::uint32_t slot) const {
  if (!slots_[slot].timer) return;
  device_->CmdResetQueryPool(cmd, slots_[slot].timer.get(), 0, 2);
  device_->CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, slots_[slot].timer.get(), 0);
}

void ResultRing::record_end(VkCommandBuffer cmd, std::uint32_t slot, const RecordedFrame& frame) {
  slots_[slot].statistics_bytes = frame.statistics_bytes;
  slots_[slot].needs_earlier_frames = frame.needs_earlier_frames;
  if (slots_[slot].timer)
    device_->CmdWriteTimestamp(cmd, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, slots_[slot].timer.get(), 1);
  ring_.record_end(cmd, slot);
}

void ResultRing::ended(std::uint32_t slot, const Ended& ended) {
  slots_[slot].statistics_bytes = ended.statistics_bytes;
  slots_[slot].later_ns = ended.gpu_ns;
  ring_.release(slot);
}

void ResultRing::lose(std::uint32_t slot) {
  ring_.release(slot);
  give_up(slots_[slot]);
}

bool ResultRing::discard(std::uint64_t frame_number) {
  const std::vector<std::uint64_t> orders = ring_.discard(frame_number);
  if (orders.empty()) return false;
  const std::uint64_t first = *std::min_element(orders.begin(), orders.end());
  for (std::uint32_t i = 0; i < ring_.size(); ++i)
    if (ring_.order(i) > first && slots_[i].needs_earlier_frames) give_up(slots_[i]);
  return true;
}

void ResultRing::lose_those_against(std::uint64_t reference) {
  for (std::uint32_t i = 0; i < ring_.size(); ++i)
    if (ring_.order(i) > 0 && slots_[i].reference == reference) give_up(slots_[i]);
}

void ResultRing::give_up(Slot& slot) {
  if (!slot.lost) ++lost_;
  slot.lost = true;
}

bool ResultRing::has_frame_after(std::uint64_t order) const {
  for (std::uint32_t i = 0; i < ring_.size(); ++i)
    if (ring_.order(i) > order) return true;
  return false;
}

std::uint64_t ResultRing::gpu_ns(const Slot& slot) const {
  std::array<std::uint64_t, 2> ticks{};
  if (!slot.timer || device_->GetQueryPoolResults(device_->handle, slot.timer.get(), 0, 2, sizeof(ticks),
                                                  ticks.data(), 8, VK_QUERY_RESULT_64_BIT) != VK_SUCCESS)
    return 0;
  return static_cast<std::uint64_t>(static_cast<double>((ticks[1] - ticks[0]) & timestamp_mask_) *
                                    device_->properties.limits.timestampPeriod);
}

std::optional<FinishedFrame> ResultRing::fetch_newest() {
  std::optional<std::uint32_t> newest;
  for (std::uint32_t i = 0; i < ring_.size(); ++i)
    if (ring_.order(i) > fetched_ && !slots_[i].lost && ring_.finished(i) &&
        (!newest || ring_.order(i) > ring_.order(*newest)))
      newest = i;
  if (!newest) return {};
  fetched_ = ring_.order(*newest);
  const Slot& slot = slots_[*newest];
  return FinishedFrame{*newest,
                       slot.frame_number,
                       slot.shape,
                       slot.statistics->as<const std::uint32_t>().first(slot.statistics_bytes / 4),
                       gpu_ns(slot) + slot.later_ns,
                       slot.executor};
}

}  // namespace fg
