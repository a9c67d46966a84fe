#pragma once
// Results on their way from the GPU: one host-visible buffer and one pair of timestamps for each frame that
// may be unfinished at once.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "plugin/evaluator/executors/executor.h"
#include "plugin/evaluator/frame_statistics.h"
#include "plugin/evaluator/slot_ring.h"
#include "plugin/vk/buffer.h"

namespace fg {

struct ResultRingInfo {
  std::uint32_t queue_family = 0;
  std::uint32_t slots = 4, max_unfinished = 3;
};

struct FinishedFrame {
  std::uint32_t slot;
  std::uint64_t frame_number;
  StatisticsShape shape;
  std::span<const std::uint32_t>
      words;             // see shaders/shared/frame_statistics.h; until the slot is taken again
  std::uint64_t gpu_ns;  // 0 where the queue has no timestamps
  FgExecutor executor;   // that measured it
};

class ResultRing {
 public:
  ResultRing(const vk::Device& device, const ResultRingInfo& info);

  // Every slot taken from now on has room for that many bytes of statistics. Returns the buffers that are
  // replaced, null where they were large enough: their owner keeps them until their command buffers have
  // finished.
  std::shared_ptr<void> reserve(std::size_t statistics_bytes);

  // A slot for a frame; nothing when max_unfinished are unfinished. The oldest finished result makes way,
  // fetched or not. reference: a number of the one that the frame is measured against, for lose_those_against().
  std::optional<std::uint32_t> take(std::uint64_t frame_number, const StatisticsShape& shape,
                                    FgExecutor executor, std::uint64_t reference = 0);
  // As if it had not been taken.
  void cancel(std::uint32_t slot) { ring_.cancel(slot); }
  void record_begin(VkCommandBuffer cmd, std::uint32_t slot) const;
  // After the commands that write statistics(slot), made visible to the host.
  void record_end(VkCommandBuffer cmd, std::uint32_t slot, const RecordedFrame& frame);
  const vk::Buffer& statistics(std::uint32_t slot) const { return *slots_[slot].statistics; }

  // For work that goes on after the commands: until it has ended, the frame is unfinished.
  void hold(std::uint32_t slot) { ring_.hold(slot); }
  void ended(std::uint32_t slot, const Ended& ended);
  void lose(std::uint32_t slot);  // it failed: the frame gives no result

  // The newest finished frame that is newer than all that were fetched before.
  std::optional<FinishedFrame> fetch_newest();
  // Frames recorded later that need the discarded one give no result: lost() counts them.
  bool discard(std::uint64_t frame_number);
  // The reference never came: what was to be measured against it gives no result.
  void lose_those_against(std::uint64_t reference);
  std::uint64_t lost() const { return lost_; }
  // Whether a frame that was recorded after the take of this order may run, or has: as far as slots remember.
  bool has_frame_after(std::uint64_t order) const;

  const SlotRing& ring() const { return ring_; }

 private:
  struct Slot {
    std::shared_ptr<const vk::Buffer> statistics;
    vk::UniqueQueryPool timer;  // begin and end; none where the queue has no timestamps
    std::uint64_t frame_number = 0, reference = 0;
    StatisticsShape shape;
    std::size_t statistics_bytes = 0;  // that the frame wrote
    FgExecutor executor = FG_EXECUTOR_AUTO;
    bool needs_earlier_frames = false;
    std::uint64_t later_ns = 0;  // of the work after the commands
    bool lost = false;
  };
  std::uint64_t gpu_ns(const Slot& slot) const;
  void give_up(Slot& slot);

  const vk::Device* device_;
  SlotRing ring_;
  std::vector<Slot> slots_;
  // The buffers of the slots' next takes; those in use may be smaller, from before the last reserve().
  std::shared_ptr<const std::vector<vk::Buffer>> buffers_;
  std::size_t statistics_bytes_ = 0;
  std::uint64_t timestamp_mask_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t fetched_ = 0;  // order of the newest frame fetched
};

}  // namespace fg
