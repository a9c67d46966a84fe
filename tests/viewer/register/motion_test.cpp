#include "viewer/register/motion.h"

#include <gtest/gtest.h>

#include <glm/geometric.hpp>
#include <glm/matrix.hpp>
#include <random>

#include "viewer/render/drr_renderer.h"

namespace fg {
namespace {

MotionFrame frame_of_ap() {
  MotionFrame frame;
  frame.isocentre_mm = {10, -20, 300};
  frame.axes = glm::dmat3(drr_pose(DrrOrientation::ap, {4, 5, 6}, {0, 0, 0}, {0, 0, 0}));
  return frame;
}

}  // namespace

TEST(motion, a_turn_leaves_the_isocentre_where_the_camera_sees_it) {
  const MotionFrame frame = frame_of_ap();
  const glm::dmat4 camera = drr_pose(DrrOrientation::pa, {1, 2, 3}, {0, -850, 0}, frame.isocentre_mm);
  const RigidMotion turned = stepped({}, frame, {0.3, -0.2, 0.5, 0, 0, 0});
  const glm::dvec4 centre(frame.isocentre_mm, 1);
  EXPECT_LT(glm::length(glm::inverse(camera) * centre - glm::inverse(moved(turned, frame, camera)) * centre),
            1e-9);
}

TEST(motion, shifts_are_along_the_axes_of_the_first_camera) {
  const MotionFrame frame = frame_of_ap();
  const RigidMotion shifted = stepped({}, frame, {0, 0, 0, 1, 2, 3});
  EXPECT_LT(glm::length(shifted.shift_mm - (frame.axes[0] + 2.0 * frame.axes[1] + 3.0 * frame.axes[2])),
            1e-12);
}

TEST(motion, the_slope_by_a_step_is_that_of_finite_differences) {
  const MotionFrame frame = frame_of_ap();
  const glm::dmat4 camera = drr_pose(DrrOrientation::pa, {10, 20, 30}, {5, -850, 7}, frame.isocentre_mm);
  std::mt19937 random(3);
  std::normal_distribution<double> normal;
  double weights[12];  // of a loss that is linear in the camera's entries
  for (double& w : weights) w = normal(random);
  for (int i : {3, 7, 11}) weights[i] *= 0.01;
  const auto loss = [&](const RigidMotion& motion) {
    const glm::dmat4 m = moved(motion, frame, camera);
    double sum = 0;
    for (int i = 0; i < 12; ++i) sum += weights[i] * m[i % 4][i / 4];
    return sum;
  };
  const RigidMotion at =
      stepped(stepped({}, frame, {0.2, 0.1, -0.4, 20, -10, 30}), frame, {0.1, 0.3, 0.2, 1, 2, 3});
  const MotionStep slope = step_gradient(at, frame, moved(at, frame, camera), weights);
  for (std::size_t i = 0; i < 6; ++i) {
    MotionStep forth{}, back{};
    forth[i] = 1e-5;
    back[i] = -1e-5;
    const double expected = (loss(stepped(at, frame, forth)) - loss(stepped(at, frame, back))) / 2e-5;
    EXPECT_NEAR(slope[i], expected, 1e-6 * (1 + std::abs(expected))) << i;
  }
}

}  // namespace fg
