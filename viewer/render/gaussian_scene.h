#pragma once
// A splat scene in device memory, cut into chunks that fit into the storage buffers the device can bind.

#include <cstdint>
#include <glm/vec3.hpp>
#include <vector>

#include "plugin/vk/buffer.h"
#include "plugin/vk/own_device.h"
#include "viewer/scene/splats.h"

namespace fg {

struct GaussianScene {
  GaussianScene(const vk::OwnDevice& device, const SplatScene& scene);  // uploads and waits

  struct Chunk {
    std::uint32_t first = 0, count = 0;  // splats of the scene
    vk::Buffer positions;                // vec4: xyz relative to origin, opacity
    vk::Buffer rotations;                // vec4: quaternion x y z w
    vk::Buffer scales;                   // vec4: standard deviations, 0
    vk::Buffer harmonics;                // sh_words() vec4 a splat
  };
  std::uint32_t size = 0;
  int sh_degree = 0;
  // Subtracted from all positions, so that scenes far from the world's origin lose no precision in the camera
  // matrix.
  glm::dvec3 origin{0.0};
  std::vector<Chunk> chunks;

  std::uint32_t sh_words() const { return (3u * (sh_degree + 1) * (sh_degree + 1) + 3u) / 4u; }
};

}  // namespace fg
