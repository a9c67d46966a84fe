#pragma once
// The ground-truth cameras as pyramids in the view: projection, clipping and picking. Pure maths.

#include <array>
#include <optional>
#include <vector>

#include <glm/mat4x4.hpp>
#include <glm/vec2.hpp>
#include <glm/vec3.hpp>

#include "viewer/scene/camera.h"

namespace fg {

struct Segment2 {
  glm::dvec2 from, to;  // image pixels; may lie outside the image
};

// The part of a world segment in front of the camera, projected; none when all of it is behind near_z.
std::optional<Segment2> project_segment(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                        const glm::dvec3& from, const glm::dvec3& to, double near_z);
std::optional<glm::dvec2> project_point(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                        const glm::dvec3& point, double near_z);

// Apex, then the corners top left, top right, bottom right, bottom left of the image plane at a depth, in the
// world.
using Frustum = std::array<glm::dvec3, 5>;
Frustum frustum_of(const Camera& camera, double depth);

struct ProjectedFrustum {
  std::vector<Segment2> lines;     // at most nine: four edges, four sides of the plane, one mark of its top
  std::optional<glm::dvec2> apex;  // image pixels
  std::optional<std::array<glm::dvec2, 4>> plane;  // when all four corners are in front
  double distance = 0;                             // of the apex from the eye, world units
};
ProjectedFrustum project_frustum(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                 const Frustum& frustum, double near_z);

// The frustum under a point: the nearest whose image plane holds it or whose apex is within reach.
std::optional<std::size_t> pick_frustum(const std::vector<ProjectedFrustum>& frustums, glm::dvec2 point,
                                        double reach);

// A size for the pyramids that neither hides the scene nor vanishes: a share of the typical distance between
// cameras.
double frustum_depth(const std::vector<Camera>& cameras, double scene_radius);

}  // namespace fg
