#include "viewer/register/pose_file.h"

#include <fmt/format.h>

#include <cmath>
#include <glm/geometric.hpp>
#include <glm/trigonometric.hpp>

#include "framegauge/pose.h"
#include "viewer/device/status.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_geometry_json.h"

namespace fg {
namespace {

using Json = nlohmann::ordered_json;

FgRotation rotation_of(const double* rows) {
  FgRotation rotation;
  fg_rotation_defaults(&rotation);
  for (int i = 0; i < 9; ++i) rotation.numbers[i] = rows[i / 3 * 4 + i % 3];
  return rotation;
}
std::vector<double> written_as(FgRotation rotation, FgRotationKind kind, std::size_t count) {
  FgRotation to;
  fg_rotation_defaults(&to);
  to.kind = kind;
  expect_ok(fg_rotation_convert(&rotation, &to));
  return {to.numbers, to.numbers + count};
}

// AP, unless the pose mirrors: that is PA's way.
FgDrrPose parts_of(const double* rows, const glm::dvec3& isocentre) {
  FgDrrPose pose;
  fg_drr_pose_defaults(&pose);
  const glm::dmat3 linear{
      {rows[0], rows[4], rows[8]}, {rows[1], rows[5], rows[9]}, {rows[2], rows[6], rows[10]}};
  if (glm::dot(linear[0], glm::cross(linear[1], linear[2])) < 0) pose.view = FG_VIEW_PA;
  for (int i = 0; i < 3; ++i) pose.isocentre_mm[i] = isocentre[i];
  expect_ok(fg_drr_pose_of(rows, &pose));
  return pose;
}

}  // namespace

nlohmann::ordered_json pose_json(const Registration& registration, std::size_t view,
                                 const std::string& xray) {
  const Xray& seen = registration.views()[view];
  DrrGeometry found = seen.geometry;
  found.height = seen.height;
  found.width = seen.width;
  found.camera_to_world = registration.camera_to_world(view);
  const glm::dvec3 isocentre = registration.frame().isocentre_mm;
  double rows[16], first[16];
  write_rows(found.camera_to_world, rows);
  write_rows(seen.geometry.camera_to_world, first);
  FgPoseDistance moved;
  expect_ok(fg_pose_distance(first, rows, found.sdd_mm, &moved));
  const FgDrrPose parts = parts_of(rows, isocentre);
  // Of the rotation of the parts: the pose itself is none where it mirrors.
  FgRotation euler;
  fg_rotation_defaults(&euler);
  euler.kind = FG_ROTATION_EULER;
  for (int i = 0; i < 3; ++i) euler.numbers[i] = parts.rotation_deg_zxy[i];
  const auto three = [](const double* v) { return Json{v[0], v[1], v[2]}; };
  Json json;
  json["schema"] = "framegauge-pose-1";
  json["xray"] = xray;
  json.update(drr_geometry_json(found));
  json["orientation"] = parts.view == FG_VIEW_PA ? "PA" : "AP";
  json["rotation_deg_zxy"] = three(parts.rotation_deg_zxy);
  json["translation_mm"] = three(parts.translation_mm);
  json["isocentre_mm_ras"] = three(parts.isocentre_mm);
  json["quaternion_wxyz"] = written_as(euler, FG_ROTATION_QUATERNION, 4);
  json["so3_log"] = written_as(euler, FG_ROTATION_LOG, 3);
  json["columns_6d"] = written_as(euler, FG_ROTATION_6D, 6);
  json["moved_from_first_pose"] = {
      {"rotation_mm", moved.rotation_mm}, {"translation_mm", moved.translation_mm}, {"both_mm", moved.mm}};
  return json;
}

std::string trajectory_csv(const std::vector<RegisterPoint>& trajectory) {
  std::string csv =
      "step,level,loss,rotation_x_deg,rotation_y_deg,rotation_z_deg,shift_x_mm,shift_y_mm,shift_z_mm\n";
  for (const RegisterPoint& p : trajectory) {
    double rows[16];
    write_rows(glm::dmat4(p.motion.turn), rows);
    const std::vector<double> log = written_as(rotation_of(rows), FG_ROTATION_LOG, 3);
    csv += fmt::format("{},{},{:.9g}", p.step, p.level + 1, p.loss);
    for (const double radians : log) csv += fmt::format(",{:.9g}", glm::degrees(radians));
    for (int i = 0; i < 3; ++i) csv += fmt::format(",{:.9g}", p.motion.shift_mm[i]);
    csv += "\n";
  }
  return csv;
}

}  // namespace fg
