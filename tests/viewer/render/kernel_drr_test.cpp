// Radiographs by the kernels are those of the oracle on the CPU, and on CUDA those of the CPU.

#include "viewer/render/kernel_drr.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "framegauge/framegauge.h"
#include "tests/viewer/render/drr_scene.h"

namespace fg {
namespace {

using namespace fg::test;

Volume volume() { return make_volume(23, 17, 29, scaling_about_origin({2, 3, 2.5}, 23, 17, 29)); }

DrrGeometry geometry() {
  return {.sdd_mm = 900,
          .height = 31,
          .width = 45,
          .delx_mm = 1.5,
          .dely_mm = 2.5,
          .x0_mm = 4,
          .y0_mm = -3,
          .n_samples = 701,
          .camera_to_world = drr_pose(DrrOrientation::ap, {15, -10, 5}, {3, 700, -4}, {1, 2, 3})};
}

DrrLabelMap labels_of(const Volume& volume) {
  DrrLabelMap labels{.voxels = {}, .channels = {900, 0, 4}};
  for (std::size_t n = 0; n < volume.values.size(); ++n)
    labels.voxels.push_back(std::vector<std::int16_t>{0, 4, 900, 5}[n / 11 % 4]);
  return labels;
}

// Everything that the kernels do and the Vulkan renderer does not, and what both do.
std::vector<std::pair<std::string, DrrWalk>> walks() {
  return {{"samples", {.samples = 701}},
          {"inside", {.sampling = FG_DRR_SAMPLES_INSIDE, .samples = 150}},
          {"step", {.sampling = FG_DRR_SAMPLES_BY_STEP, .step_mm = 0.7}},
          {"siddon", {.method = FG_DRR_SIDDON}},
          {"maximum", {.reduction = FG_DRR_MAXIMUM, .samples = 701}},
          {"siddon's maximum", {.method = FG_DRR_SIDDON, .reduction = FG_DRR_MAXIMUM}}};
}

}  // namespace

TEST(kernel_drr, samples_from_source_to_detector_give_the_oracles_integrals) {
  const Volume v = volume();
  const DrrWalk walk{.samples = geometry().n_samples};
  const Attenuation attenuation{.mu_water = 0.03, .mu_bone = 0.05, .hu_bone = 1400};
  const std::vector<float> image = kernel_drr(ComputeDevice("cpu"), v, attenuation, geometry(), walk);
  // Sums of floats; drr_test.cpp has the Vulkan renderer within the same bound.
  EXPECT_LT(relative_error(image, oracle_integrals(v, geometry(), attenuation)), 5e-6);
}

TEST(kernel_drr, cuda_gives_the_images_and_channels_of_the_cpu) {
  std::uint32_t count = 0;
  if (fg_cuda_devices(nullptr, &count) != FG_STATUS_OK || count == 0)
    GTEST_SKIP() << "no CUDA device: " << fg_last_error();
  const Volume v = volume();
  const DrrLabelMap map = labels_of(v);
  const ComputeDevice cpu("cpu"), cuda("cuda");
  for (const auto& [name, walk] : walks())
    for (const DrrLabelMap* labels : {static_cast<const DrrLabelMap*>(nullptr), &map}) {
      const std::vector<float> expected = kernel_drr(cpu, v, {}, geometry(), walk, labels),
                               got = kernel_drr(cuda, v, {}, geometry(), walk, labels);
      ASSERT_EQ(got.size(), expected.size());
      const float largest = *std::max_element(expected.begin(), expected.end());
      ASSERT_GT(largest, 0);
      std::size_t apart = 0;
      float farthest = 0;
      for (std::size_t n = 0; n < got.size(); ++n) {
        const float difference = std::abs(got[n] - expected[n]);
        apart += difference > 1e-4f * largest;
        farthest = std::max(farthest, difference);
      }
      // Within rounding of two labels, or of a voxel's corner, either may count. A ray passes some 30 borders of labels
      // here, its samples are placed to some 1e-4 mm every 0.4 to 0.7 mm: to a few rays it happens with one sample or two,
      // each the share of a ray of at most 100 mm through bone.
      const bool is_maximum = walk.reduction == FG_DRR_MAXIMUM;
      const double share = labels ? 0.05 : is_maximum ? 0.01 : 0;
      EXPECT_LE(static_cast<double>(apart), share * static_cast<double>(got.size())) << name;
      if (!is_maximum) {
        EXPECT_LE(farthest, 2 * 100 * Attenuation{}.mu_bone / 150) << name;
      }
    }
}

}  // namespace fg
