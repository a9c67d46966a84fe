#pragma once
// A body that fits into a test: tissue, lungs, a spine with ribs and a stone, none of it symmetric.

#include <cmath>
#include <glm/geometric.hpp>

#include "viewer/io/volume.h"

namespace fg::test {

inline Volume small_body() {
  constexpr double kSpacing = 5;
  Volume volume;
  volume.extent = {56, 44, 52};
  for (int axis = 0; axis < 3; ++axis) volume.voxel_to_world[axis][axis] = kSpacing;
  volume.voxel_to_world[3] = {-130, 20, -310, 1};
  const glm::dvec3 middle = 0.5 * kSpacing * glm::dvec3(55, 43, 51);
  const auto inside = [](const glm::dvec3& p, const glm::dvec3& centre, const glm::dvec3& radii) {
    return glm::length((p - centre) / radii) < 1;
  };
  for (int k = 0; k < 52; ++k)
    for (int j = 0; j < 44; ++j)
      for (int i = 0; i < 56; ++i) {
        const glm::dvec3 p = kSpacing * glm::dvec3(i, j, k) - middle;
        float hu = -1000;
        if (inside(p, {0, 0, 0}, {125, 95, 160})) hu = 40;
        if (inside(p, {-58, 8, 30}, {42, 60, 75}) || inside(p, {55, 8, 22}, {36, 55, 80})) hu = -800;
        if (inside(p, {18, 30, 10}, {38, 34, 45})) hu = 60;
        const double vertebra = std::fmod(p.z + 300, 30);
        if (std::hypot(p.x, p.y + 62) < (vertebra < 22 ? 17 : 10)) hu = 500;
        const double rib = std::hypot(p.x / 118, (p.y - 0.25 * p.z) / 88);
        if (rib > 0.88 && rib < 0.97 && std::fmod(p.z + 300 + 0.2 * p.x, 36) < 10 && p.z > -60) hu = 400;
        if (inside(p, {70, 40, -80}, {12, 14, 16})) hu = 700;
        volume.values.push_back(hu);
      }
  return volume;
}

}  // namespace fg::test
