// Frames in flight, late and missing polls, references and sizes that come and go.

#include <cmath>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/counted_vulkan.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

class evaluator_ring : public LiveTest {
 protected:
  // An image whose distance from the truth grows with strength.
  RenderedImage image(int width, int height, float strength) const {
    return RenderedImage(device(), PixelFormat::rgba8, width, height, [=](int c, int y, int x) {
      return static_cast<float>(scene(0, c, y, x)) + strength * (noise(x, y, c) - 0.5f);
    });
  }
  static FgStatus record(FgEvaluator evaluator, VkCommandBuffer cmd, const RenderedImage& frame,
                         std::uint64_t number) {
    const FgFrame f = frame.frame(number);
    return fg_evaluator_record(evaluator, cmd, &f);
  }
  static FgStatus record_reference(FgEvaluator evaluator, VkCommandBuffer cmd, const RenderedImage& reference,
                                   std::uint64_t number) {
    const FgFrame f = reference.frame(number);
    return fg_evaluator_record_reference(evaluator, cmd, &f);
  }
  static FgStatus poll(FgEvaluator evaluator, FgFrameResult& result) {
    fg_frame_result_defaults(&result);
    return fg_evaluator_poll(evaluator, &result);
  }
  static FgEvaluatorImages images_of(FgEvaluator evaluator) {
    FgEvaluatorImages images{};
    images.struct_size = sizeof(images);
    EXPECT_EQ(fg_evaluator_images(evaluator, &images), FG_STATUS_OK);
    return images;
  }
  // What a host does that shows the heatmap.
  void read_heatmap(VkCommandBuffer cmd, FgEvaluator evaluator) const {
    vk::change_layout(device(), cmd, images_of(evaluator).heatmap, VK_IMAGE_LAYOUT_GENERAL,
                      VK_IMAGE_LAYOUT_GENERAL);
  }
  UniqueEvaluator evaluator_with(std::uint32_t frames_in_flight) const {
    FgEvaluatorInfo info = evaluator_info(device());
    info.frames_in_flight = frames_in_flight;
    return make_evaluator(info);
  }
};

TEST_F(evaluator_ring, several_frames_in_flight_get_their_own_results) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const RenderedImage reference = image(64, 48, 0);
  std::vector<RenderedImage> frames;
  std::vector<double> expected;
  for (int i = 0; i < 5; ++i) {
    frames.push_back(image(64, 48, 0.1f * static_cast<float>(i)));
    expected.push_back(measure(device(), evaluator.get(), frames.back(), &reference).ssim);
  }
  CommandRing ring(device(), 3);
  int results = 0;
  for (std::uint64_t tick = 0; tick < 20; ++tick) {
    const VkCommandBuffer cmd = ring.begin();
    ASSERT_EQ(record(evaluator.get(), cmd, frames[tick % 5], 100 + tick), FG_STATUS_OK) << fg_last_error();
    ring.submit();
    FgFrameResult result;
    if (poll(evaluator.get(), result) != FG_STATUS_OK) continue;
    EXPECT_EQ(result.ssim, expected[(result.frame_number - 100) % 5]);
    ++results;
  }
  ring.wait_all();
  FgFrameResult last;
  if (poll(evaluator.get(), last) == FG_STATUS_OK) {
    EXPECT_EQ(last.frame_number, 119u);
    ++results;
  }
  EXPECT_GT(results, 0);
  EXPECT_EQ(poll(evaluator.get(), last), FG_STATUS_NOT_READY);
}

TEST_F(evaluator_ring, a_host_that_waits_records_and_then_polls_gets_every_result) {
  const UniqueEvaluator evaluator = evaluator_with(1);
  const RenderedImage reference = image(40, 30, 0), frame = image(40, 30, 0.2f);
  measure(device(), evaluator.get(), frame, &reference, 0);
  CommandRing ring(device(), 1);
  for (std::uint64_t tick = 1; tick <= 6; ++tick) {
    // begin() waits for the frame before; recording the next one must not take its result away.
    ASSERT_EQ(record(evaluator.get(), ring.begin(), frame, tick), FG_STATUS_OK) << fg_last_error();
    FgFrameResult result;
    ASSERT_EQ(poll(evaluator.get(), result), tick == 1 ? FG_STATUS_NOT_READY : FG_STATUS_OK);
    if (tick > 1) {
      EXPECT_EQ(result.frame_number, tick - 1);
    }
    ring.submit();
  }
}

TEST_F(evaluator_ring, a_host_that_never_polls_loses_nothing_but_results) {
  const UniqueEvaluator evaluator = evaluator_with(2);
  const RenderedImage reference = image(40, 30, 0), frame = image(40, 30, 0.2f);
  CommandRing ring(device(), 2);
  for (std::uint64_t tick = 1; tick <= 12; ++tick) {
    const VkCommandBuffer cmd = ring.begin();
    if (tick == 1) {
      ASSERT_EQ(record_reference(evaluator.get(), cmd, reference, 1), FG_STATUS_OK);
    }
    ASSERT_EQ(record(evaluator.get(), cmd, frame, tick), FG_STATUS_OK) << fg_last_error();
    ring.submit();
  }
  ring.wait_all();
  FgFrameResult result;
  ASSERT_EQ(poll(evaluator.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.frame_number, 12u);
  EXPECT_EQ(result.dropped, 0u);
  EXPECT_EQ(poll(evaluator.get(), result), FG_STATUS_NOT_READY) << "older results are passed over";
}

TEST_F(evaluator_ring, frames_beyond_those_in_flight_are_dropped_and_counted) {
  const UniqueEvaluator evaluator = evaluator_with(2);
  const RenderedImage reference = image(40, 30, 0), frame = image(40, 30, 0.2f);
  CommandRing ring(device(), 1);
  const VkCommandBuffer cmd = ring.begin();
  ASSERT_EQ(record_reference(evaluator.get(), cmd, reference, 1), FG_STATUS_OK);
  EXPECT_EQ(record(evaluator.get(), cmd, frame, 1), FG_STATUS_OK);
  EXPECT_EQ(record(evaluator.get(), cmd, frame, 2), FG_STATUS_OK);
  EXPECT_EQ(record(evaluator.get(), cmd, frame, 3), FG_STATUS_NOT_READY);
  EXPECT_NE(std::string(fg_last_error()).find("frame 3 was dropped"), std::string::npos) << fg_last_error();
  FgFrameResult result;
  EXPECT_EQ(poll(evaluator.get(), result), FG_STATUS_NOT_READY) << "nothing was submitted yet";
  ring.submit();
  ring.wait_all();
  ASSERT_EQ(poll(evaluator.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.frame_number, 2u);
  EXPECT_EQ(result.dropped, 1u);
}

TEST_F(evaluator_ring, a_discarded_command_buffer_gives_its_place_back) {
  const UniqueEvaluator evaluator = evaluator_with(1);
  const RenderedImage frame = image(40, 30, 0.2f);
  const HostImage reference(40, 30, 3, false,
                            [](int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); });
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK);
  CommandRing ring(device(), 1);
  for (int attempt = 0; attempt < 3; ++attempt) {  // each takes the reference with it, and does not run
    ASSERT_EQ(record(evaluator.get(), ring.begin(), frame, 7), FG_STATUS_OK) << fg_last_error();
    ring.abandon();
    ASSERT_EQ(fg_evaluator_discard(evaluator.get(), 7), FG_STATUS_OK);
  }
  const RenderedImage same = image(40, 30, 0);
  const FgFrameResult result = measure(device(), evaluator.get(), same, nullptr, 8);
  EXPECT_EQ(result.frame_number, 8u);
  EXPECT_EQ(result.ssim, 1.0) << "the reference must have come with this frame";
  EXPECT_EQ(result.dropped, 0u);
}

TEST_F(evaluator_ring, a_discarded_recorded_reference_is_gone) {
  const UniqueEvaluator evaluator = evaluator_with(2);
  const RenderedImage reference = image(40, 30, 0);
  CommandRing ring(device(), 1);
  ASSERT_EQ(record_reference(evaluator.get(), ring.begin(), reference, 3), FG_STATUS_OK);
  ring.abandon();
  ASSERT_EQ(fg_evaluator_discard(evaluator.get(), 3), FG_STATUS_OK);
  EXPECT_EQ(record(evaluator.get(), ring.begin(), reference, 4), FG_STATUS_OK)
      << "without a reference: nothing to do";
  ring.submit();
  ring.wait_all();
  FgFrameResult result;
  EXPECT_EQ(poll(evaluator.get(), result), FG_STATUS_NOT_READY);
}

TEST_F(evaluator_ring, frames_against_a_reference_that_never_came_give_no_result) {
  const RenderedImage a = image(40, 30, 0), b = image(40, 30, 0.3f);
  const HostImage host(40, 30, 4, false,
                       [](int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); });
  for (const bool from_host : {true, false}) {
    const UniqueEvaluator evaluator = evaluator_with(4);
    EXPECT_LT(measure(device(), evaluator.get(), a, &b).ssim, 1);
    CommandRing ring(device(), 4);
    const VkCommandBuffer first = ring.begin();
    if (from_host) {
      ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &host.tensor), FG_STATUS_OK);
      ASSERT_EQ(record(evaluator.get(), first, a, 2), FG_STATUS_OK);
    } else {
      ASSERT_EQ(record_reference(evaluator.get(), first, a, 2), FG_STATUS_OK);
    }
    ring.abandon();
    ASSERT_EQ(record(evaluator.get(), ring.begin(), a, 3), FG_STATUS_OK);
    ASSERT_EQ(fg_evaluator_discard(evaluator.get(), 2), FG_STATUS_OK);
    ring.submit();
    ring.wait_all();
    FgFrameResult result;
    EXPECT_EQ(poll(evaluator.get(), result), FG_STATUS_NOT_READY) << result.ssim;
    EXPECT_EQ(fg_evaluator_has_reference(evaluator.get()), from_host) << "it comes with the next frame";
    result = measure(device(), evaluator.get(), a, from_host ? nullptr : &a, 4);
    EXPECT_EQ(result.ssim, 1);
    EXPECT_EQ(result.dropped, 1u);
  }
}

TEST_F(evaluator_ring, a_discarded_reference_costs_no_frame_that_another_one_was_recorded_for) {
  const RenderedImage a = image(40, 30, 0), b = image(40, 30, 0.3f);
  const UniqueEvaluator evaluator = evaluator_with(4);
  CommandRing ring(device(), 4);
  const VkCommandBuffer first = ring.begin();
  ASSERT_EQ(record_reference(evaluator.get(), first, a, 1), FG_STATUS_OK);
  ASSERT_EQ(record(evaluator.get(), first, a, 1), FG_STATUS_OK);
  ring.submit();
  ASSERT_EQ(record_reference(evaluator.get(), ring.begin(), b, 2), FG_STATUS_OK);
  ring.abandon();
  const VkCommandBuffer third = ring.begin();
  ASSERT_EQ(record_reference(evaluator.get(), third, a, 3), FG_STATUS_OK);
  ASSERT_EQ(record(evaluator.get(), third, a, 3), FG_STATUS_OK);
  ASSERT_EQ(fg_evaluator_discard(evaluator.get(), 2), FG_STATUS_OK);
  ring.submit();
  ring.wait_all();
  FgFrameResult result;
  ASSERT_EQ(poll(evaluator.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.frame_number, 3u);
  EXPECT_EQ(result.ssim, 1);
  EXPECT_EQ(result.dropped, 0u);
}

TEST_F(evaluator_ring, there_are_no_images_before_a_frame_of_the_size_was_recorded) {
  const RenderedImage a = image(40, 30, 0), b = image(24, 16, 0);
  const UniqueEvaluator evaluator = evaluator_with(3);
  EXPECT_EQ(images_of(evaluator.get()).heatmap, nullptr);
  CommandRing ring(device(), 4);
  ASSERT_EQ(record_reference(evaluator.get(), ring.begin(), a, 1), FG_STATUS_OK);
  EXPECT_EQ(images_of(evaluator.get()).map, nullptr) << "a reference alone has none";
  ring.submit();
  ASSERT_EQ(record(evaluator.get(), ring.begin(), a, 2), FG_STATUS_OK);
  EXPECT_NE(images_of(evaluator.get()).map, nullptr);
  ring.abandon();
  ASSERT_EQ(fg_evaluator_discard(evaluator.get(), 2), FG_STATUS_OK);
  EXPECT_EQ(images_of(evaluator.get()).map, nullptr) << "the only frame does not run";
  ASSERT_EQ(record(evaluator.get(), ring.begin(), a, 3), FG_STATUS_OK);
  EXPECT_EQ(images_of(evaluator.get()).width, 40u);
  ring.submit();
  ASSERT_EQ(record_reference(evaluator.get(), ring.begin(), b, 4), FG_STATUS_OK);
  EXPECT_EQ(images_of(evaluator.get()).map, nullptr) << "of the new size there are none yet";
  ring.submit();
  ring.wait_all();
}

TEST_F(evaluator_ring, sizes_change_beside_one_or_two_references_a_frame) {
  const RenderedImage small = image(24, 16, 0), large = image(64, 48, 0);
  for (const int references : {1, 2}) {
    const UniqueEvaluator evaluator = evaluator_with(3);
    CommandRing ring(device(),
                     4);  // the host waits for frame n - 4 before it records frame n, and then for n - 3
    for (std::uint64_t number = 1; number <= 24; ++number) {
      const RenderedImage& frame = number / 7 % 2 == 0 ? small : large;
      const VkCommandBuffer cmd = ring.begin();
      bool taken = true;
      for (int i = 0; i < references; ++i)
        taken &= record_reference(evaluator.get(), cmd, frame, number) == FG_STATUS_OK;
      if (taken && record(evaluator.get(), cmd, frame, number) == FG_STATUS_OK)
        read_heatmap(cmd, evaluator.get());
      ring.submit();  // the validation layer would tell of what is gone too early
    }
  }
}

TEST_F(evaluator_ring, references_from_host_memory_that_no_frame_took_leave_nothing_behind) {
  FgEvaluatorInfo info = evaluator_info(device());
  info.get_instance_proc_addr = counted_vulkan(device());
  const UniqueEvaluator evaluator = make_evaluator(info);
  const HostImage reference(40, 30, 4, false, [](int, int, int) { return 0.5f; });
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK);
  const std::size_t of_one = vulkan_counts().live_bytes;
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK);
  EXPECT_EQ(vulkan_counts().live_bytes, of_one);
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), nullptr), FG_STATUS_OK);
  EXPECT_LT(vulkan_counts().live_bytes, of_one);
}

TEST_F(evaluator_ring, sizes_change_while_frames_are_in_flight) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const std::pair<int, int> sizes[] = {{64, 48}, {33, 77}, {120, 20}};
  std::vector<RenderedImage> references, frames;
  std::vector<double> expected;
  for (const auto& [w, h] : sizes) {
    references.push_back(image(w, h, 0));
    frames.push_back(image(w, h, 0.3f));
    const UniqueEvaluator alone = evaluator_with(1);
    expected.push_back(measure(device(), alone.get(), frames.back(), &references.back()).ssim);
  }
  CommandRing ring(device(), 3);
  int results = 0;
  for (std::uint64_t tick = 0; tick < 24; ++tick) {
    const std::size_t i = tick / 2 % 3;  // two frames of a size, then the next
    const VkCommandBuffer cmd = ring.begin();
    if (tick % 2 == 0) {
      ASSERT_EQ(record_reference(evaluator.get(), cmd, references[i], tick), FG_STATUS_OK) << fg_last_error();
    }
    ASSERT_EQ(record(evaluator.get(), cmd, frames[i], tick), FG_STATUS_OK) << fg_last_error();
    read_heatmap(cmd, evaluator.get());  // the host goes on using the images in the same command buffer
    ring.submit();
    FgFrameResult result;
    if (poll(evaluator.get(), result) != FG_STATUS_OK) continue;
    const std::size_t of = result.frame_number / 2 % 3;
    EXPECT_EQ(result.ssim, expected[of]);
    EXPECT_EQ(result.width, static_cast<std::uint32_t>(sizes[of].first));
    ++results;
  }
  EXPECT_GT(results, 0);
}

TEST_F(evaluator_ring, references_from_host_memory_change_while_frames_are_in_flight) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const RenderedImage frame = image(50, 40, 0);
  CommandRing ring(device(), 3);
  int exact = 0;
  for (std::uint64_t tick = 0; tick < 18; ++tick) {
    // Every third reference equals the frame; tick % 3 == 2 keeps the one before.
    if (tick % 3 != 2) {
      const float strength = tick % 3 == 0 ? 0.0f : 0.4f;
      const HostImage reference(50, 40, 4, false, [&](int c, int y, int x) {
        return static_cast<float>(scene(0, c, y, x)) + strength * (noise(x, y, c) - 0.5f);
      });
      ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK)
          << fg_last_error();
    }
    ASSERT_EQ(record(evaluator.get(), ring.begin(), frame, tick), FG_STATUS_OK) << fg_last_error();
    ring.submit();
    if (tick % 4 == 3) ring.wait_all();
    FgFrameResult result;
    if (poll(evaluator.get(), result) != FG_STATUS_OK) continue;
    EXPECT_EQ(result.ssim == 1.0, result.frame_number % 3 == 0) << "frame " << result.frame_number;
    exact += result.ssim == 1.0;
  }
  EXPECT_GT(exact, 0);
}

TEST_F(evaluator_ring, losing_the_reference_ends_the_results_until_there_is_a_new_one) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const RenderedImage a = image(40, 30, 0), b = image(40, 30, 0.2f);
  const double first = measure(device(), evaluator.get(), b, &a).ssim;
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), nullptr), FG_STATUS_OK);
  vk::run_and_wait(device(),
                   [&](VkCommandBuffer cmd) { EXPECT_EQ(record(evaluator.get(), cmd, b, 2), FG_STATUS_OK); });
  FgFrameResult result;
  EXPECT_EQ(poll(evaluator.get(), result), FG_STATUS_NOT_READY);
  EXPECT_EQ(measure(device(), evaluator.get(), b, &a, 3).ssim, first);
}

TEST_F(evaluator_ring, a_frame_of_another_size_than_the_reference_is_refused) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const RenderedImage a = image(40, 30, 0), b = image(41, 30, 0);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    ASSERT_EQ(record_reference(evaluator.get(), cmd, a, 1), FG_STATUS_OK);
    EXPECT_EQ(record(evaluator.get(), cmd, b, 1), FG_STATUS_SIZE_MISMATCH);
    EXPECT_STREQ(fg_last_error(),
                 "the frame is 41x30 pixels, the reference 40x30; set a reference of the frame's size");
  });
  EXPECT_EQ(measure(device(), evaluator.get(), a, nullptr, 2).ssim, 1.0);
}

TEST_F(evaluator_ring, may_be_destroyed_with_unpolled_results_and_unsubmitted_commands) {
  const RenderedImage a = image(40, 30, 0);
  CommandRing ring(device(), 2);
  UniqueEvaluator evaluator = evaluator_with(3);
  const VkCommandBuffer first = ring.begin();
  ASSERT_EQ(record_reference(evaluator.get(), first, a, 1), FG_STATUS_OK);
  ASSERT_EQ(record(evaluator.get(), first, a, 1), FG_STATUS_OK);
  ring.submit();
  ASSERT_EQ(record(evaluator.get(), ring.begin(), a, 2), FG_STATUS_OK);
  ring.abandon();
  ring.wait_all();
  evaluator.reset();
  fg_evaluator_destroy(nullptr);
}

TEST_F(evaluator_ring, may_be_destroyed_in_the_middle_of_frames) {
  const RenderedImage a = image(640, 480, 0);
  for (int i = 0; i < 5; ++i) {
    CommandRing ring(device(), 3);
    UniqueEvaluator evaluator = evaluator_with(3);
    for (std::uint64_t number = 1; number <= 3; ++number) {
      const VkCommandBuffer cmd = ring.begin();
      ASSERT_EQ(record_reference(evaluator.get(), cmd, a, number), FG_STATUS_OK);
      ASSERT_EQ(record(evaluator.get(), cmd, a, number), FG_STATUS_OK);
      ring.submit();
    }
    evaluator.reset();  // the validation layer would tell of memory that the GPU still uses
  }
}

TEST_F(evaluator_ring, destroying_waits_for_the_device_once_anything_was_recorded_unless_the_host_does) {
  const RenderedImage a = image(40, 30, 0);
  for (const bool records : {false, true})
    for (const bool host_waits : {false, true}) {
      FgEvaluatorInfo info = evaluator_info(device());
      EXPECT_EQ(info.destroy_waits, 1u);
      info.get_instance_proc_addr = counted_vulkan(device());
      info.destroy_waits = host_waits ? 0 : 1;
      UniqueEvaluator evaluator = make_evaluator(info);
      CommandRing ring(device(), 1);
      const VkCommandBuffer cmd = ring.begin();
      if (records) {
        ASSERT_EQ(record_reference(evaluator.get(), cmd, a, 1), FG_STATUS_OK);
      }
      ring.submit();
      ring.wait_all();
      FgFrameResult result;
      poll(evaluator.get(), result);
      EXPECT_EQ(vulkan_counts().device_waits, 0u);
      evaluator.reset();
      EXPECT_EQ(vulkan_counts().device_waits, records && !host_waits ? 1u : 0u);
    }
}

TEST_F(evaluator_ring, may_be_destroyed_while_the_host_still_draws_the_heatmap_of_a_frame_that_was_polled) {
  const RenderedImage a = image(640, 480, 0);
  const vk::Buffer drawn(device(), 640 * 480 * 4, vk::Residence::readback);
  CommandRing ring(device(), 1);
  UniqueEvaluator evaluator = evaluator_with(1);
  const VkCommandBuffer cmd = ring.begin();
  ASSERT_EQ(record_reference(evaluator.get(), cmd, a, 1), FG_STATUS_OK);
  ASSERT_EQ(record(evaluator.get(), cmd, a, 1), FG_STATUS_OK);
  const VkBufferImageCopy copy{.imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
                               .imageExtent = {640, 480, 1}};
  device().CmdCopyImageToBuffer(cmd, images_of(evaluator.get()).heatmap, VK_IMAGE_LAYOUT_GENERAL, drawn.get(),
                                1, &copy);
  ring.submit();
  FgFrameResult result;
  while (poll(evaluator.get(), result) == FG_STATUS_NOT_READY) continue;
  evaluator.reset();  // the validation layer would tell
}

TEST_F(evaluator_ring, two_evaluators_on_one_device_do_not_disturb_each_other) {
  const UniqueEvaluator one = evaluator_with(2), two = evaluator_with(2);
  const RenderedImage a = image(60, 40, 0), b = image(60, 40, 0.2f), c = image(31, 29, 0),
                      d = image(31, 29, 0.5f);
  const double first = measure(device(), one.get(), b, &a).ssim,
               second = measure(device(), two.get(), d, &c).ssim;
  EXPECT_NE(first, second);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    EXPECT_EQ(record(one.get(), cmd, b, 2), FG_STATUS_OK);
    EXPECT_EQ(record(two.get(), cmd, d, 3), FG_STATUS_OK);
  });
  FgFrameResult result;
  ASSERT_EQ(poll(one.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.ssim, first);
  ASSERT_EQ(poll(two.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.ssim, second);
  EXPECT_EQ(result.frame_number, 3u);
}

TEST_F(evaluator_ring, a_reference_read_from_an_image_stays_when_the_image_changes) {
  const UniqueEvaluator evaluator = evaluator_with(3);
  const RenderedImage frame = image(40, 30, 0);
  const RenderedImage changing = image(40, 30, 0);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    ASSERT_EQ(record_reference(evaluator.get(), cmd, changing, 1), FG_STATUS_OK);
    const VkClearColorValue red{.float32 = {1, 0, 0, 1}};
    const VkImageSubresourceRange range{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    device().CmdClearColorImage(cmd, changing.image.get(), VK_IMAGE_LAYOUT_GENERAL, &red, 1, &range);
    EXPECT_EQ(record(evaluator.get(), cmd, frame, 1), FG_STATUS_OK);
  });
  FgFrameResult result;
  ASSERT_EQ(poll(evaluator.get(), result), FG_STATUS_OK);
  EXPECT_EQ(result.ssim, 1.0);
}

}  // namespace
}  // namespace fg::test
