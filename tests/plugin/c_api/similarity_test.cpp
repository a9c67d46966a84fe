#include <gtest/gtest.h>

#include <cmath>
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

}  // namespace
}  // namespace fg::test
