#pragma once
// The geometry of a DRR, turned into what the shader multiplies. Pure arithmetic, in double until the last
// step.

#include "shaders/drr/rays.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

inline constexpr int kMostDrrSamples =
    65536;  // sample indices stay far below where float has whole numbers only

// Throws Failure(usage) where the geometry makes no sense: sizes, pitches, NaN, a projective camera_to_world.
void check_geometry(const DrrGeometry& geometry);

// size: of the volume's texture, its border of zeros included.
DrrRays make_drr_rays(const DrrGeometry& geometry, const glm::dmat4& world_to_texel, VkExtent3D size);

}  // namespace fg
