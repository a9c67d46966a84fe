#include "viewer/app/view/history.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fg {
namespace {

TEST(history, keeps_the_last_600_points_in_order) {
  History history;
  for (std::uint64_t i = 0; i < 1500; ++i) history.push({.tick = i});
  ASSERT_EQ(history.size(), 600u);
  for (std::size_t i = 0; i < 600; ++i) EXPECT_EQ(history[i].tick, 900 + i);
}

TEST(history, is_empty_after_clear_and_usable_again) {
  History history;
  for (std::uint64_t i = 0; i < 700; ++i) history.push({.tick = i});
  history.clear();
  EXPECT_EQ(history.size(), 0u);
  history.push({.tick = 7});
  EXPECT_EQ(history[0].tick, 7u);
}

TEST(plot_range, holds_all_finite_values_and_ignores_infinity_and_nan) {
  History history;
  history.push({.psnr = 30});
  history.push({.psnr = INFINITY});
  history.push({.psnr = NAN});
  history.push({.psnr = 35});
  const PlotRange range = plot_range(history, &HistoryPoint::psnr, 0.2f, 0, 200);
  EXPECT_LT(range.low, 30);
  EXPECT_GT(range.low, 29);
  EXPECT_GT(range.high, 35);
  EXPECT_LT(range.high, 36);
}

TEST(plot_range, never_collapses_and_stays_within_its_limits) {
  History history;
  for (int i = 0; i < 5; ++i) history.push({.ssim = 1});
  const PlotRange range = plot_range(history, &HistoryPoint::ssim, 0.002f, -1, 1);
  EXPECT_FLOAT_EQ(range.high, 1);
  EXPECT_NEAR(range.low, 0.998f, 1e-6f);  // float arithmetic near 1
  History nothing;
  EXPECT_LT(plot_range(nothing, &HistoryPoint::ssim, 0.002f, -1, 1).low,
            plot_range(nothing, &HistoryPoint::ssim, 0.002f, -1, 1).high);
}

}  // namespace
}  // namespace fg
