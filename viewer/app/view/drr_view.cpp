#include "viewer/app/view/drr_view.h"

#include <algorithm>
#include <cmath>
#include <glm/gtc/matrix_transform.hpp>
#include <glm/matrix.hpp>
#include <glm/trigonometric.hpp>
#include <optional>
#include <utility>

#include "viewer/percentile.h"

namespace fg {
namespace {

// None: the pose of a file.
std::optional<DrrOrientation> orientation_of(DrrView::Base base) {
  switch (base) {
    case DrrView::Base::ap:
      return DrrOrientation::ap;
    case DrrView::Base::pa:
      return DrrOrientation::pa;
    case DrrView::Base::free:
      return DrrOrientation::free;
    case DrrView::Base::file:
      break;
  }
  return std::nullopt;
}

}  // namespace

DrrView::Base base_of(DrrOrientation orientation) {
  switch (orientation) {
    case DrrOrientation::pa:
      return DrrView::Base::pa;
    case DrrOrientation::free:
      return DrrView::Base::free;
    case DrrOrientation::ap:
      break;
  }
  return DrrView::Base::ap;
}

DrrGeometry DrrView::posed() const {
  DrrGeometry moved = geometry;
  if (const auto orientation = orientation_of(base)) {
    moved.camera_to_world = drr_pose(*orientation, rotation_deg, translation_mm, isocentre_mm);
  } else {
    // The pose of the file, turned about the isocentre and then moved, both in world axes.
    glm::dmat4 turn = glm::translate(glm::dmat4(1), translation_mm + isocentre_mm);
    turn = glm::rotate(turn, glm::radians(rotation_deg.x), {0, 0, 1});
    turn = glm::rotate(turn, glm::radians(rotation_deg.y), {1, 0, 0});
    turn = glm::rotate(turn, glm::radians(rotation_deg.z), {0, 1, 0});
    moved.camera_to_world = glm::translate(turn, -isocentre_mm) * geometry.camera_to_world;
  }
  return moved;
}

void DrrView::set_pose(const glm::dmat4& camera_to_world) {
  if (const auto orientation = orientation_of(base)) {
    const DrrPoseParts parts = drr_pose_parts(*orientation, camera_to_world, isocentre_mm);
    rotation_deg = parts.rotation_deg_zxy;
    translation_mm = parts.translation_mm;
    return;
  }
  // How the file's pose was turned about the isocentre and moved, as if a camera at the isocentre had been.
  constexpr DrrOrientation kCamera = DrrOrientation::free;
  const glm::dmat4 motion = camera_to_world * glm::inverse(geometry.camera_to_world);
  const glm::dmat4 camera = motion * drr_pose(kCamera, glm::dvec3(0), glm::dvec3(0), isocentre_mm);
  rotation_deg = drr_pose_parts(kCamera, camera, isocentre_mm).rotation_deg_zxy;
  translation_mm = glm::dvec3(camera[3]) - isocentre_mm;
}

glm::dvec3 DrrView::standard_translation_mm() const {
  const auto orientation = orientation_of(base);
  return orientation ? drr_standard_translation_mm(*orientation) : glm::dvec3(0);
}

void DrrView::reset_pose() {
  rotation_deg = glm::dvec3(0);
  translation_mm = standard_translation_mm();
}

void DrrView::move_source(const glm::dvec3& along_camera_axes_mm) {
  // The translation's frame: the world with a file's pose, otherwise what the rotation turns.
  DrrView unturned = *this;
  if (base != Base::file) unturned.rotation_deg = glm::dvec3(0);
  translation_mm += glm::dmat3(unturned.posed().camera_to_world) * along_camera_axes_mm;
}

DrrGeometry with_resolution(const DrrGeometry& geometry, int width, int height) {
  DrrGeometry changed = geometry;
  changed.delx_mm = geometry.delx_mm * geometry.width / width;
  changed.dely_mm = geometry.dely_mm * geometry.height / height;
  changed.width = width;
  changed.height = height;
  return changed;
}

DrrDisplay fitted_display(std::vector<float> integrals) {
  std::erase_if(integrals, [](float v) { return !std::isfinite(v); });
  if (integrals.empty()) return {};
  const double top = std::max(0.1, static_cast<double>(percentile(std::move(integrals), 0.998)));
  return {.window = top, .level = top / 2};
}

}  // namespace fg
