#include <gtest/gtest.h>

#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {
namespace {

const auto on_cpu = [](const auto& measure, const SimilarityCase& c) { return run_cpu(measure, c); };

TEST(mse_cpu, scores_and_gradients_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 9, 14}, Shape{1, 1, 67, 5}, Shape{1, 1, 2, 600}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask(patchy_mask);
      if (shape.batch == 2) c.score_weight = {1.5, -0.75};
      expect_scores_like_oracle(MseMeasure{}, c, on_cpu, 1e-14);
      expect_gradients_like_differences(MseMeasure{}, c, on_cpu, 1e-6, 1e-3);
    }
}

}  // namespace
}  // namespace fg::test
