// Every other executor against the shader executor, on the same images.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

class executors_agree : public LiveTest {
 protected:
  void SetUp() override {
    LiveTest::SetUp();
    if (IsSkipped()) return;
    const FgEvaluatorInfo info = evaluator_info(device());
    FgExecutorSupport support[8];
    std::uint32_t count = 8;
    ASSERT_EQ(fg_evaluator_executors(&info, support, &count), FG_STATUS_OK) << fg_last_error();
    std::string reasons;
    for (std::uint32_t i = 0; i < count; ++i) {
      if (support[i].executor == FG_EXECUTOR_SHADER) continue;
      if (support[i].available)
        others_.push_back(support[i].executor);
      else
        reasons += std::string(" ") + fg_executor_name(support[i].executor) + ": " + support[i].reason + ";";
    }
    if (others_.empty()) GTEST_SKIP() << "only the shader executor is available;" << reasons;
  }

  UniqueEvaluator evaluator_of(FgExecutor executor, int window = 11, FgPadding padding = FG_PADDING_SAME,
                               std::uint32_t frames_in_flight = 3) const {
    FgEvaluatorInfo info = evaluator_info(device());
    info.executor = executor;
    info.window = window;
    info.padding = padding;
    info.frames_in_flight = frames_in_flight;
    return make_evaluator(info);
  }

  std::vector<FgExecutor> others_;
};

constexpr PixelFormat kFormats[] = {PixelFormat::rgba8,      PixelFormat::rgba8_srgb,  PixelFormat::bgra8,
                                    PixelFormat::bgra8_srgb, PixelFormat::a2b10g10r10, PixelFormat::rgba16f,
                                    PixelFormat::rgba32f};

// A scene, and a renderer's attempt at it: noise, a flat region that is right, one that is off.
Picture truth() {
  return [](int c, int y, int x) { return c == 3 ? 1.0f : static_cast<float>(scene(0, c, y, x)); };
}
Picture attempt(float strength) {
  return [strength](int c, int y, int x) {
    if (c == 3) return 1.0f;
    const auto v = static_cast<float>(scene(0, c, y, x));
    const auto hash = static_cast<std::uint32_t>(x * 73856093 ^ y * 19349663 ^ c * 83492791) * 2654435761u;
    const float noise = static_cast<float>(hash >> 8) / 16777216.0f - 0.5f;
    return std::clamp(v + (x % 64 < 20 ? 0.0f : strength * noise), 0.0f, 1.0f);
  };
}

std::uint64_t pixels_counted(const FgFrameResult& result) {
  return std::accumulate(std::begin(result.histogram), std::end(result.histogram), std::uint64_t{0});
}

void expect_near_map(const std::vector<float>& ours, const std::vector<float>& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  double worst = 0;
  std::size_t not_numbers = 0;
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (std::isnan(ours[i]) || std::isnan(theirs[i]))
      not_numbers += std::isnan(ours[i]) != std::isnan(theirs[i]);
    else
      worst = std::max(worst, std::abs(static_cast<double>(ours[i]) - theirs[i]));
  EXPECT_EQ(not_numbers, 0u);
  // Float sums of 121 products in other orders, of codes here and of values there: 1e-5 each at most.
  EXPECT_LE(worst, 1e-4);
}

void expect_same_scores(const FgFrameResult& ours, const FgFrameResult& theirs) {
  EXPECT_NEAR(ours.ssim, theirs.ssim, 1e-5);
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(ours.ssim_channel[c], theirs.ssim_channel[c], 1e-5);
  EXPECT_NEAR(ours.ssim_min, theirs.ssim_min, 1e-4);
  EXPECT_NEAR(ours.ssim_p5, theirs.ssim_p5, 1e-3);  // a bin or two of 1/2048
  EXPECT_NEAR(ours.mse, theirs.mse, 1e-5 * theirs.mse + 1e-12);
  EXPECT_NEAR(ours.mae, theirs.mae, 1e-5 * theirs.mae + 1e-9);
  EXPECT_NEAR(ours.max_error, theirs.max_error, 1e-6);
  EXPECT_EQ(ours.nonfinite, theirs.nonfinite);
  EXPECT_EQ(pixels_counted(ours), pixels_counted(theirs));
}

// For those who look at the images: the interop executor's show the frame before.
FgFrameResult measure_twice(const vk::OwnDevice& device, FgEvaluator evaluator, const RenderedImage& frame,
                            const RenderedImage* reference) {
  measure(device, evaluator, frame, reference);
  return measure(device, evaluator, frame, nullptr, 2);
}

struct Case {
  PixelFormat frame = PixelFormat::rgba8, reference = PixelFormat::rgba8;
  int width = 33, height = 17, window = 11;
  FgPadding padding = FG_PADDING_SAME;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << "format " << static_cast<int>(c.frame) << " against " << static_cast<int>(c.reference) << ", "
             << c.width << "x" << c.height << ", window " << c.window
             << (c.padding == FG_PADDING_VALID ? ", valid" : ", same");
}

void compare(const vk::OwnDevice& device, FgEvaluator ours, FgEvaluator theirs, const Case& c) {
  SCOPED_TRACE(testing::Message() << c);
  const RenderedImage reference(device, c.reference, c.width, c.height, truth());
  const RenderedImage frame(device, c.frame, c.width, c.height, attempt(0.4f));
  const FgFrameResult a = measure(device, ours, frame, &reference);
  const FgFrameResult b = measure(device, theirs, frame, &reference);
  EXPECT_NE(a.executor, b.executor);
  expect_same_scores(a, b);
  // The same bits again, from what the first frame left behind.
  const FgFrameResult again = measure(device, ours, frame, nullptr);
  expect_near_map(download_map(device, ours), download_map(device, theirs));  // interop's is a frame late
  EXPECT_EQ(again.ssim, a.ssim);
  EXPECT_EQ(again.ssim_p5, a.ssim_p5);
  EXPECT_EQ(pixels_counted(again), pixels_counted(a));
}

TEST_F(executors_agree, on_every_pair_of_formats) {
  const UniqueEvaluator shader = evaluator_of(FG_EXECUTOR_SHADER);
  for (const FgExecutor other : others_) {
    const UniqueEvaluator evaluator = evaluator_of(other);
    for (const PixelFormat frame : kFormats)
      for (const PixelFormat reference : kFormats)
        compare(device(), evaluator.get(), shader.get(), {.frame = frame, .reference = reference});
  }
}

TEST_F(executors_agree, on_every_window_padding_and_size) {
  constexpr std::pair<int, int> kSizes[] = {{1, 1}, {11, 11}, {33, 17}, {641, 203}, {1920, 1080}};
  for (const FgExecutor other : others_)
    for (const int window : {7, 9, 11})
      for (const FgPadding padding : {FG_PADDING_SAME, FG_PADDING_VALID}) {
        const UniqueEvaluator shader = evaluator_of(FG_EXECUTOR_SHADER, window, padding);
        const UniqueEvaluator evaluator = evaluator_of(other, window, padding);
        for (const auto& [width, height] : kSizes) {
          if (padding == FG_PADDING_VALID && (width < window || height < window)) continue;
          for (const PixelFormat format : {PixelFormat::rgba8, PixelFormat::rgba16f})
            compare(device(), evaluator.get(), shader.get(),
                    {format, format, width, height, window, padding});
        }
      }
}

TEST_F(executors_agree, when_frames_of_8_bits_and_others_take_turns) {
  const RenderedImage reference(device(), PixelFormat::rgba8, 130, 70, truth());
  const RenderedImage bytes(device(), PixelFormat::bgra8, 130, 70, attempt(0.3f));
  const RenderedImage halfs(device(), PixelFormat::rgba16f, 130, 70, attempt(0.3f));
  const UniqueEvaluator shader = evaluator_of(FG_EXECUTOR_SHADER);
  for (const FgExecutor other : others_) {
    const UniqueEvaluator evaluator = evaluator_of(other);
    for (int turn = 0; turn < 6; ++turn) {
      SCOPED_TRACE(turn);
      const RenderedImage& frame = turn % 3 == 1 ? halfs : bytes;
      const RenderedImage* const with = turn == 0 || turn == 4 ? &reference : nullptr;
      const FgFrameResult theirs = measure(device(), shader.get(), frame, turn == 0 ? &reference : nullptr);
      expect_same_scores(measure(device(), evaluator.get(), frame, with), theirs);
    }
  }
}

TEST_F(executors_agree, on_references_from_host_memory_and_on_values_that_are_not_numbers) {
  const auto picture = [](int c, int y, int x) {
    return c == 1 && x == 20 && y == 9 ? std::nanf("") : attempt(0.2f)(c, y, x);
  };
  const RenderedImage frame(device(), PixelFormat::rgba32f, 61, 37, picture);
  const UniqueEvaluator shader = evaluator_of(FG_EXECUTOR_SHADER);
  for (const FgExecutor other : others_)
    for (const bool is_float : {false, true}) {
      SCOPED_TRACE(is_float);
      const HostImage reference(61, 37, 3, is_float, truth());
      const UniqueEvaluator evaluator = evaluator_of(other);
      for (FgEvaluator e : {evaluator.get(), shader.get()})
        ASSERT_EQ(fg_evaluator_set_reference(e, &reference.tensor), FG_STATUS_OK) << fg_last_error();
      const FgFrameResult a = measure_twice(device(), evaluator.get(), frame, nullptr);
      const FgFrameResult b = measure(device(), shader.get(), frame, nullptr);
      EXPECT_TRUE(std::isnan(a.ssim));
      EXPECT_EQ(a.nonfinite, b.nonfinite);
      EXPECT_NEAR(a.ssim_channel[0], b.ssim_channel[0], 1e-5);
      EXPECT_EQ(pixels_counted(a), pixels_counted(b));
      expect_near_map(download_map(device(), evaluator.get()), download_map(device(), shader.get()));
    }
}

TEST_F(executors_agree, on_the_colours_of_heatmaps) {
  const RenderedImage reference(device(), PixelFormat::rgba8, 90, 50, truth());
  const RenderedImage frame(device(), PixelFormat::rgba8, 90, 50, attempt(0.4f));
  const UniqueEvaluator shader = evaluator_of(FG_EXECUTOR_SHADER, 11, FG_PADDING_VALID);
  for (const FgExecutor other : others_) {
    const UniqueEvaluator evaluator = evaluator_of(other, 11, FG_PADDING_VALID);
    for (const FgColorMap map : {FG_COLOR_MAP_GREY, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_TURBO}) {
      for (FgEvaluator e : {evaluator.get(), shader.get()}) {
        ASSERT_EQ(fg_evaluator_set_heatmap(e, map, 1.0f, 0.25f), FG_STATUS_OK);
        measure_twice(device(), e, frame, &reference);
      }
      const std::vector<std::uint8_t> a = download_heatmap(device(), evaluator.get());
      const std::vector<std::uint8_t> b = download_heatmap(device(), shader.get());
      ASSERT_EQ(a.size(), b.size());
      // A map value may round to the neighbouring colour.
      for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 8) << "byte " << i;
    }
  }
}

TEST_F(executors_agree, that_identical_images_score_exactly_1) {
  for (const FgExecutor other : others_) {
    const UniqueEvaluator evaluator = evaluator_of(other);
    for (const PixelFormat format : kFormats)
      for (const auto& [width, height] : {std::pair{1, 1}, {33, 17}, {641, 203}}) {
        SCOPED_TRACE(testing::Message() << static_cast<int>(format) << " " << width << "x" << height);
        const RenderedImage image(device(), format, width, height, truth());
        const FgFrameResult result = measure_twice(device(), evaluator.get(), image, &image);
        EXPECT_EQ(result.ssim, 1.0);
        EXPECT_EQ(result.ssim_min, 1.0);
        EXPECT_EQ(result.mse, 0.0);
        EXPECT_EQ(result.histogram[FG_HISTOGRAM_BINS - 1], static_cast<std::uint32_t>(width * height));
        for (const float m : download_map(device(), evaluator.get())) ASSERT_EQ(m, 1.0f);
      }
  }
}

// What one frame leaves for the next is not there after a discarded one.
TEST_F(executors_agree, after_discarded_frames) {
  const RenderedImage reference(device(), PixelFormat::rgba8, 200, 90, truth());
  const RenderedImage frame(device(), PixelFormat::rgba8, 200, 90, attempt(0.3f));
  for (const FgExecutor other : others_) {
    const UniqueEvaluator evaluator = evaluator_of(other);
    const FgFrameResult expected = measure(device(), evaluator.get(), frame, &reference, 1);
    std::uint64_t number = 2;
    CommandRing ring(device(), 1);
    for (const int discarded : {1, 2, 3, 1}) {
      for (int i = 0; i < discarded; ++i, ++number) {
        const FgFrame f = frame.frame(number);
        ASSERT_EQ(fg_evaluator_record(evaluator.get(), ring.begin(), &f), FG_STATUS_OK) << fg_last_error();
        ring.abandon();
        ASSERT_EQ(fg_evaluator_discard(evaluator.get(), number), FG_STATUS_OK);
      }
      for (int i = 0; i < 3; ++i, ++number) {
        const FgFrameResult result = measure(device(), evaluator.get(), frame, nullptr, number);
        EXPECT_EQ(result.ssim, expected.ssim);
        EXPECT_TRUE(std::equal(std::begin(result.histogram), std::end(result.histogram), expected.histogram));
      }
    }
  }
}

// The renderer writes the frame, the evaluator reads it, the host copies the map, all in flight: 2,000 times, with
// new references and other sizes in between. Each image is cleared to one colour, so that the score is known.
TEST_F(executors_agree, over_thousands_of_ticks_in_flight) {
  constexpr int kTicks = 2000, kMostWidth = 96, kMostHeight = 64;
  constexpr std::pair<int, int> kSizes[] = {{96, 64}, {33, 17}, {80, 64}};
  constexpr std::uint32_t kInFlight = 3;
  std::vector<RenderedImage> frames, references;
  for (const auto& [width, height] : kSizes) {
    frames.emplace_back(device(), PixelFormat::rgba8, width, height, truth());
    references.emplace_back(device(), PixelFormat::rgba8, width, height, truth());
  }
  const vk::Buffer maps(device(), kInFlight * kMostWidth * kMostHeight * 4, vk::Residence::readback);
  const auto clear = [&](VkCommandBuffer cmd, const vk::Image& image, float grey) {
    vk::full_barrier(device(), cmd);
    const VkClearColorValue color{.float32 = {grey, grey, grey, 1}};
    const VkImageSubresourceRange all{VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1};
    device().CmdClearColorImage(cmd, image.get(), VK_IMAGE_LAYOUT_GENERAL, &color, 1, &all);
    vk::full_barrier(device(), cmd);
  };
  const auto grey_of_frame = [](int tick) { return static_cast<float>(tick * 37 % 256) / 255.0f; };
  const auto grey_of_reference = [](int tick) { return static_cast<float>(tick / 5 * 91 % 256) / 255.0f; };
  // Of two flat images: Wang et al. 2004, eq. 13, without variances.
  const auto expected_ssim = [&](int tick) {
    const double x = grey_of_frame(tick), y = grey_of_reference(tick);
    return (2 * x * y + 1e-4) / (x * x + y * y + 1e-4);
  };
  for (const FgExecutor other : others_) {
    SCOPED_TRACE(fg_executor_name(other));
    const bool is_late =
        other == FG_EXECUTOR_INTEROP;  // its map is of an earlier frame, and it may drop some
    const UniqueEvaluator evaluator = evaluator_of(other, 11, FG_PADDING_VALID, kInFlight);
    CommandRing ring(device(), kInFlight);
    int results = 0, dropped = 0;
    for (int tick = 0; tick < kTicks; ++tick) {
      const auto size = static_cast<std::size_t>(tick / 50 % 3);
      const VkCommandBuffer cmd = ring.begin();
      // Its command buffer has finished, and so has the copy of its map.
      if (!is_late && tick >= static_cast<int>(kInFlight)) {
        const int finished = tick - static_cast<int>(kInFlight);
        const auto& [width, height] = kSizes[finished / 50 % 3];
        const auto first = static_cast<std::size_t>(finished) % kInFlight * kMostWidth * kMostHeight;
        ASSERT_NEAR(maps.as<float>()[first + static_cast<std::size_t>(height / 2 * width + width / 2)],
                    expected_ssim(finished), 1e-5)
            << "map of frame " << finished;
      }
      if (tick % 5 == 0) {
        clear(cmd, references[size].image, grey_of_reference(tick));
        const FgFrame r = references[size].frame(static_cast<std::uint64_t>(tick));
        ASSERT_EQ(fg_evaluator_record_reference(evaluator.get(), cmd, &r), FG_STATUS_OK) << fg_last_error();
      }
      clear(cmd, frames[size].image, grey_of_frame(tick));
      const FgFrame f = frames[size].frame(static_cast<std::uint64_t>(tick));
      const FgStatus recorded = fg_evaluator_record(evaluator.get(), cmd, &f);
      dropped += recorded == FG_STATUS_NOT_READY;
      ASSERT_TRUE(recorded == FG_STATUS_OK || (is_late && recorded == FG_STATUS_NOT_READY))
          << fg_last_error();
      FgEvaluatorImages images{};
      images.struct_size = sizeof(images);
      ASSERT_EQ(fg_evaluator_images(evaluator.get(), &images), FG_STATUS_OK);
      const VkBufferImageCopy copy{
          .bufferOffset = static_cast<VkDeviceSize>(tick) % kInFlight * kMostWidth * kMostHeight * 4,
          .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
          .imageExtent = {images.width, images.height, 1}};
      device().CmdCopyImageToBuffer(cmd, images.map, VK_IMAGE_LAYOUT_GENERAL, maps.get(), 1, &copy);
      clear(cmd, frames[size].image, 0.5f);  // must not reach the measurement
      ring.submit();

      FgFrameResult result;
      fg_frame_result_defaults(&result);
      if (fg_evaluator_poll(evaluator.get(), &result) != FG_STATUS_OK) continue;
      ++results;
      const int measured = static_cast<int>(result.frame_number);
      const double x = grey_of_frame(measured), y = grey_of_reference(measured);
      ASSERT_NEAR(result.ssim, expected_ssim(measured), 1e-5) << "frame " << measured;
      ASSERT_NEAR(result.mse, (x - y) * (x - y), 1e-6) << "frame " << measured;
      ASSERT_EQ(pixels_counted(result), (result.width - 10u) * (result.height - 10u)) << "frame " << measured;
    }
    ring.wait_all();
    EXPECT_GT(results, is_late ? kTicks / 20 : kTicks / 4);
    FgFrameResult last;
    fg_frame_result_defaults(&last);
    if (fg_evaluator_poll(evaluator.get(), &last) == FG_STATUS_OK) {
      EXPECT_EQ(last.dropped, static_cast<std::uint64_t>(dropped));
      if (!is_late) {
        EXPECT_EQ(last.frame_number, kTicks - 1u);
      }
    }
  }
}

}  // namespace
}  // namespace fg::test
