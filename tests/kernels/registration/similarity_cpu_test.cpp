// What all measures of similarity have in common, on CPU.

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include "tests/kernels/registration/similarity_expectations.h"

namespace fg::test {
namespace {

const auto on_cpu = [](const auto& measure, const SimilarityCase& c) { return run_cpu(measure, c); };

TEST(similarity_cpu, memory_layout_does_not_change_a_bit) {
  for_measures([](const auto& measure) { expect_same_bits_in_any_layout(measure, on_cpu); });
}

TEST(similarity_cpu, the_thread_count_does_not_change_a_bit) {
  for_measures([](const auto& measure) {
    const SimilarityCase c = plain_case({1, 2, 150, 200});
    const SimilarityOutput first = run_cpu(measure, c);
    for (const std::size_t threads : {1u, 2u, 5u}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      EXPECT_TRUE(same_bits(run_cpu(measure, c), first)) << measure.name();
    }
  });
}

TEST(similarity_cpu, what_is_not_seen_has_no_say) {
  for_measures([](const auto& measure) { expect_unseen_pixels_to_have_no_say(measure, on_cpu); });
}

TEST(similarity_cpu, a_NaN_or_Inf_makes_its_image_NaN_and_no_other) {
  for_measures([](const auto& measure) { expect_a_NaN_or_Inf_to_spoil_its_image_alone(measure, on_cpu); });
}

TEST(similarity_cpu, an_infinite_weight_makes_its_image_NaN_and_no_other) {
  for_measures(
      [](const auto& measure) { expect_an_infinite_weight_to_spoil_its_image_alone(measure, on_cpu); });
}

TEST(similarity_cpu, constant_patches_of_a_step_score_0_however_small_eps) {
  expect_constant_patches_of_a_step_to_score_0(on_cpu);
}

TEST(similarity_cpu, an_image_that_shows_nothing_scores_0_without_gradient) {
  for_measures([](const auto& measure) { expect_nothing_of_what_shows_nothing(measure, on_cpu); });
}

TEST(similarity_cpu, identical_and_constant_images_have_known_scores) {
  expect_known_scores_of_identical_and_constant_images(on_cpu, 1e-13);
}

TEST(similarity_cpu, a_single_pixel_has_a_score) { expect_a_pixel_to_have_a_score(on_cpu, 1e-13); }

TEST(similarity_cpu, a_patch_larger_than_the_image_is_the_whole) {
  expect_a_patch_larger_than_the_image_to_be_the_whole(on_cpu);
}

TEST(similarity_cpu, an_offset_of_all_samples_changes_no_correlation) {
  expect_an_offset_to_change_nothing(on_cpu);
}

TEST(similarity_cpu, one_gradient_alone_is_that_of_both) {
  for_measures([](const auto& measure) {
    SimilarityCase c = plain_case({1, 1, 40, 60});
    const SimilarityOutput both = run_cpu(measure, c);
    c.wants_y = false;
    EXPECT_TRUE(same_bits(run_cpu(measure, c).x_gradient, both.x_gradient)) << measure.name();
    c.wants_y = true;
    c.wants_x = false;
    EXPECT_TRUE(same_bits(run_cpu(measure, c).y_gradient, both.y_gradient)) << measure.name();
    c.wants_y = false;
    EXPECT_EQ(run_cpu(measure, c).scores, both.scores) << measure.name();
  });
}

// More pixels than are kept at a time: 2^22.
TEST(similarity_cpu, a_batch_that_is_worked_on_in_parts_scores_as_its_images_do) {
  const NccMeasure patches{{{3}, {1}}};
  const SimilarityCase all = plain_case({3, 1, 1500, 1600});
  SimilarityCase last = plain_case({1, 1, 1500, 1600});
  for (int y = 0; y < 1500; ++y)
    for (int x = 0; x < 1600; ++x) {
      last.x.at(0, 0, y, x) = all.x.at(2, 0, y, x);
      last.y.at(0, 0, y, x) = all.y.at(2, 0, y, x);
    }
  const auto check = [&](const auto& measure) {
    const SimilarityOutput out = run_cpu(measure, all), alone = run_cpu(measure, last);
    EXPECT_EQ(out.scores[2], alone.scores[0]) << measure.name();
    EXPECT_EQ(out.x_gradient.at(2, 0, 700, 800), alone.x_gradient.at(0, 0, 700, 800)) << measure.name();
  };
  check(patches);
  check(GradientNccMeasure{});
}

}  // namespace
}  // namespace fg::test
