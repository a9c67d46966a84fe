#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "tests/viewer/io/test_files.h"
#include "viewer/scene/dataset.h"
#include "viewer/scene/undistort.h"

namespace fg {
namespace {

// Finds the ideal point that the lens puts at bent: fixed-point iteration, converging for these mild lenses.
Point ideal_of(const Distortion& lens, Point bent) {
  Point ideal = bent;
  for (int i = 0; i < 25; ++i) {
    const Point there = distort(lens, ideal);
    ideal.x += bent.x - there.x;
    ideal.y += bent.y - there.y;
  }
  return ideal;
}

constexpr double kSpacing = 40.0, kWidth = 3.0;  // pixels: a grid of soft lines in the ideal image

// Brightness at an ideal position in pixels: Gaussian lines every kSpacing pixels, upright and level.
double grid(double u, double v) {
  const auto line = [](double x) {
    const double off = x - kSpacing * std::round(x / kSpacing);
    return std::exp(-0.5 * off * off / (kWidth * kWidth));
  };
  return std::max(line(u), line(v));
}

// What a camera with this lens sees of an ideal image, sampled 3 x 3 a pixel.
Image8 photograph(const Intrinsics& k, const Distortion& lens,
                  const std::function<double(double, double)>& ideal_image) {
  Image8 photo{k.width, k.height, {}};
  for (int v = 0; v < k.height; ++v)
    for (int u = 0; u < k.width; ++u) {
      double sum = 0;
      for (int i = 0; i < 9; ++i) {
        const double x = u + (i % 3 + 0.5) / 3, y = v + (i / 3 + 0.5) / 3;
        const Point ideal = ideal_of(lens, {(x - k.cx) / k.fx, (y - k.cy) / k.fy});
        sum += ideal_image(ideal.x * k.fx + k.cx, ideal.y * k.fy + k.cy);
      }
      const auto code = static_cast<std::uint8_t>(std::lround(255 * sum / 9));
      photo.rgba.insert(photo.rgba.end(), {code, code, code, 255});
    }
  return photo;
}

// Centroid of the brightness along one axis around an expected position, in pixels.
double centroid(const Image8& image, int u, int v, bool along_u) {
  double sum = 0, moment = 0;
  for (int off = -9; off <= 9; ++off) {
    const int x = along_u ? u + off : u, y = along_u ? v : v + off;
    const double value = image.rgba[(static_cast<std::size_t>(y) * image.width + x) * 4];
    sum += value;
    moment += value * ((along_u ? x : y) + 0.5);
  }
  return moment / sum;
}

Camera camera_with(const std::filesystem::path& photo, const Intrinsics& k, const Distortion& lens) {
  Camera camera;
  camera.name = photo.filename().string();
  camera.intrinsics = k;
  camera.distortion = lens;
  camera.photo = photo;
  return camera;
}

TEST(undistort, a_bent_grid_comes_back_straight_to_a_tenth_of_a_pixel) {
  const TemporaryFolder folder;
  const Intrinsics k{400, 300, 350, 360, 190, 155};
  for (const Distortion& lens : {Distortion{0.12, 0, 0, 0, 0}, Distortion{-0.15, 0.05, 0, 0, 0},
                                 Distortion{-0.1, 0.03, 0.004, -0.006, 0.01}}) {
    const Image8 photo = photograph(k, lens, grid);
    save_png(folder / "a.png", photo);
    const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, lens));
    ASSERT_EQ(truth.image.width, 400);
    EXPECT_EQ(truth.intrinsics, k);
    double worst = 0, worst_bent = 0;
    for (int line_u = 80; line_u <= 320; line_u += 40)
      for (int v = 60; v <= 240; v += 20) {
        if (v % 40 == 0) continue;  // a crossing
        worst = std::max(worst, std::abs(centroid(truth.image, line_u, v, true) - line_u));
        worst_bent = std::max(worst_bent, std::abs(centroid(photo, line_u, v, true) - line_u));
      }
    for (int line_v = 80; line_v <= 240; line_v += 40)
      for (int u = 60; u <= 340; u += 20) {
        if (u % 40 == 0) continue;
        worst = std::max(worst, std::abs(centroid(truth.image, u, line_v, false) - line_v));
      }
    EXPECT_LT(worst, 0.1);
    EXPECT_GT(worst_bent, 0.5) << "the lens has to bend the grid for this test to mean anything";
  }
}

TEST(undistort, no_distortion_changes_no_code) {
  const TemporaryFolder folder;
  const Intrinsics k{60, 40, 50, 50, 30, 20};
  const Image8 photo = photograph(k, {}, grid);
  save_png(folder / "a.png", photo);
  const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, {}));
  EXPECT_EQ(truth.image.rgba, photo.rgba);
  EXPECT_EQ(truth.outside, 0.0);
  EXPECT_TRUE(truth.notes.empty());
}

TEST(undistort, what_the_lens_did_not_see_is_black_and_its_share_told) {
  const TemporaryFolder folder;
  const Intrinsics k{100, 100, 60, 60, 50, 50};
  const Image8 white = photograph(k, {}, [](double, double) { return 1.0; });
  save_png(folder / "a.png", white);
  const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, {0.2, 0, 0, 0, 0}));
  std::size_t black = 0;
  for (std::size_t i = 0; i < truth.image.rgba.size(); i += 4) {
    EXPECT_TRUE(truth.image.rgba[i] == 0 || truth.image.rgba[i] == 255) << "white or black, nothing between";
    EXPECT_EQ(truth.image.rgba[i + 3], 255);
    black += truth.image.rgba[i] == 0;
  }
  EXPECT_DOUBLE_EQ(truth.outside, static_cast<double>(black) / 1e4);
  // Analytic: the edge is where x (1 + 0.2 r2) = 50/60; on the axis x = 0.741, 44.5 pixels from the middle,
  // and further in towards the corners.
  EXPECT_GT(truth.outside, 1 - 0.89 * 0.89);
  EXPECT_LT(truth.outside, 0.4);
  ASSERT_EQ(truth.notes.size(), 1u);
  EXPECT_TRUE(contains(truth.notes[0], "% of the undistorted photo")) << truth.notes[0];
}

TEST(undistort, a_lens_that_folds_back_shows_nothing_twice) {
  const Intrinsics k{200, 200, 60, 60, 100, 100};
  const Distortion lens{-0.3, 0, 0, 0, 0};  // r (1 - 0.3 r2) grows up to r = 1.054, 63 pixels
  const Image8 white = photograph(k, {}, [](double, double) { return 1.0; });
  const Undistorted result = undistort(white, k, lens);
  const auto code = [&](int u, int v) {
    return result.image.rgba[(static_cast<std::size_t>(v) * 200 + u) * 4];
  };
  EXPECT_EQ(code(100 + 62, 100), 255);
  EXPECT_EQ(code(100 + 65, 100), 0);
  EXPECT_EQ(code(199, 199), 0);
}

TEST(ground_truth, distortion_follows_brown_and_conrady) {
  const Distortion lens{0.1, -0.05, 0.01, -0.02, 0.003};
  const double x = 0.3, y = -0.4, r2 = 0.25;
  const double radial = 1 + 0.1 * r2 - 0.05 * r2 * r2 + 0.003 * r2 * r2 * r2;
  const Point bent = distort(lens, {x, y});
  EXPECT_NEAR(bent.x, x * radial + 2 * 0.01 * x * y - 0.02 * (r2 + 2 * x * x), 1e-15);
  EXPECT_NEAR(bent.y, y * radial + 0.01 * (r2 + 2 * y * y) + 2 * -0.02 * x * y, 1e-15);
}

TEST(ground_truth, intrinsics_follow_a_photo_of_another_size) {
  const TemporaryFolder folder;
  const Intrinsics k{4946, 3286, 4000, 4010, 2473, 1643};
  save_png(folder / "a.png",
           {1237, 822, std::vector<std::uint8_t>(1237 * 822 * 4, 255)});  // images_4, rounded
  const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, {}));
  EXPECT_EQ(truth.intrinsics.width, 1237);
  EXPECT_EQ(truth.intrinsics.height, 822);
  EXPECT_DOUBLE_EQ(truth.intrinsics.fx, 4000.0 * 1237 / 4946);
  EXPECT_DOUBLE_EQ(truth.intrinsics.fy, 4010.0 * 822 / 3286);
  EXPECT_DOUBLE_EQ(truth.intrinsics.cx, 2473.0 * 1237 / 4946);
  EXPECT_DOUBLE_EQ(truth.intrinsics.cy, 1643.0 * 822 / 3286);
  EXPECT_TRUE(truth.notes.empty()) << "within a pixel of the same shape";
}

TEST(ground_truth, a_photo_of_another_shape_is_noted_and_a_turned_one_refused) {
  const TemporaryFolder folder;
  const Intrinsics k{100, 80, 90, 90, 50, 40};
  save_png(folder / "a.png", {50, 43, std::vector<std::uint8_t>(50 * 43 * 4, 255)});
  const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, {}));
  ASSERT_EQ(truth.notes.size(), 1u);
  EXPECT_TRUE(contains(truth.notes[0], "is 50x43, its camera 100x80")) << truth.notes[0];
  save_png(folder / "b.png", {80, 100, std::vector<std::uint8_t>(80 * 100 * 4, 255)});
  const std::string sentence =
      failure_of([&] { load_ground_truth(camera_with(folder / "b.png", k, {})); }, ExitCode::size_mismatch);
  EXPECT_TRUE(contains(sentence, "turned")) << sentence;
}

TEST(ground_truth, downscaling_divides_the_intrinsics_by_the_factor) {
  const TemporaryFolder folder;
  const Intrinsics k{101, 80, 90, 92, 50.5, 41};
  save_png(folder / "a.png", {101, 80, std::vector<std::uint8_t>(101 * 80 * 4, 255)});
  const GroundTruth truth = load_ground_truth(camera_with(folder / "a.png", k, {}), 4);
  EXPECT_EQ(truth.image.width, 26);  // 25 whole blocks and one of a single column
  EXPECT_EQ(truth.intrinsics, (Intrinsics{26, 20, 22.5, 23, 12.625, 10.25}));
}

TEST(ground_truth, alpha_is_composited_over_the_background) {
  const TemporaryFolder folder;
  const Intrinsics k{2, 1, 2, 2, 1, 0.5};
  save_png(folder / "a.png", {2, 1, {200, 100, 0, 0, 200, 100, 0, 255}});
  const float white[3] = {1, 1, 1};
  const Camera camera = camera_with(folder / "a.png", k, {});
  EXPECT_EQ(load_ground_truth(camera, 1, white).image.rgba,
            (std::vector<std::uint8_t>{255, 255, 255, 255, 200, 100, 0, 255}));
  EXPECT_EQ(load_ground_truth(camera).image.rgba, (std::vector<std::uint8_t>{0, 0, 0, 255, 200, 100, 0, 255}))
      << "black by default";
}

TEST(ground_truth, a_camera_without_a_photo_says_so) {
  Camera camera;
  camera.name = "a.png";
  EXPECT_EQ(failure_of([&] { load_ground_truth(camera); }), "a.png: has no photo");
}

TEST(ground_truth, scaled_intrinsics_keep_the_view) {
  const Intrinsics k{100, 80, 90, 92, 50.5, 41};
  EXPECT_EQ(scaled(k, 50, 40), (Intrinsics{50, 40, 45, 46, 25.25, 20.5}));
  EXPECT_EQ(scaled(k, 100, 80), k);
}

}  // namespace
}  // namespace fg
