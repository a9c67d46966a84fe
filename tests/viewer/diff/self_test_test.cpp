// What framegauge diff --self-test says.

#include "viewer/diff/self_test.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace fg {
namespace {

TEST(self_test, every_score_agrees_with_theirs) {
  std::set<std::string> sources, scores;
  for (const ComparedScore& s : self_test()) {
    EXPECT_TRUE(s.agrees()) << s.score << " " << s.image << ": " << s.ours << " against " << s.theirs;
    sources.insert(s.source);
    scores.insert(s.score.substr(0, s.score.find(',')));
  }
  EXPECT_EQ(sources.size(), 9u);
  EXPECT_EQ(scores, (std::set<std::string>{"ssim", "mae", "max", "ncc", "ssim-valid", "ms-ssim", "psnr",
                                           "mse", "flip", "flip-hdr", "vmaf-ssim", "vmaf-float-ssim",
                                           "vmaf-ms-ssim", "ssim3d"}));
}

TEST(self_test, what_disagrees_is_marked_and_counted) {
  const ComparedScore good{"ssim", "a", "b", 0.5, 0.50001, 1e-4}, bad{"ssim", "a", "b", 0.5, 0.51, 1e-4};
  const ComparedScore none{"ssim", "a", "b", std::numeric_limits<double>::quiet_NaN(), 0.5, 1e-4};
  EXPECT_TRUE(good.agrees());
  EXPECT_FALSE(bad.agrees());
  EXPECT_FALSE(none.agrees());
  const std::string table = self_test_table({good, bad, none});
  EXPECT_NE(table.find("DISAGREES"), std::string::npos);
  EXPECT_NE(table.find("1 of 3 agree"), std::string::npos);
}

}  // namespace
}  // namespace fg
