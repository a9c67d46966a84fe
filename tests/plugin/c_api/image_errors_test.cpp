#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "tests/kernels/test_images.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

TEST(fg_image_errors, columns_are_in_the_documented_order_and_scaled_by_the_range) {
  Tensor<float> x({2, 1, 2, 2}, 1.0f), y({2, 1, 2, 2}, 1.0f);
  x[0] = 5.0f;  // image 0: one of four samples off by 4
  Tensor<double> errors({2, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.data_range = 8;
  op.errors = &errors;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MSE], 0.25 * 0.25);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MAE], 0.125);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MAX], 0.5);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_PSNR], 10 * std::log10(16.0));
  EXPECT_EQ(errors[4 + FG_ERROR_MSE], 0.0);
  EXPECT_EQ(errors[4 + FG_ERROR_MAX], 0.0);
  EXPECT_EQ(errors[4 + FG_ERROR_PSNR], INFINITY);
}

TEST(fg_image_errors, codes_stand_for_0_to_the_range_and_alpha_is_left_out) {
  Tensor<std::uint8_t> x({1, 2, 4}, 10), y({1, 2, 4}, 10);
  x[3] = 200;  // alpha
  x[0] = 61;   // red of the first pixel: 51 / 255 = 0.2
  Tensor<double> errors({1, FG_ERROR_COLUMNS});
  FgImageErrors op;
  fg_image_errors_defaults(&op);
  op.x = &x;
  op.y = &y;
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.data_range = 77;  // no matter for codes
  op.errors = &errors;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MAX], 0.2);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MAE], 0.2 / 6);
  EXPECT_DOUBLE_EQ(errors[FG_ERROR_MSE], 0.04 / 6);
}

}  // namespace
}  // namespace fg::test
