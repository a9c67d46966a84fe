// The live kernels on a CUDA stream against the oracle: map, heatmap, histogram, sums.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <string>

#include "tests/gpu/kernels/live_ssim_on_device.h"

namespace fg::test {
namespace {

using live::PixelFormat;

class live_ssim_cuda : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = no_cuda_device(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

LiveOutput run(const LivePicture& frame, const LivePicture& reference, const LiveOptions& options = {},
               const LiveImages& images = {}) {
  LiveOnDevice device(frame, reference, options, images);
  const Stream stream;
  device.filter_reference(stream.get());
  device.score(stream.get());
  stream.wait();
  EXPECT_TRUE(device.results_are_complete());
  return device.results();
}

void expect_like_oracle(LivePicture frame, LivePicture reference, const LiveOptions& options = {},
                        double map_tolerance = 1e-5) {
  const LiveOutput out = run(frame, reference, options);
  const LiveExpected expected = expected_scores(frame, reference, options);
  double worst = 0, smallest = INFINITY;
  std::uint32_t counted = 0;
  std::vector<std::uint32_t> bins(kFgMapBins);
  for (std::size_t i = 0; i < out.map.size(); ++i) {
    if (std::isnan(expected.map[i])) {
      ASSERT_TRUE(std::isnan(out.map[i])) << i;
      ASSERT_EQ(out.heatmap[i], static_cast<std::uint32_t>(kFgColorBorder));
      continue;
    }
    const double error = std::abs(static_cast<double>(out.map[i]) - expected.map[i]);
    worst = error <= worst ? worst : error;
    smallest = std::min(smallest, static_cast<double>(out.map[i]));
    // Colours and bins are those of the map that was written.
    const double color = std::clamp((1.0 - static_cast<double>(out.map[i])) * 255, 0.0, 255.0);
    ASSERT_NEAR(out.heatmap[i], color, 0.501);
    ++bins[static_cast<std::size_t>(
        std::clamp(static_cast<int>(std::floor(out.map[i] * 2048.0f + 2048.0f)), 0, kFgMapBins - 1))];
    ++counted;
  }
  EXPECT_LE(worst, map_tolerance);
  for (int i = 0; i < kFgMapBins; ++i)
    ASSERT_EQ(out.statistics[static_cast<std::size_t>(i)], bins[static_cast<std::size_t>(i)]) << i;
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(sum_at(out.statistics, kFgSumSsim + 2 * c) / counted, expected.ssim_channel[c], 1e-6);
  const double values = 3.0 * frame.width * frame.height;
  EXPECT_NEAR(sum_at(out.statistics, kFgSumSquares) / values, expected.errors.mse,
              1e-6 * expected.errors.mse);
  EXPECT_NEAR(sum_at(out.statistics, kFgSumAbsolute) / values, expected.errors.mae,
              1e-6 * expected.errors.mae);
  EXPECT_NEAR(largest_error(out.statistics), expected.errors.max, 1e-6);
  EXPECT_EQ(smallest_value(out.statistics), static_cast<float>(smallest));
  EXPECT_EQ(nonfinite(out.statistics), 0u);
}

TEST_F(live_ssim_cuda, every_window_padding_and_odd_size_matches_the_oracle) {
  for (const auto& [width, height] :
       {std::pair{1, 1}, {11, 11}, {33, 17}, {116, 24}, {117, 33}, {640, 203}, {1001, 77}})
    for (const int window : {7, 9, 11})
      for (const bool valid : {false, true}) {
        if (valid && (width < window || height < window)) continue;
        SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " window " +
                     std::to_string(window));
        expect_like_oracle(make_picture(PixelFormat::rgba8, width, height, noisy_scene, true),
                           make_picture(PixelFormat::rgba8, width, height, scene), {window, valid});
      }
}

// One group walks over many strips, and many blocks have little to do.
TEST_F(live_ssim_cuda, frames_cut_for_any_count_of_multiprocessors_match_the_oracle) {
  for (const std::int32_t multiprocessors : {1, 7, 500}) {
    SCOPED_TRACE(multiprocessors);
    LiveOptions options;
    options.multiprocessors = multiprocessors;
    expect_like_oracle(make_picture(PixelFormat::rgba8, 301, 190, noisy_scene),
                       make_picture(PixelFormat::rgba8, 301, 190, scene), options);
  }
}

TEST_F(live_ssim_cuda, every_pair_of_formats_matches_the_oracle) {
  using enum PixelFormat;
  for (const PixelFormat frame : {rgba8, rgba16f, rgba32f, planar32f})
    for (const PixelFormat reference : {rgba8, rgba16f, rgba32f, planar32f}) {
      SCOPED_TRACE(static_cast<int>(frame) * 10 + static_cast<int>(reference));
      expect_like_oracle(make_picture(frame, 301, 90, noisy_scene), make_picture(reference, 301, 90, scene));
    }
}

TEST_F(live_ssim_cuda, frames_that_are_off_everywhere_or_nearly_right_keep_their_accuracy) {
  using enum PixelFormat;
  // The last two are off by little here and by much there, within what shares a centre, the last by nearly the whole range:
  // what is squared and subtracted again is up to half of it, and 24 bits of that are some 1e-5 of 2 c2. Tensor cores cut
  // off what does not fit into a sum instead of rounding.
  struct Pair {
    const char* name;
    PixelFormula frame, reference;
    double of_tiles, of_strips;  // largest error of the map
  };
  const Pair pairs[] = {{"darker", darker, scene, 1e-5, 1e-5},
                        {"black against white", black, white, 1e-5, 1e-5},
                        {"white against black", white, black, 1e-5, 1e-5},
                        {"nearly", nearly_smooth, smooth, 1e-5, 1e-5},
                        {"steps", step_with_grain, step_with_other_grain, 1e-5, 1e-5},
                        {"brighter", brighter, scene, 3e-5, 3e-5},
                        {"a step against white", step_with_grain, white, 5e-5, 4e-5}};
  for (const Pair& pair : pairs)
    for (const PixelFormat format : {rgba8, planar32f}) {
      SCOPED_TRACE(std::string(pair.name) + (format == rgba8 ? ", tiles" : ", strips"));
      expect_like_oracle(make_picture(format, 140, 96, pair.frame),
                         make_picture(format, 140, 96, pair.reference), {},
                         format == rgba8 ? pair.of_tiles : pair.of_strips);
    }
}

TEST_F(live_ssim_cuda, textures_and_surfaces_give_the_bits_of_linear_memory) {
  for (const auto& [width, height] : {std::pair{1, 1}, {33, 17}, {641, 203}}) {
    const auto frame = make_picture(PixelFormat::rgba8, width, height, noisy_scene);
    const auto reference = make_picture(PixelFormat::rgba8, width, height, scene);
    const LiveOutput linear = run(frame, reference);
    const LiveOutput images = run(frame, reference, {}, {.frame = true, .outputs = true});
    EXPECT_EQ(images.map, linear.map);
    EXPECT_EQ(images.heatmap, linear.heatmap);
    EXPECT_EQ(images.statistics, linear.statistics);
  }
}

TEST_F(live_ssim_cuda, identical_frames_score_exactly_1) {
  const auto picture = make_picture(PixelFormat::rgba8, 500, 300, noisy_scene);
  const LiveOutput out = run(picture, picture);
  for (const float m : out.map) ASSERT_EQ(m, 1.0f);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(sum_at(out.statistics, kFgSumSsim + 2 * c), 500.0 * 300);
  EXPECT_EQ(out.statistics[kFgMapBins - 1], 500u * 300);
  EXPECT_EQ(sum_at(out.statistics, kFgSumSquares), 0.0);
}

TEST_F(live_ssim_cuda, a_NaN_spoils_its_windows_alone_and_is_counted) {
  auto frame = make_picture(PixelFormat::rgba32f, 300, 100, noisy_scene);
  const auto truth = make_picture(PixelFormat::rgba32f, 300, 100, scene);
  frame.set(1, 40, 142, NAN);
  const LiveOutput out = run(frame, truth);
  EXPECT_EQ(nonfinite(out.statistics), 1u);
  EXPECT_TRUE(std::isnan(sum_at(out.statistics, kFgSumSsim + 2)));
  EXPECT_TRUE(std::isfinite(sum_at(out.statistics, kFgSumSsim)));
  EXPECT_TRUE(std::isfinite(sum_at(out.statistics, kFgSumSsim + 4)));  // a channel scored after it
  EXPECT_TRUE(std::isfinite(smallest_value(out.statistics)));
  std::uint32_t counted = 0;
  for (int i = 0; i < kFgMapBins; ++i) counted += out.statistics[static_cast<std::size_t>(i)];
  EXPECT_EQ(counted, 300u * 100 - 121);
  for (int y = 0; y < 100; ++y)
    for (int x = 0; x < 300; ++x) {
      const auto i = static_cast<std::size_t>(y * 300 + x);
      const bool reached = std::abs(y - 40) <= 5 && std::abs(x - 142) <= 5;
      ASSERT_EQ(std::isnan(out.map[i]), reached) << x << " " << y;
      ASSERT_EQ(out.heatmap[i] == static_cast<std::uint32_t>(kFgColorNotANumber), reached);
    }
}

TEST_F(live_ssim_cuda, the_same_frame_gives_the_same_bits_every_time) {
  const auto frame = make_picture(PixelFormat::rgba8, 1280, 720, noisy_scene);
  const auto truth = make_picture(PixelFormat::rgba8, 1280, 720, scene);
  LiveOnDevice device(frame, truth);
  const Stream stream;
  device.filter_reference(stream.get());
  device.score(stream.get());
  stream.wait();
  const LiveOutput first = device.results();
  for (int run = 0; run < 20; ++run) {
    device.score(stream.get());
    stream.wait();
    const LiveOutput again = device.results();
    EXPECT_TRUE(device.results_are_complete());
    ASSERT_EQ(again.statistics, first.statistics);
    ASSERT_EQ(again.map, first.map);
    ASSERT_EQ(again.heatmap, first.heatmap);
  }
}

}  // namespace
}  // namespace fg::test
