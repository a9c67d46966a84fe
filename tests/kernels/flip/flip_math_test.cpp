#include "kernels/flip/flip_math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/flip/flip_exposures.h"
#include "kernels/flip/flip_window.h"

namespace fg::test {
namespace {

TEST(flip_math, powers) {
  double worst = 0;
  for (const double p : {1.0 / 3, 0.7, 1.0, 2.4, 0.31, 0.0, 3.0})
    for (double x = 1e-9; x < 1e9; x *= 1.0037) {
      const double expected =
          std::pow(static_cast<double>(static_cast<float>(x)), static_cast<double>(static_cast<float>(p)));
      const auto got = static_cast<double>(flip::power(static_cast<float>(x), static_cast<float>(p)));
      worst = std::max(worst, std::abs(got - expected) / expected);
    }
  // The logarithm is rounded at 30, times 3: 3 * 30 * 6e-8 * ln 2, at the ends of this range. Worst 4e-6.
  EXPECT_LT(worst, 5e-6);
  EXPECT_EQ(flip::power(0, 0.7f), 0.0f);
  EXPECT_TRUE(std::isnan(flip::power(NAN, 0.7f)));
  EXPECT_EQ(flip::power(1, 2.4f), 1.0f);
}

TEST(flip_math, the_largest_difference) {
  const flip::Color green = flip::hunt_lab_of({0, 1, 0}), blue = flip::hunt_lab_of({0, 0, 1});
  const double hyab = std::abs(double{green.x} - double{blue.x}) +
                      std::hypot(double{green.y} - double{blue.y}, double{green.z} - double{blue.z});
  EXPECT_NEAR(double{flip::kLargestDifference}, std::pow(hyab, 0.7), 1e-4);
  EXPECT_NEAR(flip::color_error(green, blue), 1.0f, 1e-6f);
}

TEST(flip_math, colours_come_back_from_opponents) {
  for (const flip::Color& rgb :
       {flip::Color{0.2f, 0.5f, 0.9f}, flip::Color{1, 1, 1}, flip::Color{0, 0, 0.1f}}) {
    const flip::Color back = flip::rgb_of_opponents(flip::opponents_of(rgb));
    EXPECT_NEAR(back.x, rgb.x, 2e-6f);
    EXPECT_NEAR(back.y, rgb.y, 2e-6f);
    EXPECT_NEAR(back.z, rgb.z, 2e-6f);
  }
}

TEST(flip_math, a_tone_curve_brings_its_brightest_light_to_0_85) {
  for (const FlipToneMapper mapper :
       {FlipToneMapper::aces, FlipToneMapper::reinhard, FlipToneMapper::hable}) {
    const flip::ToneCurve curve = flip::tone_curve(mapper);
    const FlipExposures exposures = flip::exposures_for(40.0f, 0.3f, curve);
    EXPECT_NEAR(flip::curve_at(curve, flip::exposed(40.0f, flip::gain_of(exposures, 0))), 0.85f, 1e-5f);
    EXPECT_NEAR(flip::curve_at(curve, flip::exposed(0.3f, flip::gain_of(exposures, exposures.count - 1))),
                0.85f, 1e-5f);
    EXPECT_EQ(exposures.count, 8);  // log2(40 / 0.3) = 7.06
  }
}

TEST(flip_window, taps_add_up_as_the_papers_have_them) {
  for (const double ppd : {kMinPixelsPerDegree, 20.0, 67.0206, kMaxPixelsPerDegree}) {
    SCOPED_TRACE(ppd);
    const FlipTaps taps = flip_taps(ppd);
    ASSERT_LE(taps.radius, kMaxFlipRadius);
    const auto both_sides = [&](const float* tap) {
      double sum = double{tap[0]};
      for (int i = 1; i <= taps.radius; ++i) sum += 2 * double{tap[i]};
      return sum;
    };
    EXPECT_NEAR(both_sides(taps.achromatic), 1, 1e-6);
    EXPECT_NEAR(both_sides(taps.red_green), 1, 1e-6);
    EXPECT_NEAR(both_sides(taps.wide) * both_sides(taps.wide_down) +
                    both_sides(taps.narrow) * both_sides(taps.narrow_down),
                1, 1e-6);
    EXPECT_NEAR(both_sides(taps.smooth), 1, 1e-6);
    EXPECT_NEAR(both_sides(taps.point), 0, 1e-6);
    double edges = 0;
    for (int i = 1; i <= taps.radius; ++i) edges += double{taps.edge[i]};
    EXPECT_NEAR(edges, 1, 1e-6);
  }
}

}  // namespace
}  // namespace fg::test
