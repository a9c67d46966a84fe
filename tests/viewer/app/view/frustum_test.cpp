#include "viewer/app/view/frustum.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fg {
namespace {

const Intrinsics kView{.width = 800, .height = 600, .fx = 500, .fy = 500, .cx = 400, .cy = 300};

Camera camera_at(const glm::dvec3& position) {
  Camera camera;
  camera.intrinsics = {.width = 100, .height = 80, .fx = 100, .fy = 100, .cx = 50, .cy = 40};
  camera.world_to_camera[3] = glm::dvec4(-position, 1);  // looks along +z
  return camera;
}

TEST(frustum, a_point_on_the_axis_projects_to_the_principal_point) {
  const auto p = project_point(kView, glm::dmat4(1), {0, 0, 7}, 0.1);
  ASSERT_TRUE(p);
  EXPECT_DOUBLE_EQ(p->x, 400);
  EXPECT_DOUBLE_EQ(p->y, 300);
}

TEST(frustum, a_point_behind_the_camera_projects_to_nothing) {
  EXPECT_FALSE(project_point(kView, glm::dmat4(1), {0, 0, -7}, 0.1));
}

TEST(frustum, a_segment_through_the_camera_plane_is_cut_at_the_near_plane) {
  const auto s = project_segment(kView, glm::dmat4(1), {0.2, 0, 1}, {0.2, 0, -1}, 0.5);
  ASSERT_TRUE(s);
  EXPECT_DOUBLE_EQ(s->from.x, 400 + 500 * 0.2);
  EXPECT_DOUBLE_EQ(s->to.x, 400 + 500 * 0.2 / 0.5);
  EXPECT_FALSE(project_segment(kView, glm::dmat4(1), {0, 0, 0.4}, {0, 0, -1}, 0.5));
}

TEST(frustum, corners_lie_where_the_image_corners_look) {
  const Frustum f = frustum_of(camera_at({1, 2, 3}), 2);
  EXPECT_DOUBLE_EQ(f[1].x, 1 - 0.5 * 2);
  EXPECT_DOUBLE_EQ(f[1].y, 2 - 0.4 * 2);
  EXPECT_DOUBLE_EQ(f[3].x, 1 + 0.5 * 2);
  EXPECT_DOUBLE_EQ(f[3].z, 5);
}

TEST(frustum, the_nearest_frustum_under_the_cursor_is_picked) {
  std::vector<ProjectedFrustum> projected;
  for (const double z : {9.0, 4.0, 6.0})
    projected.push_back(project_frustum(kView, glm::dmat4(1), frustum_of(camera_at({0, 0, z}), 1), 0.1));
  EXPECT_EQ(pick_frustum(projected, {405, 300}, 3), std::optional<std::size_t>(1));
  EXPECT_FALSE(pick_frustum(projected, {10, 10}, 3));
}

TEST(frustum, one_behind_the_viewer_has_no_lines_and_cannot_be_picked) {
  const auto behind = project_frustum(kView, glm::dmat4(1), frustum_of(camera_at({0, 0, -9}), 1), 0.1);
  EXPECT_TRUE(behind.lines.empty());
  EXPECT_FALSE(pick_frustum({behind}, {400, 300}, 1000));
}

TEST(frustum, its_size_follows_the_spacing_of_the_cameras) {
  std::vector<Camera> cameras;
  for (int i = 0; i < 10; ++i) cameras.push_back(camera_at({i * 0.5, 0, 0}));
  EXPECT_DOUBLE_EQ(frustum_depth(cameras, 10), 0.4 * 0.5);
  EXPECT_GT(frustum_depth({cameras[0]}, 10), 0);
  EXPECT_GT(frustum_depth({cameras[0], cameras[0]}, 10), 0);  // two at one place
}

}  // namespace
}  // namespace fg
