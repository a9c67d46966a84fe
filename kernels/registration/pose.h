#pragma once
// Rigid motions and the poses of X-ray cameras, in double precision and millimetres.
//
// A pose is camera_to_world: the camera has its source at the origin and looks along +z (kernels/drr/drr.h), the world is
// RAS. Its linear part is a rotation, or a rotation with a mirror for PA views as they are read.

#include "kernels/registration/detector_axis.h"
#include "kernels/registration/rotation.h"

namespace fg {

struct Motion {  // x -> linear x + shift
  Matrix3 linear;
  Vector3 shift{};
};

inline Motion operator*(const Motion& a, const Motion& b) {
  return {a.linear * b.linear, a.linear * b.shift + a.shift};
}
inline Vector3 operator*(const Motion& a, const Vector3& x) { return a.linear * x + a.shift; }

// Of a motion whose linear part is orthonormal.
inline Motion inverse_of(const Motion& a) {
  const Matrix3 back = transposed(a.linear);
  return {back, -1.0 * (back * a.shift)};
}

// ---- se(3): rotation vector, then the velocity that goes with it ----

struct Twist {
  Vector3 rotation{}, velocity{};
};

// The shift is V velocity, V = 1 + (1 - cos)/angle^2 K + (angle - sin)/angle^3 K^2; V is 1 at angle 0.
inline Motion se3_exp(const Twist& log) {
  const double angle = length(log.rotation);
  return {so3_exp(log.rotation),
          cross_polynomial(log.rotation, versine_ratio(angle), sine_rest(angle)) * log.velocity};
}

inline Twist se3_log(const Motion& motion) {
  const Vector3 rotation = so3_log(motion.linear);
  return {rotation, cross_polynomial(rotation, -0.5, cotangent_rest(length(rotation))) * motion.shift};
}

// ---- standard views ----

enum class View { ap, pa, free };

// Columns: where camera x, y, z point in the patient's frame (RAS). AP: x to the patient's left, y down, looking
// posterior. PA looks anterior and mirrors, as if read from behind the film, so that left and right stay where AP has
// them: its determinant is -1. Free looks along the body's axis to the head.
inline Matrix3 standard_view(View view) {
  if (view == View::ap) return {{{-1, 0, 0}, {0, 0, -1}, {0, -1, 0}}};
  if (view == View::pa) return {{{-1, 0, 0}, {0, 0, 1}, {0, -1, 0}}};
  return {{{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}}};
}

// A standard view whose isocentre is in the world, turned about it and shifted in the turned frame.
inline Motion view_pose(View view, const Matrix3& rotation, const Vector3& translation_mm,
                        const Vector3& isocentre_mm) {
  return {rotation * standard_view(view), rotation * translation_mm + isocentre_mm};
}

// The rotation and translation of a pose; a proper rotation where `view` mirrors as the pose does.
struct ViewParts {
  Matrix3 rotation;
  Vector3 translation_mm;
};
inline ViewParts view_parts(View view, const Motion& pose, const Vector3& isocentre_mm) {
  const Matrix3 rotation = pose.linear * transposed(standard_view(view));
  return {rotation, transposed(rotation) * (pose.shift - isocentre_mm)};
}

// ---- distances ----

// How far two poses are apart, both in millimetres: the angle on a circle of half the source to detector distance, and
// the source from the world's origin as each camera sees it.
struct PoseDistance {
  double rotation_mm = 0, translation_mm = 0;
  double both() const { return std::hypot(rotation_mm, translation_mm); }
};
inline PoseDistance pose_distance(const Motion& a, const Motion& b, double sdd_mm) {
  const double angle = length(so3_log(transposed(a.linear) * b.linear));
  return {0.5 * sdd_mm * angle, length(transposed(a.linear) * a.shift - transposed(b.linear) * b.shift)};
}

// ---- fiducials ----

struct Detector {
  double sdd_mm;
  DetectorAxis columns, rows;
  bool parallel;
};

// Column and row, where the centre of the first pixel is (0.5, 0.5), and the depth along the viewing axis in mm. A point
// beside or behind the source of a cone has no pixel: NaN.
inline Vector3 pixel_of_camera_point(const Detector& d, const Vector3& p) {
  const double stretch = d.parallel ? 1 : p[2] > 0 ? d.sdd_mm / p[2] : static_cast<double>(NAN);
  return {d.columns.pixel_of(stretch * p[0]), d.rows.pixel_of(stretch * p[1]), p[2]};
}
inline Vector3 camera_point_of_pixel(const Detector& d, const Vector3& pixel) {
  const double shrink = d.parallel ? 1 : pixel[2] / d.sdd_mm;
  return {shrink * d.columns.mm_of(pixel[0]), shrink * d.rows.mm_of(pixel[1]), pixel[2]};
}

}  // namespace fg
