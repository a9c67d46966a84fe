#pragma once
// Do two volumes have their voxels in the same places, and what to do when they do not.

#include <string>

#include "viewer/io/volume.h"

namespace fg {

// The first thing in which the grids differ, as one sentence with both values, or "". Spacing, direction and origin count as
// the same while no voxel is off by more than a hundredth of the reference's spacing: files store them in single precision.
std::string grid_difference(const Volume& test, const Volume& reference);

// The test's values at the reference's voxels, trilinear between the centres of its own, in world coordinates. A place
// within half a voxel of its outermost centres takes the nearest of them; beyond that is `outside`.
Volume resampled(const Volume& test, const Volume& reference, float outside);

}  // namespace fg
