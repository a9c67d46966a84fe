#include "viewer/diff/inputs/volume_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>

namespace fg {
namespace {

constexpr double kOff = 0.01;  // of a voxel

glm::dvec3 axis_of(const VolumeGrid& grid, int i) { return glm::dvec3(grid.voxel_to_world[i]); }

std::string text(const glm::dvec3& v) { return fmt::format("{:.6g}, {:.6g}, {:.6g}", v.x, v.y, v.z); }

glm::dvec3 spacing_of(const VolumeGrid& grid) {
  return {glm::length(axis_of(grid, 0)), glm::length(axis_of(grid, 1)), glm::length(axis_of(grid, 2))};
}

std::string directions(const VolumeGrid& grid) {
  std::string all;
  for (int i = 0; i < 3; ++i) all += (i ? " | " : "") + text(glm::normalize(axis_of(grid, i)));
  return all;
}

double last_of(const VolumeGrid& grid, int axis) {
  return std::max(grid.extent[static_cast<std::size_t>(axis)] - 1, 1);
}

// Of the voxel that is farthest from its place, in voxels of the reference. The map is affine: it is one of the corners.
double largest_offset(const VolumeGrid& test, const VolumeGrid& reference) {
  const glm::dmat4 moved = glm::inverse(reference.voxel_to_world) * test.voxel_to_world;
  double largest = 0;
  for (unsigned corner = 0; corner < 8; ++corner) {
    glm::dvec4 voxel(0, 0, 0, 1);
    for (int i = 0; i < 3; ++i) voxel[i] = corner >> i & 1u ? last_of(reference, i) : 0.0;
    largest = std::max(largest, glm::length(glm::dvec3(moved * voxel - voxel)));
  }
  return largest;
}

// How far each alone brings a voxel from its place, in voxels of the reference's smallest spacing.
struct GridOffsets {
  double spacing = 0, direction = 0, origin = 0;
};

GridOffsets offsets_of(const VolumeGrid& test, const VolumeGrid& reference) {
  const glm::dvec3 spacing = spacing_of(reference), other = spacing_of(test);
  const double smallest = std::min({spacing.x, spacing.y, spacing.z});
  GridOffsets off;
  for (int i = 0; i < 3; ++i) {
    const double last = last_of(reference, i);
    const glm::dvec3 turned = axis_of(test, i) / other[i] - axis_of(reference, i) / spacing[i];
    off.spacing = std::max(off.spacing, std::abs(other[i] - spacing[i]) * last / smallest);
    off.direction = std::max(off.direction, glm::length(turned) * last * spacing[i] / smallest);
  }
  off.origin = glm::length(glm::dvec3(test.voxel_to_world[3] - reference.voxel_to_world[3])) / smallest;
  return off;
}

// Which axis of the reference an axis of a volume runs along, and whether the other way round.
struct AxisPlace {
  int axis;
  bool turned;
};
std::array<AxisPlace, 3> places_of_axes(const VolumeGrid& grid, const VolumeGrid& reference) {
  const glm::dmat3 between =
      glm::inverse(glm::dmat3(reference.voxel_to_world)) * glm::dmat3(grid.voxel_to_world);
  std::array<AxisPlace, 3> places{};
  for (int i = 0; i < 3; ++i) {
    int along = 0;
    for (int r = 1; r < 3; ++r)
      if (std::abs(between[i][r]) > std::abs(between[i][along])) along = r;
    places[static_cast<std::size_t>(i)] = {along, between[i][along] < 0};
  }
  return places;
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

std::string grid_difference(const VolumeGrid& test, const VolumeGrid& reference) {
  const auto& [tx, ty, tz] = test.extent;
  const auto& [rx, ry, rz] = reference.extent;
  if (test.extent != reference.extent)
    return fmt::format("the volumes differ in size: {} x {} x {} voxels against {} x {} x {}", tx, ty, tz, rx,
                       ry, rz);
  if (largest_offset(test, reference) <= kOff) return "";
  const glm::dvec3 from(test.voxel_to_world[3]), to(reference.voxel_to_world[3]);
  const GridOffsets off = offsets_of(test, reference);
  if (off.spacing >= std::max(off.direction, off.origin))
    return fmt::format("the volumes differ in spacing: {} mm against {} mm", text(spacing_of(test)),
                       text(spacing_of(reference)));
  if (off.direction >= off.origin)
    return fmt::format("the volumes differ in direction: axes {} against {}", directions(test),
                       directions(reference));
  return fmt::format("the volumes differ in origin: {} mm against {} mm (RAS)", text(from), text(to));
}

bool put_in_order(Volume& volume, const VolumeGrid& reference) {
  const VolumeGrid grid = grid_of(volume);
  if (grid_difference(grid, reference).empty()) return true;
  // From a voxel in the new order to where it is now.
  glm::dmat4 to_old(0.0);
  to_old[3][3] = 1;
  std::array<int, 3> extent{};
  std::array<std::ptrdiff_t, 3> step{};
  std::ptrdiff_t first = 0, stride = 1;
  const std::array<AxisPlace, 3> places = places_of_axes(grid, reference);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto along = static_cast<std::size_t>(places[i].axis);
    if (extent[along] != 0) return false;  // two axes run along one
    extent[along] = grid.extent[i];
    step[along] = places[i].turned ? -stride : stride;
    if (places[i].turned) first += stride * (grid.extent[i] - 1);
    to_old[places[i].axis][static_cast<int>(i)] = places[i].turned ? -1 : 1;
    to_old[3][static_cast<int>(i)] = places[i].turned ? grid.extent[i] - 1 : 0;
    stride *= grid.extent[i];
  }
  const glm::dmat4 voxel_to_world = grid.voxel_to_world * to_old;
  if (!grid_difference({extent, voxel_to_world}, reference).empty()) return false;
  std::vector<float> values;
  values.reserve(volume.values.size());
  for (int k = 0; k < extent[2]; ++k)
    for (int j = 0; j < extent[1]; ++j)
      for (int i = 0; i < extent[0]; ++i)
        values.push_back(
            volume.values[static_cast<std::size_t>(first + i * step[0] + j * step[1] + k * step[2])]);
  volume.values = std::move(values);
  volume.extent = extent;
  volume.voxel_to_world = voxel_to_world;
  return true;
}

std::vector<float> resampled(const Volume& test, const VolumeGrid& reference, float outside) {
  const auto [nx, ny, nz] = reference.extent;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(nx) * static_cast<std::size_t>(ny) * static_cast<std::size_t>(nz));
  const glm::dmat4 to_test = glm::inverse(test.voxel_to_world) * reference.voxel_to_world;
  for (int k = 0; k < nz; ++k)
    for (int j = 0; j < ny; ++j)
      for (int i = 0; i < nx; ++i) {
        const glm::dvec3 position(to_test * glm::dvec4(i, j, k, 1));
        values.push_back(inside(position, test.extent) ? value_at(test, position) : outside);
      }
  return values;
}

}  // namespace fg
