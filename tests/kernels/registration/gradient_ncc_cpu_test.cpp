#include <gtest/gtest.h>

#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {
namespace {

const auto on_cpu = [](const auto& measure, const SimilarityCase& c) { return run_cpu(measure, c); };

const NccMeasure kPatches{{{5}, {1}}, 1e-4}, kScales{{{0, 7, 3}, {0.5, 0.375, -0.25}}, 1e-4};

// Edges are made in float: their rounding is some 1e-6 of the samples' range.
TEST(gradient_ncc_cpu, scores_of_odd_sizes_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 4, 4}, Shape{2, 2, 9, 14}, Shape{1, 1, 33, 65}, Shape{1, 2, 70, 7}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask([](int, int, int y, int x) { return y == 3 && x > 9 ? 0.0 : 0.25 + 0.01 * x; });
      for (const NccMeasure& ncc : {NccMeasure{}, kPatches, kScales})
        for (const double sigma : {0.0, 0.5, 1.0})
          expect_scores_like_oracle(GradientNccMeasure{ncc, sigma}, c, on_cpu, 2e-6);
    }
}

TEST(gradient_ncc_cpu, a_wide_gaussian_matches_the_oracle) {
  const SimilarityCase c({1, 1, 30, 34}, noisy_scene, scene);
  const GradientNccMeasure measure{{}, 4.5};
  expect_scores_like_oracle(measure, c, on_cpu, 2e-6);
}

TEST(gradient_ncc_cpu, gradients_by_both_images_match_differences_of_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 4, 4}, Shape{2, 2, 9, 12}, Shape{1, 1, 34, 5}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked)
        c.with_mask([](int, int, int y, int x) { return y == 1 && x == 0 ? NAN : 0.25 + 0.01 * x; });
      if (shape.batch == 2) c.score_weight = {1.5, -0.75};
      for (const NccMeasure& ncc : {NccMeasure{}, kScales})
        for (const double sigma : {0.0, 0.5})
          expect_gradients_like_differences(GradientNccMeasure{ncc, sigma}, c, on_cpu, 2e-5);
      if (shape.batch == 1) expect_gradients_like_differences(GradientNccMeasure{{}, 0.6}, c, on_cpu, 2e-5);
    }
  expect_gradients_like_differences(GradientNccMeasure{}, SimilarityCase({1, 1, 9, 11}, noisy_scene, scene),
                                    on_cpu, 2e-5);
}

}  // namespace
}  // namespace fg::test
