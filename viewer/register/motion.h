#pragma once
// How the cameras have moved together against the CT: a turn about an isocentre, then a shift. One rigid motion for all
// views, since it is the patient that lies elsewhere.

#include <array>
#include <glm/mat3x3.hpp>
#include <glm/mat4x4.hpp>
#include <glm/vec3.hpp>

#include "viewer/io/matrix_rows.h"

namespace fg {

// What one motion is written in: the isocentre, and the axes of the first camera, along which the turns and shifts of a
// step are counted: across the image, down it, and along the view.
struct MotionFrame {
  glm::dvec3 isocentre_mm{0};
  glm::dmat3 axes{1.0};  // columns, in the world; orthonormal
};

struct RigidMotion {
  glm::dmat3 turn{1.0};
  glm::dvec3 shift_mm{0};  // in the world
};

// Turns about the frame's axes in radians, then shifts along them in mm.
using MotionStep = std::array<double, 6>;

glm::dmat4 moved(const RigidMotion& motion, const MotionFrame& frame, const glm::dmat4& camera_to_world);

// The step is taken from where the motion has led: the turn is about the isocentre as it was shifted.
RigidMotion stepped(const RigidMotion& motion, const MotionFrame& frame, const MotionStep& step);

// dL/dstep at step 0, of dL/dcamera_to_world (3 x 4, rows first) and the camera as it was moved.
MotionStep step_gradient(const RigidMotion& motion, const MotionFrame& frame, const glm::dmat4& moved_camera,
                         const double* pose_gradient);

// The larger of the shift and of the turn's way on a circle of radius_mm, between two motions.
double motion_distance_mm(const RigidMotion& a, const RigidMotion& b, double radius_mm);

}  // namespace fg
