#pragma once
// Do two volumes have their voxels in the same places, and what to do when they do not.

#include <array>
#include <glm/mat4x4.hpp>
#include <string>
#include <vector>

#include "viewer/io/volume.h"

namespace fg {

struct VolumeGrid {
  std::array<int, 3> extent;  // voxels
  glm::dmat4 voxel_to_world;  // indices to RAS millimetres
};
inline VolumeGrid grid_of(const Volume& volume) { return {volume.extent, volume.voxel_to_world}; }

// In what the grids differ most, as one sentence with both values, or "". They count as the same while no voxel is off by more
// than a hundredth of the reference's: files store spacing, direction and origin in single precision. An axis of one voxel
// counts as if it had two.
std::string grid_difference(const VolumeGrid& test, const VolumeGrid& reference);

// Whether the volume's voxels lie at the reference's places (grid_difference), once its axes are swapped and turned: then they
// are, which changes no value. Otherwise the volume stays what it is.
bool put_in_order(Volume& volume, const VolumeGrid& reference);

// The test's values at the reference's voxels, trilinear between the centres of its own, in world coordinates. A place
// within half a voxel of its outermost centres takes the nearest of them; beyond that is `outside`.
std::vector<float> resampled(const Volume& test, const VolumeGrid& reference, float outside);

}  // namespace fg
