// Rotations, motions and poses: numbers in, numbers out, on the CPU.

#include "framegauge/pose.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "kernels/registration/pose.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

constexpr double kDegrees = 180 / std::numbers::pi;
constexpr double kOrthonormal = 1e-4;  // what float32 matrices of long chains of products keep
constexpr double kMostRadians = 1e9;   // beyond it, not seven digits of where a turn ends are left

template <class Enum>
int checked_enum(const Checker& check, const std::string& name, const Enum& value, int last) {
  return checked_enum(check, name, value, last, "0 to " + std::to_string(last));
}

void check_numbers(const Checker& check, const char* name, const double* numbers, int count) {
  for (int i = 0; i < count; ++i)
    check.expect(std::isfinite(numbers[i]), std::string(name) + "[" + std::to_string(i) + "] is " +
                                                text(numbers[i]) + "; expected a finite number");
}

// The logarithm of a rotation.
void check_radians(const Checker& check, const char* name, const double* numbers) {
  for (int i = 0; i < 3; ++i)
    check.expect(std::abs(numbers[i]) <= kMostRadians, std::string(name) + "[" + std::to_string(i) + "] is " +
                                                           text(numbers[i]) + "; expected radians, " +
                                                           text(kMostRadians) + " at most either way");
}

void check_no_mirror(const Checker& check, const char* name, const Matrix3& matrix) {
  check.expect(determinant(matrix) > 0, std::string(name) +
                                            " is a mirror: its determinant is -1; a PA pose is read with "
                                            "FG_VIEW_PA by fg_drr_pose_of()");
}

// The nearest rotation of a matrix that is nearly one.
Matrix3 checked_rotation(const Checker& check, const char* name, const Matrix3& matrix) {
  const double off = distance_from_orthonormal(matrix);
  check.expect(off <= kOrthonormal, std::string(name) + " is no rotation: R R^T is off the identity by " +
                                        text(off) + "; take scale and shear out first");
  check_no_mirror(check, name, matrix);
  return nearest_orthonormal(matrix);
}

Matrix3 matrix_of(const double* rows, int stride) {
  Matrix3 m;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) m.m[i][j] = rows[i * stride + j];
  return m;
}

// The nearest rigid motion, a mirror's a mirror, of a matrix that is nearly one.
Motion checked_motion(const Checker& check, const char* name, const double* matrix) {
  check.expect(matrix != nullptr, std::string(name) + " is NULL; pass 16 numbers");
  check_numbers(check, name, matrix, 16);
  check_last_row(check, name, matrix + 12);
  Motion motion{matrix_of(matrix, 4), {matrix[3], matrix[7], matrix[11]}};
  const double off = distance_from_orthonormal(motion.linear);
  check.expect(off <= kOrthonormal, std::string(name) + " is not rigid: R R^T is off the identity by " +
                                        text(off) + "; take scale and shear out first");
  motion.linear = nearest_orthonormal(motion.linear);
  return motion;
}

void write_motion(const Motion& motion, double* matrix) {
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) matrix[i * 4 + j] = motion.linear.m[i][j];
    matrix[i * 4 + 3] = motion.shift[static_cast<std::size_t>(i)];
  }
  matrix[12] = matrix[13] = matrix[14] = 0;
  matrix[15] = 1;
}

Vector3 vector_at(const double* numbers) { return {numbers[0], numbers[1], numbers[2]}; }
void write_vector(const Vector3& v, double* numbers) {
  for (std::size_t i = 0; i < 3; ++i) numbers[i] = v[i];
}

// ---- rotations ----

Matrix3 read_rotation(const Checker& check, const FgRotation& r) {
  constexpr int kNumbers[] = {9, 3, 4, 6, 4, 3};
  const int kind = checked_enum(check, "from->kind", r.kind, FG_ROTATION_LOG);
  check_numbers(check, "from->numbers", r.numbers, kNumbers[kind]);
  switch (kind) {
    case FG_ROTATION_EULER:
      return matrix_of_euler((1 / kDegrees) * vector_at(r.numbers),
                             euler_order(checked_enum(check, "from->euler_order", r.euler_order, 11)));
    case FG_ROTATION_QUATERNION: {
      const Quaternion q{r.numbers[0], r.numbers[1], r.numbers[2], r.numbers[3]};
      const Quaternion unit = normalized(q);
      check.expect(std::isfinite(unit.w),
                   "the quaternion is 0 0 0 0, which is no rotation; pass one with a length");
      return matrix_of_quaternion(unit);
    }
    case FG_ROTATION_6D: {
      const Vector3 first = of_middling_size(vector_at(r.numbers)),
                    second = of_middling_size(vector_at(r.numbers + 3));
      check.expect(length(cross(first, second)) > 1e-9 * length(first) * length(second),
                   "the two columns are parallel or 0; pass two that span a plane");
      return matrix_of_columns(first, second);
    }
    case FG_ROTATION_AXIS_ANGLE: {
      const Vector3 axis = of_middling_size(vector_at(r.numbers));
      const double size = length(axis);
      check.expect(size > 0, "the axis is 0 0 0; pass one with a length");
      return so3_exp(std::remainder(r.numbers[3], 360) / kDegrees / size * axis);
    }
    case FG_ROTATION_LOG:
      check_radians(check, "from->numbers", r.numbers);
      return so3_exp(vector_at(r.numbers));
    default:
      return checked_rotation(check, "the matrix", matrix_of(r.numbers, 3));
  }
}

void write_rotation(const Checker& check, const Matrix3& r, FgRotation& to) {
  const int kind = checked_enum(check, "to->kind", to.kind, FG_ROTATION_LOG);
  const Quaternion q = quaternion_of_matrix(r);
  const Vector3 log = so3_log(q);
  const double angle = length(log);
  switch (kind) {
    case FG_ROTATION_EULER:
      return write_vector(kDegrees * euler_of_matrix(r, euler_order(checked_enum(check, "to->euler_order",
                                                                                 to.euler_order, 11))),
                          to.numbers);
    case FG_ROTATION_QUATERNION:
      to.numbers[0] = q.w;
      return write_vector({q.x, q.y, q.z}, to.numbers + 1);
    case FG_ROTATION_6D:
      for (int i = 0; i < 6; ++i) to.numbers[i] = r.m[i % 3][i / 3];
      return;
    case FG_ROTATION_AXIS_ANGLE:
      to.numbers[3] = std::min(angle * kDegrees, 180.0);  // pi in doubles can round to more
      return write_vector(angle > 0 ? (1 / angle) * log : Vector3{0, 0, 1}, to.numbers);
    case FG_ROTATION_LOG:
      return write_vector(log, to.numbers);
    default:
      for (int i = 0; i < 9; ++i) to.numbers[i] = r.m[i / 3][i % 3];
  }
}

void convert(const FgRotation* from, FgRotation* to) {
  const Checker check("fg_rotation_convert");
  checked_struct(check, from, "FgRotation", "fg_rotation_defaults");
  checked_struct(check, to, "FgRotation", "fg_rotation_defaults");
  write_rotation(check, read_rotation(check, *from), *to);
}

// ---- motions ----

void exponential(const double* log, double* matrix) {
  const Checker check("fg_se3_exp");
  check.expect(log != nullptr && matrix != nullptr, "log or matrix is NULL; pass 6 and 16 numbers");
  check_numbers(check, "log", log, 6);
  check_radians(check, "log", log);
  write_motion(se3_exp({vector_at(log), vector_at(log + 3)}), matrix);
}

void logarithm(const double* matrix, double* log) {
  const Checker check("fg_se3_log");
  const Motion motion = checked_motion(check, "matrix", matrix);
  check.expect(log != nullptr, "log is NULL; pass 6 numbers");
  check_no_mirror(check, "matrix", motion.linear);
  const Twist twist = se3_log(motion);
  write_vector(twist.rotation, log);
  write_vector(twist.velocity, log + 3);
}

void distance(const double* a, const double* b, double sdd_mm, FgPoseDistance* out) {
  const Checker check("fg_pose_distance");
  const Motion first = checked_motion(check, "a", a), second = checked_motion(check, "b", b);
  check_sdd(check, "sdd_mm", sdd_mm);
  check.expect(out != nullptr, "distance is NULL; pass the address of an FgPoseDistance");
  check.expect(determinant(first.linear) * determinant(second.linear) > 0,
               "one pose mirrors and the other does not; there is no way from one to the other");
  const PoseDistance d = pose_distance(first, second, sdd_mm);
  *out = {d.rotation_mm, d.translation_mm, d.both()};
}

// ---- cameras ----

View checked_view(const Checker& check, const FgDrrPose& pose) {
  const int view = checked_enum(check, "view", pose.view, FG_VIEW_FREE);
  return view == FG_VIEW_AP ? View::ap : view == FG_VIEW_PA ? View::pa : View::free;
}

void pose_matrix(const FgDrrPose* pose, double* matrix) {
  const Checker check("fg_drr_pose_matrix");
  checked_struct(check, pose, "FgDrrPose", "fg_drr_pose_defaults");
  check.expect(matrix != nullptr, "camera_to_world is NULL; pass 16 numbers");
  check_numbers(check, "rotation_deg_zxy", pose->rotation_deg_zxy, 3);
  check_numbers(check, "translation_mm", pose->translation_mm, 3);
  check_numbers(check, "isocentre_mm", pose->isocentre_mm, 3);
  const Matrix3 rotation =
      matrix_of_euler((1 / kDegrees) * vector_at(pose->rotation_deg_zxy), euler_order(FG_EULER_ZXY));
  write_motion(view_pose(checked_view(check, *pose), rotation, vector_at(pose->translation_mm),
                         vector_at(pose->isocentre_mm)),
               matrix);
}

void pose_of(const double* matrix, FgDrrPose* pose) {
  const Checker check("fg_drr_pose_of");
  checked_struct(check, pose, "FgDrrPose", "fg_drr_pose_defaults");
  const Motion motion = checked_motion(check, "camera_to_world", matrix);
  const View view = checked_view(check, *pose);
  check_numbers(check, "isocentre_mm", pose->isocentre_mm, 3);
  const bool mirror = determinant(motion.linear) < 0;
  check.expect(
      mirror == (view == View::pa),
      mirror ? "camera_to_world mirrors (determinant -1), which only PA poses do; set view to FG_VIEW_PA"
             : "camera_to_world does not mirror (determinant 1), but PA poses do; set view to "
               "FG_VIEW_AP or FG_VIEW_FREE");
  const ViewParts parts = view_parts(view, motion, vector_at(pose->isocentre_mm));
  write_vector(kDegrees * euler_of_matrix(parts.rotation, euler_order(FG_EULER_ZXY)), pose->rotation_deg_zxy);
  write_vector(parts.translation_mm, pose->translation_mm);
}

// Each triple through `map`, which has the motion and the detector.
template <class Map>
void project_each(const char* function, const FgProjection* p, const double* from, std::size_t count,
                  double* to, const Map& map) {
  const Checker check(function);
  checked_struct(check, p, "FgProjection", "fg_projection_defaults");
  const Motion camera_to_world = checked_motion(check, "camera_to_world", p->camera_to_world);
  const int beam = checked_enum(check, "beam", p->beam, FG_DRR_PARALLEL);
  check.expect(p->height >= 1 && p->width >= 1, "height and width are " + std::to_string(p->height) +
                                                    " and " + std::to_string(p->width) +
                                                    "; expected the detector's pixels, 1 or more each way");
  check_intrinsics(check, "", *p);
  check.expect(count == 0 || (from != nullptr && to != nullptr),
               "points or pixels is NULL, but count is " + std::to_string(count));
  const Detector detector{p->sdd_mm,
                          {p->delx_mm, p->x0_mm, static_cast<double>(p->width)},
                          {p->dely_mm, p->y0_mm, static_cast<double>(p->height)},
                          beam == FG_DRR_PARALLEL};
  for (std::size_t i = 0; i < count; ++i)
    write_vector(map(camera_to_world, detector, vector_at(from + 3 * i)), to + 3 * i);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_rotation_defaults(FgRotation* rotation) {
  fg::abi::set_defaults(rotation);
  if (rotation == nullptr) return;
  rotation->euler_order = FG_EULER_ZXY;
  for (int i = 0; i < 3; ++i) rotation->numbers[i * 4] = 1;
}

FgStatus fg_rotation_convert(const FgRotation* from, FgRotation* to) {
  return fg::abi::guard([&] { fg::abi::convert(from, to); });
}

FgStatus fg_se3_exp(const double log[6], double matrix[16]) {
  return fg::abi::guard([&] { fg::abi::exponential(log, matrix); });
}

FgStatus fg_se3_log(const double matrix[16], double log[6]) {
  return fg::abi::guard([&] { fg::abi::logarithm(matrix, log); });
}

FgStatus fg_pose_distance(const double a[16], const double b[16], double sdd_mm, FgPoseDistance* distance) {
  return fg::abi::guard([&] { fg::abi::distance(a, b, sdd_mm, distance); });
}

void fg_drr_pose_defaults(FgDrrPose* pose) {
  fg::abi::set_defaults(pose);
  if (pose != nullptr) pose->translation_mm[1] = 850;
}

FgStatus fg_drr_pose_matrix(const FgDrrPose* pose, double camera_to_world[16]) {
  return fg::abi::guard([&] { fg::abi::pose_matrix(pose, camera_to_world); });
}

FgStatus fg_drr_pose_of(const double camera_to_world[16], FgDrrPose* pose) {
  return fg::abi::guard([&] { fg::abi::pose_of(camera_to_world, pose); });
}

void fg_projection_defaults(FgProjection* projection) {
  fg::abi::set_defaults(projection);
  if (projection == nullptr) return;
  for (int i = 0; i < 4; ++i) projection->camera_to_world[i * 5] = 1;
  projection->height = projection->width = 200;
  projection->sdd_mm = 1020;
  projection->delx_mm = projection->dely_mm = 2;
}

FgStatus fg_project(const FgProjection* projection, const double* points, size_t count, double* pixels) {
  return fg::abi::guard([&] {
    fg::abi::project_each("fg_project", projection, points, count, pixels,
                          [](const fg::Motion& pose, const fg::Detector& detector, const fg::Vector3& point) {
                            return pixel_of_camera_point(detector, inverse_of(pose) * point);
                          });
  });
}

FgStatus fg_back_project(const FgProjection* projection, const double* pixels, size_t count, double* points) {
  return fg::abi::guard([&] {
    fg::abi::project_each("fg_back_project", projection, pixels, count, points,
                          [](const fg::Motion& pose, const fg::Detector& detector, const fg::Vector3& pixel) {
                            return pose * camera_point_of_pixel(detector, pixel);
                          });
  });
}

}  // extern "C"
