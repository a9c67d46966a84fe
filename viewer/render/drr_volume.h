#pragma once
// A CT as the DRR shader reads it: attenuation in 1/mm, R32_SFLOAT, with a border of zeros one voxel wide.

#include "viewer/render/drr_renderer.h"

namespace fg {

// HU to 1/mm: air at -1000 and below is 0, water at 0, then on a steeper line through bone; never negative.
float attenuation_of(float hu, const Attenuation& attenuation);

// Ends in SHADER_READ_ONLY_OPTIMAL. Waits for the GPU. Throws Failure where the volume is empty or the device cannot
// hold it.
vk::Image upload_attenuation(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation);

}  // namespace fg
