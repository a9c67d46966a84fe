#include "tests/viewer/render/drr_scene.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "plugin/vk/commands.h"
#include "plugin/vk/error.h"
#include "tests/oracle/drr_oracle.h"
#include "viewer/io/matrix_rows.h"

namespace fg::test {
namespace {

template <class T>
std::vector<T> copied(const std::vector<std::byte>& bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

}  // namespace

void DeviceTest::SetUp() {
  try {
    device_ = std::make_unique<vk::OwnDevice>(
        vk::OwnDeviceInfo{.validation = true, .device_extensions = device_extensions()});
  } catch (const vk::Error& error) {
    GTEST_SKIP() << error.what();
  }
}

void DeviceTest::TearDown() {
  if (!device_) return;
  for (const std::string& message : device_->validation_messages()) ADD_FAILURE() << message;
}

Volume make_volume(int nx, int ny, int nz, const glm::dmat4& voxel_to_world) {
  Volume volume;
  volume.extent = {nx, ny, nz};
  volume.voxel_to_world = voxel_to_world;
  std::uint32_t state = 12345;
  for (int n = 0; n < nx * ny * nz; ++n) {
    state = state * 1664525u + 1013904223u;
    volume.values.push_back(-1100.0f + static_cast<float>(state >> 16) / 65536.0f * 2600.0f);
  }
  return volume;
}

glm::dmat4 scaling_about_origin(const glm::dvec3& spacing_mm, int nx, int ny, int nz) {
  glm::dmat4 matrix(1.0);
  const int extent[3] = {nx, ny, nz};
  for (int axis = 0; axis < 3; ++axis) {
    matrix[axis][axis] = spacing_mm[axis];
    matrix[3][axis] = -0.5 * spacing_mm[axis] * (extent[axis] - 1);
  }
  return matrix;
}

vk::Image make_target(const vk::OwnDevice& device, const DrrGeometry& geometry, VkFormat format) {
  vk::Image target(device, {.format = format,
                            .extent = {static_cast<std::uint32_t>(geometry.width),
                                       static_cast<std::uint32_t>(geometry.height), 1}});
  vk::run_and_wait(device, [&](VkCommandBuffer cmd) {
    vk::change_layout(device, cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
  });
  return target;
}

std::vector<float> render_integrals(const vk::OwnDevice& device, DrrSource& renderer,
                                    const DrrGeometry& geometry) {
  const vk::Image target = make_target(device, geometry, VK_FORMAT_R32_SFLOAT);
  renderer.set_geometry(geometry);
  vk::run_and_wait(
      device, [&](VkCommandBuffer cmd) { renderer.record_integrals(cmd, target); },
      [&](vk::Submission& submission) { renderer.join(submission); });
  return copied<float>(vk::download(device, target, 4, VK_IMAGE_LAYOUT_GENERAL));
}

std::vector<std::uint8_t> render_grey(const vk::OwnDevice& device, DrrSource& renderer,
                                      const DrrGeometry& geometry) {
  const vk::Image target = make_target(device, geometry, VK_FORMAT_R8G8B8A8_UNORM);
  renderer.set_geometry(geometry);
  vk::run_and_wait(
      device, [&](VkCommandBuffer cmd) { renderer.record(cmd, target); },
      [&](vk::Submission& submission) { renderer.join(submission); });
  return copied<std::uint8_t>(vk::download(device, target, 4, VK_IMAGE_LAYOUT_GENERAL));
}

std::vector<double> oracle_integrals(const Volume& volume, const DrrGeometry& g, const Attenuation& a) {
  return oracle::drr({.nx = volume.extent[0],
                      .ny = volume.extent[1],
                      .nz = volume.extent[2],
                      .hu = {volume.values.begin(), volume.values.end()},
                      .voxel_to_world = rows_of(volume.voxel_to_world)},
                     {.sdd = g.sdd_mm,
                      .delx = g.delx_mm,
                      .dely = g.dely_mm,
                      .x0 = g.x0_mm,
                      .y0 = g.y0_mm,
                      .height = g.height,
                      .width = g.width,
                      .samples = g.n_samples,
                      .orthographic = g.orthographic,
                      .camera_to_world = rows_of(g.camera_to_world),
                      .mu_water = a.mu_water,
                      .mu_bone = a.mu_bone,
                      .hu_bone = a.hu_bone});
}

double relative_error(const std::vector<float>& got, const std::vector<double>& expected) {
  if (got.size() != expected.size()) return INFINITY;
  double worst = 0, most = 0;
  for (std::size_t n = 0; n < got.size(); ++n) {
    if (!std::isfinite(got[n])) return INFINITY;
    worst = std::max(worst, std::abs(got[n] - expected[n]));
    most = std::max(most, std::abs(expected[n]));
  }
  return most > 0 ? worst / most : worst;
}

}  // namespace fg::test
