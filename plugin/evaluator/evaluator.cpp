#include "plugin/evaluator/evaluator.h"

#include <string>
#include <utility>

#include "kernels/core/error.h"

namespace fg {
namespace {

std::string size_name(VkExtent2D e) { return std::to_string(e.width) + "x" + std::to_string(e.height); }

bool same(VkExtent2D a, VkExtent2D b) { return a.width == b.width && a.height == b.height; }

// A frame with its reference may bring two: a host that switches references inside a frame.
constexpr std::uint32_t kReferencesPerFrame = 2;

// One slot more than frames may be unfinished keeps a finished result while its successors are recorded: a
// host that waits for frame n - frames_in_flight before it records frame n, and polls afterwards, would find
// none otherwise.
std::uint32_t frame_slots(const EvaluatorSettings& s) { return s.frames_in_flight + 1; }

ExecutorSettings executor_settings(const EvaluatorSettings& s) {
  return {.frame_slots = frame_slots(s),
          .reference_slots = kReferencesPerFrame * s.frames_in_flight,
          .window = s.window,
          .padding = s.padding,
          .band_bytes = s.band_bytes};
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
      made_(make_executor(settings.executor, device_, settings.queue_family, executor_settings(settings))),
      results_(device_, {.queue_family = settings.queue_family,
                         .slots = frame_slots(settings),
                         .max_unfinished = settings.frames_in_flight}),
      references_(device_, kReferencesPerFrame * settings.frames_in_flight,
                  kReferencesPerFrame * settings.frames_in_flight) {}

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

void Evaluator::make_workspace(VkExtent2D extent) {
  if (workspace_ && same(workspace_->extent(), extent)) return;
  std::shared_ptr<Workspace> made = made_.executor->make_workspace(extent);
  retire(results_.reserve(made->statistics_bytes()));
  retire(std::exchange(workspace_, std::move(made)));
}

void Evaluator::retire(std::shared_ptr<void> object) {
  if (object) retired_.push_back({std::move(object), results_.ring().now(), references_.now()});
}

void Evaluator::drop_retired() {
  std::erase_if(retired_, [&](const Retired& r) {
    return (results_.ring().passed(r.frames) && references_.finished_until(r.references)) ||
           (references_.passed(r.references) && results_.ring().finished_until(r.frames));
  });
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
  retire(std::exchange(upload_, std::move(made)));
  reference_ = ReferenceState::to_upload;
}

void Evaluator::clear_reference() {
  retire(std::exchange(upload_, nullptr));
  reference_ = ReferenceState::none;
}

bool Evaluator::record_reference(VkCommandBuffer cmd, const SourceImage& reference, std::uint64_t tag) {
  require_extent(reference.extent);
  drop_retired();
  if (!references_.available()) return false;
  make_workspace(reference.extent);
  const std::uint32_t slot = *references_.take(tag);
  retire(std::exchange(upload_, nullptr));
  begin_commands(cmd);
  workspace_->record_reference(cmd, reference, slot);
  end_commands(cmd);
  references_.record_end(cmd, slot);
  reference_ = ReferenceState::recorded;
  reference_tag_ = tag;
  return true;
}

bool Evaluator::record(VkCommandBuffer cmd, const SourceImage& frame, std::uint64_t frame_number) {
  if (reference_ == ReferenceState::none) return true;
  const VkExtent2D wanted =
      reference_ == ReferenceState::to_upload ? upload_->extent() : workspace_->extent();
  if (!same(frame.extent, wanted))
    throw Error(ErrorCode::size_mismatch, "the frame is " + size_name(frame.extent) +
                                              " pixels, the reference " + size_name(wanted) +
                                              "; set a reference of the frame's size");
  drop_retired();
  const bool uploads = reference_ == ReferenceState::to_upload;
  if (!results_.ring().available() || (uploads && !references_.available())) {
    ++dropped_;
    return false;
  }
  make_workspace(wanted);
  const std::uint32_t slot = *results_.take(
      frame_number, {frame.extent.width, frame.extent.height, settings_.window, settings_.padding});
  results_.record_begin(cmd, slot);
  begin_commands(cmd);
  if (uploads) {
    const std::uint32_t reference_slot = *references_.take(frame_number);
    upload_->record(device_, cmd);
    workspace_->record_reference(cmd, upload_->source(), reference_slot);
    memory_barrier(device_, cmd, made_.executor->scope(), made_.executor->scope());
    references_.record_end(cmd, reference_slot);
    reference_ = ReferenceState::recorded;
    reference_tag_ = frame_number;
  }
  const RecordedFrame recorded =
      workspace_->record_frame(cmd, {frame, slot, style_, results_.statistics(slot)});
  end_commands(cmd);
  results_.record_end(cmd, slot, recorded);
  return true;
}

void Evaluator::discard(std::uint64_t frame_number) {
  const bool frame = results_.discard(frame_number), reference = references_.discard(frame_number);
  if ((frame || reference) && workspace_) workspace_->discarded();
  if (reference && reference_tag_ == frame_number && reference_ == ReferenceState::recorded)
    reference_ = upload_ ? ReferenceState::to_upload : ReferenceState::none;
}

std::optional<FgFrameResult> Evaluator::poll() {
  const std::optional<FinishedFrame> frame = results_.fetch_newest();
  if (!frame) return {};
  FgFrameResult result{};
  result.struct_size = sizeof(result);
  result.frame_number = frame->frame_number;
  finish_statistics(frame->words, frame->shape, result);
  result.gpu_ns = frame->gpu_ns;
  result.dropped = dropped_ + results_.lost();
  result.executor = made_.executor->kind();
  return result;
}

FgEvaluatorImages Evaluator::images() const {
  if (workspace_) return workspace_->images();
  FgEvaluatorImages none{};
  none.struct_size = sizeof(none);
  return none;
}

}  // namespace fg
