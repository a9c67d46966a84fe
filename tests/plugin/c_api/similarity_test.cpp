#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "tests/oracle/similarity_oracle.h"
#include "tests/plugin/c_api/tensors.h"

namespace fg::test {
namespace {

FgStatus run(FgSimilarity& op) { return run_with_scratch(op, fg_similarity_scratch_bytes, fg_similarity); }

oracle::Plane plane_of(const Tensor<float>& t, std::size_t n) {
  const auto first = t.memory.begin() + static_cast<std::ptrdiff_t>(n) * 720;
  return {24, 30, {first, first + 720}};
}

struct SimilarityCall {
  Tensor<float> x{{2, 1, 24, 30}}, y{{2, 1, 24, 30}}, x_gradient{{2, 1, 24, 30}, NAN};
  Tensor<double> scores{{2}, NAN};
  FgSimilarity op;

  SimilarityCall() {
    fill(x, noisy_scene);
    fill(y, scene);
    fg_similarity_defaults(&op);
    op.x = &x;
    op.y = &y;
    op.scores = &scores;
    op.x_gradient = &x_gradient;
  }
};

TEST(c_api_similarity, the_defaults_are_NCC_of_the_whole_image) {
  SimilarityCall call;
  ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
  for (std::size_t n = 0; n < 2; ++n)
    EXPECT_NEAR(call.scores[n], oracle::ncc(plane_of(call.x, n), plane_of(call.y, n), nullptr, 0, 1e-7),
                1e-9);
  for (const float g : call.x_gradient.memory) EXPECT_FALSE(std::isnan(g));
}

TEST(c_api_similarity, a_step_along_the_gradient_changes_the_score_as_it_says) {
  SimilarityCall call;
  call.op.patches[0] = 7;
  ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
  const double before = call.scores[1];
  double promised = 0;
  for (std::size_t i = 720; i < 1440; ++i) {
    const float step = 0.01f * call.x_gradient[i];
    call.x[i] += step;
    promised += static_cast<double>(step * call.x_gradient[i]);
  }
  ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_NEAR(call.scores[1] - before, promised, 0.02 * promised);  // the step is small, not infinitely so
}

TEST(c_api_similarity, every_measure_matches_its_oracle) {
  SimilarityCall call;
  const auto expect = [&](FgSimilarityMeasure measure, const auto& oracle, double tolerance) {
    call.op.measure = measure;
    ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
    for (std::size_t n = 0; n < 2; ++n)
      EXPECT_NEAR(call.scores[n], oracle(plane_of(call.x, n), plane_of(call.y, n)), tolerance) << measure;
  };
  using oracle::Plane;
  call.op.scales = 2;
  call.op.patches[1] = 9;
  call.op.patch_weights[1] = -0.5;
  call.op.eps = 1e-3;
  call.op.sigma = 0.6;
  call.op.bins = 16;
  call.op.x_range[0] = -0.25;
  call.op.x_range[1] = 1.5;
  const oracle::NccSizes sizes{{0, 9}, {1, -0.5}};
  expect(
      FG_SIMILARITY_NCC,
      [&](const Plane& x, const Plane& y) { return oracle::ncc(x, y, nullptr, sizes, 1e-3); }, 1e-9);
  expect(
      FG_SIMILARITY_GRADIENT_NCC,
      [&](const Plane& x, const Plane& y) { return oracle::gradient_ncc(x, y, nullptr, sizes, 1e-3, 0.6); },
      2e-6);
  expect(
      FG_SIMILARITY_MSE, [](const Plane& x, const Plane& y) { return oracle::mse(x, y, nullptr); }, 1e-12);
  expect(
      FG_SIMILARITY_MUTUAL_INFORMATION,
      [](const Plane& x, const Plane& y) {
        return oracle::mutual_information(x, y, nullptr, 16, {-0.25, 1.5}, oracle::range_of(y, nullptr));
      },
      1e-12);
}

TEST(c_api_similarity, one_image_and_one_mask_serve_a_batch) {
  SimilarityCall call;
  Tensor<float> mask{{1, 1, 24, 30}, 1.0f}, masks{{2, 1, 24, 30}, 1.0f};
  for (std::size_t i = 0; i < 100; ++i) mask[i] = masks[i] = masks[720 + i] = 0;
  std::copy(call.y.memory.begin(), call.y.memory.begin() + 720, call.y.memory.begin() + 720);
  call.op.mask = &masks;
  ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
  const std::vector<double> apart = call.scores.memory;
  std::int64_t strides[4] = {0, 720, 30, 1};
  call.y.tensor.strides = strides;
  call.op.mask = &mask;
  ASSERT_EQ(run(call.op), FG_STATUS_OK) << fg_last_error();
  EXPECT_EQ(call.scores.memory, apart);
}

// Each of these spoils one thing of a call that succeeds.
void expect_sentence(const std::function<void(SimilarityCall&)>& spoil, FgStatus status,
                     const std::string& sentence) {
  SimilarityCall call;
  spoil(call);
  EXPECT_EQ(run(call.op), status) << sentence;
  EXPECT_NE(std::string(fg_last_error()).find(sentence), std::string::npos) << fg_last_error();
  EXPECT_TRUE(std::isnan(call.scores[0]));
}

TEST(c_api_similarity, arguments_that_do_not_fit_are_named) {
  const FgStatus invalid = FG_STATUS_INVALID_ARGUMENT, mismatch = FG_STATUS_SIZE_MISMATCH;
  expect_sentence(
      [](SimilarityCall& c) {
        const int bad = 9;
        std::memcpy(&c.op.measure, &bad, sizeof(bad));
      },
      invalid, "measure is 9; expected FG_SIMILARITY_NCC (0)");
  expect_sentence([](SimilarityCall& c) { c.y.shape[2] = 23; }, mismatch,
                  "y has shape [2, 1, 23, 30], x has [2, 1, 24, 30]; both must be the same");
  expect_sentence([](SimilarityCall& c) { c.op.scales = 9; }, invalid, "scales is 9; expected 1 to 8");
  expect_sentence([](SimilarityCall& c) { c.op.patches[0] = -3; }, invalid,
                  "patches[0] is -3; expected a number of pixels, or 0 for the whole image");
  expect_sentence([](SimilarityCall& c) { c.op.patch_weights[0] = NAN; }, invalid,
                  "patch_weights[0] is nan; expected a finite number");
  expect_sentence([](SimilarityCall& c) { c.op.eps = 0; }, invalid,
                  "eps is 0; expected a finite number, 1e-60 or more, 1e-7 for instance");
  expect_sentence([](SimilarityCall& c) { c.op.scores = c.op.x_gradient = nullptr; }, invalid,
                  "scores, x_gradient and y_gradient are all NULL; ask for at least one of them");
  const auto edges = [](SimilarityCall& c) { c.op.measure = FG_SIMILARITY_GRADIENT_NCC; };
  expect_sentence([&](SimilarityCall& c) { edges(c), c.op.sigma = -1; }, invalid,
                  "sigma is -1; expected 0 to 16 pixels");
  expect_sentence([&](SimilarityCall& c) { edges(c), c.op.sigma = 8; }, mismatch,
                  "the edges of sigma 8 need more than 24 pixels a side; pass a smaller sigma");
  const auto information = [](SimilarityCall& c) { c.op.measure = FG_SIMILARITY_MUTUAL_INFORMATION; };
  expect_sentence([&](SimilarityCall& c) { information(c), c.op.bins = 3; }, invalid,
                  "bins is 3; expected 4 to 256");
  expect_sentence([&](SimilarityCall& c) { information(c), c.op.y_range[0] = 2; }, invalid,
                  "y_range is 2 to 0; expected the lower end first, or both alike to have it found");
}

TEST(c_api_similarity, a_mask_that_does_not_fit_is_named) {
  Tensor<float> narrow{{2, 1, 24, 29}}, three{{3, 1, 24, 30}}, flat{{24, 30}};
  const auto refuse = [](Tensor<float>& mask) {
    expect_sentence([&](SimilarityCall& c) { c.op.mask = &mask; }, FG_STATUS_SIZE_MISMATCH,
                    "that of x, or with 1 for its batch, its channels or both");
  };
  refuse(narrow);
  refuse(three);
  refuse(flat);
}

}  // namespace
}  // namespace fg::test
