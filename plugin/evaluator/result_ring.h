#pragma once
// Results on their way from the GPU: one host-visible buffer and one pair of timestamps for each frame that
// may be unfinished at once.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "plugin/evaluator/frame_statistics.h"
#include "plugin/evaluator/slot_ring.h"
#include "plugin/vk/buffer.h"

namespace fg {

struct ResultRingInfo {
  std::uint32_t queue_family = 0;
  std::uint32_t slots = 4, max_unfinished = 3;
  std::size_t statistics_bytes = 0;
};

struct FinishedFrame {
  std::uint32_t slot;
  std::uint64_t frame_number;
  StatisticsShape shape;
  std::span<const std::uint32_t>
      words;             // see shaders/shared/frame_statistics.h; until the slot is taken again
  std::uint64_t gpu_ns;  // 0 where the queue has no timestamps
};

class ResultRing {
 public:
  ResultRing(const vk::Device& device, const ResultRingInfo& info);

  // A slot for a frame; nothing when max_unfinished are unfinished. The oldest finished result makes way,
  // fetched or not.
  std::optional<std::uint32_t> take(std::uint64_t frame_number, const StatisticsShape& shape);
  void record_begin(VkCommandBuffer cmd, std::uint32_t slot) const;
  // After the commands that write statistics(slot), made visible to the host.
  void record_end(VkCommandBuffer cmd, std::uint32_t slot) const;
  VkBuffer statistics(std::uint32_t slot) const { return slots_[slot].statistics.get(); }

  // The newest finished frame that is newer than all that were fetched before.
  std::optional<FinishedFrame> fetch_newest();
  bool discard(std::uint64_t frame_number) { return ring_.discard(frame_number); }

  const SlotRing& ring() const { return ring_; }

 private:
  struct Slot {
    vk::Buffer statistics;
    vk::UniqueQueryPool timer;  // begin and end; none where the queue has no timestamps
    std::uint64_t frame_number = 0;
    StatisticsShape shape;
  };
  std::uint64_t gpu_ns(const Slot& slot) const;

  const vk::Device* device_;
  SlotRing ring_;
  std::vector<Slot> slots_;
  std::uint64_t timestamp_mask_ = 0;
  std::uint64_t fetched_ = 0;  // order of the newest frame fetched
};

}  // namespace fg
