// Which renderer makes the radiographs, on a device that shares nothing with CUDA, for its extensions are not enabled.

#include "viewer/render/live_drr.h"

#include "tests/viewer/render/drr_scene.h"
#include "viewer/error.h"
#include "viewer/render/cuda_drr_renderer.h"

namespace fg::test {
namespace {

class live_drr : public DeviceTest {
 protected:
  const std::shared_ptr<const Volume> volume_ =
      std::make_shared<const Volume>(make_volume(9, 8, 7, scaling_about_origin({9, 9, 9}, 9, 8, 7)));
};

TEST_F(live_drr, by_itself_takes_Vulkan) {
  LiveDrr live(device(), volume_, {}, LiveDrr::Options{});
  EXPECT_STREQ(live.name(), "vulkan");
  EXPECT_EQ(live.passed_over(), "");
  EXPECT_EQ(live.take_note(), "") << "nothing has failed";
  EXPECT_EQ(live.elsewhere(), nullptr);
  DrrRenderer vulkan(device(), *volume_);
  DrrGeometry geometry = first_geometry(*volume_);
  geometry.width = 37;
  EXPECT_EQ(render_grey(device(), live, geometry), render_grey(device(), vulkan, geometry));
  EXPECT_EQ(render_integrals(device(), live, geometry), render_integrals(device(), vulkan, geometry));
}

TEST_F(live_drr, with_Vulkan_named_has_nothing_to_say_of_CUDA) {
  const LiveDrr live(device(), volume_, {}, LiveDrr::Options{.backend = DrrBackend::vulkan});
  EXPECT_STREQ(live.name(), "vulkan");
  EXPECT_EQ(live.passed_over(), "");
}

TEST_F(live_drr, with_CUDA_named_is_refused_with_the_reason) {
  const std::string reason = why_no_cuda_drr(device());
  ASSERT_NE(reason, "");
  try {
    LiveDrr live(device(), volume_, {}, LiveDrr::Options{.backend = DrrBackend::cuda});
    FAIL() << "it was not refused";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::internal);
    EXPECT_EQ(failure.what(),
              "radiographs cannot be rendered by CUDA here: " + reason + "; choose auto or vulkan");
  }
}

TEST_F(live_drr, refuses_a_volume_without_voxels_whoever_would_render_it) {
  for (const DrrBackend backend : {DrrBackend::automatic, DrrBackend::vulkan})
    EXPECT_THROW(
        LiveDrr(device(), std::make_shared<const Volume>(), {}, LiveDrr::Options{.backend = backend}),
        Failure);
}

TEST(drr_backend, has_three_names) {
  EXPECT_EQ(drr_backend_named("auto"), DrrBackend::automatic);
  EXPECT_EQ(drr_backend_named("vulkan"), DrrBackend::vulkan);
  EXPECT_EQ(drr_backend_named("cuda"), DrrBackend::cuda);
  EXPECT_THROW(drr_backend_named("CUDA"), Failure);
}

}  // namespace
}  // namespace fg::test
