#pragma once
// What holds for every measure of similarity, wherever it runs. run(measure, case) gives a SimilarityOutput.

#include <cstring>
#include <limits>

#include "tests/kernels/registration/similarity_case.h"

namespace fg::test {

// body(measure) for one of each kind.
template <class Body>
void for_measures(const Body& body) {
  body(NccMeasure{});
  body(NccMeasure{{{5}, {1}}});
  body(NccMeasure{{{0, 7, 3}, {0.5, 0.375, -0.25}}, 1e-4});
  body(GradientNccMeasure{});
  body(GradientNccMeasure{NccMeasure{{{7}, {1}}}, 0.5});
  body(MseMeasure{});
  body(InformationMeasure{});
  body(InformationMeasure{120, {-0.1, 1.1}, {-0.1, 1.1}});
}

inline SimilarityCase plain_case(Shape shape = {2, 2, 21, 34}, Memory layout = {}) {
  return {shape, noisy_scene, scene, layout};
}
inline double some_mask(int, int, int y, int x) { return x > 20 && y < 9 ? 0 : 0.25 + 0.02 * x + 0.01 * y; }

// Bit by bit, a NaN like itself.
inline bool same_bits(const TestImage<float>& a, const TestImage<float>& b) {
  for (int n = 0; n < a.shape.batch; ++n)
    for (int c = 0; c < a.shape.channels; ++c)
      for (int y = 0; y < a.shape.height; ++y)
        for (int x = 0; x < a.shape.width; ++x)
          if (std::memcmp(&a.at(n, c, y, x), &b.at(n, c, y, x), sizeof(float)) != 0) return false;
  return true;
}
inline bool same_bits(const SimilarityOutput& a, const SimilarityOutput& b) {
  return a.scores == b.scores && same_bits(a.x_gradient, b.x_gradient) &&
         same_bits(a.y_gradient, b.y_gradient);
}

template <class Measure, class Run>
void expect_same_bits_in_any_layout(const Measure& measure, const Run& run) {
  SCOPED_TRACE(measure.name());
  for (const bool masked : {false, true}) {
    const auto run_in = [&](Memory layout) {
      SimilarityCase c = plain_case({2, 2, 70, 45}, layout);
      if (masked) c.with_mask(some_mask);
      c.gradient_layout = layout;
      return run(measure, c);
    };
    const SimilarityOutput plain = run_in({});
    for (const Memory& layout : {Memory{.row_padding = 13}, Memory{.column_step = 3},
                                 Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}})
      EXPECT_TRUE(same_bits(run_in(layout), plain)) << (masked ? "masked" : "");
  }
}

// Under a weight of 0, and under a negative one and a NaN.
template <class Measure, class Run>
void expect_unseen_pixels_to_have_no_say(const Measure& measure, const Run& run) {
  SCOPED_TRACE(measure.name());
  const auto unseen = [](int y, int x) {
    return (x > 20 && y < 9) || (x == 2 && y == 18) || (x == 5 && y == 19);
  };
  const auto mask = [&](int n, int c, int y, int x) {
    return x == 2 && y == 18 ? -1.0 : x == 5 && y == 19 ? NAN : some_mask(n, c, y, x);
  };
  SimilarityCase c = plain_case();
  const SimilarityOutput clean = run(measure, c.with_mask(mask));
  for (int y = 0; y < 21; ++y)
    for (int x = 0; x < 34; ++x)
      if (unseen(y, x)) {
        c.x.at(1, 0, y, x) = std::numeric_limits<float>::quiet_NaN();
        c.y.at(0, 1, y, x) = std::numeric_limits<float>::infinity();
      }
  const SimilarityOutput out = run(measure, c);
  EXPECT_TRUE(same_bits(out, clean));
  for (int y = 0; y < 21; ++y)
    for (int x = 0; x < 34; ++x)
      if (unseen(y, x)) {
        EXPECT_EQ(out.x_gradient.at(1, 0, y, x), 0.0f);
        EXPECT_EQ(out.y_gradient.at(0, 1, y, x), 0.0f);
      }
}

template <class Measure, class Run>
void expect_a_NaN_or_Inf_to_spoil_its_image_alone(const Measure& measure, const Run& run) {
  SCOPED_TRACE(measure.name());
  const SimilarityOutput clean = run(measure, plain_case());
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const bool in_y : {false, true}) {
      SimilarityCase c = plain_case();
      (in_y ? c.y : c.x).at(1, 1, 13, 33) = bad;
      const SimilarityOutput out = run(measure, c);
      EXPECT_EQ(out.scores[0], clean.scores[0]);
      EXPECT_TRUE(std::isnan(out.scores[1]));
      for (int y = 0; y < 21; ++y)
        for (int x = 0; x < 34; ++x) {
          ASSERT_EQ(out.x_gradient.at(0, 1, y, x), clean.x_gradient.at(0, 1, y, x));
          ASSERT_TRUE(std::isnan(out.x_gradient.at(1, 1, y, x))) << y << " " << x;
          ASSERT_TRUE(std::isnan(out.y_gradient.at(1, 1, y, x))) << y << " " << x;
        }
    }
}

template <class Measure, class Run>
void expect_an_infinite_weight_to_spoil_its_image_alone(const Measure& measure, const Run& run) {
  SCOPED_TRACE(measure.name());
  const auto weights = [](bool infinite) {
    return [infinite](int n, int c, int y, int x) {
      return infinite && n == 1 && y == 13 && x == 12 ? std::numeric_limits<double>::infinity()
                                                      : some_mask(n, c, y, x);
    };
  };
  SimilarityCase c = plain_case();
  const SimilarityOutput clean = run(measure, c.with_mask(weights(false), 2));
  const SimilarityOutput out = run(measure, c.with_mask(weights(true), 2));
  EXPECT_EQ(out.scores[0], clean.scores[0]);
  EXPECT_TRUE(std::isnan(out.scores[1])) << out.scores[1];
  for (int y = 0; y < 21; ++y)
    for (int x = 0; x < 34; ++x) {
      ASSERT_EQ(out.x_gradient.at(0, 1, y, x), clean.x_gradient.at(0, 1, y, x));
      ASSERT_TRUE(std::isnan(out.x_gradient.at(1, 1, y, x))) << y << " " << x;
      ASSERT_TRUE(std::isnan(out.y_gradient.at(1, 1, y, x))) << y << " " << x;
    }
}

template <class Measure, class Run>
void expect_nothing_of_what_shows_nothing(const Measure& measure, const Run& run) {
  SCOPED_TRACE(measure.name());
  SimilarityCase c = plain_case();
  const SimilarityOutput out = run(measure, c.with_mask([](int, int, int, int) { return 0.0; }));
  EXPECT_EQ(out.scores, (std::vector<double>{0, 0}));
  EXPECT_TRUE(is_flat(out.x_gradient) && out.x_gradient.at(0, 0, 0, 0) == 0.0f);
  EXPECT_TRUE(is_flat(out.y_gradient) && out.y_gradient.at(0, 0, 0, 0) == 0.0f);
}

// information: how far from 0 the mutual information of constants may be.
template <class Run>
void expect_known_scores_of_identical_and_constant_images(const Run& run, double information) {
  const SimilarityCase same({1, 1, 30, 40}, scene, scene);
  const SimilarityCase flat(
      {1, 1, 30, 40}, [](int, int, int, int) { return 0.3; }, [](int, int, int, int) { return 0.3; });
  for_measures([&](const auto& measure) {
    SCOPED_TRACE(measure.name());
    using Measure = std::decay_t<decltype(measure)>;
    const SimilarityOutput of_same = run(measure, same), of_flat = run(measure, flat);
    if constexpr (std::is_same_v<Measure, MseMeasure>) {
      EXPECT_EQ(of_same.scores[0], 0);
      EXPECT_TRUE(is_flat(of_same.x_gradient));
    } else if constexpr (std::is_same_v<Measure, NccMeasure>) {
      const double best = measure.sizes.patches.size() == 1 ? 1 : 0.625;  // the sum of the scales' weights
      EXPECT_NEAR(of_same.scores[0], best, measure.eps > 1e-5 ? 0.1 : 1e-3);
      EXPECT_LE(of_same.scores[0], best);
    }
    // Sobel's operators see the border of a constant image as an edge.
    if constexpr (!std::is_same_v<Measure, GradientNccMeasure>) {
      const bool exact = !std::is_same_v<Measure, InformationMeasure>;
      EXPECT_NEAR(of_flat.scores[0], 0, exact ? 0 : information);
    }
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 40; ++x) {
        ASSERT_TRUE(std::isfinite(of_flat.x_gradient.at(0, 0, y, x)));
        ASSERT_TRUE(std::isfinite(of_same.x_gradient.at(0, 0, y, x)));
      }
  });
}

// Of a step, whose patches on one side are constant but not 0: the rounding of their sums is no variance, however small eps.
template <class Run>
void expect_constant_patches_of_a_step_to_score_0(const Run& run) {
  const auto step = [](int, int, int, int x) { return x < 30 ? 0.1 : 0.8; };
  const NccMeasure measure{{{7}, {1}}, 1e-60};
  SimilarityCase c({1, 1, 40, 60}, step, noisy_scene);
  c.with_mask([](int, int, int y, int x) { return x < 25 ? 0.3 + 0.01 * y + 0.007 * x : 0; });
  EXPECT_EQ(run(measure, c).scores[0], 0);
}

template <class Run>
void expect_a_pixel_to_have_a_score(const Run& run, double information) {
  const SimilarityCase one(
      {1, 1, 1, 1}, [](int, int, int, int) { return 0.75; }, [](int, int, int, int) { return 0.25; });
  EXPECT_EQ(run(NccMeasure{}, one).scores[0], 0);
  EXPECT_EQ(run(NccMeasure{{{5}, {1}}}, one).x_gradient.at(0, 0, 0, 0), 0.0f);
  EXPECT_EQ(run(MseMeasure{}, one).scores[0], 0.25);
  EXPECT_EQ(run(MseMeasure{}, one).y_gradient.at(0, 0, 0, 0), -1.0f);
  EXPECT_NEAR(run(InformationMeasure{}, one).scores[0], 0, information);
  EXPECT_EQ(run(GradientNccMeasure{{}, 0}, one).scores[0], 0);
}

template <class Run>
void expect_a_patch_larger_than_the_image_to_be_the_whole(const Run& run) {
  const SimilarityCase c = plain_case();
  EXPECT_TRUE(same_bits(run(NccMeasure{{{34}, {1}}}, c), run(NccMeasure{}, c)));
  EXPECT_TRUE(same_bits(run(NccMeasure{{{1 << 30}, {1}}}, c), run(NccMeasure{}, c)));
}

// Of line integrals like those of a body, and of the same a thousand higher: float32 itself keeps three digits fewer there.
template <class Run>
void expect_an_offset_to_change_nothing(const Run& run) {
  const auto high = [](int n, int c, int y, int x) {
    return 1000 + std::round(noisy_scene(n, c, y, x) * 4096) / 4096;
  };
  const auto low = [](int n, int c, int y, int x) {
    return std::round(noisy_scene(n, c, y, x) * 4096) / 4096;
  };
  for (const NccMeasure& measure : {NccMeasure{}, NccMeasure{{{5}, {1}}}}) {
    const SimilarityOutput a = run(measure, SimilarityCase({1, 1, 40, 150}, low, scene));
    const SimilarityOutput b = run(measure, SimilarityCase({1, 1, 40, 150}, high, scene));
    EXPECT_NEAR(b.scores[0], a.scores[0], 1e-9);
    EXPECT_LE(relative_rms(b.x_gradient, a.x_gradient), 1e-6);
  }
}

}  // namespace fg::test
