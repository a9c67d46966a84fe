#pragma once
// A CT as the DRR shader reads it: attenuation in 1/mm, R32_SFLOAT, slices as layers of a 2D array, with a
// border of zeros one voxel wide on all sides.

#include <array>

#include "viewer/render/drr_renderer.h"

namespace fg {

// HU to 1/mm: air at -1000 and below is 0, water at 0, then on a steeper line through bone; never negative.
float attenuation_of(float hu, const Attenuation& attenuation);

// Throw Failure where a volume or an attenuation makes no radiograph: it is empty, its affine is singular or in metres, the
// numbers make no sense.
void check_volume(const Volume& volume);
void check_attenuation(const Attenuation& attenuation);
glm::dmat4 world_to_voxel(const Volume& volume);

class AttenuationTexture {
 public:
  // Waits for the GPU. Throws Failure where the volume is empty or the device cannot hold it.
  AttenuationTexture(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation);

  VkImageView view() const { return view_.get(); }  // in SHADER_READ_ONLY_OPTIMAL
  VkSampler sampler() const { return sampler_.get(); }
  VkExtent3D size() const { return size_; }  // texels, the border included; depth counts layers
  glm::dmat4 voxel_to_texel() const;         // the border shifts by one; axes may trade places

 private:
  void fill(const vk::OwnDevice& device, const Volume& volume, const Attenuation& attenuation) const;

  std::array<int, 3> axes_{0, 1, 2};  // texel axis n runs along voxel axis axes_[n]
  VkExtent3D size_{};
  vk::UniqueMemory memory_;
  vk::UniqueImage image_;
  vk::UniqueImageView view_;
  vk::UniqueSampler sampler_;
};

}  // namespace fg
