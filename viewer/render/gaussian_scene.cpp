#include "viewer/render/gaussian_scene.h"

#include <algorithm>
#include <glm/vec4.hpp>
#include <string>

#include "plugin/vk/commands.h"
#include "viewer/error.h"

namespace fg {
namespace {

// Host memory for staging stays below some 200 MB.
constexpr std::uint64_t kMostSplatsAChunk = 1u << 20;

template <class T>
vk::Buffer uploaded(const vk::OwnDevice& device, const std::vector<T>& values) {
  vk::Buffer buffer(device, values.size() * sizeof(T), vk::Residence::device);
  vk::upload(device, buffer, values.data(), values.size() * sizeof(T));
  return buffer;
}

GaussianScene::Chunk make_chunk(const vk::OwnDevice& device, const SplatScene& scene,
                                const glm::dvec3& origin, std::uint32_t words, std::uint32_t first,
                                std::uint32_t count) {
  GaussianScene::Chunk chunk{.first = first, .count = count};
  std::vector<glm::vec4> values(count);
  const auto fill = [&](auto value_of) {
    for (std::uint32_t i = 0; i < count; ++i) values[i] = value_of(first + i);
    return uploaded(device, values);
  };
  chunk.positions = fill([&](std::size_t i) {
    return glm::vec4(glm::vec3(glm::dvec3(scene.positions[i]) - origin), scene.opacities[i]);
  });
  chunk.rotations = fill([&](std::size_t i) {
    const glm::quat& q = scene.rotations[i];
    return glm::vec4(q.x, q.y, q.z, q.w);
  });
  chunk.scales = fill([&](std::size_t i) { return glm::vec4(scene.scales[i], 0.0f); });
  const std::size_t floats = 3u * scene.sh_coefficients();
  std::vector<float> harmonics(std::size_t{count} * words * 4, 0.0f);
  for (std::uint32_t i = 0; i < count; ++i)
    std::copy_n(scene.sh.begin() + static_cast<std::ptrdiff_t>((first + i) * floats), floats,
                harmonics.begin() + static_cast<std::ptrdiff_t>(std::size_t{i} * words * 4));
  chunk.harmonics = uploaded(device, harmonics);
  return chunk;
}

// By coordinate; unlike the mean it stays with the scene when a few splats have flown off.
glm::dvec3 median(const std::vector<glm::vec3>& positions) {
  glm::dvec3 middle(0.0);
  if (positions.empty()) return middle;
  std::vector<float> values(positions.size());
  for (int axis = 0; axis < 3; ++axis) {
    std::transform(positions.begin(), positions.end(), values.begin(),
                   [&](const glm::vec3& p) { return p[axis]; });
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), half, values.end());
    middle[axis] = *half;
  }
  return middle;
}

void check_arrays(const SplatScene& scene) {
  const std::size_t n = scene.size();
  if (scene.sh_degree < 0 || scene.sh_degree > 3)
    throw Failure(ExitCode::internal, "splats: spherical harmonics of degree " +
                                          std::to_string(scene.sh_degree) +
                                          "; the renderer draws degrees 0 to 3");
  if (scene.scales.size() != n || scene.rotations.size() != n || scene.opacities.size() != n ||
      scene.sh.size() != n * 3u * static_cast<std::size_t>(scene.sh_coefficients()))
    throw Failure(ExitCode::internal, "splats: the arrays of the scene have different lengths");
}

}  // namespace

GaussianScene::GaussianScene(const vk::OwnDevice& device, const SplatScene& scene)
    : sh_degree(scene.sh_degree) {
  check_arrays(scene);
  const VkPhysicalDeviceLimits& limits = device.properties.limits;
  // Per splat the renderer keeps two vec4 in one buffer, and passes over all splats are one dispatch.
  const std::uint64_t most = std::min<std::uint64_t>(limits.maxStorageBufferRange / 32,
                                                     std::uint64_t{limits.maxComputeWorkGroupCount[0]} * 256);
  if (scene.size() > most)
    throw Failure(ExitCode::internal, "splats: the scene has " + std::to_string(scene.size()) +
                                          " splats, but " + device.properties.deviceName + " can draw " +
                                          std::to_string(most) +
                                          " at once; choose another device or a smaller scene");
  size = static_cast<std::uint32_t>(scene.size());
  origin = median(scene.positions);
  const std::uint64_t step =
      std::min<std::uint64_t>(kMostSplatsAChunk, limits.maxStorageBufferRange / (16 * sh_words()));
  for (std::uint64_t first = 0; first < size; first += step)
    chunks.push_back(make_chunk(device, scene, origin, sh_words(), static_cast<std::uint32_t>(first),
                                static_cast<std::uint32_t>(std::min<std::uint64_t>(step, size - first))));
}

}  // namespace fg
