// FLIP and NCC of pairs of frames against the naive definitions in double.

#include "viewer/diff/scores/score_flip.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "tests/oracle/flip_oracle.h"
#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"

namespace fg::test {
namespace {

constexpr double kFlip = 1e-5;  // flip_cpu_test

oracle::RgbPlanes rgb_of(const Frame& frame, const std::vector<float>& values) {
  oracle::RgbPlanes planes;
  for (std::size_t c = 0; c < 3; ++c) {
    planes[c] = {frame.height, frame.width, {}};
    for (std::size_t i = c; i < values.size(); i += 3)
      planes[c].value.push_back(static_cast<double>(values[i]));
  }
  return planes;
}

double one_score(const FramePair& pair, Metric metric, const FlipViewing& flip = {}) {
  return score_once(pair, nullptr, {.metrics = {metric}, .flip = flip}, KeepMap::no).values.at(0);
}

// A scene-linear file as it comes from the loader when light is kept.
std::shared_ptr<const Frame> lit(const FramePair& pair, bool test, bool keep, bool raw = false) {
  Frame frame = as_floats(test ? *pair.test : *pair.reference);
  std::vector<float> light = frame.rgb;
  for (std::size_t i = 0; i < light.size(); ++i)
    light[i] *= std::exp2(static_cast<float>((i / 300) % 12) - 5);
  if (keep) frame.light = light;
  if (raw) frame.rgb = light, frame.scene_linear = true;
  return std::make_shared<const Frame>(std::move(frame));
}
FramePair lit_pair(bool keep, bool raw = false) {
  const FramePair pair = noisy_pair(41, 29, 25);
  return {lit(pair, true, keep, raw), lit(pair, false, keep, raw)};
}

TEST(flip_of_frames, codes_and_floats_of_the_same_picture_score_as_the_oracle) {
  const FramePair codes = noisy_pair(53, 37, 25);
  const FramePair floats{std::make_shared<const Frame>(as_floats(*codes.test)),
                         std::make_shared<const Frame>(as_floats(*codes.reference))};
  for (const double ppd : {67.0206, 30.0}) {
    const double expected = oracle::ldr_flip(rgb_of(*floats.test, floats.test->rgb),
                                             rgb_of(*floats.reference, floats.reference->rgb), ppd)
                                .mean;
    EXPECT_NEAR(one_score(codes, Metric::flip, {.pixels_per_degree = ppd}), expected, kFlip);
    EXPECT_NEAR(one_score(floats, Metric::flip, {.pixels_per_degree = ppd}), expected, kFlip);
    EXPECT_NEAR(one_score({codes.test, floats.reference}, Metric::flip, {.pixels_per_degree = ppd}), expected,
                kFlip);
  }
}

TEST(flip_of_frames, of_video_it_is_that_of_the_picture) {
  const FramePair pair{std::make_shared<const Frame>(planes(40, 30, 10, 20)),
                       std::make_shared<const Frame>(planes(40, 30, 10, 0))};
  const FramePair pictures{frame_of(to_picture(*pair.test, 1)), frame_of(to_picture(*pair.reference, 1))};
  EXPECT_EQ(one_score(pair, Metric::flip), one_score(pictures, Metric::flip));
  EXPECT_GT(one_score(pair, Metric::flip), 0.01);
}

TEST(flip_of_frames, flip_hdr_takes_the_light_that_was_kept_or_the_values_as_they_are) {
  const FramePair kept = lit_pair(true), raw = lit_pair(false, true);
  for (const FgFlipToneMapper mapper : {FG_FLIP_ACES, FG_FLIP_REINHARD, FG_FLIP_HABLE}) {
    const double expected =
        oracle::hdr_flip(rgb_of(*kept.test, kept.test->light), rgb_of(*kept.reference, kept.reference->light),
                         {.curve = static_cast<oracle::FlipCurve>(mapper)})
            .mean;
    EXPECT_NEAR(one_score(kept, Metric::flip_hdr, {.tone_mapper = mapper}), expected, kFlip);
    EXPECT_NEAR(one_score(raw, Metric::flip_hdr, {.tone_mapper = mapper}), expected, kFlip);
  }
  const double given =
      oracle::hdr_flip(rgb_of(*kept.test, kept.test->light), rgb_of(*kept.reference, kept.reference->light),
                       {.start = -1, .stop = 2.5, .count = 3})
          .mean;
  EXPECT_NEAR(one_score(kept, Metric::flip_hdr, {.start = -1, .stop = 2.5, .exposures = 3}), given, kFlip);
}

TEST(flip_of_frames, what_neither_is_of_has_no_score_and_a_sentence_and_keeps_its_other_scores) {
  const FramePair codes = noisy_pair(41, 29, 25), light = lit_pair(true), linear = lit_pair(false, true);
  const struct {
    FramePair pair;
    Metric metric;
    std::string why;
  } cases[] = {
      {codes, Metric::flip_hdr, "test and reference are display-referred"},
      {{codes.test, light.reference}, Metric::flip_hdr, "the test is display-referred"},
      {{light.test, codes.reference}, Metric::flip_hdr, "the reference is display-referred"},
      {linear, Metric::flip, "under --tonemap none test and reference are linear"},
  };
  for (const auto& c : cases) {
    const PairScores scores = score_once(c.pair, nullptr, {.metrics = {Metric::ssim, c.metric}}, KeepMap::no);
    EXPECT_NE(scores.why_undefined.find(c.why), std::string::npos) << scores.why_undefined;
    EXPECT_EQ(scores.undefined, std::vector<std::size_t>{1});
    EXPECT_TRUE(std::isnan(scores.values.at(1)));
    EXPECT_GT(scores.values.at(0), 0.1);
  }
  const PairScores both =
      score_once(light, nullptr, {.metrics = {Metric::flip, Metric::flip_hdr}}, KeepMap::no);
  EXPECT_TRUE(both.undefined.empty() && both.why_undefined.empty());
}

TEST(flip_of_frames, of_infinite_light_it_is_nan_without_a_sign) {
  const FramePair pair = lit_pair(true);
  Frame endless = *pair.test;
  endless.light[7] = std::numeric_limits<float>::infinity();
  const double score = one_score({std::make_shared<const Frame>(endless), pair.reference}, Metric::flip_hdr);
  EXPECT_TRUE(std::isnan(score));
  EXPECT_FALSE(std::signbit(score));  // a text would say -nan
}

TEST(flip_of_frames, the_map_is_of_the_metric_that_is_drawn) {
  const FramePair pair = lit_pair(true);
  for (const Metric metric : {Metric::flip, Metric::flip_hdr, Metric::ssim}) {
    const PairScores scores = score_once(
        pair, nullptr, {.metrics = {Metric::ssim, Metric::flip, Metric::flip_hdr}, .map_metric = metric},
        KeepMap::yes);
    ASSERT_EQ(scores.map.size(), 41u * 29);
    const double mean = std::accumulate(scores.map.begin(), scores.map.end(), 0.0) / (41 * 29);
    EXPECT_NEAR(mean, scores.values[metric == Metric::ssim ? 0 : metric == Metric::flip ? 1 : 2], 1e-6);
  }
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) mx += x[i] / n, my += y[i] / n;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

std::vector<double> channel(const Frame& frame, std::size_t c, const Mask* mask = nullptr) {
  std::vector<double> values;
  for (std::size_t i = 0; i < frame.rgba8.size() / 4; ++i)
    if (!mask || mask->weights[i] > 0) values.push_back(frame.rgba8[4 * i + c]);
  return values;
}

TEST(ncc_of_frames, is_the_mean_of_the_channels_correlations_of_what_the_mask_shows) {
  const FramePair codes = noisy_pair(53, 37, 60);
  Mask mask{53, 37, std::vector<float>(53 * 37, 1), 53 * 37};
  for (std::size_t i = 0; i < mask.weights.size(); i += 3) mask.weights[i] = 0;
  for (const Mask* which : {static_cast<const Mask*>(nullptr), static_cast<const Mask*>(&mask)}) {
    double expected = 0;
    for (std::size_t c = 0; c < 3; ++c)
      expected += correlation(channel(*codes.test, c, which), channel(*codes.reference, c, which)) / 3;
    const FramePair floats{std::make_shared<const Frame>(as_floats(*codes.test)),
                           std::make_shared<const Frame>(as_floats(*codes.reference))};
    for (const FramePair& pair : {codes, floats})
      EXPECT_NEAR(score_once(pair, which, {.metrics = {Metric::ncc}}, KeepMap::no).values.at(0), expected,
                  1e-6);
  }
}

TEST(ncc_of_frames, of_video_it_is_of_the_Y_plane) {
  for (const int bits : {8, 10}) {
    const FramePair pair{std::make_shared<const Frame>(planes(40, 30, bits, 60)),
                         std::make_shared<const Frame>(planes(40, 30, bits, 0))};
    std::vector<double> x, y;
    for (std::size_t i = 0; i < 40u * 30; ++i) {
      x.push_back(code_of(pair.test->planes[0], bits, i));
      y.push_back(code_of(pair.reference->planes[0], bits, i));
    }
    EXPECT_NEAR(one_score(pair, Metric::ncc), correlation(x, y), 1e-6);
  }
}

TEST(ncc_of_frames, identical_pictures_score_1_and_constant_ones_0) {
  const FramePair same{noisy_pair(20, 20, 0).test, noisy_pair(20, 20, 0).test};
  EXPECT_NEAR(one_score(same, Metric::ncc), 1.0, 1e-6);
  Image8 grey = waves(20, 20, 0);
  for (std::uint8_t& code : grey.rgba) code = 128;
  EXPECT_EQ(one_score({frame_of(grey), frame_of(grey)}, Metric::ncc), 0.0);
}

}  // namespace
}  // namespace fg::test
