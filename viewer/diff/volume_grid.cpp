#include "viewer/diff/volume_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>

namespace fg {
namespace {

constexpr double kOff = 0.01;  // of a voxel

glm::dvec3 axis_of(const Volume& volume, int i) { return glm::dvec3(volume.voxel_to_world[i]); }

std::string text(const glm::dvec3& v) { return fmt::format("{:.6g}, {:.6g}, {:.6g}", v.x, v.y, v.z); }

glm::dvec3 spacing_of(const Volume& volume) {
  return {glm::length(axis_of(volume, 0)), glm::length(axis_of(volume, 1)), glm::length(axis_of(volume, 2))};
}

std::string directions(const Volume& volume) {
  std::string all;
  for (int i = 0; i < 3; ++i) all += (i ? " | " : "") + text(glm::normalize(axis_of(volume, i)));
  return all;
}

// Of one axis: the value in a grid that a position along it, in voxels, falls into.
struct Place {
  int below, above;
  float share;  // of above
};

Place place_at(double position, int extent) {
  const double clamped = std::clamp(position, 0.0, extent - 1.0);
  const int below = std::min(static_cast<int>(clamped), std::max(extent - 2, 0));
  return {below, std::min(below + 1, extent - 1), static_cast<float>(clamped - below)};
}

bool inside(const glm::dvec3& position, const std::array<int, 3>& extent) {
  constexpr double kRounding = 1e-6;
  for (int i = 0; i < 3; ++i)
    if (!(position[i] >= -0.5 - kRounding &&
          position[i] <= extent[static_cast<std::size_t>(i)] - 0.5 + kRounding))
      return false;
  return true;
}

float value_at(const Volume& volume, const glm::dvec3& position) {
  const int nx = volume.extent[0], ny = volume.extent[1], nz = volume.extent[2];
  const Place x = place_at(position.x, nx), y = place_at(position.y, ny), z = place_at(position.z, nz);
  const auto along_x = [&](int j, int k) {
    const float* const row =
        volume.values.data() + (static_cast<std::size_t>(k) * ny + j) * static_cast<std::size_t>(nx);
    return row[x.below] + x.share * (row[x.above] - row[x.below]);
  };
  const auto along_y = [&](int k) {
    const float below = along_x(y.below, k);
    return below + y.share * (along_x(y.above, k) - below);
  };
  const float below = along_y(z.below);
  return below + z.share * (along_y(z.above) - below);
}

}  // namespace

std::string grid_difference(const Volume& test, const Volume& reference) {
  const auto& [tx, ty, tz] = test.extent;
  const auto& [rx, ry, rz] = reference.extent;
  if (test.extent != reference.extent)
    return fmt::format("the volumes differ in size: {} x {} x {} voxels against {} x {} x {}", tx, ty, tz, rx,
                       ry, rz);
  const glm::dvec3 spacing = spacing_of(reference);
  for (int i = 0; i < 3; ++i) {
    const double last = std::max(reference.extent[static_cast<std::size_t>(i)] - 1, 1);
    if (std::abs(spacing_of(test)[i] - spacing[i]) * last > kOff * spacing[i])
      return fmt::format("the volumes differ in spacing: {} mm against {} mm", text(spacing_of(test)),
                         text(spacing));
  }
  for (int i = 0; i < 3; ++i) {
    const double last = std::max(reference.extent[static_cast<std::size_t>(i)] - 1, 1);
    const glm::dvec3 turned = glm::normalize(axis_of(test, i)) - glm::normalize(axis_of(reference, i));
    if (glm::length(turned) * last * spacing[i] > kOff * std::min({spacing.x, spacing.y, spacing.z}))
      return fmt::format("the volumes differ in direction: axes {} against {}", directions(test),
                         directions(reference));
  }
  const glm::dvec3 from(test.voxel_to_world[3]), to(reference.voxel_to_world[3]);
  if (glm::length(from - to) > kOff * std::min({spacing.x, spacing.y, spacing.z}))
    return fmt::format("the volumes differ in origin: {} mm against {} mm (RAS)", text(from), text(to));
  return "";
}

Volume resampled(const Volume& test, const Volume& reference, float outside) {
  Volume result;
  result.extent = reference.extent;
  result.voxel_to_world = reference.voxel_to_world;
  result.values.reserve(reference.values.size());
  const glm::dmat4 to_test = glm::inverse(test.voxel_to_world) * reference.voxel_to_world;
  for (int k = 0; k < reference.extent[2]; ++k)
    for (int j = 0; j < reference.extent[1]; ++j)
      for (int i = 0; i < reference.extent[0]; ++i) {
        const glm::dvec3 position(to_test * glm::dvec4(i, j, k, 1));
        result.values.push_back(inside(position, test.extent) ? value_at(test, position) : outside);
      }
  return result;
}

}  // namespace fg
