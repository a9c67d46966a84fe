// Coarser copies of volumes and X-rays.

#include <gtest/gtest.h>

#include <framegauge/pose.h>

#include <cmath>
#include <glm/geometric.hpp>
#include <limits>

#include "tests/viewer/register/expect_failure.h"
#include "tests/viewer/register/small_body.h"
#include "viewer/register/volume_levels.h"
#include "viewer/register/xray.h"

namespace fg {
namespace {

using test::expect_failure;

struct Mass {
  double sum = 0;
  glm::dvec3 centre{0};
};
Mass mass_of(const AttenuationVolume& v) {
  Mass mass;
  std::size_t at = 0;
  const glm::dvec3 s = v.spacing_mm();
  for (int k = 0; k < v.extent[2]; ++k)
    for (int j = 0; j < v.extent[1]; ++j)
      for (int i = 0; i < v.extent[0]; ++i, ++at) {
        const double mu = static_cast<double>(v.mu[at]) * s.x * s.y * s.z;
        mass.sum += mu;
        mass.centre += mu * glm::dvec3(v.voxel_to_world * glm::dvec4(i, j, k, 1));
      }
  mass.centre /= mass.sum;
  return mass;
}

Xray ramp(int width, int height) {
  Xray xray;
  xray.width = xray.geometry.width = width;
  xray.height = xray.geometry.height = height;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) xray.integrals.push_back(static_cast<float>(x + 10 * y));
  return xray;
}

}  // namespace

TEST(volume_levels, a_coarser_volume_has_the_same_mass_in_the_same_place) {
  const AttenuationVolume fine = attenuation_volume(test::small_body(), {});
  for (const double spacing : {10.0, 15.0, 20.0, 33.0}) {
    const AttenuationVolume coarse = coarser(fine, spacing);
    EXPECT_LT(coarse.mu.size(), fine.mu.size() / 4);
    const Mass a = mass_of(fine), b = mass_of(coarse);
    EXPECT_NEAR(b.sum / a.sum, 1, 1e-5);                          // float sums
    EXPECT_LT(glm::length(a.centre - b.centre), 1.0) << spacing;  // a box's mass counts in its middle
  }
}

TEST(volume_levels, a_spacing_below_the_voxels_leaves_the_volume_alone) {
  const AttenuationVolume fine = attenuation_volume(test::small_body(), {});
  EXPECT_EQ(coarser(fine, 2).mu, fine.mu);
}

TEST(volume_levels, volumes_that_cannot_be_registered_are_refused_with_a_sentence) {
  Volume metres = test::small_body();
  for (int axis = 0; axis < 4; ++axis) metres.voxel_to_world[axis] *= axis < 3 ? 1e-3 : 1;
  expect_failure([&] { attenuation_volume(metres, {}); }, ExitCode::unreadable_input, "metres");
  Volume kilometres = test::small_body();
  for (int axis = 0; axis < 3; ++axis) kilometres.voxel_to_world[axis] *= 1e6;
  expect_failure([&] { attenuation_volume(kilometres, {}); }, ExitCode::unreadable_input, "mm wide");
  Volume flat = test::small_body();
  flat.voxel_to_world[2] = flat.voxel_to_world[1];
  expect_failure([&] { attenuation_volume(flat, {}); }, ExitCode::unreadable_input, "singular");
  flat.voxel_to_world[2] = glm::dvec4(std::numeric_limits<double>::quiet_NaN());
  expect_failure([&] { attenuation_volume(flat, {}); }, ExitCode::unreadable_input, "singular");
  Volume constant = test::small_body();
  std::fill(constant.values.begin(), constant.values.end(), 40.0f);
  expect_failure([&] { attenuation_volume(constant, {}); }, ExitCode::unreadable_input, "same value");
  expect_failure([&] { attenuation_volume({}, {}); }, ExitCode::unreadable_input, "no voxels");
}

TEST(xray_levels, a_coarse_pixel_lies_in_the_middle_of_those_that_it_is_made_of) {
  // The value of a linear ramp tells where a pixel is; so does what the geometry says of it.
  const Xray fine = ramp(43, 37);
  const Xray coarse = coarser(fine, 4);
  ASSERT_EQ(coarse.width, 10);
  ASSERT_EQ(coarse.height, 9);
  const auto pixel_on_fine = [&](int x, int y) {
    const DrrGeometry &a = coarse.geometry, &b = fine.geometry;
    const double mm_x = (x + 0.5 - 0.5 * a.width) * a.delx_mm - a.x0_mm,
                 mm_y = (y + 0.5 - 0.5 * a.height) * a.dely_mm - a.y0_mm;
    return glm::dvec2((mm_x + b.x0_mm) / b.delx_mm + 0.5 * b.width - 0.5,
                      (mm_y + b.y0_mm) / b.dely_mm + 0.5 * b.height - 0.5);
  };
  for (int y = 0; y < coarse.height; ++y)
    for (int x = 0; x < coarse.width; ++x) {
      const glm::dvec2 at = pixel_on_fine(x, y);
      EXPECT_NEAR(coarse.integrals[static_cast<std::size_t>(y * 10 + x)], at.x + 10 * at.y, 1e-3);
    }
}

TEST(xray_levels, a_side_shorter_than_the_squares_becomes_one_pixel) {
  const Xray fine = ramp(40, 3), coarse = coarser(fine, 10);
  EXPECT_EQ(coarse.width, 4);
  EXPECT_EQ(coarse.height, 1);
  EXPECT_DOUBLE_EQ(coarse.geometry.delx_mm, 10 * fine.geometry.delx_mm);
  EXPECT_DOUBLE_EQ(coarse.geometry.dely_mm, 3 * fine.geometry.dely_mm);
  ASSERT_EQ(coarse.integrals.size(), 4u);
  for (int x = 0; x < 4; ++x)
    EXPECT_FLOAT_EQ(coarse.integrals[static_cast<std::size_t>(x)], static_cast<float>(10 * x + 4.5 + 10));
}

TEST(xray_levels, what_is_masked_does_not_count_in_the_means) {
  Xray fine = ramp(16, 16);
  fine.mask.assign(256, 1.0f);
  fine.integrals[0] = std::numeric_limits<float>::quiet_NaN();
  fine.mask[0] = 0;
  for (int i : {2, 3, 18}) fine.mask[static_cast<std::size_t>(i)] = 0;  // three of four
  const Xray coarse = coarser(fine, 2);
  EXPECT_NEAR(coarse.integrals[0], (1 + 10 + 11) / 3.0f, 1e-5);
  EXPECT_EQ(coarse.mask[0], 0.75f);
  EXPECT_EQ(coarse.mask[1], 0);
}

TEST(xray_levels, the_shadow_of_a_collimator_is_masked_and_dark_spots_inside_are_not) {
  Xray xray = ramp(40, 40);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 40; ++x)
      if (std::hypot(x - 20, y - 20) > 17 || (x == 20 && y == 20))
        xray.integrals[static_cast<std::size_t>(y * 40 + x)] = 1000;
  mask_collimator(xray);
  ASSERT_EQ(xray.mask.size(), 1600u);
  EXPECT_EQ(xray.mask[0], 0);
  EXPECT_EQ(xray.mask[20 * 40 + 20], 1);
  EXPECT_EQ(xray.mask[20 * 40 + 10], 1);
  EXPECT_EQ(xray.notes.size(), 1u);
  Xray whole = ramp(40, 40);
  mask_collimator(whole);
  EXPECT_TRUE(whole.mask.empty());
}

TEST(xray_levels, a_shutter_is_masked_and_air_around_a_body_is_not) {
  Xray xray = ramp(40, 40);
  const auto body = [&](double radius) {
    for (int y = 0; y < 40; ++y)
      for (int x = 0; x < 40; ++x)  // the chord of a ball
        xray.integrals[static_cast<std::size_t>(y * 40 + x)] = static_cast<float>(
            std::sqrt(std::max(0.0, radius * radius - (x - 19.5) * (x - 19.5) - (y - 19.5) * (y - 19.5))));
  };
  body(16);
  mask_shutter(xray);
  EXPECT_TRUE(xray.mask.empty()) << "the body ends by itself";
  for (int x = 30; x < 37; ++x) xray.integrals[static_cast<std::size_t>(20 * 40 + x)] = 10;  // an arm
  mask_shutter(xray);
  EXPECT_TRUE(xray.mask.empty()) << "one pixel is no side of a shutter";
  const auto shut = [](int x, int y) { return y >= 30 || x < 9 || x >= 37; };
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 40; ++x)
      if (shut(x, y)) xray.integrals[static_cast<std::size_t>(y * 40 + x)] = 0;
  mask_shutter(xray);
  ASSERT_EQ(xray.mask.size(), 1600u);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 40; ++x)
      ASSERT_EQ(xray.mask[static_cast<std::size_t>(y * 40 + x)], shut(x, y) ? 0 : 1) << x << " " << y;
  EXPECT_EQ(xray.notes.size(), 1u);
  Xray whole = ramp(40, 40);
  mask_shutter(whole);
  EXPECT_TRUE(whole.mask.empty());
}

TEST(xray_levels, x_rays_that_cannot_be_registered_are_refused_with_a_sentence) {
  Xray xray = ramp(40, 40);
  check_xray(xray, "x.png");
  xray.geometry.sdd_mm = 1.02;
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::usage, "millimetres");
  xray.geometry.sdd_mm = 1020;
  const DrrGeometry right = xray.geometry;
  xray.geometry.delx_mm = xray.geometry.dely_mm = 0.002;
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::usage, "these look like metres");
  xray.geometry.delx_mm = 300;
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::usage, "delx_mm is 300 mm");
  xray.geometry = right;
  xray.geometry.y0_mm = 1e300;
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::usage, "y0_mm");
  xray.geometry = right;
  std::fill(xray.integrals.begin(), xray.integrals.end(), 3.0f);
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::unreadable_input, "same value");
  xray.mask.assign(1600, 0.0f);
  expect_failure([&] { check_xray(xray, "x.png"); }, ExitCode::unreadable_input, "no pixel");
  expect_failure([&] { check_xray(ramp(8, 40), "x.png"); }, ExitCode::unreadable_input, "8 x 40");
}

}  // namespace fg
