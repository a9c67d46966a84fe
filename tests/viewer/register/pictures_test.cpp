// Pictures of a registration: what is written on them stays on them, whatever the X-ray's shape.

#include "viewer/register/pictures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/bench/xray_of_ct.h"
#include "tests/viewer/register/small_body.h"

namespace fg {
namespace {

// Of an X-ray that is much higher than wide.
Registration narrow_registration(const ComputeDevice& device) {
  const Volume volume = test::small_body();
  std::mt19937 random{3};
  DrrGeometry g = bench::carm(volume, 0);
  g.width = 20;
  g.height = 80;
  g.delx_mm = g.dely_mm = 5;
  std::vector<Xray> views{bench::xray_of_ct(device, volume, g, 2e4, random)};
  RegisterOptions options;
  options.search_poses = 8;
  options.starts = 1;
  return {device, volume, std::move(views), options};
}

int ink(const Image8& image, int left, int top, int right, int bottom) {
  int count = 0;
  for (int y = top; y < bottom; ++y)
    for (int x = left; x < right; ++x)
      count += image.rgba[(static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) +
                           static_cast<std::size_t>(x)) *
                          4] > 100;
  return count;
}

TEST(pictures, a_title_that_is_wider_than_the_panels_goes_on_in_the_next_line) {
  const ComputeDevice device{"cpu"};
  Registration registration = narrow_registration(device);
  const std::string words = "one two three four five six seven eight nine ten eleven twelve thirteen";
  const Image8 one = draw_views(registration, {}, "one");
  const Image8 many = draw_views(registration, {}, words);
  EXPECT_EQ(many.width, one.width);
  const int lower = many.height - one.height, line = 20;  // pixels of the letters and of the gap above
  ASSERT_GE(lower, line);
  EXPECT_GT(ink(many, 0, 0, many.width, line), 2 * ink(one, 0, 0, one.width, line));
  EXPECT_GT(ink(many, 0, lower, many.width, lower + line), ink(one, 0, 0, one.width, line));
  EXPECT_EQ(ink(many, many.width - 10, 0, many.width, lower + line), 0) << "a letter in the margin";
  constexpr int kPanels = 34;  // where they begin below one line
  const auto panels = static_cast<std::ptrdiff_t>(one.height - kPanels) * one.width * 4;
  EXPECT_TRUE(std::equal(one.rgba.end() - panels, one.rgba.end(), many.rgba.end() - panels));
}

TEST(pictures, losses_below_zero_are_drawn_too) {
  std::vector<RegisterPoint> falling(2);
  for (int i = 0; i < 2; ++i) {
    falling[static_cast<std::size_t>(i)].step = 10 * i;
    falling[static_cast<std::size_t>(i)].loss = -0.2 - 0.3 * i;
  }
  const Image8 plot = draw_losses(falling, 1);
  int orange = 0;  // the first level's, right of the labels and below the legend
  for (int y = 52; y < plot.height; ++y)
    for (int x = 0; x < plot.width; ++x) {
      const auto at =
          (static_cast<std::size_t>(y) * static_cast<std::size_t>(plot.width) + static_cast<std::size_t>(x)) *
          4;
      orange += plot.rgba[at] == 240 && plot.rgba[at + 2] == 60;
    }
  EXPECT_GT(orange, 800) << "a line across the plot";
}

TEST(pictures, frames_of_a_descent_are_of_one_size_however_narrow_the_x_ray) {
  const ComputeDevice device{"cpu"};
  Registration registration = narrow_registration(device);
  for (int n = 0; n < 1000 && !registration.done(); ++n) registration.step();
  const std::vector<AnimationFrame> frames = draw_descent(registration, 5);
  ASSERT_EQ(frames.size(), 5u);
  for (const AnimationFrame& frame : frames) {
    EXPECT_EQ(frame.image.width, frames[0].image.width);
    EXPECT_EQ(frame.image.height, frames[0].image.height);
    EXPECT_EQ(ink(frame.image, frame.image.width - 10, 0, frame.image.width, 30), 0) << "a cut title";
  }
}

}  // namespace
}  // namespace fg
