#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

FgStatus run(FgFlip& op) { return run_with(op, fg_flip_scratch_bytes, fg_flip); }

FgFlip flip_of(const DLTensor* x, const DLTensor* y) {
  FgFlip op;
  fg_flip_defaults(&op);
  op.x = x;
  op.y = y;
  return op;
}

TEST(fg_flip, green_against_blue_is_1_in_map_scores_and_mean_whatever_the_alpha) {
  Tensor<std::uint8_t> x({2, 4, 5, 4}), y({2, 4, 5, 4});
  for (std::size_t i = 0; i < x.memory.size(); i += 4) {
    x[i + 1] = y[i + 2] = 255;
    x[i + 3] = static_cast<std::uint8_t>(i);
  }
  Tensor<float> map({2, 4, 5, 1});
  Tensor<double> scores({2}), mean({1}), table({2, FG_FLIP_COLUMNS});
  FgFlip op = flip_of(&x, &y);
  op.layout = FG_LAYOUT_NHWC;
  op.channels = 3;
  op.map = &map;
  op.scores = &scores;
  op.mean = &mean;
  op.exposure_table = &table;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  for (const float error : map.memory) EXPECT_NEAR(error, 1.0f, 1e-5f);
  for (const double score : scores.memory) EXPECT_NEAR(score, 1.0, 1e-5);
  EXPECT_NEAR(mean[0], 1.0, 1e-5);
  EXPECT_EQ(table.memory, (std::vector<double>{0, 0, 1, 0, 0, 1}));
}

TEST(fg_flip, the_default_viewer_sees_67_pixels_in_a_degree) {
  FgFlip op;
  fg_flip_defaults(&op);
  // 0.7 m from a display of 3840 pixels on 0.7 m.
  EXPECT_NEAR(op.pixels_per_degree, 67.02064, 1e-5);
  EXPECT_EQ(op.range, FG_FLIP_LDR);
  EXPECT_EQ(op.tone_mapper, FG_FLIP_ACES);
}

TEST(fg_flip, given_exposures_are_those_that_were_found) {
  Tensor<float> x({3, 9, 12}), y({3, 9, 12});
  for (std::size_t i = 0; i < y.memory.size(); ++i) {
    y[i] = std::exp2(static_cast<float>(i % 19) - 9);
    x[i] = y[i] * 1.3f;
  }
  Tensor<double> found({1}), given({1}), table({1, FG_FLIP_COLUMNS});
  FgFlip op = flip_of(&x, &y);
  op.range = FG_FLIP_HDR;
  op.mean = &found;
  op.exposure_table = &table;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_GE(table[FG_FLIP_COUNT], 2);
  op.start_exposure = table[FG_FLIP_START];
  op.stop_exposure = table[FG_FLIP_STOP];
  op.exposures = static_cast<std::int32_t>(table[FG_FLIP_COUNT]);
  op.mean = &given;
  ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(found[0], given[0]);
  EXPECT_GT(given[0], 0);
}

TEST(fg_flip, refuses_what_it_has_no_definition_for) {
  Tensor<float> x({3, 6, 7}), y({3, 6, 7}), grey({1, 6, 7});
  Tensor<std::uint8_t> codes({3, 6, 7});
  Tensor<double> mean({1}), one({1});
  const auto expect = [&](const auto& spoil, const std::string& part) {
    FgFlip op = flip_of(&x, &y);
    op.mean = &mean;
    ASSERT_EQ(run(op), FG_STATUS_OK) << fg_last_error();
    spoil(op);
    EXPECT_EQ(run(op), FG_STATUS_INVALID_ARGUMENT) << part;
    EXPECT_NE(std::string(fg_last_error()).find(part), std::string::npos) << fg_last_error();
  };
  expect([&](FgFlip& op) { op.x = op.y = &grey; }, "have 1 channels");
  expect([](FgFlip& op) { op.channels = 2; }, "have 2 channels");
  expect([&](FgFlip& op) { op.x = op.y = &codes, op.range = FG_FLIP_HDR; },
         "FG_FLIP_HDR is of linear floats");
  expect([](FgFlip& op) { op.range = static_cast<FgFlipRange>(7); }, "range is 7");
  for (const double bad : {0.0, -67.0, 0.99, 471.0, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()})
    expect([&](FgFlip& op) { op.pixels_per_degree = bad; }, "pixels_per_degree is");
  expect([](FgFlip& op) { op.mean = nullptr; }, "are all NULL");
  const auto hdr = [&](const auto& spoil, const std::string& part) {
    expect([&](FgFlip& op) { op.range = FG_FLIP_HDR, spoil(op); }, part);
  };
  hdr([](FgFlip& op) { op.tone_mapper = static_cast<FgFlipToneMapper>(-1); }, "tone_mapper is -1");
  hdr([](FgFlip& op) { op.exposures = -1; }, "exposures is -1");
  hdr([](FgFlip& op) { op.exposures = 1025; }, "exposures is 1025");
  hdr([](FgFlip& op) { op.exposures = 3, op.start_exposure = 2; }, "the exposures go from 2 to 0");
  hdr([](FgFlip& op) { op.exposures = 3, op.stop_exposure = NAN; }, "the exposures go from 0 to");
  hdr([](FgFlip& op) { op.exposures = 3, op.stop_exposure = 101; }, "the exposures go from 0 to 101");
}

}  // namespace
}  // namespace fg::test
