#pragma once
// 3D Gaussian splatting (Kerbl et al. 2023) as Vulkan compute, tile based, with the conventions of the reference
// implementation: 0.3 px dilation, alpha cut 1/255, transmittance cut 1e-4, SH degree 0..3.

#include <cstdint>
#include <memory>

#include "plugin/vk/own_device.h"
#include "viewer/render/frame_source.h"
#include "viewer/scene/camera.h"
#include "viewer/scene/splats.h"

namespace fg {

class GaussianRenderer final : public FrameSource {
 public:
  GaussianRenderer(const vk::OwnDevice& device, const SplatScene& scene);  // uploads; scene is not kept
  ~GaussianRenderer() override;

  // The view of the next recorded frame. The target must have the intrinsics' size.
  void set_view(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera);
  void set_background(const float rgb[3]);  // display-referred 0..1; default black

  void record(VkCommandBuffer cmd, const vk::Image& target) override;

  // Of the newest frame that the GPU has finished.
  struct Counters {
    std::uint32_t visible = 0;      // splats in the view
    std::uint32_t pairs = 0;        // (tile, splat) pairs
    bool incomplete = false;        // pairs did not fit: the frame lacks splats; the next record() has more room
  };
  Counters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
