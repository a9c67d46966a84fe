// The live evaluator's numbers against the oracle.

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"
#include "tests/plugin/evaluator/oracle_scores.h"

namespace fg::test {
namespace {

class evaluator_scores : public LiveTest {};

Picture formula(double (*f)(int n, int c, int y, int x)) {
  return [f](int c, int y, int x) { return c == 3 ? 1.0f : static_cast<float>(f(0, c, y, x)); };
}
Picture constant(float r, float g, float b) {
  return [=](int c, int, int) { return c == 0 ? r : c == 1 ? g : c == 2 ? b : 1.0f; };
}

struct Options {
  int window = 11;
  FgPadding padding = FG_PADDING_SAME;
  double map_tolerance_in_queue = 1e-5;
};

struct Differences {
  double map = 0, score = 0;
};

// Measures frame against reference and compares every number with the oracle.
Differences compare(const vk::OwnDevice& device, FgEvaluator evaluator, const RenderedImage& frame,
                    const RenderedImage& reference, const Options& options = {}) {
  const FgFrameResult result = measure(device, evaluator, frame, &reference);
  const std::vector<float> map = download_map(device, evaluator);
  const bool crop = options.padding == FG_PADDING_VALID;
  const OracleScores oracle = oracle_scores(frame, reference, {.window = options.window, .crop = crop});

  // Sums of 121 products of floats; the terms of the sums are no larger than the contrast in a window, so
  // that nothing cancels. Worst in the cases of this file: 2.5e-6 (map), 1e-7 (scores).
  Differences worst;
  const int border = crop ? options.window / 2 : 0;
  for (int y = 0; y < oracle.map_height; ++y)
    for (int x = 0; x < oracle.map_width; ++x) {
      const float ours = map[static_cast<std::size_t>(y + border) * frame.width + x + border];
      const double theirs = oracle.map[static_cast<std::size_t>(y) * oracle.map_width + x];
      worst.map = std::max(worst.map, std::isnan(ours) ? INFINITY : std::abs(ours - theirs));
    }
  EXPECT_LE(worst.map, result.executor == FG_EXECUTOR_IN_QUEUE ? options.map_tolerance_in_queue : 1e-5);
  worst.score = std::abs(result.ssim - oracle.ssim);
  for (int c = 0; c < 3; ++c)
    worst.score = std::max(worst.score, std::abs(result.ssim_channel[c] - oracle.ssim_channel[c]));
  EXPECT_LE(worst.score, 1e-6);

  // Squares and sums in float within blocks of 12 values, then exact to about twice float: 1e-6 of the value.
  // Values of an 8 or 10 bit image are decoded by the device to within a float's precision.
  EXPECT_NEAR(result.mse, oracle.errors.mse, 1e-6 * oracle.errors.mse + 1e-14);
  EXPECT_NEAR(result.mae, oracle.errors.mae, 1e-6 * oracle.errors.mae + 1e-8);
  EXPECT_NEAR(result.max_error, oracle.errors.max, 1.2e-7);
  if (oracle.errors.mse > 1e-10) {
    EXPECT_NEAR(result.psnr, oracle.errors.psnr, 1e-5);
  }
  EXPECT_EQ(result.width, static_cast<std::uint32_t>(frame.width));
  EXPECT_EQ(result.height, static_cast<std::uint32_t>(frame.height));
  EXPECT_EQ(result.nonfinite, 0u);
  return worst;
}

TEST_F(evaluator_scores, sizes_of_every_remainder_agree_with_the_oracle) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  Differences worst;
  for (const auto& [width, height] : {std::pair{1, 1},
                                      {1, 37},
                                      {37, 1},
                                      {2, 3},
                                      {5, 5},
                                      {10, 10},
                                      {11, 11},
                                      {12, 13},
                                      {63, 64},
                                      {65, 15},
                                      {131, 97},
                                      {257, 33}}) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height));
    const RenderedImage frame(device(), PixelFormat::rgba32f, width, height, formula(noisy_scene));
    const RenderedImage reference(device(), PixelFormat::rgba32f, width, height, formula(scene));
    const Differences d = compare(device(), evaluator.get(), frame, reference);
    worst = {std::max(worst.map, d.map), std::max(worst.score, d.score)};
  }
  RecordProperty("worst_map", std::to_string(worst.map));
  std::printf("worst over sizes: map %.2g, score %.2g\n", worst.map, worst.score);
}

TEST_F(evaluator_scores, all_windows_and_paddings_agree_with_the_oracle) {
  const RenderedImage frame(device(), PixelFormat::rgba32f, 67, 45, formula(noisy_scene));
  const RenderedImage reference(device(), PixelFormat::rgba32f, 67, 45, formula(scene));
  for (const int window : {7, 9, 11})
    for (const FgPadding padding : {FG_PADDING_SAME, FG_PADDING_VALID}) {
      SCOPED_TRACE(std::to_string(window) + (padding == FG_PADDING_VALID ? " valid" : " same"));
      FgEvaluatorInfo info = evaluator_info(device());
      info.window = window;
      info.padding = padding;
      const UniqueEvaluator evaluator = make_evaluator(info);
      compare(device(), evaluator.get(), frame, reference, {window, padding});
      if (padding == FG_PADDING_SAME) continue;
      const std::vector<float> map = download_map(device(), evaluator.get());
      const auto inside = [&](int x, int y) {
        const int h = window / 2;
        return x >= h && y >= h && x < frame.width - h && y < frame.height - h;
      };
      for (int y = 0; y < frame.height; ++y)
        for (int x = 0; x < frame.width; ++x)
          ASSERT_EQ(std::isnan(map[static_cast<std::size_t>(y) * frame.width + x]), !inside(x, y))
              << x << ", " << y;
    }
}

TEST_F(evaluator_scores, the_smallest_valid_map_is_one_pixel) {
  FgEvaluatorInfo info = evaluator_info(device());
  info.padding = FG_PADDING_VALID;
  const UniqueEvaluator evaluator = make_evaluator(info);
  const RenderedImage frame(device(), PixelFormat::rgba32f, 11, 11, formula(noisy_scene));
  const RenderedImage reference(device(), PixelFormat::rgba32f, 11, 11, formula(scene));
  compare(device(), evaluator.get(), frame, reference, {11, FG_PADDING_VALID});
}

TEST_F(evaluator_scores, constant_images_agree_with_the_oracle) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const auto check = [&](const char* name, const Picture& x, const Picture& y) {
    SCOPED_TRACE(name);
    const RenderedImage frame(device(), PixelFormat::rgba32f, 40, 30, x);
    const RenderedImage reference(device(), PixelFormat::rgba32f, 40, 30, y);
    const Differences d = compare(device(), evaluator.get(), frame, reference);
    std::printf("%s: map %.2g, score %.2g\n", name, d.map, d.score);
  };
  check("black against white", constant(0, 0, 0), constant(1, 1, 1));
  check("three quarters against one quarter", constant(0.75f, 0.7f, 0.9f), constant(0.25f, 0.3f, 0.1f));
  check("one step of float apart", constant(0.6f, 0.6f, 0.6f),
        constant(0.6f + 1e-7f, 0.6f + 1e-7f, 0.6f + 1e-7f));
  check("both black", constant(0, 0, 0), constant(0, 0, 0));
}

TEST_F(evaluator_scores, nothing_cancels_where_offsets_are_large_and_contrast_is_small) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const auto check = [&](const char* name, const Picture& x, const Picture& y, double in_queue = 1e-5) {
    SCOPED_TRACE(name);
    const RenderedImage frame(device(), PixelFormat::rgba32f, 96, 80, x);
    const RenderedImage reference(device(), PixelFormat::rgba32f, 96, 80, y);
    const Differences d =
        compare(device(), evaluator.get(), frame, reference, {.map_tolerance_in_queue = in_queue});
    std::printf("%s: map %.2g, score %.2g\n", name, d.map, d.score);
  };
  check("grain beside a step", formula(step_with_grain), formula(step_with_other_grain));
  const Picture grain = formula(step_with_other_grain);
  check(
      "a constant offset", [&](int c, int y, int x) { return 0.5f * grain(c, y, x) + 0.45f; },
      [&](int c, int y, int x) { return 0.5f * grain(c, y, x); });
  // A bright row or column of d at every distance from the pivot of a block, where the map is most sensitive.
  check(
      "lines in x and y", [](int, int y, int x) { return y % 23 == 3 || x % 29 == 2 ? 0.9f : 0.4f; },
      [](int, int, int) { return 0.4f; });
  // On in_queue a strip of 116 columns shares the constant that is taken off the error before it is squared, and here the
  // error goes from -0.4 to 0.4 within it (live_strip.h).
  check(
      "opposite signs", [&](int c, int y, int x) { return 0.5f + 0.4f * (grain(c, y, x) - 0.5f); },
      [&](int c, int y, int x) { return 0.5f - 0.4f * (grain(c, y, x) - 0.5f); }, 4e-5);
}

TEST_F(evaluator_scores, identical_images_score_exactly_1) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  for (const PixelFormat format :
       {PixelFormat::rgba8, PixelFormat::bgra8, PixelFormat::rgba16f, PixelFormat::rgba32f,
        PixelFormat::a2b10g10r10, PixelFormat::rgba8_srgb, PixelFormat::bgra8_srgb}) {
    SCOPED_TRACE(static_cast<int>(format));
    const RenderedImage image(device(), format, 83, 59, formula(scene));
    const FgFrameResult result = measure(device(), evaluator.get(), image, &image);
    EXPECT_EQ(result.ssim, 1.0);
    for (const double channel : result.ssim_channel) EXPECT_EQ(channel, 1.0);
    EXPECT_EQ(result.ssim_min, 1.0);
    EXPECT_EQ(result.ssim_p5, 1.0);
    EXPECT_EQ(result.psnr, std::numeric_limits<double>::infinity());
    EXPECT_EQ(result.mse, 0.0);
    EXPECT_EQ(result.mae, 0.0);
    EXPECT_EQ(result.max_error, 0.0);
    EXPECT_EQ(result.histogram[FG_HISTOGRAM_BINS - 1], 83u * 59u);
    for (const float m : download_map(device(), evaluator.get())) ASSERT_EQ(m, 1.0f);
  }
}

TEST_F(evaluator_scores, every_format_agrees_with_the_oracle) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage reference(device(), PixelFormat::rgba8, 61, 47, formula(scene));
  for (const PixelFormat format :
       {PixelFormat::rgba8, PixelFormat::bgra8, PixelFormat::rgba16f, PixelFormat::rgba32f,
        PixelFormat::a2b10g10r10, PixelFormat::rgba8_srgb, PixelFormat::bgra8_srgb}) {
    SCOPED_TRACE(static_cast<int>(format));
    const RenderedImage frame(device(), format, 61, 47, formula(noisy_scene));
    compare(device(), evaluator.get(), frame, reference);
  }
}

TEST_F(evaluator_scores, alpha_is_ignored) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const Picture picture = formula(scene);
  const RenderedImage opaque(device(), PixelFormat::rgba8, 40, 30, picture);
  const RenderedImage clear(device(), PixelFormat::rgba8, 40, 30,
                            [&](int c, int y, int x) { return c == 3 ? 0.0f : picture(c, y, x); });
  EXPECT_EQ(measure(device(), evaluator.get(), clear, &opaque).ssim, 1.0);
}

TEST_F(evaluator_scores, references_from_host_memory_and_from_an_image_give_the_same_result) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage frame(device(), PixelFormat::rgba8, 70, 50, formula(noisy_scene));
  for (const bool is_float : {false, true}) {
    const RenderedImage reference(device(), is_float ? PixelFormat::rgba32f : PixelFormat::rgba8, 70, 50,
                                  formula(scene));
    const FgFrameResult from_image = measure(device(), evaluator.get(), frame, &reference);
    const std::vector<float> map = download_map(device(), evaluator.get());
    for (const int channels : {3, 4})
      for (const int row_padding : {0, 13}) {
        SCOPED_TRACE(std::to_string(channels) + " channels, row padding " + std::to_string(row_padding));
        const HostImage host(70, 50, channels, is_float, formula(scene), row_padding);
        ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &host.tensor), FG_STATUS_OK) << fg_last_error();
        const FgFrameResult from_host = measure(device(), evaluator.get(), frame, nullptr);
        EXPECT_EQ(from_host.ssim, from_image.ssim);
        EXPECT_EQ(from_host.mse, from_image.mse);
        EXPECT_EQ(download_map(device(), evaluator.get()), map);
      }
  }
}

TEST_F(evaluator_scores, a_compact_host_reference_of_the_frames_codes_scores_exactly_1) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const RenderedImage frame(device(), PixelFormat::bgra8, 33, 21, formula(scene));
  HostImage host(33, 21, 3, false, formula(scene));
  host.tensor.strides = nullptr;
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &host.tensor), FG_STATUS_OK) << fg_last_error();
  const FgFrameResult result = measure(device(), evaluator.get(), frame, nullptr);
  EXPECT_EQ(result.ssim, 1.0);
  EXPECT_EQ(result.psnr, std::numeric_limits<double>::infinity());
}

TEST_F(evaluator_scores, nan_and_inf_are_counted_and_stay_in_the_windows_that_hold_them) {
  const Picture clean = formula(scene);
  constexpr int kWidth = 60, kHeight = 50;
  struct Place {
    int x, y;
  };
  const RenderedImage reference(device(), PixelFormat::rgba32f, kWidth, kHeight, clean);
  for (const int window : {7, 11}) {
    SCOPED_TRACE(window);
    FgEvaluatorInfo info = evaluator_info(device());
    info.window = window;
    const UniqueEvaluator evaluator = make_evaluator(info);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
      for (const Place place : {Place{30, 20}, {31, 21}, {32, 22}, {33, 23}, {28, 24}, {0, 0}}) {
        SCOPED_TRACE(std::to_string(bad) + " at " + std::to_string(place.x) + ", " + std::to_string(place.y));
        const RenderedImage frame(device(), PixelFormat::rgba32f, kWidth, kHeight, [&](int c, int y, int x) {
          return c == 1 && y == place.y && x == place.x ? bad : clean(c, y, x);
        });
        const FgFrameResult result = measure(device(), evaluator.get(), frame, &reference);
        EXPECT_EQ(result.nonfinite, 1u);
        EXPECT_TRUE(std::isnan(result.ssim));
        EXPECT_EQ(result.ssim_channel[0], 1.0);
        EXPECT_TRUE(std::isnan(result.ssim_channel[1]));
        EXPECT_EQ(result.ssim_channel[2], 1.0);
        EXPECT_TRUE(std::isnan(result.mse) && std::isnan(result.psnr) && std::isnan(result.mae) &&
                    std::isnan(result.max_error));
        EXPECT_EQ(result.ssim_min, 1.0);  // of the rest of the map, which is identical
        const std::vector<float> map = download_map(device(), evaluator.get());
        for (int y = 0; y < kHeight; ++y)
          for (int x = 0; x < kWidth; ++x) {
            const bool holds = std::abs(x - place.x) <= window / 2 && std::abs(y - place.y) <= window / 2;
            const float m = map[static_cast<std::size_t>(y) * kWidth + x];
            ASSERT_EQ(std::isnan(m), holds) << x << ", " << y << ": " << m;
          }
      }
  }
}

TEST_F(evaluator_scores, nan_in_the_reference_counts_like_nan_in_the_frame) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const Picture clean = formula(scene);
  const RenderedImage frame(device(), PixelFormat::rgba32f, 40, 30, clean);
  const HostImage reference(40, 30, 4, true, [&](int c, int y, int x) {
    return c < 2 && x == 7 && y == 9 ? std::nanf("") : clean(c, y, x);
  });
  ASSERT_EQ(fg_evaluator_set_reference(evaluator.get(), &reference.tensor), FG_STATUS_OK) << fg_last_error();
  const FgFrameResult result = measure(device(), evaluator.get(), frame, nullptr);
  EXPECT_EQ(result.nonfinite, 2u);
  EXPECT_TRUE(std::isnan(result.ssim));
  EXPECT_TRUE(std::isnan(result.ssim_channel[0]) && std::isnan(result.ssim_channel[1]));
  EXPECT_EQ(result.ssim_channel[2], 1.0);
}

std::vector<char> luma_of(const std::string& file, std::size_t pixels) {
  std::vector<char> luma(pixels);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(luma.data(), static_cast<std::streamsize>(pixels))) luma.clear();
  return luma;
}

// Public test frames, luma only; the golden value is libvmaf's float_ssim without decimation (reference C
// code), the same formula cropped to the valid region.
TEST_F(evaluator_scores, a_full_hd_video_frame_scores_as_numpy_and_libvmaf_say) {
  constexpr int kWidth = 1920, kHeight = 1080;
  const std::string folder = std::string(FRAMEGAUGE_SHARED_DATA) + "/yuv/";
  const std::vector<char> truth = luma_of(folder + "archer_ref_frm20.yuv", kWidth * kHeight);
  const std::vector<char> test = luma_of(folder + "archer_dis_frm20.yuv", kWidth * kHeight);
  if (truth.empty() || test.empty()) GTEST_SKIP() << "no test frames in " << folder;
  const auto picture = [](const std::vector<char>& luma) {
    return [&luma](int, int y, int x) {
      return static_cast<float>(static_cast<unsigned char>(luma[static_cast<std::size_t>(y) * kWidth + x])) /
             255;
    };
  };
  FgEvaluatorInfo info = evaluator_info(device());
  info.padding = FG_PADDING_VALID;
  const UniqueEvaluator evaluator = make_evaluator(info);
  const RenderedImage frame(device(), PixelFormat::rgba8, kWidth, kHeight, picture(test));
  const RenderedImage reference(device(), PixelFormat::rgba8, kWidth, kHeight, picture(truth));
  const FgFrameResult result = measure(device(), evaluator.get(), frame, &reference);
  // The formula in NumPy, double precision.
  EXPECT_NEAR(result.ssim, 0.997018169, 1e-6);
  // libvmaf's taps have six digits (the mean moves by 1.9e-6 with them, in double) and its moments cancel in
  // float.
  EXPECT_NEAR(result.ssim, 0.997019351, 4e-6);
  // The channels are equal; the compiler may order their arithmetic differently.
  for (const double channel : result.ssim_channel) EXPECT_NEAR(channel, result.ssim, 2e-8);
}

}  // namespace
}  // namespace fg::test
