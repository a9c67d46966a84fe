// What the engine does when executors fail, and when their work goes on after the command buffer: with executors of this
// file, which draw and count through the shader executor.

#include <optional>
#include <utility>

#include "kernels/core/error.h"
#include "plugin/evaluator/evaluator.h"
#include "plugin/vk/error.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

// What the executors of a test do; outlives them.
struct Script {
  bool fails_to_make = false, fails_to_record = false, fails_to_record_reference = false,
       fails_to_start = false;
  VkResult failure = VK_ERROR_UNKNOWN;
  bool goes_on = false;
  bool all_ended = false;                                 // whatever was started has ended
  std::vector<std::pair<Work, std::uint32_t>> started{};  // what, slot
};

void fail_if(bool fails, const Script& script) {
  if (fails) throw vk::Error(script.failure, "the script says so");
}

class ScriptedWorkspace : public Workspace {
 public:
  ScriptedWorkspace(std::unique_ptr<Workspace> inner, Script& script)
      : inner_(std::move(inner)), script_(&script) {}
  std::shared_ptr<void> record_reference(VkCommandBuffer cmd, const SourceImage& reference,
                                         std::uint32_t slot) override {
    fail_if(script_->fails_to_record_reference, *script_);
    return inner_->record_reference(cmd, reference, slot);
  }
  RecordedFrame record_frame(VkCommandBuffer cmd, const FrameWork& work) override {
    fail_if(script_->fails_to_record, *script_);
    bytes_ = inner_->statistics_bytes();
    return inner_->record_frame(cmd, work);
  }
  void discarded() override { inner_->discarded(); }
  void start(Work work, std::uint32_t slot) override {
    fail_if(script_->fails_to_start, *script_);
    script_->started.emplace_back(work, slot);
  }
  std::optional<Ended> ended(Work, std::uint32_t) override {
    return script_->all_ended ? std::optional(Ended{.statistics_bytes = bytes_, .gpu_ns = 1'000'000'000})
                              : std::nullopt;
  }
  std::size_t statistics_bytes() const override { return inner_->statistics_bytes(); }
  FgEvaluatorImages images() const override { return inner_->images(); }
  VkExtent2D extent() const override { return inner_->extent(); }

 private:
  std::unique_ptr<Workspace> inner_;
  Script* script_;
  std::size_t bytes_ = 0;
};

class ScriptedExecutor : public Executor {
 public:
  ScriptedExecutor(std::unique_ptr<Executor> inner, Script& script)
      : inner_(std::move(inner)), script_(&script) {}
  FgExecutor kind() const override { return FG_EXECUTOR_IN_QUEUE; }
  CommandScope scope() const override { return inner_->scope(); }
  bool goes_on() const override { return script_->goes_on; }
  std::unique_ptr<Workspace> make_workspace(VkExtent2D extent) override {
    fail_if(script_->fails_to_make, *script_);
    return std::make_unique<ScriptedWorkspace>(inner_->make_workspace(extent), *script_);
  }

 private:
  std::unique_ptr<Executor> inner_;
  Script* script_;
};

class hand_over : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    image_.emplace(device(), PixelFormat::rgba8, 24, 16, [](int, int y, int x) { return (x + y) / 40.0f; });
    ring_.emplace(device(), 12);
  }
  void TearDown() override {
    ring_.reset();
    evaluator_.reset();
    LiveTest::TearDown();
  }

  void make(FgExecutor wanted = FG_EXECUTOR_AUTO, std::uint32_t frames_in_flight = 3) {
    EvaluatorSettings settings;
    settings.host = {device().instance, device().physical, device().handle, device().GetInstanceProcAddr};
    settings.queue_family = device().queue_family;
    settings.frames_in_flight = frames_in_flight;
    settings.executor = wanted;
    settings.make = [this](const vk::Device& on, const ExecutorRequest& request) -> MadeExecutor {
      MadeExecutor shader = make_executor(on, {.wanted = FG_EXECUTOR_SHADER, .settings = request.settings});
      if (request.after) return {std::move(shader.executor), "interop: not in this test"};
      return {std::make_unique<ScriptedExecutor>(std::move(shader.executor), script_), ""};
    };
    evaluator_.emplace(settings);
  }
  SourceImage source() const {
    const FgFrame f = image_->frame(0);
    return {f.image, f.view, f.layout, {f.width, f.height}, f.format};
  }
  void set_host_reference() {
    pixels_.assign(std::size_t{24} * 16 * 3, std::byte{100});
    evaluator_->set_reference(
        {.data = pixels_.data(), .width = 24, .height = 16, .channels = 3, .strides = {72, 3, 1}});
  }
  bool record(std::uint64_t number, bool submits = true) {
    const VkCommandBuffer cmd = ring_->begin();
    const bool recorded = evaluator_->record(cmd, source(), number);
    if (submits)
      ring_->submit();
    else
      ring_->abandon();
    return recorded;
  }
  void expect_failure(std::uint64_t number) {
    EXPECT_THROW(evaluator_->record(ring_->begin(), source(), number), vk::Error);
    ring_->abandon();
  }
  void record_reference(std::uint64_t number) {
    ASSERT_TRUE(evaluator_->record_reference(ring_->begin(), source(), number));
    ring_->submit();
  }
  std::optional<FgFrameResult> result_of(std::uint64_t number) {
    EXPECT_TRUE(record(number));
    ring_->wait_all();
    return evaluator_->poll();
  }

  Script script_;
  std::optional<RenderedImage> image_;
  std::vector<std::byte> pixels_;
  std::optional<Evaluator> evaluator_;
  std::optional<CommandRing> ring_;
};

TEST_F(hand_over, a_frame_that_an_executor_fails_to_record_is_measured_by_the_next) {
  make();
  set_host_reference();
  const FgFrameResult first = result_of(1).value();
  EXPECT_EQ(first.executor, FG_EXECUTOR_IN_QUEUE);
  EXPECT_EQ(evaluator_->passed_over(), "");
  script_.fails_to_record = true;
  const FgFrameResult second = result_of(2).value();
  EXPECT_EQ(second.frame_number, 2u);
  EXPECT_EQ(second.executor, FG_EXECUTOR_SHADER);
  EXPECT_EQ(second.ssim, first.ssim);
  EXPECT_EQ(second.dropped, 0u);
  EXPECT_EQ(evaluator_->passed_over(),
            "in_queue failed and was given up: the script says so; interop: not in this test");
  EXPECT_EQ(result_of(3).value().ssim, first.ssim);
}

TEST_F(hand_over, results_that_were_on_their_way_still_come) {
  make();
  set_host_reference();
  ASSERT_TRUE(record(1));
  script_.fails_to_record = true;
  ASSERT_TRUE(record(2, false));
  evaluator_->discard(2);
  ring_->wait_all();
  const FgFrameResult result = evaluator_->poll().value();
  EXPECT_EQ(result.frame_number, 1u);
  EXPECT_EQ(result.executor, FG_EXECUTOR_IN_QUEUE);
  EXPECT_EQ(result_of(3).value().executor, FG_EXECUTOR_SHADER);
}

TEST_F(hand_over, an_executor_without_memory_for_a_size_makes_way) {
  make();
  script_.fails_to_make = true;
  script_.failure = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  set_host_reference();
  EXPECT_EQ(result_of(1).value().executor, FG_EXECUTOR_SHADER);
}

TEST_F(hand_over, a_reference_from_an_image_is_recorded_again) {
  make();
  ASSERT_TRUE(evaluator_->record_reference(ring_->begin(), source(), 1));
  ring_->submit();
  EXPECT_EQ(result_of(1).value().ssim, 1.0);
  script_.fails_to_record = true;
  EXPECT_FALSE(record(2)) << "nobody knows the reference any more";
  EXPECT_TRUE(evaluator_->reference_is_lost());
  EXPECT_FALSE(record(3));
  ASSERT_TRUE(evaluator_->record_reference(ring_->begin(), source(), 4));
  ring_->submit();
  const FgFrameResult result = result_of(4).value();
  EXPECT_EQ(result.ssim, 1.0);
  EXPECT_EQ(result.dropped, 2u);
  EXPECT_EQ(result.executor, FG_EXECUTOR_SHADER);
}

TEST_F(hand_over, an_executor_that_was_named_is_not_replaced) {
  make(FG_EXECUTOR_IN_QUEUE);
  set_host_reference();
  script_.fails_to_record = true;
  for (std::uint64_t number = 1; number < 10; ++number) expect_failure(number);
  script_.fails_to_record = false;
  EXPECT_EQ(result_of(10).value().frame_number, 10u) << "no slot and no reference was lost";
}

TEST_F(hand_over, a_reference_that_fails_to_be_recorded_leaves_the_one_of_another_size) {
  make(FG_EXECUTOR_IN_QUEUE);
  const RenderedImage other(device(), PixelFormat::rgba8, 30, 20, [](int, int, int) { return 0.5f; });
  const FgFrame f = other.frame(0);
  record_reference(1);
  ASSERT_TRUE(record(2));
  script_.fails_to_record_reference = true;
  EXPECT_THROW(
      evaluator_->record_reference(ring_->begin(), {f.image, f.view, f.layout, {30, 20}, f.format}, 3),
      vk::Error);
  ring_->submit();  // with what was recorded before it failed
  EXPECT_TRUE(evaluator_->has_reference());
  EXPECT_EQ(evaluator_->images().width, 24u);
  ASSERT_TRUE(record(4));
  ring_->wait_all();
  const auto result = evaluator_->poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->frame_number, 4u);
  EXPECT_EQ(result->ssim, 1);

  // Of the same size: what is there now nobody knows.
  EXPECT_THROW(evaluator_->record_reference(ring_->begin(), source(), 5), vk::Error);
  ring_->abandon();
  EXPECT_TRUE(evaluator_->reference_is_lost());
  EXPECT_FALSE(record(6)) << "dropped";
  script_.fails_to_record_reference = false;
  record_reference(7);
  ASSERT_TRUE(record(8));
  ring_->wait_all();
  EXPECT_EQ(evaluator_->poll().value().ssim, 1);
}

TEST_F(hand_over, a_frame_that_failed_to_be_recorded_may_run_while_the_evaluator_goes) {
  make(FG_EXECUTOR_IN_QUEUE);
  set_host_reference();
  script_.fails_to_record = true;
  const VkCommandBuffer cmd = ring_->begin();
  EXPECT_THROW(evaluator_->record(cmd, source(), 1), vk::Error);
  ring_->submit();     // the reference's way to the device, say
  evaluator_.reset();  // the validation layer would tell
}

TEST_F(hand_over, a_lost_device_is_lost_for_every_executor) {
  make();
  set_host_reference();
  script_.fails_to_record = true;
  script_.failure = VK_ERROR_DEVICE_LOST;
  expect_failure(1);
  EXPECT_EQ(evaluator_->executor(), FG_EXECUTOR_IN_QUEUE);
}

TEST_F(hand_over, the_last_executor_s_failure_is_the_host_s_to_see) {
  make();
  set_host_reference();
  script_.fails_to_make = true;
  ASSERT_TRUE(result_of(1));
  EXPECT_THROW(evaluator_->set_reference({.width = 1u << 30, .height = 1, .channels = 3}), Error);
  EXPECT_EQ(evaluator_->executor(), FG_EXECUTOR_SHADER);
}

TEST_F(hand_over, work_that_goes_on_starts_in_order_once_its_commands_have_run) {
  script_.goes_on = true;
  make();
  set_host_reference();
  ASSERT_TRUE(record(1));
  ASSERT_TRUE(record(2));
  ring_->wait_all();
  EXPECT_FALSE(evaluator_->poll()) << "it was only started";
  ASSERT_EQ(script_.started.size(), 3u);
  EXPECT_EQ(script_.started[0].first, Work::reference);
  EXPECT_EQ(script_.started[1].first, Work::frame);
  EXPECT_EQ(script_.started[2].first, Work::frame);
  EXPECT_NE(script_.started[1].second, script_.started[2].second);
  script_.all_ended = true;
  const FgFrameResult result = evaluator_->poll().value();
  EXPECT_EQ(result.frame_number, 2u);
  EXPECT_GE(result.gpu_ns, 1'000'000'000u) << "the time of what went on is part of it";
  EXPECT_EQ(script_.started.size(), 3u) << "each is started once";
}

TEST_F(hand_over, frames_are_dropped_while_too_much_goes_on_and_none_waits) {
  script_.goes_on = true;
  make(FG_EXECUTOR_AUTO, 1);
  set_host_reference();
  int recorded = 0;
  for (std::uint64_t number = 1; number <= 8; ++number) {
    recorded += record(number);
    ring_->wait_all();
  }
  EXPECT_EQ(recorded, 4) << "the commands of one frame may be unfinished, the work of three more may go on";
  script_.all_ended = true;
  const FgFrameResult result = evaluator_->poll().value();
  EXPECT_EQ(result.frame_number, 4u);
  EXPECT_EQ(result.dropped, 4u);
  EXPECT_EQ(result_of(9).value().frame_number, 9u);
}

TEST_F(hand_over, discarded_work_never_goes_on) {
  script_.goes_on = script_.all_ended = true;
  make();
  set_host_reference();
  ASSERT_TRUE(record(1, false));
  evaluator_->discard(1);
  EXPECT_FALSE(evaluator_->poll());
  EXPECT_TRUE(script_.started.empty());
  const FgFrameResult result = result_of(2).value();
  EXPECT_EQ(result.frame_number, 2u);
  ASSERT_EQ(script_.started.size(), 2u) << "the reference came again, with frame 2";
  EXPECT_EQ(script_.started[0].first, Work::reference);
}

TEST_F(hand_over, frames_whose_work_fails_to_go_on_count_as_dropped) {
  script_.goes_on = true;
  make();
  set_host_reference();
  ASSERT_TRUE(record(1));
  ASSERT_TRUE(record(2));
  ring_->wait_all();
  script_.fails_to_start = true;
  EXPECT_FALSE(evaluator_->poll());
  EXPECT_EQ(evaluator_->executor(), FG_EXECUTOR_SHADER);
  const FgFrameResult result = result_of(3).value();
  EXPECT_EQ(result.frame_number, 3u);
  EXPECT_EQ(result.dropped, 2u);
}

TEST_F(hand_over, evaluators_of_work_that_still_goes_on_can_be_destroyed) {
  script_.goes_on = true;
  make();
  set_host_reference();
  ASSERT_TRUE(record(1));
  ring_->wait_all();
  evaluator_->poll();
  evaluator_.reset();
}

}  // namespace
}  // namespace fg::test
