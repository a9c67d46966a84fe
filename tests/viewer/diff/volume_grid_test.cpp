#include "viewer/diff/inputs/volume_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <glm/gtc/matrix_transform.hpp>

namespace fg::test {
namespace {

Volume grid(std::array<int, 3> extent, const glm::dmat4& voxel_to_world) {
  Volume volume;
  volume.extent = extent;
  volume.voxel_to_world = voxel_to_world;
  volume.values.assign(static_cast<std::size_t>(extent[0]) * extent[1] * extent[2], 0.0f);
  return volume;
}

const glm::dmat4 kPlaced = glm::translate(glm::dmat4(1), {-30, 20, 5}) *
                           glm::rotate(glm::dmat4(1), 0.4, {1, 2, 3}) *
                           glm::scale(glm::dmat4(1), {0.8, 0.9, 2.5});

// A plane through world space: trilinear interpolation of it is exact.
double ramp(const glm::dvec4& world) { return 3 + 2 * world.x - world.y + 0.5 * world.z; }

Volume ramp_on(std::array<int, 3> extent, const glm::dmat4& voxel_to_world) {
  Volume volume = grid(extent, voxel_to_world);
  std::size_t n = 0;
  for (int k = 0; k < extent[2]; ++k)
    for (int j = 0; j < extent[1]; ++j)
      for (int i = 0; i < extent[0]; ++i)
        volume.values[n++] = static_cast<float>(ramp(voxel_to_world * glm::dvec4(i, j, k, 1)));
  return volume;
}

std::string difference(const glm::dmat4& change, std::array<int, 3> extent = {20, 21, 22}) {
  return grid_difference({extent, kPlaced * change}, {{20, 21, 22}, kPlaced});
}

TEST(grid_difference, says_what_differs_most_with_both_values) {
  const glm::dmat4 same(1);
  EXPECT_EQ(difference(same), "");
  EXPECT_EQ(difference(same, {20, 21, 23}),
            "the volumes differ in size: 20 x 21 x 23 voxels against 20 x 21 x 22");
  EXPECT_NE(difference(glm::scale(same, {1, 1, 1.2})).find("spacing: 0.8, 0.9, 3 mm against 0.8, 0.9, 2.5"),
            std::string::npos);
  EXPECT_NE(difference(glm::translate(same, {0, 0, 1})).find("the volumes differ in origin: "),
            std::string::npos);
  VolumeGrid turned{{20, 21, 22}, kPlaced};
  const VolumeGrid reference = turned;
  turned.voxel_to_world[0] = -turned.voxel_to_world[0];
  EXPECT_NE(grid_difference(turned, reference).find("the volumes differ in direction: axes "),
            std::string::npos);
}

TEST(grid_difference, what_single_precision_leaves_is_the_same_grid) {
  VolumeGrid stored{{200, 210, 220}, kPlaced};
  const VolumeGrid exact = stored;
  for (int c = 0; c < 4; ++c)
    for (int r = 0; r < 3; ++r) stored.voxel_to_world[c][r] = static_cast<float>(stored.voxel_to_world[c][r]);
  EXPECT_EQ(grid_difference(stored, exact), "");
  EXPECT_EQ(difference(glm::translate(glm::dmat4(1), {0.009, 0, 0})), "");
  EXPECT_NE(difference(glm::translate(glm::dmat4(1), {0.02, 0, 0})), "");
}

TEST(grid_difference, small_differences_that_add_up_to_more_than_a_hundredth_of_a_voxel_count) {
  // Each alone is below; the far corner is off by 0.009 of a voxel along x from the spacing, and by 0.008 from the place.
  const glm::dmat4 spaced = glm::scale(glm::dmat4(1), {1 + 0.009 / 19, 1, 1});
  EXPECT_EQ(difference(spaced), "");
  EXPECT_EQ(difference(glm::translate(glm::dmat4(1), {0.008, 0, 0})), "");
  EXPECT_NE(difference(glm::translate(glm::dmat4(1), {0.008, 0, 0}) * spaced), "");
  // They may cancel: the corners are what counts.
  EXPECT_EQ(difference(glm::translate(glm::dmat4(1), {-0.008, 0, 0}) *
                       glm::scale(glm::dmat4(1), {1 + 0.016 / 19, 1, 1})),
            "");
}

TEST(put_in_order, axes_in_any_order_and_either_direction_come_to_the_references_places) {
  const Volume reference = ramp_on({5, 6, 7}, kPlaced);
  for (const auto& order : {std::array{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}})
    for (unsigned turned = 0; turned < 8; ++turned) {
      glm::dmat4 change(0.0);  // from the other order's voxels to the reference's
      change[3][3] = 1;
      std::array<int, 3> extent{};
      for (int i = 0; i < 3; ++i) {
        const int to = order[static_cast<std::size_t>(i)];
        extent[static_cast<std::size_t>(i)] = reference.extent[static_cast<std::size_t>(to)];
        change[i][to] = turned >> i & 1u ? -1 : 1;
        if (turned >> i & 1u) change[3][to] = extent[static_cast<std::size_t>(i)] - 1;
      }
      Volume volume = ramp_on(extent, kPlaced * change);
      ASSERT_TRUE(put_in_order(volume, grid_of(reference)));
      EXPECT_EQ(volume.extent, reference.extent);
      EXPECT_EQ(grid_difference(grid_of(volume), grid_of(reference)), "");
      for (std::size_t n = 0; n < volume.values.size(); ++n)
        ASSERT_NEAR(volume.values[n], reference.values[n], 1e-5) << order[0] << order[1] << turned;
    }
}

TEST(put_in_order, a_volume_whose_voxels_lie_elsewhere_stays_what_it_is) {
  const VolumeGrid reference{{5, 6, 7}, kPlaced};
  const glm::dmat4 swapped = kPlaced * glm::dmat4({0, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1});
  for (const Volume& other :
       {ramp_on({6, 5, 7}, glm::translate(glm::dmat4(1), {0, 0, 3}) * swapped), ramp_on({5, 6, 7}, swapped),
        ramp_on({6, 5, 7}, swapped * glm::scale(glm::dmat4(1), {1, 1, 1.1})),
        ramp_on({5, 6, 7}, kPlaced * glm::rotate(glm::dmat4(1), 0.8, {0, 0, 1}))}) {
    Volume volume = other;
    EXPECT_FALSE(put_in_order(volume, reference));
    EXPECT_EQ(volume.extent, other.extent);
    EXPECT_EQ(volume.values, other.values);
  }
}

TEST(resampled, values_follow_the_world_whatever_the_two_grids) {
  const Volume test = ramp_on({30, 31, 32}, kPlaced);
  const glm::dmat4 finer = kPlaced * glm::translate(glm::dmat4(1), {4.3, 5.1, 6.7}) *
                           glm::rotate(glm::dmat4(1), 0.1, {0, 1, 0}) *
                           glm::scale(glm::dmat4(1), {0.5, 0.7, 0.4});
  const Volume expected = ramp_on({18, 19, 20}, finer);
  const std::vector<float> got = resampled(test, grid_of(expected), -1e6f);
  ASSERT_EQ(got.size(), expected.values.size());
  for (std::size_t n = 0; n < got.size(); ++n) ASSERT_NEAR(got[n], expected.values[n], 2e-4f) << n;
}

TEST(resampled, onto_its_own_grid_nothing_changes) {
  const Volume test = ramp_on({7, 5, 3}, kPlaced);
  const std::vector<float> same = resampled(test, grid_of(test), 0);
  for (std::size_t n = 0; n < test.values.size(); ++n) EXPECT_NEAR(same[n], test.values[n], 1e-4f);
}

TEST(resampled, beyond_half_a_voxel_from_the_outermost_centres_lies_the_outside) {
  Volume test = grid({3, 1, 1}, glm::dmat4(1));
  test.values = {10, 20, 40};
  VolumeGrid reference{{1, 1, 1}, glm::dmat4(1)};
  const auto at = [&](double x, double y) {
    reference.voxel_to_world[3] = {x, y, 0, 1};
    return resampled(test, reference, -7)[0];
  };
  EXPECT_EQ(at(-0.4, 0), 10.0f);
  EXPECT_EQ(at(-0.6, 0), -7.0f);
  EXPECT_EQ(at(0.5, 0), 15.0f);
  EXPECT_EQ(at(1.25, 0.3), 25.0f);  // one voxel thick: within half of it
  EXPECT_EQ(at(2.5, 0), 40.0f);
  EXPECT_EQ(at(2.6, 0), -7.0f);
  EXPECT_EQ(at(1, 0.6), -7.0f);
}

}  // namespace
}  // namespace fg::test
