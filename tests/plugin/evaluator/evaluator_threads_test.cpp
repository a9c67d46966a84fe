// Several evaluators on one device: each on a thread of its own, destroyed while the others work, in any order.

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "framegauge/vulkan.hpp"
#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

constexpr int kThreads = 3;
constexpr std::uint64_t kFrames = 24;

// What one thread scores: a picture and size of its own, frames of three strengths.
struct Work {
  Work(const vk::OwnDevice& device, int index)
      : reference(40 + 7 * index, 30 + 5 * index, 3, false,
                  [](int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); }) {
    for (int i = 0; i < 3; ++i)
      frames.emplace_back(device, PixelFormat::rgba8, 40 + 7 * index, 30 + 5 * index,
                          [=](int c, int y, int x) {
                            return static_cast<float>(scene(0, c, y, x)) +
                                   0.1f * static_cast<float>(index + i) * (noise(x, y, c) - 0.5f);
                          });
  }
  HostImage reference;
  std::vector<RenderedImage> frames;
};

class evaluator_threads : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    for (int i = 0; i < kThreads; ++i) work_.push_back(std::make_unique<Work>(device(), i));
  }

  // Frame number -> SSIM. A queue is used by one thread at a time: that is the host's part.
  std::map<std::uint64_t, double> scores_of(const Work& work) const {
    std::map<std::uint64_t, double> scores;
    const auto collect = [&](framegauge::Evaluator& evaluator) {
      if (const auto result = evaluator.poll()) scores[result->frame_number] = result->ssim;
    };
    FgEvaluatorInfo info = evaluator_info(device());
    info.destroy_waits = 0;  // the ring does, with the queue to itself
    framegauge::Evaluator evaluator(info);
    evaluator.set_reference(work.reference.tensor);
    std::optional<CommandRing> ring(std::in_place, device(), 3);
    for (std::uint64_t number = 0; number < kFrames; ++number) {
      const VkCommandBuffer cmd = ring->begin();
      EXPECT_EQ(evaluator.record(cmd, work.frames[number % 3].frame(number)), framegauge::Recorded::yes);
      {
        const std::lock_guard lock(queue_);
        ring->submit();
      }
      collect(evaluator);
    }
    {
      const std::lock_guard lock(queue_);
      ring.reset();  // waits
    }
    collect(evaluator);
    return scores;  // the evaluator goes first, while the others work
  }

  std::vector<std::unique_ptr<Work>> work_;
  mutable std::mutex queue_;
};

TEST_F(evaluator_threads, each_thread_gets_the_scores_that_it_gets_alone) {
  std::vector<std::map<std::uint64_t, double>> scores(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { scores[i] = scores_of(*work_[i]); });
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < kThreads; ++i) {
    framegauge::Evaluator evaluator(evaluator_info(device()));
    evaluator.set_reference(work_[i]->reference.tensor);
    double alone[3];
    for (int f = 0; f < 3; ++f)
      alone[f] = measure(device(), evaluator.get(), work_[i]->frames[f], nullptr).ssim;
    EXPECT_NE(alone[1], alone[2]);
    EXPECT_EQ(scores[i].count(kFrames - 1), 1u) << "the last frame's result is there after waiting";
    for (const auto& [number, ssim] : scores[i])
      EXPECT_EQ(ssim, alone[number % 3]) << "thread " << i << ", frame " << number;
  }
}

TEST_F(evaluator_threads, an_evaluator_may_be_handed_from_thread_to_thread) {
  framegauge::Evaluator evaluator;
  const Work& work = *work_[0];
  std::thread([&] { evaluator = framegauge::Evaluator(evaluator_info(device())); }).join();
  std::thread([&] { evaluator.set_reference(work.reference.tensor); }).join();
  std::thread([&] {
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      EXPECT_EQ(evaluator.record(cmd, work.frames[0].frame(4)), framegauge::Recorded::yes);
    });
  }).join();
  std::thread([&] {
    const auto result = evaluator.poll();
    ASSERT_TRUE(result);
    EXPECT_EQ(result->ssim, 1.0);
  }).join();
  std::thread([&] { evaluator.reset(); }).join();
}

TEST_F(evaluator_threads, evaluators_of_a_device_are_destroyed_in_any_order) {
  for (const std::vector<int>& order : {std::vector{0, 1, 2}, {2, 1, 0}, {1, 0, 2}}) {
    std::vector<framegauge::Evaluator> evaluators;
    for (int i = 0; i < 3; ++i) evaluators.emplace_back(evaluator_info(device()));
    for (int i = 0; i < 3; ++i) evaluators[i].set_reference(work_[i]->reference.tensor);
    for (std::size_t gone = 0; gone < order.size(); ++gone) {
      for (std::size_t left = gone; left < order.size(); ++left) {
        const int i = order[left];
        const double ssim = measure(device(), evaluators[i].get(), work_[i]->frames[0], nullptr, gone).ssim;
        EXPECT_EQ(ssim == 1.0, i == 0) << "only the first one's frame is its reference";
      }
      evaluators[order[gone]].reset();
    }
  }
}

}  // namespace
}  // namespace fg::test
