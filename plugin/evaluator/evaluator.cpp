#include "plugin/evaluator/evaluator.h"

#include <new>
#include <string>
#include <utility>

#include "kernels/core/error.h"
#include "plugin/vk/error.h"

namespace fg {
namespace {

std::string size_name(VkExtent2D e) { return std::to_string(e.width) + "x" + std::to_string(e.height); }

bool same(VkExtent2D a, VkExtent2D b) { return a.width == b.width && a.height == b.height; }

// A frame with its reference may bring two: a host that switches references inside a frame.
constexpr std::uint32_t kReferencesPerFrame = 2;

// One slot more than frames may be unfinished keeps a finished result while its successors are recorded: a
// host that waits for frame n - frames_in_flight before it records frame n, and polls afterwards, would find
// none otherwise. Two more are for frames whose commands have run and whose work goes on.
std::uint32_t frame_slots(const EvaluatorSettings& s) { return s.frames_in_flight + 3; }

// A frame's more than may be unfinished: the commands of the oldest may have run while its command buffer is still pending.
std::uint32_t reference_slots(const EvaluatorSettings& s) {
  return kReferencesPerFrame * (s.frames_in_flight + 1);
}

ExecutorSettings executor_settings(const EvaluatorSettings& s) {
  return {.frame_slots = frame_slots(s),
          .reference_slots = reference_slots(s),
          .window = s.window,
          .padding = s.padding,
          .band_bytes = s.band_bytes,
          .queue_family = s.queue_family};
}

void memory_barrier(const vk::Device& device, VkCommandBuffer cmd, const CommandScope& before,
                    const CommandScope& after) {
  const VkMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                .srcAccessMask = before.writes,
                                .dstAccessMask = after.reads | after.writes};
  device.CmdPipelineBarrier(cmd, before.stages, after.stages, 0, 1, &barrier, 0, nullptr, 0, nullptr);
}

constexpr CommandScope kEverything{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_ACCESS_MEMORY_READ_BIT,
                                   VK_ACCESS_MEMORY_WRITE_BIT};
constexpr CommandScope kEverythingAndHost{VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
                                          VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_HOST_READ_BIT,
                                          VK_ACCESS_MEMORY_WRITE_BIT};

}  // namespace

Evaluator::Evaluator(const EvaluatorSettings& settings)
    : settings_(settings),
      device_(settings.host),
      made_(settings.make(device_, {.wanted = settings.executor, .settings = executor_settings(settings)})),
      results_(device_, {.queue_family = settings.queue_family,
                         .slots = frame_slots(settings),
                         .max_unfinished = settings.frames_in_flight}),
      references_(device_, reference_slots(settings), kReferencesPerFrame * settings.frames_in_flight) {
  going_on_.reserve(frame_slots(settings) + reference_slots(settings));
}

// A host that destroys in the middle of a frame would have the GPU work on memory that is gone. That our own commands have
// finished does not mean that those have which the host recorded behind them, to draw the heatmap say: of them nothing is
// known. (A lost device does not wait.)
Evaluator::~Evaluator() {
  if (has_recorded_ && settings_.destructor_waits) device_.DeviceWaitIdle(device_.handle);
}

void Evaluator::require_extent(VkExtent2D extent) const {
  const std::uint32_t limit = device_.properties.limits.maxImageDimension2D;
  if (extent.width > limit || extent.height > limit)
    throw Error(ErrorCode::unsupported, "the reference is " + size_name(extent) + " pixels, but " +
                                            device_.properties.deviceName + " has images of at most " +
                                            std::to_string(limit) + " pixels a side; scale it down");
  const auto window = static_cast<std::uint32_t>(settings_.window);
  if (settings_.padding == FG_PADDING_VALID && (extent.width < window || extent.height < window))
    throw Error(ErrorCode::size_mismatch,
                "the reference is " + size_name(extent) + " pixels, but FG_PADDING_VALID with a window of " +
                    std::to_string(window) + " needs at least that many a side; use FG_PADDING_SAME");
}

std::shared_ptr<Workspace> Evaluator::workspace_for(VkExtent2D extent) {
  if (workspace_ && same(workspace_->extent(), extent)) return workspace_;
  std::shared_ptr<Workspace> made = made_.executor->make_workspace(extent);
  retire(results_.reserve(made->statistics_bytes()));
  return made;
}

void Evaluator::take_into_use(std::shared_ptr<Workspace> workspace, std::uint64_t since) {
  if (workspace == workspace_) return;
  retire(std::exchange(workspace_, std::move(workspace)));
  workspace_since_ = since;
}

void Evaluator::give_up(const std::shared_ptr<Workspace>& workspace) {
  if (workspace == workspace_)
    workspace->discarded();
  else
    retire(workspace);
}

void Evaluator::retire(std::shared_ptr<void> object) {
  if (object)
    retired_.push_back({std::move(object), recordings_ + 1, results_.ring().newest(), references_.newest()});
}

void Evaluator::drop_retired() {
  std::erase_if(retired_, [&](const Retired& r) {
    return recordings_ >= r.recordings + settings_.frames_in_flight &&
           results_.ring().finished_until(r.frames) && references_.finished_until(r.references);
  });
}

// Whether a new recording: of the same command buffer it is one when all that was recorded has run.
bool Evaluator::begins(VkCommandBuffer cmd) const {
  return cmd != latest_recording_ || (results_.ring().finished_until(results_.ring().newest()) &&
                                      references_.finished_until(references_.newest()));
}

void Evaluator::count_recording(VkCommandBuffer cmd, bool is_new) {
  if (is_new) ++recordings_;
  latest_recording_ = cmd;
}

// Everything that the queue did before is finished and visible to our commands.
void Evaluator::begin_commands(VkCommandBuffer cmd) const {
  memory_barrier(device_, cmd, kEverything, made_.executor->scope());
}

// What we wrote is visible to all later commands and to the host.
void Evaluator::end_commands(VkCommandBuffer cmd) const {
  memory_barrier(device_, cmd, made_.executor->scope(), kEverythingAndHost);
}

void Evaluator::set_reference(const HostPixels& pixels) {
  require_extent({pixels.width, pixels.height});
  auto made = std::make_shared<ReferenceUpload>(device_, pixels);
  replace_upload(std::move(made));
  reference_ = ReferenceState::to_upload;
}

void Evaluator::clear_reference() {
  replace_upload(nullptr);
  reference_ = ReferenceState::none;
}

void Evaluator::replace_upload(std::shared_ptr<ReferenceUpload> upload) {
  drop_retired();
  std::swap(upload_, upload);
  if (upload && upload->was_recorded()) retire(std::move(upload));
}

bool Evaluator::record_reference(VkCommandBuffer cmd, const SourceImage& reference, std::uint64_t tag) {
  require_extent(reference.extent);
  advance();
  for (;;) {
    try {
      return record_reference_with_executor(cmd, reference, tag);
    } catch (const std::exception&) {
      hand_over();
    }
  }
}

bool Evaluator::record_reference(VkCommandBuffer cmd, const BufferPixels& reference, std::uint64_t tag) {
  require_extent(reference.extent);
  drop_retired();
  if (!references_.available()) return false;
  if (!buffered_ || !buffered_->takes(reference))
    retire(std::exchange(buffered_,
                         std::make_shared<BufferedImage>(device_, reference.extent, reference.format)));
  memory_barrier(device_, cmd, kEverything, kEverything);
  buffered_->record(device_, cmd, reference);
  return record_reference(cmd, buffered_->source(), tag);
}

bool Evaluator::record_reference_with_executor(VkCommandBuffer cmd, const SourceImage& reference,
                                               std::uint64_t tag) {
  drop_retired();
  if (!references_.available()) return false;
  const bool is_new_recording = begins(cmd);
  const std::shared_ptr<Workspace> workspace = workspace_for(reference.extent);
  const std::uint32_t slot = *references_.take(tag);
  try {
    has_recorded_ = true;
    begin_commands(cmd);
    retire(workspace->record_reference(cmd, reference, slot));
    end_commands(cmd);
  } catch (...) {
    references_.cancel(slot);
    give_up(workspace);
    if (workspace == workspace_ &&
        reference_ == ReferenceState::recorded)  // it may be written over, or in part
      reference_ = upload_ ? ReferenceState::to_upload : ReferenceState::lost;
    throw;
  }
  references_.record_end(cmd, slot);
  take_into_use(workspace, results_.ring().newest());
  count_recording(cmd, is_new_recording);
  follow(Work::reference, slot);
  replace_upload(nullptr);
  reference_ = ReferenceState::recorded;
  reference_tag_ = tag;
  reference_take_ = references_.order(slot);
  return true;
}

bool Evaluator::record(VkCommandBuffer cmd, const SourceImage& frame, std::uint64_t frame_number) {
  if (reference_ == ReferenceState::none) return true;
  advance();
  while (reference_ != ReferenceState::lost) {
    const VkExtent2D wanted =
        reference_ == ReferenceState::to_upload ? upload_->extent() : workspace_->extent();
    if (!same(frame.extent, wanted))
      throw Error(ErrorCode::size_mismatch, "the frame is " + size_name(frame.extent) +
                                                " pixels, the reference " + size_name(wanted) +
                                                "; set a reference of the frame's size");
    try {
      return record_with_executor(cmd, frame, frame_number);
    } catch (const std::exception&) {
      hand_over();
    }
  }
  ++dropped_;
  return false;
}

bool Evaluator::record_with_executor(VkCommandBuffer cmd, const SourceImage& frame,
                                     std::uint64_t frame_number) {
  drop_retired();
  const bool uploads = reference_ == ReferenceState::to_upload;
  if (!results_.ring().available() || (uploads && !references_.available())) {
    ++dropped_;
    return false;
  }
  const bool is_new_recording = begins(cmd);
  const std::shared_ptr<Workspace> workspace = workspace_for(frame.extent);
  const std::uint64_t frames_before = results_.ring().newest();
  std::optional<std::uint32_t> reference_slot;
  if (uploads) reference_slot = references_.take(frame_number);
  const std::uint64_t reference_take = reference_slot ? references_.order(*reference_slot) : reference_take_;
  const std::uint32_t slot = *results_.take(
      frame_number, {frame.extent.width, frame.extent.height, settings_.window, settings_.padding},
      executor(), reference_take);
  try {
    has_recorded_ = true;
    results_.record_begin(cmd, slot);
    begin_commands(cmd);
    if (uploads) {
      upload_->record(device_, cmd);
      retire(workspace->record_reference(cmd, upload_->source(), *reference_slot));
      memory_barrier(device_, cmd, made_.executor->scope(), made_.executor->scope());
    }
    RecordedFrame recorded = workspace->record_frame(cmd, {frame, slot, style_, results_.statistics(slot)});
    end_commands(cmd);
    results_.record_end(cmd, slot, recorded);
    retire(std::move(recorded.replaced));
  } catch (...) {
    results_.cancel(slot);
    if (reference_slot) references_.cancel(*reference_slot);
    give_up(workspace);
    throw;
  }
  take_into_use(workspace, frames_before);
  count_recording(cmd, is_new_recording);
  if (reference_slot) {
    references_.record_end(cmd, *reference_slot);
    follow(Work::reference, *reference_slot);
    reference_ = ReferenceState::recorded;
    reference_tag_ = frame_number;
    reference_take_ = reference_take;
  }
  follow(Work::frame, slot);
  return true;
}

void Evaluator::follow(Work work, std::uint32_t slot) {
  if (!made_.executor->goes_on()) return;
  if (work == Work::frame)
    results_.hold(slot);
  else
    references_.hold(slot);
  going_on_.push_back(
      {.work = work, .slot = slot, .order = ring_of(work).order(slot), .workspace = workspace_});
}

void Evaluator::advance() {
  if (going_on_.empty()) return;
  try {
    // Of a command buffer that was discarded.
    std::erase_if(going_on_, [&](const GoingOn& w) { return ring_of(w.work).order(w.slot) != w.order; });
    for (GoingOn& w : going_on_) {
      if (w.started) continue;
      if (!ring_of(w.work).commands_finished(w.slot)) break;
      w.workspace->start(w.work, w.slot);
      w.started = true;
    }
    while (!going_on_.empty() && going_on_.front().started) {
      const GoingOn& first = going_on_.front();
      const std::optional<Ended> ended = first.workspace->ended(first.work, first.slot);
      if (!ended) break;
      if (first.work == Work::frame)
        results_.ended(first.slot, *ended);
      else
        references_.release(first.slot);
      going_on_.erase(going_on_.begin());
    }
  } catch (const std::exception&) {
    hand_over();
  }
}

// What the failed executor has under way outside of command buffers is lost with it; command buffers that it was recorded
// into may still run, and give their results.
void Evaluator::hand_over() {
  std::string reason;
  try {
    throw;
  } catch (const vk::Error& e) {
    if (e.result == VK_ERROR_DEVICE_LOST) throw;  // no executor runs on it
    reason = e.what();
  } catch (const Error& e) {
    reason = e.what();
  } catch (const std::bad_alloc&) {
    reason = "out of host memory";
  }
  const bool is_last = executor() == kExecutors.back();
  if (settings_.executor != FG_EXECUTOR_AUTO || is_last) throw;
  MadeExecutor next =
      settings_.make(device_, {.after = executor(), .settings = executor_settings(settings_)});
  for (const GoingOn& w : going_on_) {
    if (w.work == Work::frame)
      results_.lose(w.slot);
    else
      references_.release(w.slot);
  }
  going_on_.clear();
  retire(std::exchange(workspace_, nullptr));
  const std::string failed = std::string(name_of(executor())) + " failed and was given up: " + reason;
  next.passed_over = made_.passed_over + (made_.passed_over.empty() ? "" : "; ") + failed +
                     (next.passed_over.empty() ? "" : "; ") + next.passed_over;
  failed_.push_back(std::move(made_.executor));
  made_ = std::move(next);
  if (reference_ == ReferenceState::none) return;
  reference_ = upload_ ? ReferenceState::to_upload : ReferenceState::lost;
}

void Evaluator::discard(std::uint64_t frame_number) {
  advance();  // what has run is not discarded
  const bool frame = results_.discard(frame_number);
  const std::vector<std::uint64_t> references = references_.discard(frame_number);
  if (!frame && references.empty()) return;
  if (workspace_) workspace_->discarded();
  for (const std::uint64_t order : references) results_.lose_those_against(order);
  --recordings_;  // one that will not run
  latest_recording_ = VK_NULL_HANDLE;
  if (!references.empty() && reference_tag_ == frame_number && reference_ == ReferenceState::recorded)
    reference_ = upload_ ? ReferenceState::to_upload : ReferenceState::none;
}

std::optional<FgFrameResult> Evaluator::poll() {
  results_.ring().look();
  references_.look();
  advance();
  const std::optional<FinishedFrame> frame = results_.fetch_newest();
  if (!frame) return {};
  FgFrameResult result{};
  result.struct_size = sizeof(result);
  result.frame_number = frame->frame_number;
  finish_statistics(frame->words, frame->shape, result);
  result.gpu_ns = frame->gpu_ns;
  result.dropped = dropped_ + results_.lost();
  result.executor = frame->executor;
  return result;
}

// Before a frame was recorded they have no layout.
FgEvaluatorImages Evaluator::images() const {
  if (workspace_ && results_.has_frame_after(workspace_since_)) return workspace_->images();
  FgEvaluatorImages none{};
  none.struct_size = sizeof(none);
  return none;
}

}  // namespace fg
