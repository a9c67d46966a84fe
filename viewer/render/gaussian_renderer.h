#pragma once
// 3D Gaussian splatting (Kerbl et al. 2023) as Vulkan compute, tile based, with the conventions of the
// reference implementation: 0.3 px dilation, alpha cut 1/255, transmittance cut 1e-4, SH degree 0..3.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "plugin/vk/own_device.h"
#include "viewer/render/frame_source.h"
#include "viewer/render/radix_sort.h"
#include "viewer/scene/camera.h"
#include "viewer/scene/splats.h"

namespace fg {

// A view may need as many ticks until there is room for all its splats; after them, what there is counts.
inline constexpr int kMostTicksForRoom = 8;

// What tests and benchmarks change.
struct GaussianOptions {
  std::uint32_t pair_capacity = 0;    // (tile, splat) pairs at first; 0: from the scene and the image size
  std::uint32_t most_pairs = 0;       // room is never made for more; 0: the limit of the device
  std::uint32_t rows_per_thread = 0;  // pixels a thread blends: 1, 2, 4, 8 or 16; 0: what suits the device
  std::optional<RadixSort::Variant> variant;  // none: what suits the device
  // Called while recording, before each named pass and at the end with "end": for timestamps.
  std::function<void(VkCommandBuffer, const char* pass)> on_pass;
};

class GaussianRenderer final : public FrameSource {
 public:
  // Uploads and waits; scene is not kept.
  GaussianRenderer(const vk::OwnDevice& device, const SplatScene& scene, const GaussianOptions& options = {});
  ~GaussianRenderer() override;  // waits for the device

  // The view of the next recorded frame. The target must have the intrinsics' size.
  void set_view(const Intrinsics& intrinsics, const glm::dmat4& world_to_camera);
  void set_background(const float rgb[3]);  // display-referred 0..1; default black

  // Each recording is to be submitted once, in the order of recording, to one queue, with at most 8 frames in
  // flight: frames share scratch memory. Allocates buffers on the first frame, when the image grows, and when
  // pairs did not fit, and a descriptor set in each of the first 9 frames; never waits for the GPU.
  void record(VkCommandBuffer cmd, const vk::Image& target) override;

  // Of the newest frame that the GPU has finished.
  struct Counters {
    std::uint32_t visible = 0;  // splats that touch a tile of the image
    std::uint32_t pairs = 0;    // (tile, splat) pairs, those that did not fit included
    bool incomplete = false;  // pairs did not fit: the frame lacks its farthest splats; the next record() has
                              // more room, as far as the device's memory goes
    bool no_more_room = false;  // incomplete, and the next frame of this view will be so, too
    std::uint64_t frame = 0;    // number of that frame: 1 for the first recorded; 0: none has finished
  };
  Counters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fg
