#include "viewer/app/view/drr_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>

namespace fg {
namespace {

double largest_difference(const glm::dmat4& a, const glm::dmat4& b) {
  double worst = 0;
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 4; ++row) worst = std::max(worst, std::abs(a[column][row] - b[column][row]));
  return worst;
}

glm::dvec3 isocentre_in_camera(const DrrView& view) {
  return glm::dvec3(glm::inverse(view.posed().camera_to_world) * glm::dvec4(view.isocentre_mm, 1));
}

TEST(drr_view, every_standard_pose_looks_at_the_isocentre_from_850_mm) {
  for (const DrrView::Base base : {DrrView::Base::ap, DrrView::Base::pa, DrrView::Base::free}) {
    DrrView view;
    view.isocentre_mm = {10, -20, 300};
    view.base = base;
    view.reset_pose();
    view.rotation_deg = {20, -10, 5};
    const glm::dvec3 seen = isocentre_in_camera(view);
    EXPECT_NEAR(seen.x, 0, 1e-9);  // doubles of some hundred millimetres
    EXPECT_NEAR(seen.y, 0, 1e-9);
    EXPECT_NEAR(seen.z, 850, 1e-9);
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_FALSE(view.translation_mm[axis] == 0 && std::signbit(view.translation_mm[axis]))
          << "shown as -0.0 mm";
  }
}

TEST(drr_view, the_pose_of_a_file_is_untouched_until_a_slider_moves) {
  DrrView view;
  view.base = DrrView::Base::file;
  view.has_file_pose = true;
  view.isocentre_mm = {1, 2, 3};
  view.geometry.camera_to_world = drr_pose(DrrOrientation::ap, {7, 8, 9}, {0, 800, 0}, {1, 2, 3});
  view.reset_pose();
  EXPECT_LT(largest_difference(view.posed().camera_to_world, view.geometry.camera_to_world), 1e-9);
  view.rotation_deg.x = 30;
  EXPECT_NEAR(isocentre_in_camera(view).z, 800, 1e-9);  // turned about the isocentre
  view.rotation_deg.x = 0;
  view.translation_mm = {5, 0, 0};
  EXPECT_NEAR(view.posed().camera_to_world[3].x - view.geometry.camera_to_world[3].x, 5, 1e-9);
}

TEST(drr_view, moving_the_source_moves_it_along_the_image_axes) {
  for (const DrrView::Base base :
       {DrrView::Base::ap, DrrView::Base::pa, DrrView::Base::free, DrrView::Base::file}) {
    DrrView view;
    view.base = base;
    view.geometry.camera_to_world = drr_pose(DrrOrientation::ap, {7, 8, 9}, {0, 800, 0}, {0, 0, 0});
    view.reset_pose();
    if (base != DrrView::Base::file) view.rotation_deg = {20, 10, -30};
    const glm::dmat4 before = view.posed().camera_to_world;
    view.move_source({3, -4, 12});
    const glm::dvec3 moved = glm::dvec3(glm::inverse(before) * view.posed().camera_to_world[3]);
    EXPECT_NEAR(moved.x, 3, 1e-9);
    EXPECT_NEAR(moved.y, -4, 1e-9);
    EXPECT_NEAR(moved.z, 12, 1e-9);
  }
}

TEST(drr_view, a_pose_that_is_set_is_the_one_that_the_sliders_show) {
  for (const auto base : {DrrView::Base::ap, DrrView::Base::pa, DrrView::Base::free, DrrView::Base::file})
    for (const glm::dvec3& turn : {glm::dvec3(0), glm::dvec3(12, -34, 156), glm::dvec3(-170, 80, -5)}) {
      DrrView view;
      view.base = base;
      view.isocentre_mm = {3, -40, 700};
      view.geometry.camera_to_world = drr_pose(DrrOrientation::pa, {10, 20, 30}, {1, 2, 900}, {4, 5, 6});
      view.rotation_deg = turn;
      view.translation_mm = {5, 844, -7};
      DrrView set = view;
      set.reset_pose();
      set.set_pose(view.posed().camera_to_world);
      EXPECT_LT(glm::length(set.rotation_deg - turn), 1e-9);
      EXPECT_LT(glm::length(set.translation_mm - view.translation_mm), 1e-9);
    }
  // Where both other turns are about one axis, another pair of angles may stand, but the pose is the same.
  DrrView locked, set;
  locked.rotation_deg = {20, 90, 30};
  set.set_pose(locked.posed().camera_to_world);
  for (int c = 0; c < 4; ++c)
    EXPECT_LT(glm::length(set.posed().camera_to_world[c] - locked.posed().camera_to_world[c]), 1e-6);
}

TEST(drr_view, another_resolution_keeps_the_detector_s_size) {
  const DrrGeometry g =
      with_resolution({.height = 200, .width = 300, .delx_mm = 2, .dely_mm = 1.5}, 1024, 512);
  EXPECT_DOUBLE_EQ(g.width * g.delx_mm, 600);
  EXPECT_DOUBLE_EQ(g.height * g.dely_mm, 300);
}

TEST(drr_view, the_display_window_spans_the_integrals_without_the_rarest) {
  std::vector<float> integrals(10000, 2.0f);
  integrals[5] = 90;  // a metal nail
  integrals[6] = NAN;
  const DrrDisplay display = fitted_display(integrals);
  EXPECT_DOUBLE_EQ(display.window, 2);
  EXPECT_DOUBLE_EQ(display.level, 1);
  EXPECT_GT(fitted_display(std::vector<float>(10, 0.0f)).window, 0);  // air alone
  EXPECT_GT(fitted_display({}).window, 0);
}

}  // namespace
}  // namespace fg
