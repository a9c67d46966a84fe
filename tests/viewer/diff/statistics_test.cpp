// One column over many pairs.

#include "viewer/diff/results/statistics.h"

#include <gtest/gtest.h>

#include <limits>

namespace fg {
namespace {

const Column kSsim{"ssim", Metric::ssim, true}, kPsnr{"psnr", Metric::psnr, true},
    kMae{"mae", Metric::mae, false};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(statistics, worst_is_the_bad_end) {
  EXPECT_EQ(statistics_of(kSsim, {0.9, 0.5, 0.7}).worst, 0.5);
  EXPECT_EQ(statistics_of(kMae, {0.9, 0.5, 0.7}).worst, 0.9);
}

TEST(statistics, percentiles_are_values_that_occur) {
  std::vector<double> scores;
  for (int i = 100; i >= 0; --i) scores.push_back(i);
  const Statistics s = statistics_of(kSsim, scores);
  EXPECT_EQ(s.p5, 5);
  EXPECT_EQ(s.p95, 95);
  EXPECT_EQ(s.mean, 50);
  EXPECT_EQ(statistics_of(kSsim, {3}).p5, 3);
}

TEST(statistics, pooled_psnr_is_of_the_mean_error) {
  EXPECT_NEAR(statistics_of(kPsnr, {20, 40}).pooled, -10 * std::log10((1e-2 + 1e-4) / 2), 1e-12);
  EXPECT_NEAR(statistics_of(kPsnr, {20, kInfinity}).pooled, -10 * std::log10(1e-2 / 2), 1e-12);
  EXPECT_EQ(statistics_of(kPsnr, {kInfinity}).pooled, kInfinity);
  EXPECT_TRUE(std::isnan(statistics_of(kSsim, {0.5}).pooled));
}

TEST(statistics, a_nan_is_not_averaged_away) {
  const Statistics s = statistics_of(kSsim, {0.5, std::nan(""), 1});
  EXPECT_TRUE(std::isnan(s.mean));
  EXPECT_TRUE(std::isnan(s.min));
  EXPECT_EQ(s.not_a_number, 1u);
  EXPECT_TRUE(std::isnan(statistics_of(kSsim, {}).mean));
}

}  // namespace
}  // namespace fg
