#pragma once
// The sample scene in closed form: a round stage with a ball, a ring, a pillar and a cube under one lamp.
// Units are arbitrary; z is up.

#include <cstdint>
#include <glm/glm.hpp>
#include <optional>
#include <vector>

namespace fg::sample {

struct Hit {
  double distance = 0;
  glm::dvec3 point, normal;  // normal towards the ray's origin
  int material = 0;
};

// First surface along a ray of unit direction; none: the black beyond the stage.
std::optional<Hit> trace(const glm::dvec3& origin, const glm::dvec3& direction);

// Display-referred colour 0..1 of a surface point as seen along view (unit, towards the surface).
glm::dvec3 shade(const Hit& hit, const glm::dvec3& view);

// Points spread evenly over all surfaces, with their normals; spacing is the mean distance between
// neighbours.
struct SurfacePoint {
  Hit hit;
  double spacing = 0;
};
std::vector<SurfacePoint> sample_surfaces();

}  // namespace fg::sample
