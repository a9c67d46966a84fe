#pragma once
// Scenes by hand and a device to draw them on, for the tests of the splat renderer.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <glm/gtc/matrix_transform.hpp>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "viewer/render/gaussian_renderer.h"

namespace fg::testing {

// One device for all tests, with validation where the layer is installed; null, with the reason, where there
// is none.
struct TestDevice {
  TestDevice() {
    for (const bool validation : {true, false}) try {
        device = std::make_unique<vk::OwnDevice>(vk::OwnDeviceInfo{.validation = validation});
        validated = validation;
        return;
      } catch (const vk::Error& error) {
        reason = error.what();
      }
  }
  std::unique_ptr<vk::OwnDevice> device;
  bool validated = false;
  std::string reason;

  static TestDevice& get() {
    static TestDevice shared;
    return shared;
  }
};

// Skips without a device; fails on a message of the validation layer.
class OnDevice : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestDevice::get().device) GTEST_SKIP() << "no Vulkan device: " << TestDevice::get().reason;
    messages_before_ = device().validation_messages().size();
  }
  void TearDown() override {
    if (!TestDevice::get().device) return;
    const std::vector<std::string>& messages = device().validation_messages();
    for (std::size_t i = messages_before_; i < messages.size(); ++i) ADD_FAILURE() << messages[i];
  }
  static vk::OwnDevice& device() { return *TestDevice::get().device; }

 private:
  std::size_t messages_before_ = 0;
};

struct Splat {
  glm::vec3 position{0, 0, 4};
  glm::vec3 scale{0.1f};
  glm::quat rotation{1, 0, 0, 0};
  float opacity = 0.8f;
  glm::vec3 colour{1, 0.5f, 0.25f};  // before the view-dependent part
};

inline SplatScene scene_of(const std::vector<Splat>& splats, int sh_degree = 0) {
  SplatScene scene;
  scene.sh_degree = sh_degree;
  for (const Splat& s : splats) {
    scene.positions.push_back(s.position);
    scene.scales.push_back(s.scale);
    scene.rotations.push_back(glm::normalize(s.rotation));
    scene.opacities.push_back(s.opacity);
    for (int c = 0; c < 3; ++c) scene.sh.push_back((s.colour[c] - 0.5f) / 0.28209479f);
    scene.sh.resize(scene.size() * 3u * static_cast<std::size_t>(scene.sh_coefficients()), 0.0f);
  }
  return scene;
}

struct View {
  Intrinsics intrinsics;
  glm::dmat4 world_to_camera{1.0};
};

// A camera at the origin that looks along +z, principal point in the middle.
inline View straight_view(int width, int height, double focal = 100) {
  return {.intrinsics = {width, height, focal, focal, 0.5 * width, 0.5 * height}};
}

// A camera somewhere, turned about all axes.
inline View turned_view(int width, int height) {
  glm::dmat4 m = glm::rotate(glm::dmat4(1.0), 0.7, glm::normalize(glm::dvec3(0.3, -1.0, 0.5)));
  m = glm::translate(m, glm::dvec3(1.5, -0.75, 2.25));
  return {.intrinsics = {width, height, 0.9 * width, 0.95 * width, 0.47 * width, 0.56 * height},
          .world_to_camera = m};
}

// Splats in front of the view and around it, at depths far enough apart (on a grid, shuffled) that rounding
// does not change their order.
inline SplatScene random_scene(const View& view, int count, int sh_degree, std::uint32_t seed,
                               double mean_size = 0.08) {
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) {
    return low + (high - low) * static_cast<double>(random()) / 4294967296.0;
  };
  std::vector<int> slots(static_cast<std::size_t>(count));
  std::iota(slots.begin(), slots.end(), 0);
  for (std::size_t i = slots.size(); i > 1; --i) std::swap(slots[i - 1], slots[random() % i]);
  const Intrinsics& k = view.intrinsics;
  const glm::dmat4 camera_to_world = glm::inverse(view.world_to_camera);
  SplatScene scene;
  scene.sh_degree = sh_degree;
  for (int i = 0; i < count; ++i) {
    const double z = 0.5 + 9.5 * (slots[static_cast<std::size_t>(i)] + 0.5) / count;
    const double u = uniform(-0.3, 1.3) * k.width, v = uniform(-0.3, 1.3) * k.height;
    const glm::dvec4 p((u - k.cx) / k.fx * z, (v - k.cy) / k.fy * z, z, 1.0);
    scene.positions.emplace_back(camera_to_world * p);
    const auto size = [&] { return static_cast<float>(mean_size * std::exp(uniform(-1.5, 1.0))); };
    scene.scales.emplace_back(size(), size(), size());
    scene.rotations.push_back(
        glm::normalize(glm::quat(static_cast<float>(uniform(-1, 1)), static_cast<float>(uniform(-1, 1)),
                                 static_cast<float>(uniform(-1, 1)), static_cast<float>(uniform(-1, 1)))));
    scene.opacities.push_back(static_cast<float>(uniform(0.0, 1.0)));
    for (int c = 0; c < 3 * scene.sh_coefficients(); ++c)
      scene.sh.push_back(static_cast<float>(c < 3 ? uniform(-1.2, 1.2) : uniform(-0.3, 0.3)));
  }
  return scene;
}

// A target in layout GENERAL.
inline vk::Image make_target(const vk::OwnDevice& device, const Intrinsics& k) {
  vk::Image target(
      device, {.extent = {static_cast<std::uint32_t>(k.width), static_cast<std::uint32_t>(k.height), 1}});
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  });
  return target;
}

using Codes = std::vector<std::uint8_t>;  // [H][W][4]

inline Codes pixels_of(const vk::OwnDevice& device, const vk::Image& target) {
  const std::vector<std::byte> bytes = vk::download(device, target, 4, VK_IMAGE_LAYOUT_GENERAL);
  const auto* codes = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return {codes, codes + bytes.size()};
}

inline Codes draw(const vk::OwnDevice& device, GaussianRenderer& renderer, const View& view) {
  const vk::Image target = make_target(device, view.intrinsics);
  renderer.set_view(view.intrinsics, view.world_to_camera);
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) { renderer.record(cmd, target); });
  return pixels_of(device, target);
}

// What GPUs and what CPUs run, both on whatever device there is.
inline GaussianOptions like_a_gpu() { return {.variant = RadixSort::Variant::groups}; }
inline GaussianOptions like_a_cpu() { return {.variant = RadixSort::Variant::lanes}; }

}  // namespace fg::testing
