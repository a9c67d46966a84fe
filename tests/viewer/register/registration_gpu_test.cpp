// The engine with all that it renders and measures on a CUDA device.

#include <gtest/gtest.h>

#include "tests/bench/xray_of_ct.h"
#include "tests/viewer/register/small_body.h"
#include "viewer/register/registration.h"

namespace fg {

TEST(registration_on_cuda, the_pose_is_that_of_the_cpu) {
  std::uint32_t count = 0;
  if (fg_cuda_devices(nullptr, &count) != FG_STATUS_OK || count == 0)
    GTEST_SKIP() << "no CUDA device: " << fg_last_error();
  const Volume volume = test::small_body();
  const ComputeDevice cpu("cpu"), cuda("cuda");
  const bench::BodyPoints body = bench::body_points(volume);
  std::mt19937 random(4);
  const bench::RandomMotion offset = bench::random_in_box(random, 15, 30);
  std::vector<Xray> views;
  std::vector<glm::dmat4> truths;
  for (int v = 0; v < 2; ++v) {
    DrrGeometry g = bench::carm(volume, v);
    g.width = 84;
    g.height = 76;
    g.delx_mm = g.dely_mm = 4;
    truths.push_back(g.camera_to_world);
    views.push_back(bench::xray_of_ct(cpu, volume, g, 2e4, random));
    views.back().mask.assign(views.back().integrals.size(), 1.0f);
    views.back().geometry.camera_to_world = bench::moved_by(offset, volume, g.camera_to_world);
  }
  RegisterOptions options;
  options.search_poses = 128;
  options.starts = 6;
  glm::dmat4 found[2];
  const ComputeDevice* devices[] = {&cpu, &cuda};
  for (int i = 0; i < 2; ++i) {
    Registration registration(*devices[i], volume, views, options);
    while (!registration.done()) registration.step();
    found[i] = registration.camera_to_world(0);
    EXPECT_LT(body.error_mm(found[i], truths[0]), 0.2) << devices[i]->name();
  }
  // Both stop where the loss falls by less than 1e-9 a step, some micrometres from its bottom.
  EXPECT_LT(body.error_mm(found[0], found[1]), 0.02);
}

}  // namespace fg
