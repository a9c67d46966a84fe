#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>

#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {
namespace {

const auto on_cpu = [](const auto& measure, const SimilarityCase& c) { return run_cpu(measure, c); };

const NccMeasure kWhole{}, kPatches{{{5}, {1}}}, kLarge{{{13}, {1}}},
    kScales{{{0, 7, 3}, {0.5, 0.375, -0.25}}, 1e-4};

TEST(ncc_cpu, scores_of_odd_sizes_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{2, 3, 1, 7}, Shape{1, 2, 90, 7}, Shape{3, 1, 33, 65},
                             Shape{1, 1, 67, 257}, Shape{1, 1, 13, 13}, Shape{2, 1, 14, 140}}) {
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask(patchy_mask, shape.batch);
      for (const NccMeasure& measure : {kWhole, kPatches, kLarge, kScales})
        expect_scores_like_oracle(measure, c, on_cpu, 1e-9);
    }
  }
}

TEST(ncc_cpu, gradients_by_both_images_match_differences_of_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 2, 2}, Shape{2, 2, 9, 14}, Shape{1, 1, 16, 5}, Shape{1, 1, 3, 40}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask(patchy_mask);
      if (shape.batch == 2) c.score_weight = {1.5, -0.75};
      for (const NccMeasure& measure : {kWhole, kPatches, kLarge, kScales})
        expect_gradients_like_differences(measure, c, on_cpu);
    }
}

// Tiles begin anew every 32 rows and 128 columns, so that a gradient crosses their borders here.
TEST(ncc_cpu, gradients_across_tiles_match_differences_of_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 40, 20}, Shape{1, 1, 9, 150}})
    expect_gradients_like_differences(kPatches, SimilarityCase(shape, noisy_scene, scene), on_cpu);
}

}  // namespace
}  // namespace fg::test
