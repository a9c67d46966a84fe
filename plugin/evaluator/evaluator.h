#pragma once
// The live engine behind framegauge/vulkan.h: keeps the reference, hands out slots, collects results. What
// runs on the GPU is the executor's.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugin/evaluator/executors/executor.h"
#include "plugin/evaluator/reference_upload.h"
#include "plugin/evaluator/result_ring.h"

namespace fg {

struct EvaluatorSettings {
  vk::HostHandles host;
  std::uint32_t queue_family = 0;
  std::uint32_t frames_in_flight = 3;
  FgExecutor executor = FG_EXECUTOR_AUTO;
  int window = 11;
  FgPadding padding = FG_PADDING_SAME;
  bool destructor_waits = true;  // false: it is called when the command buffers recorded into have finished
  std::size_t band_bytes = ExecutorSettings{}.band_bytes;
  std::function<MadeExecutor(const vk::Device&, const ExecutorRequest&)> make = make_executor;
};

class Evaluator {
 public:
  explicit Evaluator(const EvaluatorSettings& settings);
  // Waits for the device, once anything was recorded; or the caller has.
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  // References: from host memory, with the next recorded frame; from an image, at this point of the command
  // buffer (false: too many references are unfinished, nothing was recorded); none.
  void set_reference(const HostPixels& pixels);
  bool record_reference(VkCommandBuffer cmd, const SourceImage& reference, std::uint64_t tag);
  bool record_reference(VkCommandBuffer cmd, const BufferPixels& reference, std::uint64_t tag);
  void clear_reference();

  // False: frames_in_flight frames are unfinished, or the reference came from an image and was lost with the executor that
  // knew it; the frame counts as dropped and nothing was recorded. Without a reference nothing is recorded either, and it
  // is no failure.
  bool record(VkCommandBuffer cmd, const SourceImage& frame, std::uint64_t frame_number);
  // The command buffers that frames and references of this number were recorded into will never run.
  void discard(std::uint64_t frame_number);

  std::optional<FgFrameResult> poll();

  void set_heatmap(const HeatmapStyle& style) { style_ = style; }
  FgEvaluatorImages images() const;
  FgExecutor executor() const { return made_.executor->kind(); }
  bool has_reference() const {
    return reference_ == ReferenceState::to_upload || reference_ == ReferenceState::recorded;
  }
  bool reference_is_lost() const { return reference_ == ReferenceState::lost; }
  // Why executors that AUTO would have preferred are not used, or no longer; "" when there is none.
  const std::string& passed_over() const { return made_.passed_over; }

 private:
  // Kept until no command buffer can use it any more.
  struct Retired {
    std::shared_ptr<void> object;
    std::int64_t recordings;           // up to the latest that may use it
    std::uint64_t frames, references;  // the same of takes
  };
  enum class ReferenceState { none, to_upload, recorded, lost };
  // Recorded work that goes on outside of its command buffer.
  struct GoingOn {
    Work work;
    std::uint32_t slot;
    std::uint64_t order;  // of the slot's take: another one's work is none of ours
    bool started = false;
    std::shared_ptr<Workspace> workspace;
  };

  void require_extent(VkExtent2D extent) const;
  // The one in use where it has that size, or another one, to be taken into use once something was recorded with it.
  std::shared_ptr<Workspace> workspace_for(VkExtent2D extent);
  // since: the latest frame's take before anything was recorded with it.
  void take_into_use(std::shared_ptr<Workspace> workspace, std::uint64_t since);
  // Recording with it failed; some of its commands may run.
  void give_up(const std::shared_ptr<Workspace>& workspace);
  void retire(std::shared_ptr<void> object);
  void drop_retired();
  bool begins(VkCommandBuffer cmd) const;
  void count_recording(VkCommandBuffer cmd, bool is_new);
  void replace_upload(std::shared_ptr<ReferenceUpload> upload);
  bool record_with_executor(VkCommandBuffer cmd, const SourceImage& frame, std::uint64_t frame_number);
  bool record_reference_with_executor(VkCommandBuffer cmd, const SourceImage& reference, std::uint64_t tag);
  // Starts and ends what goes on outside of command buffers, as far as it has come.
  void advance();
  void follow(Work work, std::uint32_t slot);
  const SlotRing& ring_of(Work work) const { return work == Work::frame ? results_.ring() : references_; }
  // Inside a catch block: the executor failed. Takes the next one, or throws on when there is none.
  void hand_over();
  void begin_commands(VkCommandBuffer cmd) const;
  void end_commands(VkCommandBuffer cmd) const;

  const EvaluatorSettings settings_;
  vk::Device device_;
  MadeExecutor made_;
  std::vector<std::unique_ptr<Executor>> failed_;  // workspaces may still be in use
  ResultRing results_;
  SlotRing references_;
  std::shared_ptr<Workspace> workspace_;
  std::uint64_t workspace_since_ = 0;  // the latest frame's take before it
  // Recordings of command buffers that hold work of ours. Of these no more than frames_in_flight are pending at a time, so
  // that those of long ago have finished, with all that the host recorded behind our commands.
  std::int64_t recordings_ = 0;
  VkCommandBuffer latest_recording_ = VK_NULL_HANDLE;
  bool has_recorded_ = false;  // anything, if only in part
  std::vector<Retired> retired_;
  std::vector<GoingOn> going_on_;  // in the order of recording

  ReferenceState reference_ = ReferenceState::none;
  std::shared_ptr<ReferenceUpload>
      upload_;  // the reference from host memory; null when it came from an image
  std::shared_ptr<BufferedImage> buffered_;  // where references from buffers pass through
  std::uint64_t reference_tag_ = 0;          // of the frame, or recorded reference, whose commands bring it
  std::uint64_t reference_take_ = 0;         // the same as an order of references_
  HeatmapStyle style_;
  std::uint64_t dropped_ = 0;
};

}  // namespace fg
