#include <framegauge/framegauge.h>
#include <gtest/gtest.h>

extern "C" int score_from_c99(double* mean);

namespace {

TEST(c_api, a_C99_client_gets_a_score) {
  double mean = 0;
  ASSERT_EQ(score_from_c99(&mean), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(mean, 1.0);
}

}  // namespace
