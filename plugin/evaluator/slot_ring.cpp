#include "plugin/evaluator/slot_ring.h"

#include <algorithm>

#include "plugin/vk/error.h"

namespace fg {

SlotRing::SlotRing(const vk::Device& device, std::uint32_t slots, std::uint32_t max_unfinished)
    : device_(&device), slots_(slots), max_unfinished_(max_unfinished) {
  for (Slot& slot : slots_) {
    const VkEventCreateInfo info{.sType = VK_STRUCTURE_TYPE_EVENT_CREATE_INFO};
    VkEvent event;
    vk::check(device.CreateEvent(device.handle, &info, nullptr, &event), "creating an event");
    slot.done = vk::UniqueEvent(device, event);
  }
}

bool SlotRing::commands_finished(std::uint32_t index) const {
  Slot& slot = slots_[index];
  if (slot.pending) {
    const VkResult state =
        vk::check(device_->GetEventStatus(device_->handle, slot.done.get()), "looking at an event");
    slot.pending = state != VK_EVENT_SET;
  }
  return !slot.pending;
}

bool SlotRing::available() const {
  std::uint32_t pending = 0, finished_slots = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    pending += !commands_finished(i);
    finished_slots += finished(i);
  }
  return pending < max_unfinished_ && finished_slots > 0;
}

void SlotRing::look() const {
  for (std::uint32_t i = 0; i < size(); ++i) commands_finished(i);
}

void SlotRing::cancel(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.pending = slot.held = false;
  slot.order = 0;
}

std::optional<std::uint32_t> SlotRing::take(std::uint64_t tag) {
  if (!available()) return {};
  std::optional<std::uint32_t> oldest;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (finished(i) && (!oldest || slots_[i].order < slots_[*oldest].order)) oldest = i;
  Slot& slot = slots_[*oldest];
  vk::check(device_->ResetEvent(device_->handle, slot.done.get()), "resetting an event");
  slot.order = ++takes_;
  slot.tag = tag;
  slot.pending = true;
  return oldest;
}

void SlotRing::record_end(VkCommandBuffer cmd, std::uint32_t slot) const {
  device_->CmdSetEvent(cmd, slots_[slot].done.get(), VK_PIPELINE_STAGE_ALL_COMMANDS_BIT);
}

std::vector<std::uint64_t> SlotRing::discard(std::uint64_t tag) {
  std::vector<std::uint64_t> orders;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (slots_[i].tag != tag || commands_finished(i)) continue;
    orders.push_back(slots_[i].order);
    cancel(i);
  }
  return orders;
}

bool SlotRing::finished_until(std::uint64_t order) const {
  for (std::uint32_t i = 0; i < size(); ++i)
    if (slots_[i].order <= order && !finished(i)) return false;
  return true;
}

}  // namespace fg
