#include "viewer/app/view/navigation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>
#include <glm/trigonometric.hpp>

namespace fg {
namespace {

// Doubles through a few rotations of numbers around 1: some 1e-15 each.
constexpr double kExact = 1e-12;

void expect_near(const glm::dvec3& a, const glm::dvec3& b, double tolerance = kExact) {
  EXPECT_NEAR(a.x, b.x, tolerance);
  EXPECT_NEAR(a.y, b.y, tolerance);
  EXPECT_NEAR(a.z, b.z, tolerance);
}

glm::dmat4 look(const glm::dvec3& eye, const glm::dvec3& at, const glm::dvec3& up, double roll = 0) {
  const glm::dvec3 f = glm::normalize(at - eye), r = glm::normalize(glm::cross(f, up)), d = glm::cross(f, r);
  const glm::dvec3 rr = std::cos(roll) * r + std::sin(roll) * d, dd = std::cos(roll) * d - std::sin(roll) * r;
  glm::dmat4 view(glm::transpose(glm::dmat3(rr, dd, f)));
  view[3] = glm::dvec4(-(glm::dmat3(view) * eye), 1);
  return view;
}

TEST(navigation, world_to_camera_is_a_rotation_and_puts_the_target_on_the_axis) {
  Navigator navigator;
  navigator.set_world({0, 0, 1}, 2);
  navigator.take(look({3, -4, 1}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  navigator.drag({123, -45}, 700);
  const glm::dmat4 view = navigator.world_to_camera();
  EXPECT_NEAR(glm::determinant(glm::dmat3(view)), 1, kExact);
  const glm::dvec3 seen(view * glm::dvec4(navigator.target(), 1));
  expect_near(seen, {0, 0, navigator.distance()});
}

TEST(navigation, taking_over_a_camera_keeps_its_view_with_its_roll) {
  Navigator navigator;
  navigator.set_world({0, -1, 0}, 1);
  const glm::dmat4 view = look({1, 2, -3}, {0.2, 0.1, 0}, {0, -1, 0}, 0.3);
  navigator.take(view, {0, 0, 0});
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 4; ++row)
      EXPECT_NEAR(navigator.world_to_camera()[column][row], view[column][row], kExact);
}

TEST(navigation, every_up_vector_works) {
  for (const glm::dvec3& up : {glm::dvec3(1, 0, 0), glm::dvec3(0, 1, 0), glm::dvec3(0, 0, 1),
                               glm::dvec3(0, -1, 0), glm::dvec3(1, 1, 1), glm::dvec3(-1, 0.5, 0.2)}) {
    Navigator navigator;
    navigator.set_world(up, 1);
    navigator.level();
    navigator.drag({200, 30}, 600);
    const glm::dvec3 camera_up_now = camera_up(navigator.world_to_camera());
    const glm::dvec3 right = glm::transpose(glm::dmat3(navigator.world_to_camera()))[0];
    EXPECT_GT(glm::dot(camera_up_now, glm::normalize(up)), 0);
    EXPECT_NEAR(glm::dot(right, glm::normalize(up)), 0, kExact);  // no roll: the horizon is level
  }
}

TEST(navigation, orbiting_keeps_the_target_and_its_distance) {
  Navigator navigator;
  navigator.set_world({0, 0, 1}, 1);
  navigator.take(look({5, 0, 0}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  const glm::dvec3 target = navigator.target();
  for (int i = 0; i < 50; ++i) navigator.drag({13, 7}, 500);
  expect_near(navigator.target(), target, 1e-10);  // fifty turns add up
  EXPECT_NEAR(glm::distance(navigator.position(), target), 5, 1e-10);
}

TEST(navigation, dragging_to_the_right_turns_the_scene_to_the_right) {
  Navigator navigator;
  navigator.set_world({0, 0, 1}, 1);
  navigator.take(look({5, 0, 0}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  const glm::dvec3 near_side(1, 0, 0);  // between camera and target
  navigator.drag({40, 0}, 500);
  EXPECT_GT((navigator.world_to_camera() * glm::dvec4(near_side, 1)).x, 0.1);
  navigator.take(look({5, 0, 0}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  navigator.drag({0, 40}, 500);
  EXPECT_GT((navigator.world_to_camera() * glm::dvec4(near_side, 1)).y, 0.1);
}

TEST(navigation, panning_moves_the_target_with_the_cursor) {
  Navigator navigator;
  navigator.set_world({0, 0, 1}, 1);
  navigator.take(look({5, 0, 0}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  const Intrinsics k = free_intrinsics(800, 500, 50);
  navigator.pan({30, -20}, 500, 50);
  const glm::dvec3 p(navigator.world_to_camera() * glm::dvec4(0, 0, 0, 1));
  EXPECT_NEAR(k.fx * p.x / p.z, 30, 1e-9);  // pixels
  EXPECT_NEAR(k.fy * p.y / p.z, -20, 1e-9);
}

TEST(navigation, the_wheel_goes_nearer_in_orbit_and_changes_speed_in_fly) {
  Navigator navigator;
  const double before = navigator.distance();
  navigator.wheel(1);
  EXPECT_LT(navigator.distance(), before);
  navigator.mode = Navigator::Mode::fly;
  const glm::dvec3 position = navigator.position();
  navigator.wheel(1);
  EXPECT_GT(navigator.fly_speed, 1);
  expect_near(navigator.position(), position);
}

TEST(navigation, flying_forward_goes_along_the_view_axis_and_shift_is_four_times_faster) {
  Navigator slow, fast;
  for (Navigator* n : {&slow, &fast}) {
    n->mode = Navigator::Mode::fly;
    n->set_world({0, 0, 1}, 2);
    n->take(look({5, 1, 0}, {0, 0, 0}, {0, 0, 1}), {0, 0, 0});
  }
  const glm::dvec3 from = slow.position(), axis = camera_forward(slow.world_to_camera());
  slow.fly({0, 0, 1}, 0.1, false);
  fast.fly({0, 0, 1}, 0.1, true);
  expect_near(glm::normalize(slow.position() - from), axis);
  EXPECT_NEAR(glm::distance(fast.position(), from), 4 * glm::distance(slow.position(), from), kExact);
}

TEST(navigation, framing_shows_the_whole_ball) {
  Navigator navigator;
  navigator.set_world({0, -1, 0}, 3);
  navigator.frame({1, 2, 3}, 3, 50, 0.6);  // narrower than high
  const glm::dvec3 centre(navigator.world_to_camera() * glm::dvec4(1, 2, 3, 1));
  EXPECT_NEAR(centre.x, 0, kExact);
  EXPECT_NEAR(centre.y, 0, kExact);
  const double half_width = std::atan(std::tan(glm::radians(25.0)) * 0.6);
  EXPECT_LE(std::asin(3 / centre.z), half_width + kExact);
}

TEST(navigation, up_is_the_mean_of_the_cameras_and_minus_y_without_agreement) {
  std::vector<Camera> cameras(2);
  cameras[0].world_to_camera = look({5, 0, 1}, {0, 0, 0}, {0, 0, 1});
  cameras[1].world_to_camera = look({-5, 0, 1}, {0, 0, 0}, {0, 0, 1});
  expect_near(mean_up(cameras), {0, 0, 1}, 1e-9);
  cameras[1].world_to_camera = look({5, 0, 1}, {0, 0, 0}, {0, 0, -1});
  cameras[0].world_to_camera = look({5, 0, 1}, {0, 0, 0}, {0, 0, 1});
  expect_near(mean_up(cameras), {0, -1, 0});
  expect_near(mean_up({}), {0, -1, 0});
}

TEST(navigation, the_field_of_view_survives_its_own_intrinsics) {
  EXPECT_NEAR(vertical_fov_deg(free_intrinsics(1000, 658, 37.5)), 37.5, 1e-10);
}

}  // namespace
}  // namespace fg
