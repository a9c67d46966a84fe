#include "viewer/app/view/frustum.h"

#include <algorithm>
#include <cmath>

#include <glm/common.hpp>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>
#include <utility>

#include "viewer/app/view/navigation.h"
#include "viewer/percentile.h"

namespace fg {
namespace {

glm::dvec3 to_camera(const glm::dmat4& world_to_camera, const glm::dvec3& p) {
  return glm::dvec3(world_to_camera * glm::dvec4(p, 1));
}

glm::dvec2 to_pixel(const Intrinsics& k, const glm::dvec3& p) {
  return {k.fx * p.x / p.z + k.cx, k.fy * p.y / p.z + k.cy};
}

bool inside(const std::array<glm::dvec2, 4>& quad, glm::dvec2 p) {
  bool left = true, right = true;
  for (int i = 0; i < 4; ++i) {
    const glm::dvec2 edge = quad[(i + 1) % 4] - quad[i], to = p - quad[i];
    const double cross = edge.x * to.y - edge.y * to.x;
    left = left && cross >= 0;
    right = right && cross <= 0;
  }
  return left || right;
}

}  // namespace

std::optional<Segment2> project_segment(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                        const glm::dvec3& from, const glm::dvec3& to, double near_z) {
  glm::dvec3 a = to_camera(world_to_camera, from), b = to_camera(world_to_camera, to);
  if (a.z < near_z && b.z < near_z) return std::nullopt;
  if (a.z < near_z) a = glm::mix(a, b, (near_z - a.z) / (b.z - a.z));
  if (b.z < near_z) b = glm::mix(b, a, (near_z - b.z) / (a.z - b.z));
  return Segment2{to_pixel(intrinsics, a), to_pixel(intrinsics, b)};
}

std::optional<glm::dvec2> project_point(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                        const glm::dvec3& point, double near_z) {
  const glm::dvec3 p = to_camera(world_to_camera, point);
  if (p.z < near_z) return std::nullopt;
  return to_pixel(intrinsics, p);
}

Frustum frustum_of(const Camera& camera, double depth) {
  const Intrinsics& k = camera.intrinsics;
  const glm::dmat3 to_world = glm::transpose(glm::dmat3(camera.world_to_camera));
  const glm::dvec3 apex = camera_position(camera.world_to_camera);
  const auto corner = [&](double u, double v) {
    return apex + to_world * glm::dvec3((u - k.cx) / k.fx * depth, (v - k.cy) / k.fy * depth, depth);
  };
  const double w = k.width, h = k.height;
  return {apex, corner(0, 0), corner(w, 0), corner(w, h), corner(0, h)};
}

ProjectedFrustum project_frustum(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera,
                                 const Frustum& frustum, double near_z) {
  ProjectedFrustum projected;
  const auto line = [&](const glm::dvec3& a, const glm::dvec3& b) {
    if (const auto segment = project_segment(intrinsics, world_to_camera, a, b, near_z))
      projected.lines.push_back(*segment);
  };
  for (int i = 1; i <= 4; ++i) {
    line(frustum[0], frustum[i]);
    line(frustum[i], frustum[i % 4 + 1]);
  }
  // A tick on the upper side says which way is up.
  const glm::dvec3 top = (frustum[1] + frustum[2]) / 2.0;
  line(top, top + 0.25 * (frustum[1] - frustum[4]));

  projected.apex = project_point(intrinsics, world_to_camera, frustum[0], near_z);
  projected.distance = glm::length(to_camera(world_to_camera, frustum[0]));
  std::array<glm::dvec2, 4> plane;
  bool whole = true;
  for (int i = 0; i < 4; ++i) {
    const auto p = project_point(intrinsics, world_to_camera, frustum[i + 1], near_z);
    whole = whole && p.has_value();
    if (p) plane[i] = *p;
  }
  if (whole) projected.plane = plane;
  return projected;
}

std::optional<std::size_t> pick_frustum(const std::vector<ProjectedFrustum>& frustums, glm::dvec2 point,
                                        double reach) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < frustums.size(); ++i) {
    const ProjectedFrustum& f = frustums[i];
    const bool hit =
        (f.apex && glm::distance(*f.apex, point) <= reach) || (f.plane && inside(*f.plane, point));
    if (hit && (!best || f.distance < frustums[*best].distance)) best = i;
  }
  return best;
}

double frustum_depth(const std::vector<Camera>& cameras, double scene_radius) {
  std::vector<double> nearest;
  for (std::size_t i = 0; i < cameras.size() && i < 200; ++i) {
    double best = INFINITY;
    for (std::size_t j = 0; j < cameras.size(); ++j)
      if (i != j)
        best = std::min(best, glm::distance(camera_position(cameras[i].world_to_camera),
                                            camera_position(cameras[j].world_to_camera)));
    if (std::isfinite(best) && best > 0) nearest.push_back(best);
  }
  const double by_scene = 0.08 * scene_radius;
  if (nearest.empty()) return by_scene;
  return std::clamp(0.4 * percentile(std::move(nearest), 0.5), 0.01 * scene_radius, 0.3 * scene_radius);
}

}  // namespace fg
