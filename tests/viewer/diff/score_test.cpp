// Scores of a pair against the naive definitions in double.

#include "viewer/diff/scores/score.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "tests/oracle/errors_oracle.h"
#include "tests/oracle/integer_ssim_oracle.h"
#include "tests/oracle/masked_ssim_oracle.h"
#include "tests/oracle/ssim_oracle.h"
#include "tests/viewer/diff/sample_frames.h"
#include "tests/viewer/io/test_files.h"
#include "viewer/diff/results/statistics.h"
#include "viewer/percentile.h"

namespace fg::test {
namespace {

// Of what the C interface computes in floats: its own tests hold it to 2e-6 of the oracle.
constexpr double kFloat = 2e-6;

ScorePlan plan_of(std::vector<Metric> metrics) { return {.metrics = std::move(metrics)}; }

double score(const FramePair& pair, const ScorePlan& plan, const std::string& name,
             const Mask* mask = nullptr) {
  const PairScores scores = score_once(pair, mask, plan, KeepMap::no);
  const std::vector<Column> columns = columns_of(plan);
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (columns[c].name == name) return scores.values.at(c);
  ADD_FAILURE() << "no column " << name;
  return 0;
}

oracle::Plane channel_of(const Frame& frame, int c) {
  oracle::Plane plane{frame.height, frame.width, {}};
  for (std::size_t i = 0; i < frame.rgba8.size() / 4; ++i)
    plane.value.push_back(frame.rgba8[4 * i + c] / 255.0);
  return plane;
}

oracle::Plane plane_of(const Plane& from, int bits, double range) {
  oracle::Plane plane{from.height, from.width, {}};
  for (std::size_t i = 0; i < std::size_t(from.width) * from.height; ++i)
    plane.value.push_back(code_of(from, bits, i) / range);
  return plane;
}

FramePair planes_pair(int width, int height, int bits, bool chroma = true) {
  return {std::make_shared<const Frame>(planes(width, height, bits, 20, chroma)),
          std::make_shared<const Frame>(planes(width, height, bits, 0, chroma))};
}

TEST(score_pair, ssim_of_rgb_is_the_mean_over_the_channels) {
  const FramePair pair = noisy_pair(53, 37, 25);
  for (const bool crop : {false, true}) {
    double mean = 0;
    for (int c = 0; c < 3; ++c)
      mean +=
          oracle::ssim(channel_of(*pair.test, c), channel_of(*pair.reference, c), {.crop = crop}).mean / 3;
    EXPECT_NEAR(
        score(pair, plan_of({crop ? Metric::ssim_valid : Metric::ssim}), crop ? "ssim-valid" : "ssim"), mean,
        kFloat);
  }
}

// The map of the windows inside, averaged over the channels.
std::vector<double> map_inside(const FramePair& pair, int window, double& mean) {
  std::vector<double> map;
  mean = 0;
  for (int c = 0; c < 3; ++c) {
    const auto expected = oracle::ssim(channel_of(*pair.test, c), channel_of(*pair.reference, c),
                                       {.window = window, .crop = true});
    mean += expected.mean / 3;
    map.resize(expected.map.value.size(), 0);
    for (std::size_t i = 0; i < map.size(); ++i) map[i] += expected.map.value[i] / 3;
  }
  return map;
}

// Its mean is that of the padded map less the border, its map the inside of it.
TEST(score_pair, ssim_valid_is_the_inside_of_the_padded_map) {
  for (const int window : {7, 9, 11})
    for (const auto& [width, height] :
         {std::pair(64, 48), std::pair(201, 77), std::pair(11, 40), std::pair(33, 11), std::pair(11, 11)}) {
      SCOPED_TRACE(testing::Message() << window << " " << width << "x" << height);
      const FramePair pair = noisy_pair(width, height, 30);
      double mean = 0;
      const std::vector<double> map = map_inside(pair, window, mean);
      for (const bool beside_ssim : {false, true}) {
        ScorePlan plan = plan_of({Metric::ssim_valid});
        if (beside_ssim) plan.metrics.insert(plan.metrics.begin(), Metric::ssim);
        plan.window = window;
        plan.map_statistics = true;
        EXPECT_NEAR(score(pair, plan, "ssim-valid"), mean, kFloat);
        EXPECT_NEAR(score(pair, plan, "ssim-valid:map-min"), *std::min_element(map.begin(), map.end()), 1e-5);
        EXPECT_NEAR(score(pair, plan, "ssim-valid:map-p5"), percentile(map, 0.05), 1e-5);
      }
    }
}

TEST(score_pair, scores_have_the_same_bits_with_and_without_a_map_and_beside_other_metrics) {
  const std::vector<Metric> all = {Metric::ssim, Metric::ssim_valid, Metric::ms_ssim, Metric::psnr,
                                   Metric::mae,  Metric::ncc,        Metric::flip};
  for (const FramePair& pair : {noisy_pair(201, 177, 30), noisy_pair(64, 48, 30), noisy_pair(12, 11, 30),
                                planes_pair(321, 203, 8), planes_pair(50, 34, 10)}) {
    ScorePlan plan = plan_of(all);
    plan.luma_only = pair.test->kind == Frame::Kind::planes;
    const std::vector<double> plain = score_once(pair, nullptr, plan, KeepMap::no).values;
    for (std::size_t m = 0; m < all.size(); ++m) {
      if (std::isnan(plain[m])) continue;  // no window of ms-ssim fits
      const std::string name = metric_name(all[m]);
      SCOPED_TRACE(testing::Message() << name << " " << pair.test->width << "x" << pair.test->height);
      ScorePlan alone = plan_of({all[m]}), with_statistics = plan;
      alone.luma_only = plan.luma_only;
      with_statistics.map_statistics = true;
      EXPECT_EQ(score(pair, alone, name), plain[m]);
      EXPECT_EQ(score(pair, with_statistics, name), plain[m]);
      for (const Metric drawn : {Metric::ssim, Metric::flip}) {
        plan.map_metric = drawn;
        EXPECT_EQ(score_once(pair, nullptr, plan, KeepMap::yes).values[m], plain[m]);
      }
    }
  }
}

TEST(score_pair, ssim_of_a_y_plane_takes_its_codes) {
  for (const int bits : {8, 10, 12, 16}) {
    const FramePair pair = planes_pair(50, 34, bits);
    const double range = std::ldexp(1.0, bits) - 1;
    const double expected = oracle::ssim(plane_of(pair.test->planes[0], bits, range),
                                         plane_of(pair.reference->planes[0], bits, range), {})
                                .mean;
    EXPECT_NEAR(score(pair, plan_of({Metric::ssim}), "ssim"), expected, kFloat) << bits;
  }
}

TEST(score_pair, errors_of_planes_are_of_all_samples) {
  for (const int bits : {8, 10}) {
    const FramePair pair = planes_pair(33, 21, bits);  // odd: the chroma planes round up
    ScorePlan plan = plan_of({Metric::psnr, Metric::mse, Metric::mae, Metric::max_error});
    plan.chroma = true;
    const double range = std::ldexp(1.0, bits) - 1;
    std::vector<oracle::Plane> x, y;
    for (int p = 0; p < 3; ++p) {
      x.push_back(plane_of(pair.test->planes[p], bits, 1));
      y.push_back(plane_of(pair.reference->planes[p], bits, 1));
    }
    const oracle::Errors all = oracle::image_errors(x, y, range);
    EXPECT_NEAR(score(pair, plan, "psnr"), all.psnr, 1e-9) << bits;  // both sum in double
    EXPECT_NEAR(score(pair, plan, "mse"), all.mse, 1e-12) << bits;
    EXPECT_NEAR(score(pair, plan, "mae"), all.mae, 1e-12) << bits;
    EXPECT_NEAR(score(pair, plan, "max"), all.max, 1e-12) << bits;
    const char* names[] = {"psnr-y", "psnr-u", "psnr-v"};
    for (std::size_t p = 0; p < 3; ++p)
      EXPECT_NEAR(score(pair, plan, names[p]), oracle::image_errors({x[p]}, {y[p]}, range).psnr, 1e-9)
          << names[p];
  }
}

TEST(score_pair, the_video_ssim_of_rgb_is_of_its_luma) {
  const FramePair pair = noisy_pair(40, 30, 25);
  const auto luma = [](const Frame& frame) {
    oracle::Plane plane{frame.height, frame.width, {}};
    for (std::size_t i = 0; i < frame.rgba8.size() / 4; ++i)
      plane.value.push_back(std::round(0.299 * frame.rgba8[4 * i] + 0.587 * frame.rgba8[4 * i + 1] +
                                       0.114 * frame.rgba8[4 * i + 2]));
    return plane;
  };
  EXPECT_NEAR(score(pair, plan_of({Metric::vmaf_ssim}), "vmaf-ssim"),
              oracle::integer_ssim(luma(*pair.test), luma(*pair.reference), 8), 1e-12);
}

Mask holes(int width, int height) {
  Mask mask{width, height, std::vector<float>(std::size_t(width) * height, 1.0f), 0};
  for (int v = 5; v < 20; ++v)
    for (int u = 8; u < 30; ++u) mask.weights[std::size_t(v) * width + u] = 0;
  mask.visible = mask.weights.size() - 15 * 22;
  return mask;
}

TEST(score_pair, a_mask_leaves_only_what_it_shows) {
  const FramePair pair = noisy_pair(53, 37, 25);
  const Mask mask = holes(53, 37);
  ScorePlan plan = plan_of(default_metrics(true));
  plan.masked = true;
  oracle::Plane weights{37, 53, {mask.weights.begin(), mask.weights.end()}};
  double ssim = 0;
  std::vector<oracle::Plane> x(3), y(3);
  for (int c = 0; c < 3; ++c) {
    const oracle::Plane a = channel_of(*pair.test, c), b = channel_of(*pair.reference, c);
    ssim += oracle::masked_ssim(a, b, weights, {}).mean / 3;
    for (std::size_t i = 0; i < mask.weights.size(); ++i)
      if (mask.weights[i] != 0) {
        x[c].value.push_back(a.value[i]);
        y[c].value.push_back(b.value[i]);
      }
  }
  const oracle::Errors errors = oracle::image_errors(x, y, 1);
  EXPECT_NEAR(score(pair, plan, "ssim", &mask), ssim, kFloat);
  EXPECT_NEAR(score(pair, plan, "psnr", &mask), errors.psnr, 1e-4);
  EXPECT_NEAR(score(pair, plan, "mse", &mask), errors.mse, 1e-8);
  EXPECT_NEAR(score(pair, plan, "mae", &mask), errors.mae, 1e-8);
  EXPECT_NEAR(score(pair, plan, "max", &mask), errors.max, 1e-7);
}

TEST(score_pair, what_a_mask_hides_does_not_matter) {
  Image8 test = waves(53, 37, 25);
  const FramePair before = {frame_of(test), frame_of(waves(53, 37, 0))};
  const Mask mask = holes(53, 37);
  for (std::size_t i = 0; i < mask.weights.size(); ++i)
    if (mask.weights[i] == 0) test.rgba[4 * i + 1] ^= 0xff;
  const FramePair after = {frame_of(test), before.reference};
  ScorePlan plan = plan_of(default_metrics(true));
  plan.masked = plan.map_statistics = true;
  const auto a = score_once(before, &mask, plan, KeepMap::no),
             b = score_once(after, &mask, plan, KeepMap::no);
  for (std::size_t c = 0; c < a.values.size(); ++c)
    EXPECT_EQ(a.values[c], b.values[c]) << columns_of(plan)[c].name;
  EXPECT_NE(score(after, plan_of({Metric::psnr}), "psnr"), score(before, plan_of({Metric::psnr}), "psnr"));
}

TEST(score_pair, a_mask_of_planes_hides_chroma_that_touches_it) {
  const FramePair pair = planes_pair(32, 24, 8);
  Mask mask{32, 24, std::vector<float>(32 * 24, 1.0f), 32 * 24 - 1};
  mask.weights[32 * 7 + 9] = 0;
  const Mask small = shrunk(mask, 16, 12);
  EXPECT_EQ(small.visible, 16u * 12 - 1);
  EXPECT_EQ(small.weights[16 * 3 + 4], 0);
}

TEST(score_pair, identical_pictures_score_exactly_one) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const bool deep : {false, true}) {
    FramePair pair = noisy_pair(180, 177, 40);
    pair.reference = pair.test;
    if (deep) pair.test = pair.reference = std::make_shared<const Frame>(as_floats(*pair.test));
    const ScorePlan plan = plan_of(parse_metrics("all", false));
    const PairScores scores = score_once(pair, nullptr, plan, KeepMap::no);
    const std::vector<Column> columns = columns_of(plan);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      SCOPED_TRACE(columns[c].name);
      if (columns[c].metric == Metric::vmaf_ms_ssim)
        EXPECT_NEAR(scores.values[c], 1, 1e-6);  // libvmaf's float means are not exactly 1 either
      else
        EXPECT_EQ(scores.values[c],
                  columns[c].metric == Metric::psnr ? kInfinity : columns[c].higher_is_better);
    }
  }
}

TEST(score_pair, too_small_pictures_have_no_score_where_no_window_fits) {
  const FramePair pair = noisy_pair(10, 9, 20);
  for (const char* name : {"ssim-valid", "ms-ssim", "vmaf-float-ssim", "vmaf-ms-ssim"})
    EXPECT_TRUE(std::isnan(score(pair, plan_of(parse_metrics("all", false)), name))) << name;
  for (const char* name : {"ssim", "psnr", "vmaf-ssim"})
    EXPECT_TRUE(std::isfinite(score(pair, plan_of(parse_metrics("all", false)), name))) << name;
}

TEST(score_pair, eight_bits_against_sixteen_are_compared_as_floats) {
  const FramePair pair = noisy_pair(40, 30, 20);
  const FramePair mixed = {std::make_shared<const Frame>(as_floats(*pair.test)), pair.reference};
  EXPECT_NEAR(score(mixed, plan_of({Metric::ssim}), "ssim"), score(pair, plan_of({Metric::ssim}), "ssim"),
              kFloat);
  EXPECT_NEAR(score(mixed, plan_of({Metric::psnr}), "psnr"), score(pair, plan_of({Metric::psnr}), "psnr"),
              1e-4);
}

TEST(score_pair, scene_linear_values_have_the_range_that_is_given) {
  Frame test{.kind = Frame::Kind::rgb, .width = 20, .height = 15, .bits = 32, .scene_linear = true};
  Frame reference = test;
  for (int i = 0; i < 20 * 15 * 3; ++i) {
    reference.rgb.push_back(static_cast<float>(i % 50));
    test.rgb.push_back(reference.rgb.back() + 2);
  }
  ScorePlan plan = plan_of({Metric::mae, Metric::psnr});
  plan.data_range = 100;
  const FramePair pair = {std::make_shared<const Frame>(test), std::make_shared<const Frame>(reference)};
  EXPECT_NEAR(score(pair, plan, "mae"), 0.02, 1e-8);
  EXPECT_NEAR(score(pair, plan, "psnr"), -20 * std::log10(0.02), 1e-5);
}

TEST(score_pair, a_nan_is_a_score_of_nan) {
  Frame bad = as_floats(*frame_of(waves(20, 15, 0)));
  const auto good = std::make_shared<const Frame>(bad);
  bad.rgb[100] = std::numeric_limits<float>::quiet_NaN();
  const FramePair pair = {std::make_shared<const Frame>(bad), good};
  ScorePlan plan = plan_of(default_metrics(false));
  plan.map_statistics = true;
  const PairScores scores = score_once(pair, nullptr, plan, KeepMap::no);
  for (const double value : scores.values) EXPECT_TRUE(std::isnan(value));
}

TEST(score_pair, what_cannot_be_compared_says_why) {
  const auto sentence = [](const FramePair& pair) {
    return failure_of([&] { score_once(pair, nullptr, plan_of({Metric::ssim}), KeepMap::no); },
                      ExitCode::size_mismatch);
  };
  EXPECT_TRUE(
      contains(sentence({frame_of(waves(20, 30, 0)), frame_of(waves(21, 30, 0))}), "20x30 against 21x30"));
  EXPECT_TRUE(
      contains(sentence({planes_pair(20, 30, 8).test, planes_pair(20, 30, 10).test}), "8 bits against"));
  Frame linear = as_floats(*frame_of(waves(20, 30, 0)));
  linear.scene_linear = true;
  EXPECT_TRUE(contains(sentence({std::make_shared<const Frame>(linear), frame_of(waves(20, 30, 0))}),
                       "scene-linear"));
}

TEST(score_pair, the_kept_map_is_the_average_over_the_channels) {
  const FramePair pair = noisy_pair(31, 22, 25);
  const PairScores scores = score_once(pair, nullptr, plan_of({Metric::ssim}), KeepMap::yes);
  ASSERT_EQ(scores.map.size(), 31u * 22);
  const double mean = std::accumulate(scores.map.begin(), scores.map.end(), 0.0) / (31 * 22);
  EXPECT_NEAR(mean, scores.values[0], 1e-6);
}

}  // namespace
}  // namespace fg::test
