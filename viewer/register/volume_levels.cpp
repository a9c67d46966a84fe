#include "viewer/register/volume_levels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>

#include "viewer/error.h"
#include "viewer/render/drr_volume.h"

namespace fg {
namespace {

void check_affine(const glm::dmat4& m) {
  const glm::dvec3 x(m[0]), y(m[1]), z(m[2]);
  const double size = glm::length(x) * glm::length(y) * glm::length(z);
  if (!(std::abs(glm::dot(x, glm::cross(y, z))) > 1e-9 * size))
    throw Failure(ExitCode::unreadable_input,
                  "the volume's affine is singular or not finite: its axes span no space; repair the header");
}

// A body of a hand's width or more is expected; a CT in metres would be one of half a millimetre.
void check_unit(const AttenuationVolume& volume) {
  const glm::dvec3 spacing = volume.spacing_mm();
  double diagonal = 0;
  for (int axis = 0; axis < 3; ++axis)
    diagonal = std::hypot(diagonal, spacing[axis] * volume.extent[static_cast<std::size_t>(axis)]);
  if (diagonal < 3)
    throw Failure(ExitCode::unreadable_input,
                  fmt::format("the volume is {:.3g} mm from corner to corner; lengths are expected in "
                              "millimetres, these look like metres: scale its affine by 1000",
                              diagonal));
  constexpr double kMostMm = 100;
  if (const double largest = std::max({spacing.x, spacing.y, spacing.z}); largest > kMostMm)
    throw Failure(ExitCode::unreadable_input,
                  fmt::format("the volume's voxels are up to {:g} mm wide; lengths are expected in "
                              "millimetres, of at most {:g} a voxel: check its affine",
                              largest, kMostMm));
}

// Sums of `factor` neighbours along an axis, over the factor.
std::vector<float> averaged(const std::vector<float>& values, std::array<int, 3>& extent, std::size_t axis,
                            int factor) {
  const int before = extent[axis], after = (before + factor - 1) / factor;
  std::size_t inner = 1, outer = 1;
  for (std::size_t a = 0; a < 3; ++a)
    (a < axis ? inner : outer) *= a == axis ? 1 : static_cast<std::size_t>(extent[a]);
  std::vector<float> sums(inner * static_cast<std::size_t>(after) * outer);
  const float share = 1.0f / static_cast<float>(factor);
  for (std::size_t o = 0; o < outer; ++o)
    for (int n = 0; n < before; ++n) {
      const float* from =
          values.data() + (o * static_cast<std::size_t>(before) + static_cast<std::size_t>(n)) * inner;
      float* to =
          sums.data() + (o * static_cast<std::size_t>(after) + static_cast<std::size_t>(n / factor)) * inner;
      for (std::size_t i = 0; i < inner; ++i) to[i] += share * from[i];
    }
  extent[axis] = after;
  return sums;
}

}  // namespace

glm::dvec3 AttenuationVolume::spacing_mm() const {
  return {glm::length(glm::dvec3(voxel_to_world[0])), glm::length(glm::dvec3(voxel_to_world[1])),
          glm::length(glm::dvec3(voxel_to_world[2]))};
}

AttenuationVolume attenuation_volume(const Volume& volume, const Attenuation& attenuation) {
  if (volume.values.empty()) throw Failure(ExitCode::unreadable_input, "the volume has no voxels");
  check_affine(volume.voxel_to_world);
  AttenuationVolume converted{volume.extent, std::vector<float>(volume.values.size()), volume.voxel_to_world};
  std::transform(volume.values.begin(), volume.values.end(), converted.mu.begin(),
                 [&](float hu) { return attenuation_of(hu, attenuation); });
  check_unit(converted);
  if (std::all_of(converted.mu.begin(), converted.mu.end(), [&](float mu) { return mu == converted.mu[0]; }))
    throw Failure(ExitCode::unreadable_input,
                  fmt::format("every voxel of the volume has the same value, {:g}; a CT in HU is expected",
                              volume.values[0]));
  return converted;
}

AttenuationVolume coarser(const AttenuationVolume& volume, double spacing_mm) {
  AttenuationVolume level = volume;
  const glm::dvec3 spacing = volume.spacing_mm();
  for (int axis = 0; axis < 3; ++axis) {
    const int factor = std::max(1, static_cast<int>(std::lround(spacing_mm / spacing[axis])));
    if (factor == 1) continue;
    level.mu = averaged(level.mu, level.extent, static_cast<std::size_t>(axis), factor);
    level.voxel_to_world[3] +=
        0.5 * (factor - 1) * level.voxel_to_world[axis];  // the middle of the first box
    level.voxel_to_world[axis] *= factor;
  }
  return level;
}

}  // namespace fg
