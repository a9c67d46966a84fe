#include "framegauge/pose.h"
#include "viewer/error.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_renderer.h"

namespace fg {
namespace {

FgView view_of(DrrOrientation orientation) {
  return orientation == DrrOrientation::ap   ? FG_VIEW_AP
         : orientation == DrrOrientation::pa ? FG_VIEW_PA
                                             : FG_VIEW_FREE;
}

FgDrrPose pose_of(DrrOrientation orientation, const glm::dvec3& isocentre_mm) {
  FgDrrPose pose;
  fg_drr_pose_defaults(&pose);
  pose.view = view_of(orientation);
  for (int i = 0; i < 3; ++i) pose.isocentre_mm[i] = isocentre_mm[i];
  return pose;
}

}  // namespace

// Within 3e-5 mm of the six matrices of the golden DRRs: drr_golden_test.cpp.
glm::dmat4 drr_pose(DrrOrientation orientation, const glm::dvec3& rotation_deg_zxy,
                    const glm::dvec3& translation_mm, const glm::dvec3& isocentre_mm) {
  FgDrrPose parts = pose_of(orientation, isocentre_mm);
  for (int i = 0; i < 3; ++i) {
    parts.rotation_deg_zxy[i] = rotation_deg_zxy[i];
    parts.translation_mm[i] = translation_mm[i];
  }
  double rows[16];
  if (fg_drr_pose_matrix(&parts, rows) != FG_STATUS_OK) throw Failure(ExitCode::usage, fg_last_error());
  return matrix_of_rows(rows);
}

DrrPoseParts drr_pose_parts(DrrOrientation orientation, const glm::dmat4& camera_to_world,
                            const glm::dvec3& isocentre_mm) {
  FgDrrPose parts = pose_of(orientation, isocentre_mm);
  double rows[16];
  write_rows(camera_to_world, rows);
  if (fg_drr_pose_of(rows, &parts) != FG_STATUS_OK) throw Failure(ExitCode::usage, fg_last_error());
  const double *const r = parts.rotation_deg_zxy, *const t = parts.translation_mm;
  return {{r[0], r[1], r[2]}, {t[0], t[1], t[2]}};
}

glm::dvec3 drr_standard_translation_mm(DrrOrientation orientation, double source_mm) {
  if (orientation == DrrOrientation::ap) return {0, source_mm, 0};
  if (orientation == DrrOrientation::pa) return {0, -source_mm, 0};
  return {0, 0, -source_mm};
}

}  // namespace fg
