#pragma once
// A volume as attenuation, and coarser copies of it: a coarse volume makes small radiographs fast and smooth.

#include <array>
#include <glm/mat4x4.hpp>
#include <vector>

#include "viewer/io/volume.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

struct AttenuationVolume {
  std::array<int, 3> extent = {0, 0, 0};  // voxels along i, j, k; i is fastest in memory
  std::vector<float> mu;                  // 1/mm
  glm::dmat4 voxel_to_world{1.0};         // to RAS mm

  glm::dvec3 spacing_mm() const;
};

// Throws Failure where the volume is empty or its affine is singular or in metres.
AttenuationVolume attenuation_volume(const Volume& volume, const Attenuation& attenuation);

// Means over boxes of voxels, as many along each axis as fit into about spacing_mm; what lies outside counts as air, so
// that line integrals stay.
AttenuationVolume coarser(const AttenuationVolume& volume, double spacing_mm);

}  // namespace fg
