#pragma once
// What the DRR tests share: a device with the validation layer, volumes, and the way from a geometry to
// numbers.

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "plugin/vk/own_device.h"
#include "viewer/render/drr_renderer.h"

namespace fg::test {

// A device under the validation and synchronization layers, which must have nothing to say when the test
// ends. Skips where there is no Vulkan device or no layer.
class DeviceTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
  const vk::OwnDevice& device() const { return *device_; }
  vk::Dispatch& functions() { return *device_; }  // to count calls
  virtual std::vector<const char*> device_extensions() const { return {}; }

 private:
  std::unique_ptr<vk::OwnDevice> device_;
};

// Voxels of every kind (air, water, bone, below air) from a fixed sequence.
Volume make_volume(int nx, int ny, int nz, const glm::dmat4& voxel_to_world);

glm::dmat4 scaling_about_origin(const glm::dvec3& spacing_mm, int nx, int ny,
                                int nz);  // grid centre at 0, 0, 0

// R32_SFLOAT or RGBA8, of the geometry's size, in GENERAL.
vk::Image make_target(const vk::OwnDevice& device, const DrrGeometry& geometry, VkFormat format);
std::vector<float> render_integrals(const vk::OwnDevice& device, DrrSource& renderer,
                                    const DrrGeometry& geometry);
std::vector<std::uint8_t> render_grey(const vk::OwnDevice& device, DrrSource& renderer,
                                      const DrrGeometry& geometry);
std::vector<double> oracle_integrals(const Volume& volume, const DrrGeometry& geometry,
                                     const Attenuation& attenuation = {});

// Largest difference over largest expected value.
double relative_error(const std::vector<float>& got, const std::vector<double>& expected);

}  // namespace fg::test
