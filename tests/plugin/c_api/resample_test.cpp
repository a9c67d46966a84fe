// fg_resample: radiographs as another detector before the same source would have them.

#include <framegauge/drr.h>
#include <framegauge/pose.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

struct GoodResample {
  Tensor<float> input{{2, 1, 60, 80}}, output{{2, 1, 60, 80}};
  FgResample op;
  GoodResample() {
    fg_resample_defaults(&op);
    for (std::size_t i = 0; i < input.memory.size(); ++i)
      input[i] = static_cast<float>(3 * (i % 80) + 5 * (i / 80 % 60));  // linear: bilinear is exact
    op.input = &input;
    op.output = &output;
  }
};

}  // namespace

TEST(fg_resample, between_the_same_intrinsics_nothing_changes) {
  GoodResample good;
  good.input[77] = NAN;
  ASSERT_EQ(fg_resample(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(std::memcmp(good.input.memory.data(), good.output.memory.data(), 2 * 60 * 80 * sizeof(float)), 0);
}

TEST(fg_resample, a_NaN_reaches_the_pixels_that_it_has_a_weight_in) {
  GoodResample good;
  good.input[30 * 80 + 40] = NAN;
  good.op.output_intrinsics.x0_mm = 0.5;  // a quarter of a pixel to the side
  ASSERT_EQ(fg_resample(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
  for (std::size_t i = 0; i < good.output.memory.size(); ++i)
    EXPECT_EQ(std::isnan(good.output[i]), i == 30 * 80 + 40 || i == 30 * 80 + 41) << i;
}

TEST(fg_resample, a_pixel_centre_shows_what_lies_on_its_ray) {
  GoodResample good;
  Tensor<float> output{{2, 1, 50, 44}};
  good.op.output = &output;
  good.op.input_intrinsics = {1000, 2, 1.5, 7, -4};
  good.op.output_intrinsics = {900, 3.9, 2.7, -31, 6};
  ASSERT_EQ(fg_resample(&good.op, nullptr), FG_STATUS_OK) << fg_last_error();
  FgProjection from, to;
  fg_projection_defaults(&from);
  from.sdd_mm = 1000, from.delx_mm = 2, from.dely_mm = 1.5, from.x0_mm = 7, from.y0_mm = -4;
  from.height = 60, from.width = 80;
  to = from;
  to.sdd_mm = 900, to.delx_mm = 3.9, to.dely_mm = 2.7, to.x0_mm = -31, to.y0_mm = 6;
  to.height = 50, to.width = 44;
  int inside = 0, outside = 0;
  for (int y = 0; y < 50; ++y)
    for (int x = 0; x < 44; ++x) {
      double pixel[3] = {x + 0.5, y + 0.5, 900}, point[3];
      ASSERT_EQ(fg_back_project(&to, pixel, 1, point), FG_STATUS_OK);
      ASSERT_EQ(fg_project(&from, point, 1, pixel), FG_STATUS_OK);
      const double column = pixel[0] - 0.5, row = pixel[1] - 0.5;
      const float got = output[static_cast<std::size_t>(y * 44 + x)];
      if (column >= 0 && column <= 79 && row >= 0 && row <= 59) {
        EXPECT_NEAR(got, 3 * column + 5 * row, 1e-4);  // float weights of numbers up to 532
        ++inside;
      } else if (column <= -1 || column >= 80 || row <= -1 || row >= 60) {
        EXPECT_EQ(got, 0);
        ++outside;
      }
    }
  EXPECT_GT(inside, 500);
  EXPECT_GT(outside, 20);
}

TEST(fg_resample, a_radiograph_resampled_is_the_radiograph_of_the_other_detector) {
  // A ball of attenuation off the axis; both detectors see it from the same source.
  Tensor<float> volume{{40, 40, 40}};
  for (std::size_t i = 0; i < volume.memory.size(); ++i) {
    const double x = static_cast<double>(i % 40) - 23, y = static_cast<double>(i / 40 % 40) - 17,
                 z = static_cast<double>(i / 1600) - 20;
    volume[i] = static_cast<float>(std::exp(-(x * x + y * y + z * z) / 60));
  }
  Tensor<double> pose{{4, 4}};
  const double matrix[16] = {1, 0, 0, 20, 0, 1, 0, 20, 0, 0, 1, -480, 0, 0, 0, 1};
  std::copy(matrix, matrix + 16, pose.memory.begin());
  const auto radiograph = [&](const FgIntrinsics& k, Tensor<float>& image) {
    FgDrr drr;
    fg_drr_defaults(&drr);
    drr.volume = &volume;
    drr.numbers = FG_DRR_ATTENUATION;
    drr.poses = &pose;
    drr.sdd_mm = k.sdd_mm, drr.delx_mm = k.delx_mm, drr.dely_mm = k.dely_mm;
    drr.x0_mm = k.x0_mm, drr.y0_mm = k.y0_mm;
    drr.sampling = FG_DRR_SAMPLES_BY_STEP;
    drr.images = &image;
    return run_with(drr, fg_drr_scratch_bytes, fg_drr);
  };
  const FgIntrinsics fine{900, 0.3, 0.3, 3, -2}, other{700, 0.9, 0.8, -5, 4};
  Tensor<float> from{{1, 1, 300, 300}}, expected{{1, 1, 70, 70}}, got{{1, 1, 70, 70}};
  ASSERT_EQ(radiograph(fine, from), FG_STATUS_OK) << fg_last_error();
  ASSERT_EQ(radiograph(other, expected), FG_STATUS_OK) << fg_last_error();
  FgResample op;
  fg_resample_defaults(&op);
  op.input = &from;
  op.output = &got;
  op.input_intrinsics = fine;
  op.output_intrinsics = other;
  ASSERT_EQ(fg_resample(&op, nullptr), FG_STATUS_OK) << fg_last_error();
  float largest = 0, error = 0;
  for (std::size_t i = 0; i < got.memory.size(); ++i) {
    largest = std::max(largest, expected[i]);
    error = std::max(error, std::abs(got[i] - expected[i]));
  }
  // Linear interpolation of a ball of 5 mm at 0.3 mm pixels; half a pixel of shift would make it 0.02.
  EXPECT_GT(largest, 5);
  EXPECT_LT(error / largest, 3e-3);
}

TEST(fg_resample, what_does_not_fit_is_refused_with_a_sentence) {
  GoodResample good;
  const auto refused = [&](FgStatus status, const std::string& words) {
    EXPECT_EQ(fg_resample(&good.op, nullptr), status);
    EXPECT_NE(std::string(fg_last_error()).find(words), std::string::npos) << fg_last_error();
  };
  good.op.output_intrinsics.delx_mm = 0;
  refused(FG_STATUS_INVALID_ARGUMENT, "output_intrinsics.delx_mm");
  good.op.output_intrinsics.delx_mm = 2;
  good.op.input_intrinsics.sdd_mm = 1.02;
  refused(FG_STATUS_INVALID_ARGUMENT,
          "input_intrinsics.sdd_mm is 1.02; expected the millimetres from source to detector, 10 or more");
  good.op.input_intrinsics.sdd_mm = 1020;
  Tensor<float> other{{1, 1, 60, 80}};
  good.op.output = &other;
  refused(FG_STATUS_SIZE_MISMATCH, "output");
  good.op.output = &good.input;
  refused(FG_STATUS_INVALID_ARGUMENT, "overlap");
}

}  // namespace fg::test
