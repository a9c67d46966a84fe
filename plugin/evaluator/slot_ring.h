#pragma once
// Who may be rewritten: a fixed number of slots, each taken by one command buffer until its commands have
// run.
//
// The end of a slot's commands is a VkEvent that they set; the host only ever looks at it, and never waits. Command
// buffers are submitted in the order in which they were recorded, each at most once, so slots finish in order. A slot may
// be held beyond its commands, by work that goes on elsewhere.

#include <cstdint>
#include <optional>
#include <vector>

#include "plugin/vk/unique.h"

namespace fg {

class SlotRing {
 public:
  // At most max_unfinished slots have unfinished commands at a time; the others keep what they held.
  SlotRing(const vk::Device& device, std::uint32_t slots, std::uint32_t max_unfinished);

  // The slot that was taken longest ago among the finished ones; nothing when there is none, or the commands of
  // max_unfinished have not run.
  // tag: what discard() names.
  std::optional<std::uint32_t> take(std::uint64_t tag);
  // Records the end of the slot's commands, after all earlier commands of the queue.
  void record_end(VkCommandBuffer cmd, std::uint32_t slot) const;

  bool commands_finished(std::uint32_t slot) const;  // also when never taken
  bool finished(std::uint32_t slot) const { return !slots_[slot].held && commands_finished(slot); }
  void look() const;  // which commands have finished
  void hold(std::uint32_t slot) { slots_[slot].held = true; }
  void release(std::uint32_t slot) { slots_[slot].held = false; }
  // As if it had not been taken: nothing that was recorded for it counts.
  void cancel(std::uint32_t slot);
  bool available() const;  // whether take() would give a slot
  // The command buffers of all slots taken with this tag will never run. The orders of those that had not.
  std::vector<std::uint64_t> discard(std::uint64_t tag);

  std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }
  // Which take it was, from 1; 0: none.
  std::uint64_t order(std::uint32_t slot) const { return slots_[slot].order; }

  std::uint64_t newest() const { return takes_; }  // the order of the latest take
  // Whether the commands of all takes up to this order have run, and what held them is over.
  bool finished_until(std::uint64_t order) const;

 private:
  struct Slot {
    vk::UniqueEvent done;
    std::uint64_t order = 0;
    std::uint64_t tag = 0;
    bool pending = false;  // until its commands are seen finished
    bool held = false;
  };
  const vk::Device* device_;
  mutable std::vector<Slot> slots_;
  std::uint32_t max_unfinished_;
  std::uint64_t takes_ = 0;
};

}  // namespace fg
