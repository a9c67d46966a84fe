#pragma once
// The pose and display of a radiograph as a user moves them: degrees, millimetres, window and level.

#include <glm/mat4x4.hpp>
#include <glm/vec3.hpp>
#include <vector>

#include "viewer/render/drr_renderer.h"

namespace fg {

struct DrrView {
  enum class Base { ap, pa, free, file };

  DrrGeometry geometry;  // detector and sampling; its camera_to_world is used with Base::file alone
  DrrDisplay display;
  Base base = Base::ap;
  bool has_file_pose = false;  // geometry.camera_to_world came with a file
  glm::dvec3 rotation_deg{0};  // ZXY intrinsic Euler angles
  glm::dvec3 translation_mm{0, kStandardSourceMm,
                            0};  // in the rotated frame; with Base::file an offset along the world axes
  glm::dvec3 isocentre_mm{0};    // RAS

  // What the next frame is rendered with.
  DrrGeometry posed() const;

  // The rotation and translation that give this camera_to_world; it mirrors where the base does.
  void set_pose(const glm::dmat4& camera_to_world);

  // The rotation and translation of the chosen base: no rotation; the source at the standard distance, or where the file
  // says.
  void reset_pose();
  glm::dvec3 standard_translation_mm() const;

  // The source moved along the image's columns, rows, and towards the patient.
  void move_source(const glm::dvec3& along_camera_axes_mm);
};

DrrView::Base base_of(DrrOrientation orientation);

// A detector of the same size in millimetres with other pixels: what a reference image of width x height
// needs. The principal point keeps its place on the detector.
DrrGeometry with_resolution(const DrrGeometry& geometry, int width, int height);

// Window and level that show most of a radiograph: from nothing to the integral that 99.8 % of the pixels
// stay below.
DrrDisplay fitted_display(std::vector<float> integrals);

}  // namespace fg
