#include "viewer/app/tick/tick.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/commands.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/app/tick/render_timer.h"
#include "viewer/error.h"

namespace fg {

struct Tick::State {
  State(const vk::OwnDevice& own_device, const TickOptions& options)
      : device(own_device),
        frames_in_flight(options.frames_in_flight),
        evaluator(make_evaluator(own_device, options.executor, options.frames_in_flight)),
        timer(own_device, options.frames_in_flight + 1),
        elsewhere(options.frames_in_flight + 1) {}

  // Images of an earlier size: the commands of ticks up to this one, and what was recorded behind them, use
  // them.
  struct Retired {
    vk::Image frame, reference;
    std::uint64_t last_tick;
  };
  // Host pixels of a reference, and the tick that copies them; 0 while none was recorded.
  struct Staging {
    vk::Buffer pixels;
    std::uint64_t last_tick = 0;
  };

  const vk::OwnDevice& device;
  const std::uint32_t frames_in_flight;
  UniqueEvaluator evaluator;
  FgExecutor executor = fg_evaluator_executor(evaluator.get());
  RenderTimer timer;
  std::vector<std::shared_ptr<const WorkElsewhere>> elsewhere;  // of the ticks that the timer knows of
  vk::Image frame, reference;
  bool images_are_new = true;  // still in layout UNDEFINED
  std::vector<Retired> retired;
  std::vector<Staging> stagings;
  std::optional<std::size_t> to_copy;  // the staging that the next record() copies
  bool photo_reference = false;
  FrameSource* reference_source = nullptr;
  std::uint64_t ticks = 0;  // recorded so far; also the number of the newest

  // Nothing waits here: the host keeps at most frames_in_flight command buffers unfinished, so that it has
  // seen the end of everything recorded so many ticks ago. tick_test.cpp holds it to that under validation.
  bool has_finished(std::uint64_t tick) const { return tick + frames_in_flight <= ticks; }

  void retire_images() {
    std::erase_if(retired, [&](const Retired& r) { return has_finished(r.last_tick); });
    if (frame) retired.push_back({std::move(frame), std::move(reference), ticks});
  }

  // A staging buffer of that size which no unfinished tick reads; the other free ones go.
  std::size_t free_staging(std::size_t bytes) {
    to_copy.reset();
    bool found = false;
    std::erase_if(stagings, [&](const Staging& s) {
      if (s.last_tick != 0 && !has_finished(s.last_tick)) return false;
      const bool kept = !found && s.pixels.size_bytes() == bytes;
      found = found || kept;
      return !kept;
    });
    for (std::size_t i = 0; i < stagings.size(); ++i)
      if (stagings[i].pixels.size_bytes() == bytes &&
          (stagings[i].last_tick == 0 || has_finished(stagings[i].last_tick)))
        return i;
    stagings.push_back({vk::Buffer(device, bytes, vk::Residence::upload)});
    return stagings.size() - 1;
  }

  // Everything before is finished and visible to everything after: the display still reads what the tick
  // rewrites.
  void full_barrier(VkCommandBuffer cmd) const {
    const VkMemoryBarrier barrier{.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
                                  .srcAccessMask = VK_ACCESS_MEMORY_WRITE_BIT,
                                  .dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT};
    device.CmdPipelineBarrier(cmd, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0,
                              1, &barrier, 0, nullptr, 0, nullptr);
  }

  void prepare_new_images(VkCommandBuffer cmd) {
    for (const vk::Image* image : {&frame, &reference}) {
      vk::change_layout(device, cmd, image->get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
      const VkClearColorValue black{.float32 = {0, 0, 0, 1}};
      const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
      device.CmdClearColorImage(cmd, image->get(), VK_IMAGE_LAYOUT_GENERAL, &black, 1, &range);
    }
    images_are_new = false;
  }

  std::shared_ptr<const WorkElsewhere>& elsewhere_of(std::uint64_t tick) {
    return elsewhere[tick % elsewhere.size()];
  }

  double render_ms(std::uint64_t tick) {
    const auto& work = elsewhere_of(tick);
    return timer.milliseconds(tick) + (work ? work->milliseconds() : 0);
  }

  // Once, when results begin to come from another executor than the one that was chosen.
  void tell_of_hand_over(FgExecutor now) {
    if (now == executor) return;
    executor = now;
    std::fprintf(stderr, "framegauge: %s goes on scoring; %s\n", fg_executor_name(now),
                 fg_evaluator_passed_over(evaluator.get()));
  }

  void record_reference(VkCommandBuffer cmd) {
    if (to_copy) {
      Staging& staging = stagings[*to_copy];
      const VkBufferImageCopy copy{.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                                   .imageExtent = reference.extent()};
      device.CmdCopyBufferToImage(cmd, staging.pixels.get(), reference.get(), VK_IMAGE_LAYOUT_GENERAL, 1,
                                  &copy);
      staging.last_tick = ticks;
    } else if (reference_source) {
      reference_source->record(cmd, reference);
    } else if (!photo_reference || fg_evaluator_has_reference(evaluator.get())) {
      return;  // the evaluator keeps what it was given, unless the executor that held it has failed
    }
    to_copy.reset();
    full_barrier(cmd);
    const FgFrame described = frame_of(reference, ticks);
    expect_ok(fg_evaluator_record_reference(evaluator.get(), cmd, &described));
  }
};

Tick::Tick(const vk::OwnDevice& device, const TickOptions& options)
    : state_(std::make_unique<State>(device, options)) {}

Tick::~Tick() { state_->device.DeviceWaitIdle(state_->device.handle); }

void Tick::resize(int width, int height) {
  State& s = *state_;
  if (s.frame && this->width() == width && this->height() == height) return;
  if (width < 1 || height < 1)
    throw Failure(ExitCode::internal, "a frame of " + std::to_string(width) + "x" + std::to_string(height) +
                                          " pixels was asked for; both sides must be at least 1");
  const std::uint32_t limit = s.device.properties.limits.maxImageDimension2D;
  if (static_cast<std::uint32_t>(width) > limit || static_cast<std::uint32_t>(height) > limit)
    throw Failure(ExitCode::internal, "a frame of " + std::to_string(width) + "x" + std::to_string(height) +
                                          " pixels was asked for, but " + s.device.properties.deviceName +
                                          " makes images of at most " + std::to_string(limit) +
                                          " pixels a side; use --downscale");
  const vk::ImageInfo info{
      .format = VK_FORMAT_R8G8B8A8_UNORM,
      .extent = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), 1}};
  vk::Image frame(s.device, info), reference(s.device, info);
  s.retire_images();
  s.frame = std::move(frame);
  s.reference = std::move(reference);
  s.images_are_new = true;
  s.to_copy.reset();
  s.photo_reference = false;
  expect_ok(fg_evaluator_set_reference(s.evaluator.get(), nullptr));
}

void Tick::set_reference(const Image8& image) {
  State& s = *state_;
  if (!s.frame || image.width != width() || image.height != height())
    throw Failure(ExitCode::size_mismatch, "the reference is " + std::to_string(image.width) + "x" +
                                               std::to_string(image.height) + " pixels, the frame " +
                                               std::to_string(width()) + "x" + std::to_string(height()));
  const std::size_t staging = s.free_staging(image.rgba.size());
  std::memcpy(s.stagings[staging].pixels.mapped(), image.rgba.data(), image.rgba.size());
  s.to_copy = staging;
  s.photo_reference = true;
  s.reference_source = nullptr;
}

void Tick::set_reference(FrameSource* source) {
  State& s = *state_;
  s.reference_source = source;
  s.to_copy.reset();
  s.photo_reference = false;
  if (!source) expect_ok(fg_evaluator_set_reference(s.evaluator.get(), nullptr));
}

bool Tick::has_reference() const { return state_->photo_reference || state_->reference_source; }

void Tick::set_heatmap(FgColorMap color_map, float worst, float best) {
  expect_ok(fg_evaluator_set_heatmap(state_->evaluator.get(), color_map, worst, best));
}

std::uint64_t Tick::record(VkCommandBuffer cmd, FrameSource& source) {
  State& s = *state_;
  if (!s.frame) throw Failure(ExitCode::internal, "Tick::resize() comes before the first Tick::record()");
  const std::uint64_t number = ++s.ticks;
  s.full_barrier(cmd);
  if (s.images_are_new) {
    s.prepare_new_images(cmd);
    s.full_barrier(cmd);
  }
  s.record_reference(cmd);
  s.timer.begin(cmd, number);
  s.full_barrier(
      cmd);  // lavapipe stamps at the next barrier: without one here, after the renderer's dispatch
  source.record(cmd, s.frame);
  s.timer.end(cmd, number);
  s.elsewhere_of(number) = source.elsewhere();
  s.full_barrier(cmd);
  if (!has_reference()) return number;
  const FgFrame described = frame_of(s.frame, number);
  const FgStatus status = fg_evaluator_record(s.evaluator.get(), cmd, &described);
  if (status != FG_STATUS_NOT_READY)
    expect_ok(status);  // not ready: the ring is full and the frame counts as dropped
  return number;
}

std::optional<TickResult> Tick::poll() {
  TickResult result;
  fg_frame_result_defaults(&result.scores);
  const FgStatus status = fg_evaluator_poll(state_->evaluator.get(), &result.scores);
  if (status == FG_STATUS_NOT_READY) return std::nullopt;
  expect_ok(status);
  state_->tell_of_hand_over(result.scores.executor);
  result.render_ms = state_->render_ms(result.scores.frame_number);
  result.metric_ms = static_cast<double>(result.scores.gpu_ns) * 1e-6;
  return result;
}

double Tick::render_ms(std::uint64_t tick) const { return state_->render_ms(tick); }
const vk::Image& Tick::frame() const { return state_->frame; }
const vk::Image& Tick::reference() const { return state_->reference; }

FgEvaluatorImages Tick::evaluator_images() const {
  FgEvaluatorImages images{};
  images.struct_size = sizeof(images);
  expect_ok(fg_evaluator_images(state_->evaluator.get(), &images));
  return images;
}

FgExecutor Tick::executor() const { return fg_evaluator_executor(state_->evaluator.get()); }
int Tick::width() const { return state_->frame ? static_cast<int>(state_->frame.width()) : 0; }
int Tick::height() const { return state_->frame ? static_cast<int>(state_->frame.height()) : 0; }

}  // namespace fg
