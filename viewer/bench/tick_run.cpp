#include "viewer/bench/tick_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "plugin/vk/commands.h"
#include "viewer/app/tick/evaluator_host.h"
#include "viewer/app/tick/render_timer.h"
#include "viewer/bench/bench_device.h"
#include "viewer/bench/frame_ring.h"
#include "viewer/error.h"

namespace fg {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{30};  // for a result; a frame on a CPU takes a second at most

double microseconds(Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

class TickRun {
 public:
  TickRun(const vk::OwnDevice& device, const TickImages& images, const TickRunInfo& info)
      : device_(device),
        images_(images),
        info_(info),
        evaluator_(make_evaluator(device, info.executor, info.frames_in_flight)),
        timer_(device, info.frames_in_flight + 1),
        ring_(device, info.frames_in_flight) {}

  void set_first_reference() {
    bool taken = false;
    submit([&](VkCommandBuffer cmd) {
      if (info_.work == TickWork::render) info_.scene->record(cmd, images_.reference, kReferenceView);
      taken = record_reference(cmd);
    });
    if (!taken) throw Failure(ExitCode::internal, fg_last_error());
  }

  // The next frame, submitted; its number, or nothing when the evaluator would not take it.
  std::optional<std::uint64_t> submit_frame() {
    bool taken = false;
    submit([&](VkCommandBuffer cmd) { taken = record_frame(cmd); });
    if (!taken) ++dropped_;
    return taken ? std::optional(number_) : std::nullopt;
  }

  // Asks once. Some executors go on with a frame when they are asked.
  void poll() {
    FgFrameResult result;
    fg_frame_result_defaults(&result);
    const FgStatus status = fg_evaluator_poll(evaluator_.get(), &result);
    if (status == FG_STATUS_OK)
      newest_ = result;
    else if (status != FG_STATUS_NOT_READY)
      expect_ok(status);
  }

  const FgFrameResult& wait_for_result(std::uint64_t number) {
    for (const Clock::time_point begin = Clock::now();; pause()) {
      poll();
      if (newest_.frame_number >= number) return newest_;
      if (Clock::now() - begin > kPatience)
        throw Failure(ExitCode::internal,
                      fmt::format("{}: no result of frame {} within {} s; is the device lost? Try "
                                  "'--executor shader' or a smaller '--size'",
                                  fg_executor_name(info_.executor), number, kPatience.count()));
    }
  }

  void wait_for_slot() {
    for (; !ring_.next_is_free(); pause()) poll();
  }

  Clock::time_point submitted() const { return submitted_; }
  double before_us(std::uint64_t number) const { return 1e3 * timer_.milliseconds(number); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  static constexpr std::uint64_t kReferenceView = TickScene::kViews / 3;

  // A GPU is watched without a pause; on a CPU that would take a core from what is measured.
  void pause() const {
    if (device_.is_cpu()) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }

  template <class Record>
  void submit(const Record& record) {
    wait_for_slot();
    const VkCommandBuffer cmd = ring_.begin();
    record(cmd);
    submitted_ = Clock::now();
    ring_.submit();
  }

  bool taken(FgStatus status) const {
    if (status == FG_STATUS_NOT_READY) return false;
    expect_ok(status);
    return true;
  }

  bool record_reference(VkCommandBuffer cmd) {
    const FgFrame reference = frame_of(images_.reference, number_);
    return taken(fg_evaluator_record_reference(evaluator_.get(), cmd, &reference));
  }

  bool record_frame(VkCommandBuffer cmd) {
    const vk::Image& target = images_.frames[++number_ % images_.frames.size()];
    if (info_.work != TickWork::score) {
      vk::full_barrier(device_, cmd);  // the score of an earlier frame still reads the target
      timer_.begin(cmd, number_);
      vk::full_barrier(device_, cmd);  // lavapipe stamps at the next barrier
      if (info_.work == TickWork::render)
        info_.scene->record(cmd, target, number_);
      else if (!record_reference(cmd))
        return false;
      timer_.end(cmd, number_);
      vk::full_barrier(device_, cmd);
    }
    const FgFrame frame = frame_of(target, number_);
    return taken(fg_evaluator_record(evaluator_.get(), cmd, &frame));
  }

  const vk::OwnDevice& device_;
  const TickImages& images_;
  const TickRunInfo info_;
  UniqueEvaluator evaluator_;
  RenderTimer timer_;
  FrameRing ring_;  // waits for the device before the rest goes
  std::uint64_t number_ = 0, dropped_ = 0;
  FgFrameResult newest_{};
  Clock::time_point submitted_;
};

// Pipelines are made, memory is touched, the clocks are up; and where many frames follow, a renderer has seen all its
// views, so that its buffers are large enough for them.
void warm_up(TickRun& run, const TickRunInfo& info) {
  run.set_first_reference();
  const int views = info.work == TickWork::render ? std::min(TickScene::kViews, info.runs) : 0;
  const int frames = std::max(views, 2 + info.runs / 10);
  for (int i = 0; i < frames; ++i)
    if (const auto number = run.submit_frame()) run.wait_for_result(*number);
}

void one_by_one(TickRun& run, const TickRunInfo& info, TickMeasurement& measured) {
  for (int i = 0; i < info.runs; ++i) {
    const auto number = run.submit_frame();
    if (!number) continue;
    const FgFrameResult& result = run.wait_for_result(*number);
    measured.result_us.push_back(microseconds(Clock::now() - run.submitted()));
    measured.ssim = result.ssim;
    if (result.gpu_ns) measured.score_us.push_back(static_cast<double>(result.gpu_ns) * 1e-3);
    const double before = info.work == TickWork::score ? 0 : run.before_us(*number);
    if (before > 0) measured.before_us.push_back(before);
  }
}

void pipelined(TickRun& run, const TickRunInfo& info, TickMeasurement& measured) {
  std::optional<std::uint64_t> last;
  int scored = 0;
  const Clock::time_point begin = Clock::now();
  for (; measured.pipelined < info.runs; ++measured.pipelined) {
    run.poll();
    const auto number = run.submit_frame();
    if (!number) continue;
    last = number;
    ++scored;
  }
  if (!last) return;
  run.wait_for_result(*last);
  measured.frames_per_second = scored / (microseconds(Clock::now() - begin) * 1e-6);
}

}  // namespace

TickMeasurement measure_tick(const vk::OwnDevice& device, const TickImages& images, const TickRunInfo& info) {
  TickMeasurement measured;
  TickRun run(device, images, info);
  warm_up(run, info);
  const std::uint64_t dropped_before = run.dropped();
  one_by_one(run, info, measured);
  pipelined(run, info, measured);
  measured.dropped = run.dropped() - dropped_before;
  if (measured.result_us.empty() || measured.frames_per_second == 0)
    throw NotMeasured{fmt::format("the evaluator dropped {} frames and scored none", measured.dropped)};
  if (info.work != TickWork::render) return measured;
  measured.rendered = info.scene->counters();
  if (measured.rendered.incomplete)
    throw NotMeasured{
        "the scene's splats do not fit into the device's memory at this size; try fewer --splats"};
  return measured;
}

}  // namespace fg
