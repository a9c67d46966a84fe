#pragma once
// The geometry and display of a DRR, turned into what the shaders multiply. Pure arithmetic, in double until the last
// step.

#include <glm/mat4x4.hpp>
#include <string>

#include "shaders/drr/rays.h"
#include "shaders/drr/window.h"
#include "viewer/render/drr_renderer.h"

namespace fg {

inline constexpr int kMostDrrSamples =
    65536;  // sample indices stay far below where float has whole numbers only

// "" or, in a sentence, why a camera_to_world is no pose: NaN, projective, not rigid.
std::string why_no_pose(const glm::dmat4& camera_to_world);

// Throws Failure(usage) where the geometry makes no sense: sizes, pitches, NaN, a projective camera_to_world.
void check_geometry(const DrrGeometry& geometry);

// Throws Failure(size_mismatch) where the target has another size than the geometry.
void check_target(const DrrGeometry& geometry, const vk::Image& target);

// Throws Failure(usage) where the display makes no sense.
void check_display(const DrrDisplay& display);
DrrWindow grey_of(const DrrDisplay& display);

// size: of the volume's texture, its border of zeros included.
DrrRays make_drr_rays(const DrrGeometry& geometry, const glm::dmat4& world_to_texel, VkExtent3D size);

}  // namespace fg
