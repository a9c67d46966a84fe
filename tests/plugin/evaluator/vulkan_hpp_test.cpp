// framegauge/vulkan.hpp: owners, exceptions and what record() tells, on a device.

#include "framegauge/vulkan.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

using framegauge::Recorded;

float truth(int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); }

class vulkan_hpp : public LiveTest {
 protected:
  framegauge::Evaluator evaluator_with(std::uint32_t frames_in_flight) const {
    FgEvaluatorInfo info = evaluator_info(device());
    info.frames_in_flight = frames_in_flight;
    return framegauge::Evaluator(info);
  }
  RenderedImage image(int width = 40, int height = 30) const {
    return RenderedImage(device(), PixelFormat::rgba8, width, height, truth);
  }
  // Records the frame in a command buffer of its own and waits.
  Recorded record(framegauge::Evaluator& evaluator, const RenderedImage& frame, std::uint64_t number) const {
    Recorded recorded{};
    vk::run_and_wait(device(),
                     [&](VkCommandBuffer cmd) { recorded = evaluator.record(cmd, frame.frame(number)); });
    return recorded;
  }
  // The SSIM of an image of the truth, which is 1 where the evaluator's reference is the truth.
  double score(framegauge::Evaluator& evaluator, std::uint64_t number = 1) const {
    EXPECT_EQ(record(evaluator, image(), number), Recorded::yes);
    const auto result = evaluator.poll();
    if (!result || result->frame_number != number) {
      ADD_FAILURE() << "no result of frame " << number;
      return NAN;
    }
    return result->ssim;
  }
};

// The error that body throws; a failure if there is none.
template <class Body>
framegauge::Error error_of(Body&& body) {
  try {
    body();
  } catch (const framegauge::Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {FG_STATUS_OK, ""};
}

#define EXPECT_ERROR(body, expected_status, part)                                       \
  do {                                                                                  \
    const framegauge::Error error = error_of([&] { body; });                            \
    EXPECT_EQ(error.status(), expected_status);                                         \
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what(); \
  } while (false)

TEST(vulkan_hpp_without_a_device, structs_come_with_their_defaults) {
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  const framegauge::EvaluatorInfo mine;
  EXPECT_EQ(mine.struct_size, sizeof(FgEvaluatorInfo));
  EXPECT_EQ(mine.frames_in_flight, info.frames_in_flight);
  EXPECT_EQ(mine.window, info.window);
  const framegauge::Frame frame;
  EXPECT_EQ(frame.struct_size, sizeof(FgFrame));
  EXPECT_EQ(frame.layout, VK_IMAGE_LAYOUT_GENERAL);
}

TEST(vulkan_hpp_without_a_device, a_constructor_that_fails_throws_the_sentence) {
  const framegauge::EvaluatorInfo info;
  EXPECT_ERROR(framegauge::Evaluator{info}, FG_STATUS_INVALID_ARGUMENT,
               "info.instance is VK_NULL_HANDLE; pass the host's VkInstance");
  EXPECT_ERROR(framegauge::executors(info), FG_STATUS_INVALID_ARGUMENT, "info.instance is VK_NULL_HANDLE");
  EXPECT_ERROR(framegauge::device_requirements(nullptr, nullptr, nullptr), FG_STATUS_INVALID_ARGUMENT,
               "instance is VK_NULL_HANDLE");
}

TEST(vulkan_hpp_without_a_device, an_error_keeps_its_sentence_when_others_follow_and_on_other_threads) {
  const framegauge::EvaluatorInfo info;
  std::optional<framegauge::Error> kept;
  std::thread([&] { kept = error_of([&] { framegauge::Evaluator{info}; }); }).join();
  framegauge::Evaluator empty;
  EXPECT_ERROR((void)empty.poll(), FG_STATUS_INVALID_ARGUMENT, "evaluator is NULL");
  EXPECT_EQ(std::string(kept->what()), "info.instance is VK_NULL_HANDLE; pass the host's VkInstance");
}

TEST(vulkan_hpp_without_a_device, every_call_on_an_empty_evaluator_throws) {
  framegauge::Evaluator empty;
  EXPECT_FALSE(empty);
  EXPECT_EQ(empty.get(), nullptr);
  const std::array<std::uint8_t, 3> pixel{};
  const framegauge::Frame frame;
  for (const framegauge::Error& error :
       {error_of([&] {
          empty.set_reference({pixel, 1, 1, 3});
        }),
        error_of([&] { empty.set_reference(DLTensor{}); }), error_of([&] { empty.clear_reference(); }),
        error_of([&] { (void)empty.record_reference(nullptr, frame); }),
        error_of([&] { (void)empty.record(nullptr, frame); }), error_of([&] { empty.discard(1); }),
        error_of([&] { (void)empty.poll(); }), error_of([&] { empty.set_heatmap(FG_COLOR_MAP_GREY, 0, 1); }),
        error_of([&] { (void)empty.images(); })}) {
    EXPECT_EQ(error.status(), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_STREQ(error.what(), "evaluator is NULL; create one with fg_evaluator_create()");
  }
  EXPECT_EQ(empty.executor(), FG_EXECUTOR_AUTO);
  EXPECT_STREQ(empty.passed_over(), "");
  empty.reset();
}

TEST(vulkan_hpp_without_a_device, a_shared_image_throws_the_sentences_too) {
  framegauge::SharedImageInfo info;
  EXPECT_EQ(info.struct_size, sizeof(FgSharedImageInfo));
  EXPECT_EQ(info.format, VK_FORMAT_R8G8B8A8_UNORM);
  FgSharedImage handle = nullptr;
  ASSERT_NE(fg_shared_image_create(&info, &handle), FG_STATUS_OK);
  const std::string sentence = fg_last_error();
  EXPECT_ERROR(framegauge::SharedImage{info}, FG_STATUS_INVALID_ARGUMENT, sentence);
  framegauge::SharedImage empty;
  EXPECT_FALSE(empty);
  for (const framegauge::Error& error :
       {error_of([&] { (void)empty.handles(); }), error_of([&] { empty.record_begin(nullptr); }),
        error_of([&] { empty.record_end(nullptr); }), error_of([&] { (void)empty.submission(); }),
        error_of([&] { (void)empty.begin_cuda(nullptr); }), error_of([&] { empty.write({}, nullptr); }),
        error_of([&] { empty.end_cuda(nullptr); })}) {
    EXPECT_EQ(error.status(), FG_STATUS_INVALID_ARGUMENT);
    EXPECT_NE(std::string(error.what()), "");
  }
}

TEST(vulkan_hpp_without_a_device, pixels_that_are_too_few_are_refused_before_they_are_read) {
  const std::vector<std::uint8_t> pixels(4 * 3 * 3 - 1);
  EXPECT_ERROR((framegauge::PixelView{pixels, 4, 3, 3}), FG_STATUS_INVALID_ARGUMENT,
               "the pixels are 35 values, which is 2 rows of 4 pixels with 3 channels; expected 3 rows");
  EXPECT_ERROR((framegauge::PixelView{pixels, std::int64_t{1} << 60, std::int64_t{1} << 60, 4}),
               FG_STATUS_INVALID_ARGUMENT, "expected 1152921504606846976 rows");
  EXPECT_EQ((framegauge::PixelView{pixels, 5, 7, 1}.row_stride()), 5);
}

TEST_F(vulkan_hpp, measures_a_frame_and_names_its_executor) {
  framegauge::Evaluator evaluator(evaluator_info(device()));
  ASSERT_TRUE(evaluator);
  EXPECT_FALSE(evaluator.poll()) << "nothing was recorded yet";
  EXPECT_EQ(evaluator.images().map, nullptr) << "nor is there a map";
  const HostImage reference(40, 30, 3, false, truth);
  evaluator.set_reference(reference.tensor);
  ASSERT_EQ(record(evaluator, image(), 77), Recorded::yes);
  const std::optional<FgFrameResult> result = evaluator.poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->frame_number, 77u);
  EXPECT_EQ(result->ssim, 1.0);
  EXPECT_EQ(result->executor, evaluator.executor());
  EXPECT_STREQ(framegauge::name_of(result->executor), fg_executor_name(evaluator.executor()));
  EXPECT_STREQ(evaluator.passed_over(), fg_evaluator_passed_over(evaluator.get()));
  EXPECT_FALSE(evaluator.poll()) << "a result is given once";
  const FgEvaluatorImages images = evaluator.images();
  EXPECT_NE(images.map, nullptr);
  EXPECT_EQ(images.width, 40u);
}

TEST_F(vulkan_hpp, takes_every_kind_of_pixels) {
  framegauge::Evaluator evaluator = evaluator_with(3);
  constexpr int kWidth = 40, kHeight = 30;
  const HostImage bytes(kWidth, kHeight, 4, false, truth), padded(kWidth, kHeight, 3, false, truth, 7);
  std::vector<float> floats;
  for (const std::uint8_t code : bytes.bytes) floats.push_back(static_cast<float>(code) / 255.0f);
  std::vector<std::uint8_t> upside_down;
  for (int y = kHeight - 1; y >= 0; --y)
    upside_down.insert(upside_down.end(), bytes.bytes.begin() + y * kWidth * 4,
                       bytes.bytes.begin() + (y + 1) * kWidth * 4);
  const std::vector<std::uint8_t> black(kWidth * kHeight * 3);

  std::uint64_t number = 0;
  const auto expect_truth = [&](const framegauge::PixelView& pixels, const char* what) {
    evaluator.set_reference({black, kWidth, kHeight, 3});
    EXPECT_LT(score(evaluator, ++number), 0.9);
    evaluator.set_reference(pixels);
    EXPECT_EQ(score(evaluator, ++number), 1.0) << what;
  };
  expect_truth({bytes.bytes, kWidth, kHeight, 4}, "a vector of bytes");
  expect_truth({bytes.bytes.data(), kWidth, kHeight, 4}, "a pointer to bytes");
  expect_truth({floats, kWidth, kHeight, 4}, "a vector of floats");
  expect_truth({floats.data(), kWidth, kHeight, 4}, "a pointer to floats");
  expect_truth({padded.bytes.data(), kWidth, kHeight, 3, kWidth * 3 + 7}, "padded rows");
  expect_truth({upside_down.data() + (kHeight - 1) * kWidth * 4, kWidth, kHeight, 4, -kWidth * 4},
               "rows that go up");
}

TEST_F(vulkan_hpp, wrong_arguments_throw_the_librarys_sentences) {
  framegauge::Evaluator evaluator = evaluator_with(3);
  const std::vector<std::uint8_t> pixels(40 * 30 * 3);
  EXPECT_ERROR(evaluator.set_reference({pixels, 40, 30, 2}), FG_STATUS_INVALID_ARGUMENT,
               "pixels have the shape [30, 40, 2]; expected [height, width, 3 or 4]");
  EXPECT_ERROR(evaluator.set_reference({static_cast<const float*>(nullptr), 4, 3, 3}),
               FG_STATUS_INVALID_ARGUMENT, "pixels.data is NULL");
  EXPECT_ERROR(evaluator.set_heatmap(FG_COLOR_MAP_GREY, 1, 1), FG_STATUS_INVALID_ARGUMENT,
               "the heatmap's range is");
  evaluator.set_reference({pixels, 40, 30, 3});
  const RenderedImage other = image(41, 30);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    EXPECT_ERROR((void)evaluator.record(cmd, other.frame(1)), FG_STATUS_SIZE_MISMATCH,
                 "the frame is 41x30 pixels, the reference 40x30; set a reference of the frame's size");
    EXPECT_ERROR((void)evaluator.record_reference(cmd, framegauge::Frame()), FG_STATUS_INVALID_ARGUMENT,
                 "reference.image is VK_NULL_HANDLE");
  });
  FgEvaluatorInfo info = evaluator_info(device());
  info.window = 8;
  EXPECT_ERROR(framegauge::Evaluator{info}, FG_STATUS_INVALID_ARGUMENT,
               "info.window is 8; expected 7, 9 or 11 taps");
}

TEST_F(vulkan_hpp, moving_hands_over_the_evaluator_with_what_it_knows) {
  framegauge::Evaluator first = evaluator_with(2);
  const FgEvaluator handle = first.get();
  const HostImage reference(40, 30, 4, false, truth);
  first.set_reference(reference.tensor);
  framegauge::Evaluator second(std::move(first));
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): it is empty, as documented
  EXPECT_EQ(second.get(), handle);
  EXPECT_EQ(score(second), 1.0);

  framegauge::Evaluator third = evaluator_with(1);
  third = std::move(second);  // destroys what it had
  EXPECT_FALSE(second);       // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(third.get(), handle);
  EXPECT_EQ(score(third, 2), 1.0);
  framegauge::Evaluator& itself = third;
  third = std::move(itself);
  EXPECT_EQ(third.get(), handle) << "moving into itself changes nothing";

  framegauge::Evaluator fourth = evaluator_with(1);
  std::swap(third, fourth);
  EXPECT_EQ(fourth.get(), handle);
  EXPECT_EQ(record(third, image(), 3), Recorded::nothing) << "its reference stayed with the other";
  EXPECT_EQ(score(fourth, 3), 1.0);
  fourth.reset();
  EXPECT_FALSE(fourth);

  std::vector<framegauge::Evaluator> several;
  several.push_back(evaluator_with(1));
  several.push_back(evaluator_with(1));  // moves the first one to new memory
  several.insert(several.begin(), evaluator_with(1));
  for (framegauge::Evaluator& one : several) {
    one.set_reference(reference.tensor);
    EXPECT_EQ(score(one), 1.0);
  }
}

TEST_F(vulkan_hpp, a_handle_of_the_C_interface_is_taken_over_and_given_back) {
  FgEvaluator handle = make_evaluator(evaluator_info(device())).release();
  framegauge::Evaluator owner(handle);
  EXPECT_EQ(record(owner, image(), 1), Recorded::nothing);
  const HostImage reference(40, 30, 4, false, truth);
  framegauge::check(fg_evaluator_set_reference(handle, &reference.tensor));
  owner = framegauge::Evaluator(owner.release());
  EXPECT_EQ(score(owner, 2), 1.0);
  handle = owner.release();
  EXPECT_FALSE(owner);
  fg_evaluator_destroy(handle);
}

TEST_F(vulkan_hpp, record_tells_recorded_dropped_and_nothing_apart) {
  framegauge::Evaluator evaluator = evaluator_with(1);
  const RenderedImage frame = image();
  EXPECT_EQ(record(evaluator, frame, 1), Recorded::nothing) << "there is no reference yet";
  EXPECT_FALSE(evaluator.poll());
  CommandRing ring(device(), 1);
  VkCommandBuffer cmd = ring.begin();
  ASSERT_EQ(evaluator.record_reference(cmd, frame.frame(2)), Recorded::yes);
  EXPECT_EQ(evaluator.record(cmd, frame.frame(2)), Recorded::yes);
  EXPECT_EQ(evaluator.record(cmd, frame.frame(3)), Recorded::dropped) << "one frame in flight";
  EXPECT_EQ(evaluator.record_reference(cmd, frame.frame(3)), Recorded::yes)
      << "two references for each frame";
  EXPECT_EQ(evaluator.record_reference(cmd, frame.frame(3)), Recorded::dropped);
  ring.submit();
  ring.wait_all();
  const auto result = evaluator.poll();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->frame_number, 2u);
  EXPECT_EQ(result->dropped, 1u);
  evaluator.clear_reference();
  EXPECT_EQ(record(evaluator, frame, 4), Recorded::nothing);
}

TEST_F(vulkan_hpp, record_knows_whether_a_reference_outlived_a_discard) {
  framegauge::Evaluator evaluator = evaluator_with(2);
  const RenderedImage frame = image();
  CommandRing ring(device(), 1);

  VkCommandBuffer cmd = ring.begin();  // the reference is abandoned with its command buffer
  ASSERT_EQ(evaluator.record_reference(cmd, frame.frame(5)), Recorded::yes);
  ring.abandon();
  evaluator.discard(5);
  EXPECT_EQ(record(evaluator, frame, 6), Recorded::nothing);
  EXPECT_FALSE(evaluator.poll());

  vk::run_and_wait(device(), [&](VkCommandBuffer commands) {  // this one has run, under the same number
    ASSERT_EQ(evaluator.record_reference(commands, frame.frame(5)), Recorded::yes);
  });
  ASSERT_EQ(evaluator.record(ring.begin(), frame.frame(5)), Recorded::yes);
  ring.abandon();
  evaluator.discard(5);
  EXPECT_EQ(score(evaluator, 7), 1.0);

  const HostImage reference(40, 30, 3, false, truth);  // and this one comes again with the next frame
  evaluator.set_reference(reference.tensor);
  ASSERT_EQ(evaluator.record(ring.begin(), frame.frame(8)), Recorded::yes);
  ring.abandon();
  evaluator.discard(8);
  EXPECT_EQ(score(evaluator, 9), 1.0);
}

TEST_F(vulkan_hpp, takes_references_from_images_and_buffers) {
  framegauge::Evaluator evaluator = evaluator_with(2);
  const RenderedImage frame = image();
  const HostImage pixels(40, 30, 4, false, truth);
  const vk::Buffer buffer(device(), pixels.bytes.size(), vk::Residence::upload);
  std::copy(pixels.bytes.begin(), pixels.bytes.end(), buffer.as<std::uint8_t>().begin());
  const RenderedImage black(device(), PixelFormat::rgba8, 40, 30, [](int, int, int) { return 0.0f; });
  framegauge::FrameBuffer reference;
  reference.buffer = buffer.get();
  reference.width = 40;
  reference.height = 30;
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    EXPECT_EQ(evaluator.record_reference(cmd, black.frame(1)), Recorded::yes);
  });
  EXPECT_LT(score(evaluator, 1), 0.9);
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
    EXPECT_EQ(evaluator.record_reference(cmd, reference), Recorded::yes);
  });
  EXPECT_EQ(score(evaluator, 2), 1.0);
  EXPECT_ERROR((void)evaluator.record_reference(nullptr, reference), FG_STATUS_INVALID_ARGUMENT,
               "command_buffer is VK_NULL_HANDLE");
}

TEST_F(vulkan_hpp, the_heatmap_takes_the_colours_that_are_set) {
  framegauge::Evaluator evaluator = evaluator_with(2);
  const HostImage reference(40, 30, 3, false, truth);
  evaluator.set_reference(reference.tensor);
  for (const FgColorMap map : {FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA}) {
    evaluator.set_heatmap(map, 0, 1);
    EXPECT_EQ(score(evaluator, map), 1.0);
    std::array<std::uint8_t, 4> best{};
    fg_color_map_sample(map, 1, best.data());
    const std::vector<std::uint8_t> heatmap = download_heatmap(device(), evaluator.get());
    EXPECT_TRUE(std::equal(best.begin(), best.end(), heatmap.begin())) << "colour map " << map;
  }
}

TEST_F(vulkan_hpp, lists_executors_and_what_to_enable) {
  const FgEvaluatorInfo info = evaluator_info(device());
  const std::vector<FgExecutorSupport> support = framegauge::executors(info);
  ASSERT_EQ(support.size(), 3u);
  EXPECT_EQ(support.back().executor, FG_EXECUTOR_SHADER);
  for (const FgExecutorSupport& entry : support)
    EXPECT_EQ(entry.available == 0, entry.reason[0] != '\0') << framegauge::name_of(entry.executor);
  const framegauge::DeviceRequirements wanted =
      framegauge::device_requirements(info.instance, info.physical_device, info.get_instance_proc_addr);
  const std::vector<const char*> all = framegauge::device_extensions();
  for (const char* name : wanted.extensions)
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const char* other) {
      return std::string(other) == name;
    })) << name;
  EXPECT_EQ(wanted.extensions.empty(), !wanted.buffer_device_address)
      << "in_queue needs both, shader neither";
}

}  // namespace
}  // namespace fg::test
