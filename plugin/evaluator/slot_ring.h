#pragma once
// Who may be rewritten: a fixed number of slots, each taken by one command buffer until its commands have
// run.
//
// The GPU's end of a slot is a VkEvent that the commands set; the host only ever looks at it, and never
// waits. Command buffers are submitted in the order in which they were recorded, each at most once, so slots
// finish in order.

#include <cstdint>
#include <optional>
#include <vector>

#include "plugin/vk/unique.h"

namespace fg {

class SlotRing {
 public:
  // At most max_unfinished slots are unfinished at a time; the others keep what they held.
  SlotRing(const vk::Device& device, std::uint32_t slots, std::uint32_t max_unfinished);

  // The slot that was taken longest ago among the finished ones; nothing when max_unfinished are not.
  // tag: what discard() names.
  std::optional<std::uint32_t> take(std::uint64_t tag);
  // Records the end of the slot's commands, after all earlier commands of the queue.
  void record_end(VkCommandBuffer cmd, std::uint32_t slot) const;

  bool finished(std::uint32_t slot) const;  // also when never taken
  bool available() const;                   // whether take() would give a slot
  // The command buffers of all slots taken with this tag will never run. True if one of them had not.
  bool discard(std::uint64_t tag);

  std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }
  // Which take it was, from 1; 0: none.
  std::uint64_t order(std::uint32_t slot) const { return slots_[slot].order; }

  // A point in the order of takes.
  struct Mark {
    std::uint64_t takes = 0, discards = 0;
  };
  Mark now() const { return {takes_, discards_}; }
  // Whether the commands of all takes before the mark have run.
  bool finished_until(const Mark& mark) const;
  // Whether, moreover, as many takes followed as there are slots. A host that keeps to max_unfinished command
  // buffers in flight has then seen the earlier ones finish, with all that it recorded behind our commands.
  bool passed(const Mark& mark) const;

 private:
  struct Slot {
    vk::UniqueEvent done;
    std::uint64_t order = 0;
    std::uint64_t tag = 0;
    bool in_use = false;  // until seen finished
  };
  const vk::Device* device_;
  mutable std::vector<Slot> slots_;
  std::uint32_t max_unfinished_;
  std::uint64_t takes_ = 0, discards_ = 0;
};

}  // namespace fg
