// Results on their way: buffers that grow while frames are in flight, and frames that build on a discarded one.

#include "plugin/evaluator/result_ring.h"

#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

class result_ring : public LiveTest {
 protected:
  // Takes a slot, and records what marks its statistics as those of the frame.
  std::uint32_t record(ResultRing& ring, VkCommandBuffer cmd, std::uint32_t number, std::size_t bytes,
                       bool needs_earlier_frames = false) const {
    const std::uint32_t slot = ring.take(number, {.width = 1, .height = 1}, FG_EXECUTOR_SHADER).value();
    ring.record_begin(cmd, slot);
    device().CmdFillBuffer(cmd, ring.statistics(slot).get(), 0, bytes, number);
    vk::full_barrier(device(), cmd);
    ring.record_end(cmd, slot, {.statistics_bytes = bytes, .needs_earlier_frames = needs_earlier_frames});
    return slot;
  }
  static void expect_words(const FinishedFrame& frame, std::uint32_t number, std::size_t bytes) {
    EXPECT_EQ(frame.frame_number, number);
    ASSERT_EQ(frame.words.size(), bytes / 4);
    for (const std::uint32_t word : frame.words) ASSERT_EQ(word, number);
  }
  ResultRing ring_of(std::uint32_t unfinished) const {
    return {device(),
            {.queue_family = device().queue_family, .slots = unfinished + 1, .max_unfinished = unfinished}};
  }
};

TEST_F(result_ring, results_in_flight_keep_their_buffers_when_larger_ones_come) {
  ResultRing ring = ring_of(2);
  EXPECT_EQ(ring.reserve(64), nullptr) << "nothing is replaced at first";
  CommandRing commands(device(), 2);
  record(ring, commands.begin(), 7, 64);
  commands.submit();
  const std::shared_ptr<void> replaced = ring.reserve(256);
  EXPECT_NE(replaced, nullptr);
  EXPECT_EQ(ring.reserve(128), nullptr) << "large enough already";
  commands.wait_all();
  const auto first = ring.fetch_newest();
  ASSERT_TRUE(first);
  expect_words(*first, 7, 64);
  record(ring, commands.begin(), 8, 256);
  commands.submit();
  commands.wait_all();
  const auto second = ring.fetch_newest();
  ASSERT_TRUE(second);
  expect_words(*second, 8, 256);
}

TEST_F(result_ring, frames_that_need_a_discarded_one_give_no_result) {
  ResultRing ring = ring_of(5);
  ring.reserve(64);
  CommandRing commands(device(), 4);
  record(ring, commands.begin(), 1, 64);
  commands.submit();
  record(ring, commands.begin(), 2, 64, true);
  commands.abandon();
  record(ring, commands.begin(), 3, 64, true);
  commands.submit();
  record(ring, commands.begin(), 4, 64, false);
  commands.submit();
  record(ring, commands.begin(), 5, 64, true);
  EXPECT_TRUE(ring.discard(2));
  EXPECT_FALSE(ring.discard(2)) << "once";
  commands.submit();
  commands.wait_all();
  const auto newest = ring.fetch_newest();
  ASSERT_TRUE(newest);
  expect_words(*newest, 4, 64);
  EXPECT_EQ(ring.lost(), 2u) << "frames 3 and 5";
  EXPECT_FALSE(ring.fetch_newest());

  record(ring, commands.begin(), 6, 64, true);
  commands.submit();
  commands.wait_all();
  const auto later = ring.fetch_newest();
  ASSERT_TRUE(later);
  expect_words(*later, 6, 64);
  EXPECT_EQ(ring.lost(), 2u);
}

}  // namespace
}  // namespace fg::test
