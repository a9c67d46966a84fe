#pragma once
// What `bench tick` scores: images of noise that are just there, and a scene of random splats to be rendered.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugin/vk/image.h"
#include "plugin/vk/own_device.h"
#include "viewer/bench/tick_format.h"
#include "viewer/render/gaussian_renderer.h"

namespace fg {

// All of one format and size, in layout GENERAL.
struct TickImages {
  vk::Image reference;
  std::vector<vk::Image> frames;  // taken in turn
};

// A reference of noise, and frames that differ from it by other noise: enough of them that one which comes up again has
// left the caches (128 MiB on a GPU).
TickImages noise_images(const vk::OwnDevice& device, const TickFormat& format, VkExtent2D extent);

// What a renderer draws into, RGBA8 UNORM: as many frames as may be in flight.
TickImages render_targets(const vk::OwnDevice& device, VkExtent2D extent, std::uint32_t frames_in_flight);

// So many random splats of spherical harmonics of degree 3 before a camera, 60 degrees high, that sways while it looks
// at them: no two of 64 frames in turn show the same. Their size shrinks with their number, so that they cover the
// image about as often.
class TickScene {
 public:
  static constexpr int kViews = 64;

  TickScene(const vk::OwnDevice& device, int splats);

  // Records one of the views.
  void record(VkCommandBuffer cmd, const vk::Image& target, std::uint64_t view);
  GaussianRenderer::Counters counters() const { return renderer_.counters(); }
  const std::string& description() const { return description_; }  // "1000000 random splats, SH degree 3"

 private:
  GaussianRenderer renderer_;
  std::string description_;
};

}  // namespace fg
