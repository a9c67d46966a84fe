#include "viewer/register/motion.h"

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>

#include "framegauge/pose.h"
#include "viewer/device/status.h"

namespace fg {

glm::dmat4 moved(const RigidMotion& motion, const MotionFrame& frame, const glm::dmat4& camera_to_world) {
  const glm::dvec3 source(camera_to_world[3]), from = source - frame.isocentre_mm;
  glm::dmat4 result(motion.turn * glm::dmat3(camera_to_world));
  result[3] = glm::dvec4(motion.turn * from + frame.isocentre_mm + motion.shift_mm, 1.0);
  return result;
}

RigidMotion stepped(const RigidMotion& motion, const MotionFrame& frame, const MotionStep& step) {
  const glm::dvec3 turn = frame.axes * glm::dvec3(step[0], step[1], step[2]);
  const double log[6] = {turn.x, turn.y, turn.z, 0, 0, 0};
  double rows[16];
  expect_ok(fg_se3_exp(log, rows));
  glm::dmat3 rotation;
  for (int i = 0; i < 9; ++i) rotation[i % 3][i / 3] = rows[i / 3 * 4 + i % 3];
  return {rotation * motion.turn, motion.shift_mm + frame.axes * glm::dvec3(step[3], step[4], step[5])};
}

MotionStep step_gradient(const RigidMotion& motion, const MotionFrame& frame, const glm::dmat4& moved_camera,
                         const double* pose_gradient) {
  // A turn w moves a column c of the camera by w x c, and (w x c) . g = w . (c x g).
  const glm::dvec3 centre = frame.isocentre_mm + motion.shift_mm;
  glm::dvec3 turn(0), shift(0);
  for (int column = 0; column < 4; ++column) {
    const glm::dvec3 g(pose_gradient[column], pose_gradient[4 + column], pose_gradient[8 + column]);
    const glm::dvec3 c = glm::dvec3(moved_camera[column]) - (column == 3 ? centre : glm::dvec3(0));
    turn += glm::cross(c, g);
    if (column == 3) shift = g;
  }
  const glm::dmat3 to_axes = glm::transpose(frame.axes);
  const glm::dvec3 a = to_axes * turn, b = to_axes * shift;
  return {a.x, a.y, a.z, b.x, b.y, b.z};
}

double motion_distance_mm(const RigidMotion& a, const RigidMotion& b, double radius_mm) {
  const glm::dmat3 between = glm::transpose(a.turn) * b.turn;
  const double cosine = std::clamp((between[0][0] + between[1][1] + between[2][2] - 1) / 2, -1.0, 1.0);
  return std::max(radius_mm * std::acos(cosine), glm::length(a.shift_mm - b.shift_mm));
}

}  // namespace fg
