// The statistics of a frame against the same statistics taken on the host from the map that the GPU wrote.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "plugin/evaluator/evaluator.h"
#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"
#include "tests/plugin/evaluator/oracle_scores.h"

namespace fg::test {
namespace {

class evaluator_statistics : public LiveTest {};

// Map values over most of [-1, 1]: noise of growing strength, inverted in the lower third.
float hard_frame(int c, int y, int x) {
  const double s = scene(0, c, y, x);
  const double v = y > 60 ? 1 - s : s + (noise(x, y, c) - 0.5) * 0.01 * (x % 40);
  return static_cast<float>(v);
}
float truth(int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); }

// numpy.percentile with linear interpolation.
double percentile(std::vector<float> values, double fraction) {
  std::sort(values.begin(), values.end());
  const double position = fraction * static_cast<double>(values.size() - 1);
  const auto i = static_cast<std::size_t>(position);
  const double next = values[std::min(i + 1, values.size() - 1)];
  return values[i] + (position - static_cast<double>(i)) * (next - values[i]);
}

TEST_F(evaluator_statistics, agree_with_the_same_statistics_of_the_map_taken_on_the_host) {
  for (const FgPadding padding : {FG_PADDING_SAME, FG_PADDING_VALID}) {
    SCOPED_TRACE(padding == FG_PADDING_VALID ? "valid" : "same");
    FgEvaluatorInfo info = evaluator_info(device());
    info.padding = padding;
    const UniqueEvaluator evaluator = make_evaluator(info);
    const RenderedImage frame(device(), PixelFormat::rgba32f, 131, 97, hard_frame);
    const RenderedImage reference(device(), PixelFormat::rgba32f, 131, 97, truth);
    const FgFrameResult result = measure(device(), evaluator.get(), frame, &reference);
    std::vector<float> counted;
    for (const float m : download_map(device(), evaluator.get()))
      if (!std::isnan(m)) counted.push_back(m);
    ASSERT_EQ(counted.size(), padding == FG_PADDING_VALID ? 121u * 87u : 131u * 97u);

    std::uint32_t histogram[FG_HISTOGRAM_BINS] = {};
    double sum = 0;
    for (const float m : counted) {
      ++histogram[std::clamp(static_cast<int>((m + 1.0f) * (FG_HISTOGRAM_BINS / 2)), 0,
                             FG_HISTOGRAM_BINS - 1)];
      sum += m;
    }
    for (int i = 0; i < FG_HISTOGRAM_BINS; ++i) EXPECT_EQ(result.histogram[i], histogram[i]) << "bin " << i;
    EXPECT_EQ(result.ssim_min, *std::min_element(counted.begin(), counted.end()));
    EXPECT_LT(result.ssim_min, -0.3) << "the pair is meant to reach far down";
    // A bin of the finer histogram is 1/2048 wide.
    EXPECT_NEAR(result.ssim_p5, percentile(counted, 0.05), 1.0 / 2048);
    // The map's mean is rounded to float at each pixel (6e-8 at most, at random); the shader's sums are not. A thread of
    // the CUDA kernels adds some tens of terms in float.
    const double tolerance = result.executor == FG_EXECUTOR_SHADER ? 2e-8 : 5e-8;
    EXPECT_NEAR(result.ssim, sum / static_cast<double>(counted.size()), tolerance);
  }
}

TEST_F(evaluator_statistics, percentile_interpolates_between_far_values) {
  // Few pixels with far apart map values, so that the 5th percentile lies in a gap.
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage frame(device(), PixelFormat::rgba32f, 24, 1,
                            [](int, int, int x) { return x == 0 ? 1.0f : 0.5f; });
  const RenderedImage reference(device(), PixelFormat::rgba32f, 24, 1, [](int, int, int) { return 0.5f; });
  const FgFrameResult result = measure(device(), evaluator.get(), frame, &reference);
  const std::vector<float> map = download_map(device(), evaluator.get());
  EXPECT_NEAR(result.ssim_p5, percentile(map, 0.05), 1.0 / 2048);
}

TEST_F(evaluator_statistics, have_the_same_bits_on_every_run) {
  const RenderedImage frame(device(), PixelFormat::rgba8, 300, 170, hard_frame);
  const RenderedImage reference(device(), PixelFormat::rgba8, 300, 170, truth);
  FgFrameResult first{};
  std::vector<float> first_map;
  for (int run = 0; run < 4; ++run) {
    const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
    FgFrameResult result = measure(device(), evaluator.get(), frame, &reference);
    result.gpu_ns = 0;
    const std::vector<float> map = download_map(device(), evaluator.get());
    if (run == 0) {
      first = result;
      first_map = map;
    }
    EXPECT_EQ(std::memcmp(&result, &first, sizeof(result)), 0);
    EXPECT_EQ(std::memcmp(map.data(), first_map.data(), map.size() * sizeof(float)), 0);
  }
}

// With little memory for moments the frame is cut into bands; the numbers must not show where.
TEST_F(evaluator_statistics, bands_of_any_height_give_the_same_scores) {
  const RenderedImage frame(device(), PixelFormat::rgba32f, 90, 61, hard_frame);
  const RenderedImage reference(device(), PixelFormat::rgba32f, 90, 61, truth);
  const OracleScores oracle = oracle_scores(frame, reference);
  for (const std::size_t window_rows : {11, 12, 20, 71, 1000}) {
    SCOPED_TRACE(std::to_string(window_rows) + " rows in a window");
    Evaluator evaluator(
        {.host = {device().instance, device().physical, device().handle, device().GetInstanceProcAddr},
         .queue_family = device().queue_family,
         .executor = FG_EXECUTOR_SHADER,  // the one that has bands
         .band_bytes = window_rows * 128 * 48});
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      EXPECT_TRUE(evaluator.record_reference(
          cmd, {reference.image.get(), reference.image.view(), VK_IMAGE_LAYOUT_GENERAL, {90, 61}}, 1));
      EXPECT_TRUE(evaluator.record(
          cmd, {frame.image.get(), frame.image.view(), VK_IMAGE_LAYOUT_GENERAL, {90, 61}}, 1));
    });
    const std::optional<FgFrameResult> result = evaluator.poll();
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->ssim, oracle.ssim, 1e-6);
    EXPECT_NEAR(result->mse, oracle.errors.mse, 1e-6 * oracle.errors.mse);
    EXPECT_NEAR(result->max_error, oracle.errors.max, 1.2e-7);
    std::uint32_t pixels = 0;
    for (const std::uint32_t n : result->histogram) pixels += n;
    EXPECT_EQ(pixels, 90u * 61u);
    const std::vector<std::byte> bytes =
        vk::download(device(), evaluator.images().map, {90, 61, 1}, 4, VK_IMAGE_LAYOUT_GENERAL);
    double lowest = 2;
    for (std::size_t i = 0; i < oracle.map.size(); ++i) {
      float m;
      std::memcpy(&m, &bytes[4 * i], 4);
      ASSERT_NEAR(m, oracle.map[i], 1e-5) << "pixel " << i;
      lowest = std::min(lowest, static_cast<double>(m));
    }
    EXPECT_EQ(result->ssim_min, lowest);
  }
}

TEST_F(evaluator_statistics, tell_the_time_that_the_commands_took) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage image(device(), PixelFormat::rgba8, 300, 200, truth);
  measure(device(), evaluator.get(), image, &image);
  const FgFrameResult result = measure(device(), evaluator.get(), image, nullptr);
  std::uint32_t count = 0;
  device().GetPhysicalDeviceQueueFamilyProperties(device().physical, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  device().GetPhysicalDeviceQueueFamilyProperties(device().physical, &count, families.data());
  if (families.at(device().queue_family).timestampValidBits == 0)
    GTEST_SKIP() << "the queue has no timestamps";
  EXPECT_GT(result.gpu_ns, 1000u);
  EXPECT_LT(result.gpu_ns, 10'000'000'000u);
}

}  // namespace
}  // namespace fg::test
