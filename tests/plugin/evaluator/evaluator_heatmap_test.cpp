// Heatmaps: the colours of the map, and those of the legend.

#include <algorithm>
#include <cmath>

#include "tests/kernels/test_images.h"
#include "tests/plugin/evaluator/live_host.h"

namespace fg::test {
namespace {

class evaluator_heatmap : public LiveTest {};

struct Rgb {
  int r, g, b;
};

// Published values at t = 0, 1/16, ... 1 (matplotlib 3.11, 256 entries, nearest).
constexpr int kSamples = 17;
struct Published {
  FgColorMap map;
  int worst_code;  // of our polynomials, see color_map.h
  Rgb colors[kSamples];
};
constexpr Published kPublished[] = {
    {FG_COLOR_MAP_VIRIDIS,
     1,
     {{68, 1, 84},
      {72, 24, 106},
      {71, 45, 123},
      {66, 64, 134},
      {59, 82, 139},
      {51, 99, 141},
      {44, 114, 142},
      {38, 130, 142},
      {33, 145, 140},
      {31, 159, 136},
      {39, 173, 129},
      {61, 188, 116},
      {92, 200, 99},
      {129, 211, 77},
      {170, 220, 50},
      {213, 226, 26},
      {253, 231, 37}}},
    {FG_COLOR_MAP_TURBO,
     3,
     {{48, 18, 59},
      {64, 64, 162},
      {70, 107, 227},
      {66, 148, 255},
      {40, 188, 235},
      {24, 221, 194},
      {50, 242, 152},
      {109, 254, 98},
      {164, 252, 60},
      {203, 237, 52},
      {236, 209, 58},
      {253, 174, 53},
      {251, 129, 34},
      {236, 83, 15},
      {210, 49, 5},
      {172, 23, 1},
      {122, 4, 3}}},
    {FG_COLOR_MAP_MAGMA,
     1,
     {{0, 0, 4},
      {10, 8, 34},
      {29, 17, 71},
      {54, 16, 107},
      {81, 18, 124},
      {106, 28, 129},
      {131, 38, 129},
      {156, 46, 127},
      {183, 55, 121},
      {207, 64, 112},
      {229, 80, 100},
      {244, 105, 92},
      {251, 135, 97},
      {254, 165, 113},
      {254, 194, 135},
      {253, 224, 161},
      {252, 253, 191}}},
};

TEST(color_map, stays_close_to_the_published_colours) {
  for (const Published& p : kPublished)
    for (int i = 0; i < kSamples; ++i) {
      std::uint8_t rgba[4];
      fg_color_map_sample(p.map, static_cast<float>(i) / (kSamples - 1), rgba);
      EXPECT_NEAR(rgba[0], p.colors[i].r, p.worst_code) << "map " << p.map << ", sample " << i;
      EXPECT_NEAR(rgba[1], p.colors[i].g, p.worst_code) << "map " << p.map << ", sample " << i;
      EXPECT_NEAR(rgba[2], p.colors[i].b, p.worst_code) << "map " << p.map << ", sample " << i;
      EXPECT_EQ(rgba[3], 255);
    }
}

TEST(color_map, grey_is_a_ramp_and_the_ends_are_clamped) {
  std::uint8_t rgba[4], end[4];
  for (int i = 0; i < 256; ++i) {
    fg_color_map_sample(FG_COLOR_MAP_GREY, static_cast<float>(i) / 255, rgba);
    EXPECT_EQ(rgba[0], i);
    EXPECT_EQ(rgba[1], i);
    EXPECT_EQ(rgba[2], i);
  }
  for (const FgColorMap map :
       {FG_COLOR_MAP_VIRIDIS, FG_COLOR_MAP_TURBO, FG_COLOR_MAP_MAGMA, FG_COLOR_MAP_GREY}) {
    fg_color_map_sample(map, -3, rgba);
    fg_color_map_sample(map, 0, end);
    EXPECT_TRUE(std::equal(rgba, rgba + 4, end));
    fg_color_map_sample(map, INFINITY, rgba);
    fg_color_map_sample(map, 1, end);
    EXPECT_TRUE(std::equal(rgba, rgba + 4, end));
  }
}

TEST_F(evaluator_heatmap, colours_are_those_of_the_legend) {
  const UniqueEvaluator evaluator = make_evaluator(evaluator_info(device()));
  const auto truth = [](int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); };
  const RenderedImage reference(device(), PixelFormat::rgba8, 120, 70, truth);
  const RenderedImage frame(device(), PixelFormat::rgba8, 120, 70, [&](int c, int y, int x) {
    return truth(c, y, x) + 0.01f * static_cast<float>(x % 60) * (noise(x, y, c) - 0.5f);
  });
  measure(device(), evaluator.get(), frame, &reference);
  struct Style {
    FgColorMap map;
    float worst, best;
  };
  for (const Style& style : {Style{FG_COLOR_MAP_VIRIDIS, 0, 1}, Style{FG_COLOR_MAP_TURBO, -1, 1},
                             Style{FG_COLOR_MAP_MAGMA, 0.5f, 0.9f}, Style{FG_COLOR_MAP_GREY, 1, 0}}) {
    SCOPED_TRACE(style.map);
    ASSERT_EQ(fg_evaluator_set_heatmap(evaluator.get(), style.map, style.worst, style.best), FG_STATUS_OK);
    measure(device(), evaluator.get(), frame, nullptr);
    const std::vector<float> map = download_map(device(), evaluator.get());
    const std::vector<std::uint8_t> heatmap = download_heatmap(device(), evaluator.get());
    int different = 0;
    for (std::size_t i = 0; i < map.size(); ++i) {
      std::uint8_t color[4];
      fg_color_map_sample(style.map, (map[i] - style.worst) / (style.best - style.worst), color);
      for (int c = 0; c < 4; ++c)
        ASSERT_NEAR(heatmap[4 * i + c], color[c], 8) << "pixel " << i << ", value " << map[i];
      different += !std::equal(color, color + 4, &heatmap[4 * i]);
    }
    // The shader multiplies by a rounded 255 / (best - worst): a value within a float's precision of the
    // border between two of the 256 colours may get the neighbour, a few codes away. About 1 in 10^5 values
    // does.
    EXPECT_LE(different, 1);
  }
}

TEST_F(evaluator_heatmap, nan_is_magenta_and_the_border_of_valid_padding_grey) {
  FgEvaluatorInfo info = evaluator_info(device());
  info.padding = FG_PADDING_VALID;
  const UniqueEvaluator evaluator = make_evaluator(info);
  const auto truth = [](int c, int y, int x) { return static_cast<float>(scene(0, c, y, x)); };
  const RenderedImage reference(device(), PixelFormat::rgba32f, 40, 30, truth);
  const RenderedImage frame(device(), PixelFormat::rgba32f, 40, 30, [&](int c, int y, int x) {
    return x == 20 && y == 15 ? std::nanf("") : truth(c, y, x);
  });
  measure(device(), evaluator.get(), frame, &reference);
  const std::vector<std::uint8_t> heatmap = download_heatmap(device(), evaluator.get());
  const auto at = [&](int x, int y) {
    const std::uint8_t* p = &heatmap[4 * static_cast<std::size_t>(y * 40 + x)];
    return std::array<int, 4>{p[0], p[1], p[2], p[3]};
  };
  EXPECT_EQ(at(0, 0), (std::array{128, 128, 128, 255}));
  EXPECT_EQ(at(4, 15), (std::array{128, 128, 128, 255}));
  EXPECT_EQ(at(20, 29), (std::array{128, 128, 128, 255}));
  EXPECT_EQ(at(20, 15), (std::array{255, 0, 255, 255}));
  EXPECT_EQ(at(25, 10), (std::array{255, 0, 255, 255}));
  std::uint8_t best[4];
  fg_color_map_sample(FG_COLOR_MAP_VIRIDIS, 1, best);
  EXPECT_EQ(at(5, 5), (std::array<int, 4>{best[0], best[1], best[2], best[3]}));
}

}  // namespace
}  // namespace fg::test
