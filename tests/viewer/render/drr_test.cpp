#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <glm/matrix.hpp>

#include "plugin/vk/commands.h"
#include "plugin/vk/compute_pass.h"
#include "shaders/drr/integrals.comp.h"
#include "tests/viewer/render/drr_scene.h"
#include "viewer/error.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/render/drr_geometry_json.h"
#include "viewer/render/drr_rays.h"
#include "viewer/render/drr_volume.h"

namespace fg {
namespace {

using namespace fg::test;

// Against double precision: float coordinates round to 2e-6 voxel in these small volumes, neighbouring voxels
// differ by up to the largest attenuation, and some hundred samples average out. Worst measured 1.4e-6.
constexpr double kFloatRounding = 5e-6;

const glm::dvec3 kOrigin(0);

DrrGeometry small_geometry(const glm::dmat4& camera_to_world) {
  return {.sdd_mm = 300,
          .height = 21,
          .width = 27,
          .delx_mm = 3.5,
          .dely_mm = 4.5,
          .x0_mm = 5,
          .y0_mm = -3,
          .n_samples = 301,
          .camera_to_world = camera_to_world};
}

glm::dmat4 close_up(DrrOrientation orientation, const glm::dvec3& rotation_deg) {
  return drr_pose(orientation, rotation_deg, 200.0 / 850.0 * drr_standard_translation_mm(orientation),
                  kOrigin);
}

class drr : public DeviceTest {};

void expect_oracle(const vk::OwnDevice& device, const Volume& volume, const DrrGeometry& geometry,
                   const Attenuation& attenuation = {}, double tolerance = kFloatRounding) {
  DrrRenderer renderer(device, volume, attenuation);
  const std::vector<double> expected = oracle_integrals(volume, geometry, attenuation);
  EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 0.01)
      << "the oracle sees nothing: a poor test";
  EXPECT_LT(relative_error(render_integrals(device, renderer, geometry), expected), tolerance);
}

void expect_failure(ExitCode code, const std::string& words, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "no failure; expected one about '" << words << "'";
  } catch (const Failure& failure) {
    EXPECT_EQ(static_cast<int>(failure.code), static_cast<int>(code));
    EXPECT_NE(std::string(failure.what()).find(words), std::string::npos) << failure.what();
  }
}

glm::dmat4 oblique(const glm::dvec3& spacing, int nx, int ny, int nz) {
  const glm::dmat4 turn = drr_pose(DrrOrientation::free, {31, -22, 47}, kOrigin, {4, -7, 9});
  return turn * scaling_about_origin(spacing, nx, ny, nz);
}

}  // namespace

TEST_F(drr, every_orientation_agrees_with_the_oracle) {
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  for (const DrrOrientation orientation : {DrrOrientation::ap, DrrOrientation::pa, DrrOrientation::free})
    for (const glm::dvec3& rotation : {glm::dvec3(0), glm::dvec3(12, -34, 56)}) {
      DrrGeometry geometry = small_geometry(close_up(orientation, rotation));
      expect_oracle(device(), volume, geometry);
      geometry.orthographic = true;
      expect_oracle(device(), volume, geometry);
    }
}

TEST_F(drr, negative_oblique_sheared_and_scaled_affines_agree_with_the_oracle) {
  const DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {5, 3, -4}));
  for (const glm::dvec3& spacing : {glm::dvec3(-4, 5, 6), glm::dvec3(4, -5, -6), glm::dvec3(-4, -5, -6)}) {
    expect_oracle(device(), make_volume(23, 17, 19, scaling_about_origin(spacing, 23, 17, 19)), geometry);
    expect_oracle(device(), make_volume(23, 17, 19, oblique(spacing, 23, 17, 19)), geometry);
  }
  glm::dmat4 sheared = scaling_about_origin({4, 5, 6}, 23, 17, 19);
  sheared[2][0] = 2.5;  // a tilted gantry
  expect_oracle(device(), make_volume(23, 17, 19, sheared), geometry);
}

TEST_F(drr, other_attenuation_and_sample_counts_agree_with_the_oracle) {
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {0, 0, 0}));
  for (const int samples : {4, 37, 2000}) {
    geometry.n_samples = samples;
    expect_oracle(device(), volume, geometry, {.mu_water = 0.03, .mu_bone = 0.01, .hu_bone = 700});
  }
}

TEST_F(drr, axes_of_one_voxel_agree_with_the_oracle) {
  const DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {3, 4, 5}));
  constexpr int kExtents[][3] = {{1, 17, 19}, {23, 1, 19}, {23, 17, 1}, {1, 1, 19}, {1, 1, 1}};
  for (const auto& [nx, ny, nz] : kExtents) {
    Volume volume = make_volume(nx, ny, nz, scaling_about_origin({14, 15, 16}, nx, ny, nz));
    volume.values.front() = 500;  // of the single voxel at least, the ray shall see something
    expect_oracle(device(), volume, geometry);
  }
}

TEST_F(drr, a_source_or_detector_inside_the_volume_agrees_with_the_oracle) {
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  for (const double distance_mm : {0.0, 30.0, 300.0, 310.0})
    expect_oracle(device(), volume,
                  small_geometry(drr_pose(DrrOrientation::ap, {8, 2, 0}, {1, distance_mm, 2}, kOrigin)));
  DrrGeometry fewest = small_geometry(drr_pose(DrrOrientation::ap, {8, 2, 0}, {1, 0, 2}, kOrigin));
  fewest.n_samples = 2;  // one in the middle, one at the detector
  expect_oracle(device(), volume, fewest);
}

TEST_F(drr, rays_that_miss_are_exactly_zero) {
  const Volume volume = make_volume(5, 6, 7, scaling_about_origin({2, 2, 2}, 5, 6, 7));
  DrrRenderer renderer(device(), volume);
  for (const bool orthographic : {false, true}) {
    DrrGeometry beside = small_geometry(drr_pose(DrrOrientation::ap, {0, 0, 0}, {900, 200, 0}, kOrigin));
    DrrGeometry behind = small_geometry(drr_pose(DrrOrientation::ap, {0, 0, 0}, {0, -200, 0}, kOrigin));
    beside.orthographic = behind.orthographic = orthographic;
    for (const DrrGeometry& geometry : {beside, behind})
      for (const float value : render_integrals(device(), renderer, geometry)) EXPECT_EQ(value, 0.0f);
  }
}

TEST_F(drr, a_unit_impulse_integrates_to_1) {
  Volume volume;
  volume.extent = {3, 3, 3};
  volume.values.assign(27, -1000.0f);
  volume.values[13] = 0.0f;  // water, with an attenuation of 1/mm
  volume.voxel_to_world = scaling_about_origin({1, 1, 1}, 3, 3, 3);
  DrrRenderer renderer(device(), volume, {.mu_water = 1, .mu_bone = 2});
  const DrrGeometry geometry{.sdd_mm = 10,
                             .height = 1,
                             .width = 1,
                             .delx_mm = 1,
                             .dely_mm = 1,
                             .n_samples = 1001,
                             .camera_to_world = drr_pose(DrrOrientation::ap, {0, 0, 0}, {0, 5, 0}, kOrigin)};
  // The hat function's integral along the axis is exactly 1; 100 samples a voxel see it to 1e-4.
  EXPECT_NEAR(render_integrals(device(), renderer, geometry).at(0), 1.0f, 1e-3f);
}

TEST_F(drr, more_layers_than_the_device_has_trade_places_with_a_shorter_axis) {
  const int many = static_cast<int>(device().properties.limits.maxImageArrayLayers) + 10;
  if (many > static_cast<int>(device().properties.limits.maxImageDimension2D) - 2)
    GTEST_SKIP() << "this device takes as many layers as columns";
  const DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {3, 4, 5}));
  constexpr int kThin[][2] = {{3, 5}, {5, 3}};
  for (const auto& [nx, ny] : kThin)  // coordinates up to 2000 round to 1e-4 voxel; worst measured 2e-5
    expect_oracle(device(), make_volume(nx, ny, many, oblique({9, 11, 150.0 / many}, nx, ny, many)), geometry,
                  {}, 1e-4);
}

TEST_F(drr,
       rays_summed_in_parts_agree_with_the_oracle) {  // what GPUs do; a CPU device takes whole rays otherwise
  if (device().properties.limits.maxComputeWorkGroupInvocations < 256)
    GTEST_SKIP() << "workgroups of 256 are too large";
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  const AttenuationTexture texture(device(), volume, {});
  const vk::ComputePass pass(device(), {.spirv = shaders::drr_integrals,
                                        .bindings = {vk::kStorageImage, vk::kCombinedImageSampler},
                                        .push_bytes = sizeof(DrrRays),
                                        .constants = {4}});
  for (const double distance_mm : {0.0, 200.0, 330.0}) {  // 330: rays end inside the volume
    const DrrGeometry geometry =
        small_geometry(drr_pose(DrrOrientation::ap, {8, 2, 0}, {1, distance_mm, 2}, kOrigin));
    const DrrRays rays = make_drr_rays(
        geometry, texture.voxel_to_texel() * glm::inverse(volume.voxel_to_world), texture.size());
    const vk::Image target(device(), {.format = VK_FORMAT_R32_SFLOAT, .extent = {27, 21, 1}});
    const vk::BindingSet set(
        device(), pass,
        {vk::bind(target.view(), VK_IMAGE_LAYOUT_GENERAL),
         vk::bind(texture.view(), VK_IMAGE_LAYOUT_SHADER_READ_ONLY_OPTIMAL, texture.sampler())});
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {
      vk::change_layout(device(), cmd, target.get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
      pass.record(cmd, set, &rays, 4, 3);
    });
    const std::vector<std::byte> bytes = vk::download(device(), target, 4, VK_IMAGE_LAYOUT_GENERAL);
    const float* values = reinterpret_cast<const float*>(bytes.data());
    EXPECT_LT(relative_error({values, values + 27 * 21}, oracle_integrals(volume, geometry)), kFloatRounding);
  }
}

TEST_F(drr, two_runs_give_the_same_bits) {
  const Volume volume = make_volume(23, 17, 19, oblique({4, 5, 6}, 23, 17, 19));
  const DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {3, 4, 5}));
  DrrRenderer first(device(), volume), second(device(), volume);
  const std::vector<float> once = render_integrals(device(), first, geometry);
  EXPECT_EQ(once, render_integrals(device(), first, geometry));
  EXPECT_EQ(once, render_integrals(device(), second, geometry));
}

TEST_F(drr, window_level_and_inversion_make_the_grey_of_the_integrals) {
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  const DrrGeometry geometry = small_geometry(close_up(DrrOrientation::ap, {3, 4, 5}));
  DrrRenderer renderer(device(), volume);
  const std::vector<float> integrals = render_integrals(device(), renderer, geometry);
  for (const DrrDisplay& display : {DrrDisplay{}, DrrDisplay{.window = 1.5, .level = 1.2},
                                    DrrDisplay{.window = 1.5, .level = 1.2, .inverted = true}}) {
    renderer.set_display(display);
    const std::vector<std::uint8_t> rgba = render_grey(device(), renderer, geometry);
    ASSERT_EQ(rgba.size(), integrals.size() * 4);
    for (std::size_t n = 0; n < integrals.size(); ++n) {
      const double shown =
          std::clamp((integrals[n] - (display.level - display.window / 2)) / display.window, 0.0, 1.0);
      const double code = 255 * (display.inverted ? 1 - shown : shown);
      EXPECT_NEAR(rgba[4 * n], code, 0.5 + 1e-3);  // rounding to a code, and float in the shader
      EXPECT_EQ(rgba[4 * n], rgba[4 * n + 1]);
      EXPECT_EQ(rgba[4 * n], rgba[4 * n + 2]);
      EXPECT_EQ(rgba[4 * n + 3], 255);
    }
  }
}

TEST_F(drr, frames_in_flight_keep_their_own_geometry_and_target) {
  const Volume volume = make_volume(23, 17, 19, scaling_about_origin({4, 5, 6}, 23, 17, 19));
  DrrRenderer renderer(device(), volume);
  std::vector<DrrGeometry> geometries;
  std::vector<vk::Image> targets;
  for (int n = 0; n < DrrRenderer::kMostFramesInFlight; ++n) {
    geometries.push_back(small_geometry(close_up(DrrOrientation::ap, {5.0 * n, 0, 0})));
    targets.emplace_back(device(), vk::ImageInfo{.format = VK_FORMAT_R32_SFLOAT, .extent = {27, 21, 1}});
  }
  vk::run_and_wait(device(), [&](VkCommandBuffer cmd) {  // all of them in one submission
    for (std::size_t n = 0; n < targets.size(); ++n) {
      vk::change_layout(device(), cmd, targets[n].get(), VK_IMAGE_LAYOUT_UNDEFINED, VK_IMAGE_LAYOUT_GENERAL);
      renderer.set_geometry(geometries[n]);
      renderer.record_integrals(cmd, targets[n]);
    }
  });
  for (std::size_t n = 0; n < targets.size(); ++n) {
    const std::vector<std::byte> bytes = vk::download(device(), targets[n], 4, VK_IMAGE_LAYOUT_GENERAL);
    const float* values = reinterpret_cast<const float*>(bytes.data());
    EXPECT_LT(relative_error({values, values + 27 * 21}, oracle_integrals(volume, geometries[n])),
              kFloatRounding);
  }
}

TEST_F(drr, volumes_that_cannot_be_rendered_get_a_sentence) {
  const auto make = [&](const Volume& volume, const Attenuation& attenuation = {}) {
    return [this, volume, attenuation] { DrrRenderer renderer(device(), volume, attenuation); };
  };
  expect_failure(ExitCode::unreadable_input, "empty", make(Volume{}));
  Volume flat = make_volume(2, 2, 2, glm::dmat4(1));
  flat.voxel_to_world[2] = flat.voxel_to_world[1];
  expect_failure(ExitCode::unreadable_input, "inverted", make(flat));
  flat.voxel_to_world[2][2] = NAN;
  expect_failure(ExitCode::unreadable_input, "inverted", make(flat));
  Volume short_of_values = make_volume(2, 2, 2, glm::dmat4(1));
  short_of_values.values.pop_back();
  expect_failure(ExitCode::internal, "7 values", make(short_of_values));
  expect_failure(ExitCode::usage, "attenuation", make(make_volume(2, 2, 2, glm::dmat4(1)), {.hu_bone = 0}));
  const int too_many = static_cast<int>(device().properties.limits.maxImageDimension2D);
  expect_failure(ExitCode::internal, "too many", make(make_volume(too_many, 1, 1, glm::dmat4(1))));
}

TEST_F(drr, geometries_without_sense_get_a_sentence) {
  const Volume volume = make_volume(3, 3, 3, glm::dmat4(1));
  DrrRenderer renderer(device(), volume);
  const auto set = [&](const std::function<void(DrrGeometry&)>& spoil) {
    return [&renderer, spoil] {
      DrrGeometry geometry;
      spoil(geometry);
      renderer.set_geometry(geometry);
    };
  };
  expect_failure(ExitCode::usage, "height", set([](DrrGeometry& g) { g.height = 0; }));
  expect_failure(ExitCode::usage, "n_samples", set([](DrrGeometry& g) { g.n_samples = 1; }));
  expect_failure(ExitCode::usage, "n_samples", set([](DrrGeometry& g) { g.n_samples = 1 << 20; }));
  expect_failure(ExitCode::usage, "sdd_mm", set([](DrrGeometry& g) { g.sdd_mm = NAN; }));
  expect_failure(ExitCode::usage, "metres?", set([](DrrGeometry& g) { g.sdd_mm = 1.02; }));
  expect_failure(ExitCode::usage, "its axes are 1, 2 and 1 long",
                 set([](DrrGeometry& g) { g.camera_to_world[1][1] = 2; }));
  expect_failure(ExitCode::usage, "not rigid", set([](DrrGeometry& g) { g.camera_to_world[1][0] = 0.01; }));
  expect_failure(ExitCode::usage, "delx_mm", set([](DrrGeometry& g) { g.delx_mm = -1; }));
  expect_failure(ExitCode::usage, "x0_mm", set([](DrrGeometry& g) { g.x0_mm = INFINITY; }));
  expect_failure(ExitCode::usage, "NaN", set([](DrrGeometry& g) { g.camera_to_world[1][2] = NAN; }));
  expect_failure(ExitCode::usage, "transposed", set([](DrrGeometry& g) { g.camera_to_world[0][3] = 5; }));
  expect_failure(ExitCode::usage, "far", set([](DrrGeometry& g) { g.camera_to_world[3][0] = 1e30; }));
  expect_failure(ExitCode::usage, "window", [&] { renderer.set_display({.window = 0}); });

  const vk::Image target(device(), {.extent = {7, 7, 1}});
  renderer.set_geometry({.height = 7, .width = 8});
  expect_failure(ExitCode::size_mismatch, "8 x 7", [&] {
    vk::run_and_wait(device(), [&](VkCommandBuffer cmd) { renderer.record(cmd, target); });
  });
}

TEST(drr_geometry_json, has_every_number_of_the_detector_and_the_pose_rows_first) {
  const DrrGeometry g = small_geometry(drr_pose(DrrOrientation::ap, {10, 20, 30}, {1, 2, 3}, {4, 5, 6}));
  nlohmann::ordered_json json = drr_geometry_json(g);
  double rows[16];
  for (std::size_t i = 0; i < 16; ++i) {
    rows[i] = json["camera_to_world"][i / 4][i % 4];
    EXPECT_EQ(rows[i], g.camera_to_world[static_cast<int>(i % 4)][static_cast<int>(i / 4)]);
  }
  EXPECT_EQ(matrix_of_rows(rows), g.camera_to_world);
  json.erase("camera_to_world");
  EXPECT_EQ(json.dump(),
            R"({"sdd_mm":300.0,"height":21,"width":27,"delx_mm":3.5,"dely_mm":4.5,"x0_mm":5.0,"y0_mm":-3.0,)"
            R"("orthographic":false,"n_samples":301})");
}

TEST(drr_attenuation, follows_the_piecewise_line) {
  const Attenuation a;
  EXPECT_EQ(attenuation_of(-1000, a), 0.0f);
  EXPECT_EQ(attenuation_of(-3000, a), 0.0f);
  EXPECT_FLOAT_EQ(attenuation_of(-500, a), 0.0096f);
  EXPECT_FLOAT_EQ(attenuation_of(0, a), 0.0192f);
  EXPECT_FLOAT_EQ(attenuation_of(1000, a), 0.0573f);
  EXPECT_FLOAT_EQ(attenuation_of(2000, a), 0.0954f);
  EXPECT_EQ(attenuation_of(9000, {.mu_water = 0.02, .mu_bone = 0.01}), 0.0f) << "never negative";
}

}  // namespace fg
