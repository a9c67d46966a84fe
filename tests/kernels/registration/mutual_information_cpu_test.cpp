#include <gtest/gtest.h>

#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {
namespace {

const auto on_cpu = [](const auto& measure, const SimilarityCase& c) { return run_cpu(measure, c); };

// Within the range, beyond it on both sides, and with another for y.
const InformationMeasure kFound{}, kGiven{20, {0.1, 0.7}, {-0.2, 1.3}}, kFew{4, {-0.1, 1.1}, {-0.2, 1.2}};

TEST(mutual_information_cpu, scores_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 2, 9, 14}, Shape{1, 1, 70, 65}, Shape{1, 1, 3, 600}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask(patchy_mask);
      for (const InformationMeasure& measure : {kFound, kGiven, kFew})
        expect_scores_like_oracle(measure, c, on_cpu, 1e-12);
    }
}

// Steps of 1e-4: the differences of shorter ones are lost in the rounding of the oracle's own sums, 1e-15 of them.
TEST(mutual_information_cpu, gradients_by_both_images_match_differences_of_the_oracle) {
  for (const Shape& shape : {Shape{2, 2, 6, 8}, Shape{1, 1, 66, 2}})
    for (const bool masked : {false, true}) {
      SimilarityCase c(shape, noisy_scene, scene);
      if (masked) c.with_mask(patchy_mask);
      if (shape.batch == 2) c.score_weight = {1.5, -0.75};
      for (const InformationMeasure& measure : {kGiven, kFew})
        expect_gradients_like_differences(measure, c, on_cpu, 1e-5, 1e-4);
    }
}

// More histograms than are kept at a time: 128 MB of them.
TEST(mutual_information_cpu, a_batch_that_is_worked_on_in_parts_scores_as_its_images_do) {
  constexpr int kBatch = 300, kLast = kBatch - 1;  // of 256 x 256 bins, 0.5 MB each
  const InformationMeasure measure{256};
  const Shape shape{kBatch, 1, 5, 6}, single{1, 1, 5, 6};
  const SimilarityCase all(shape, noisy_scene, scene);
  const auto last = [](const PixelFormula& formula) {
    return [formula](int, int c, int y, int x) { return formula(kLast, c, y, x); };
  };
  const SimilarityCase alone(single, last(noisy_scene), last(scene));
  const SimilarityOutput out = run_cpu(measure, all), expected = run_cpu(measure, alone);
  EXPECT_EQ(out.scores[kLast], expected.scores[0]);
  for (int y = 0; y < shape.height; ++y)
    for (int x = 0; x < shape.width; ++x) {
      EXPECT_EQ(out.x_gradient.at(kLast, 0, y, x), expected.x_gradient.at(0, 0, y, x)) << y << " " << x;
      EXPECT_EQ(out.y_gradient.at(kLast, 0, y, x), expected.y_gradient.at(0, 0, y, x)) << y << " " << x;
    }
  SimilarityOutput memory(all);
  EXPECT_LT(cpu::mutual_information_scratch_bytes(measure.op(images_of(all, memory))), std::size_t{1} << 28);
}

TEST(mutual_information_cpu, a_range_that_is_found_is_that_of_what_is_seen) {
  SimilarityCase c({1, 1, 20, 20}, noisy_scene, scene);
  c.with_mask([](int, int, int y, int x) { return x == 3 && y > 10 ? 0 : 1; });
  InformationMeasure given{};
  const SimilarityOutput found = run_cpu(given, c);
  const oracle::Plane mask = c.mask_plane(0, 0);
  given.x_range = oracle::range_of(c.x.plane(0, 0), &mask);
  given.y_range = oracle::range_of(c.y.plane(0, 0), &mask);
  for (int y = 11; y < 20; ++y) c.x.at(0, 0, y, 3) = 1e9f;
  const SimilarityOutput out = run_cpu(given, c);
  EXPECT_EQ(out.scores, found.scores);
  EXPECT_EQ(out.x_gradient.memory, found.x_gradient.memory);
  EXPECT_EQ(run_cpu(InformationMeasure{}, c).scores, found.scores);
}

}  // namespace
}  // namespace fg::test
