#include "viewer/app/view/display.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <glm/common.hpp>
#include <string>

namespace fg {
namespace {

constexpr glm::ivec2 kImage(1000, 658);
const Rect kArea{0, 0, 740, 530};

TEST(display, the_whole_image_fits_and_is_centred) {
  const Placement p = place(kImage, kArea, Zoom{});
  EXPECT_DOUBLE_EQ(p.scale, 0.74);
  EXPECT_NEAR(p.corner.x, 0, 0.5);  // whole pixels
  EXPECT_NEAR(p.corner.y, (530 - 658 * 0.74) / 2, 0.5);
}

TEST(display, an_image_of_the_area_s_size_is_shown_one_to_one) {
  const Placement p = place({740, 530}, kArea, Zoom{});
  EXPECT_EQ(p.scale, 1);
  EXPECT_EQ(p.corner, glm::dvec2(0));
}

TEST(display, zooming_keeps_the_pixel_under_the_cursor) {
  const glm::dvec2 cursor(500, 300);
  const glm::dvec2 before = place(kImage, kArea, Zoom{}).to_image(cursor);
  Zoom zoom;
  for (int i = 0; i < 8; ++i) zoom = zoomed_at(zoom, kImage, kArea, cursor, 1.25);
  const Placement after = place(kImage, kArea, zoom);
  EXPECT_NEAR(zoom.factor, std::pow(1.25, 8), 1e-9);
  // Each step rounds the corner to whole output pixels.
  EXPECT_NEAR(after.to_image(cursor).x, before.x, 8.0 / 0.74);
  EXPECT_NEAR(after.to_image(cursor).y, before.y, 8.0 / 0.74);
}

TEST(display, zooming_out_ends_with_the_whole_image) {
  Zoom zoom;
  for (int i = 0; i < 20; ++i) zoom = zoomed_at(zoom, kImage, kArea, {700, 500}, 1.3);
  for (int i = 0; i < 60; ++i) zoom = zoomed_at(zoom, kImage, kArea, {3, 3}, 0.7);
  EXPECT_TRUE(zoom.fits());
}

TEST(display, panning_stops_at_the_edge_of_the_image) {
  Zoom zoom = zoomed_at(Zoom{}, kImage, kArea, {370, 265}, 4);
  for (int i = 0; i < 100; ++i) zoom = panned(zoom, kImage, kArea, {200, 200});
  const Placement p = place(kImage, kArea, zoom);
  EXPECT_NEAR(p.corner.x, 0, 1);  // rounding of the corner
  EXPECT_NEAR(p.corner.y, 0, 1);
}

TEST(display, one_image_pixel_grows_to_128_output_pixels_and_no_further) {
  Zoom zoom;
  for (int i = 0; i < 100; ++i) zoom = zoomed_at(zoom, kImage, kArea, {370, 265}, 2);
  EXPECT_NEAR(place(kImage, kArea, zoom).scale, 128, 1e-6);
}

TEST(display, degenerate_sizes_give_finite_placements) {
  for (const glm::ivec2 image : {glm::ivec2(1, 1), glm::ivec2(0, 0), glm::ivec2(16384, 1)})
    for (const Rect area : {Rect{0, 0, 0, 0}, Rect{0, 0, 1, 1}, Rect{0, 0, 5000, 3}}) {
      const Placement p =
          place(image, area, zoomed_at(Zoom{}, glm::max(image, glm::ivec2(1)), area, {0, 0}, 2));
      EXPECT_TRUE(std::isfinite(p.corner.x) && std::isfinite(p.corner.y) && p.scale > 0);
    }
}

TEST(display, the_split_follows_the_visible_image) {
  DisplaySettings settings;
  settings.split = 0.25f;
  const glm::ivec2 output(1000, 400);  // the image is shown 608 pixels wide, centred
  const Layout layout = lay_out(settings, ViewMode::split, kImage, output, Zoom{});
  const double left = layout.left_image.corner.x, right = layout.left_image.to_output(kImage).x;
  EXPECT_NEAR(layout.divider, left + 0.25 * (right - left), 1);
  EXPECT_FALSE(layout.two_panels());
  const ComposePush push = compose_push(settings, layout, kImage, output);
  EXPECT_EQ(push.show_left, FG_SHOW_RENDER);
  EXPECT_EQ(push.show_right, FG_SHOW_REFERENCE);
  EXPECT_EQ(push.left_x, push.right_x);
}

TEST(display, side_by_side_shows_the_whole_image_twice) {
  const glm::ivec2 output(1204, 400);
  const Layout layout = lay_out({}, ViewMode::side_by_side, kImage, output, Zoom{});
  ASSERT_TRUE(layout.two_panels());
  EXPECT_EQ(layout.left.width, 600);
  EXPECT_EQ(layout.right.x + layout.right.width, 1204);
  EXPECT_LE(layout.left_image.to_output(kImage).x, layout.divider);
  EXPECT_GE(layout.right_image.corner.x, layout.divider);
}

TEST(display, files_hold_the_image_at_its_own_resolution) {
  for (const ViewMode mode : kViewModes) {
    const glm::ivec2 size = natural_size(mode, kImage);
    const Layout layout = lay_out({}, mode, kImage, size, Zoom{});
    EXPECT_DOUBLE_EQ(layout.left_image.scale, 1) << name_of(mode);
    EXPECT_EQ(layout.left_image.corner, glm::dvec2(0)) << name_of(mode);
  }
}

TEST(display, without_a_reference_only_the_render_is_shown) {
  DisplaySettings settings;
  for (const ViewMode mode : kViewModes) {
    settings.mode = mode;
    EXPECT_EQ(shown_mode(settings, false, true, 0.3), ViewMode::render);
  }
}

TEST(display, blinking_alternates_and_tab_holds_the_reference) {
  DisplaySettings settings;
  settings.mode = ViewMode::blink;
  settings.blink_hz = 2;
  EXPECT_EQ(shown_mode(settings, true, false, 0.1), ViewMode::render);
  EXPECT_EQ(shown_mode(settings, true, false, 0.6), ViewMode::reference);
  EXPECT_EQ(shown_mode(settings, true, false, 1.1), ViewMode::render);
  settings.mode = ViewMode::heatmap;
  EXPECT_EQ(shown_mode(settings, true, true, 0), ViewMode::reference);
}

TEST(display, names_find_their_modes_and_colour_maps_again) {
  for (const ViewMode mode : kViewModes) EXPECT_EQ(view_mode_from(name_of(mode)), mode);
  EXPECT_FALSE(view_mode_from("nonsense"));
  for (const FgColorMap map :
       {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA, FG_COLOR_MAP_GREY})
    EXPECT_EQ(color_map_from(name_of(map)), map);
}

}  // namespace
}  // namespace fg
