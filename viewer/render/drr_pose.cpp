#include <cmath>
#include <glm/geometric.hpp>
#include <glm/mat3x3.hpp>
#include <glm/trigonometric.hpp>
#include <glm/vec3.hpp>

#include "viewer/render/drr_renderer.h"

namespace fg {
namespace {

struct Turn {
  double cosine, sine;
};
Turn turn(double degrees) { return {std::cos(glm::radians(degrees)), std::sin(glm::radians(degrees))}; }

// Columns: where camera x, y, z point in the patient's frame (RAS). AP: x to the patient's left, y down,
// looking posterior. PA looks anterior and mirrors, as if read from behind the film, so that left and right
// stay where AP has them; its determinant is -1.
glm::dmat3 standard_view(DrrOrientation orientation) {
  switch (orientation) {
    case DrrOrientation::ap:
      return {{-1, 0, 0}, {0, 0, -1}, {0, -1, 0}};
    case DrrOrientation::pa:
      return {{-1, 0, 0}, {0, 0, -1}, {0, 1, 0}};
    case DrrOrientation::free:
      break;
  }
  return {{-1, 0, 0}, {0, -1, 0}, {0, 0, 1}};
}

}  // namespace

// Within 3e-5 mm of the six matrices of the golden DRRs: drr_golden_test.cpp.
glm::dmat4 drr_pose(DrrOrientation orientation, const glm::dvec3& rotation_deg_zxy,
                    const glm::dvec3& translation_mm, const glm::dvec3& isocentre_mm) {
  const Turn z = turn(rotation_deg_zxy[0]), x = turn(rotation_deg_zxy[1]), y = turn(rotation_deg_zxy[2]);
  const glm::dmat3 about_z{{z.cosine, z.sine, 0}, {-z.sine, z.cosine, 0}, {0, 0, 1}};
  const glm::dmat3 about_x{{1, 0, 0}, {0, x.cosine, x.sine}, {0, -x.sine, x.cosine}};
  const glm::dmat3 about_y{{y.cosine, 0, -y.sine}, {0, 1, 0}, {y.sine, 0, y.cosine}};
  const glm::dmat3 rotation = about_z * about_x * about_y;
  glm::dmat4 pose(rotation * standard_view(orientation));
  pose[3] = glm::dvec4(rotation * translation_mm + isocentre_mm, 1.0);
  return pose;
}

glm::dvec3 drr_standard_translation_mm(DrrOrientation orientation) {
  constexpr double kDistance = 850;
  // Against the viewing axis. Subtracted from 0, because a slider would show the other axes as -0.0 mm.
  return 0.0 - kDistance * standard_view(orientation)[2];
}

}  // namespace fg
