#pragma once
// The geometry of a radiograph as a JSON object: sdd_mm, height, width, delx_mm, dely_mm, x0_mm, y0_mm,
// orthographic, n_samples, and the pose. Other keys are passed over; what is missing keeps DrrGeometry's
// default.
//
// The pose is camera_to_world, 4 x 4, rows first; or orientation ("AP", "PA", "free") with rotation_deg_zxy
// (or rotation_deg_zxy_intrinsic), translation_mm and isocentre_mm_ras, each of which may be missing.

#include <filesystem>
#include <optional>
#include <string>

#include "viewer/render/drr_renderer.h"

namespace fg {

struct DrrPose {
  DrrOrientation orientation = DrrOrientation::ap;
  glm::dvec3 rotation_deg_zxy{0};
  std::optional<glm::dvec3> translation_mm;    // none: drr_standard_translation_mm(orientation)
  std::optional<glm::dvec3> isocentre_mm_ras;  // none: the volume's centre
};

struct DrrGeometryFile {
  DrrGeometry geometry;
  std::optional<DrrPose> pose;   // whether the file has one
  bool camera_to_world = false;  // whether the file has one; it comes before the pose
  bool has_size = false;         // whether the file says height and width
  bool has_delx = false, has_dely = false, has_sdd = false;  // whether it says so
};

// Throws Failure(unreadable_input) with the key at fault.
DrrGeometryFile read_drr_geometry(const std::filesystem::path& file);

// With the pose worked out; isocentre_mm_ras is that of files that name none. A file without any pose gets
// AP.
DrrGeometry load_drr_geometry(const std::filesystem::path& file, const glm::dvec3& isocentre_mm_ras);

// Before there is a volume: the file must hold camera_to_world or isocentre_mm_ras, else a sentence asks for
// it.
DrrGeometry load_drr_geometry(const std::filesystem::path& file);

glm::dmat4 camera_to_world(const DrrPose& pose, const glm::dvec3& volume_centre_mm);
DrrOrientation drr_orientation_named(const std::string& name);  // throws Failure(usage)

}  // namespace fg
