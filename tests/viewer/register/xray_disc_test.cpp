// The border of a round opening is masked, and nothing of pictures that have none.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <random>

#include "viewer/register/load_xray.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

constexpr double kMiddle = 95.5;
constexpr int kSide = 192;

// Something like anatomy, of 1 to 5, that fills the image.
Xray tissue() {
  Xray xray;
  xray.width = xray.height = kSide;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x)
      xray.integrals.push_back(static_cast<float>(3 + 1.2 * std::sin(x / 17.0) * std::cos(y / 23.0) +
                                                  0.6 * std::sin((x + 2 * y) / 9.0)));
  return xray;
}

struct Opening {
  double x = kMiddle, y = kMiddle, a = 85, b = 85;  // pixels
  float grey = 0;
  double blur = 1;  // pixels from border to picture
  double turn = 0;  // radians, of the half axis a
  double radius_at(double px, double py) const {
    const double u = (px - x) * std::cos(turn) + (py - y) * std::sin(turn),
                 v = (py - y) * std::cos(turn) - (px - x) * std::sin(turn);
    return std::hypot(u / a, v / b);
  }
};

Xray behind(const Opening& o, Xray xray = tissue()) {
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      float& value = xray.integrals[static_cast<std::size_t>(y * kSide + x)];
      const double inside = std::clamp((1 - o.radius_at(x, y)) * std::min(o.a, o.b) / o.blur + 0.5, 0.0, 1.0);
      value = o.grey + static_cast<float>(inside) * (value - o.grey);
    }
  return xray;
}

// Everything outside is hidden, and of the inside no more than a rim.
void expect_masked(Xray xray, const Opening& o, double rim) {
  mask_disc(xray);
  ASSERT_EQ(xray.mask.size(), xray.integrals.size());
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const double depth = (1 - o.radius_at(x, y)) * std::min(o.a, o.b);
      const float seen = xray.mask[static_cast<std::size_t>(y * kSide + x)];
      if (depth < 0.5 || depth > rim) {
        ASSERT_EQ(seen, depth > rim ? 1 : 0) << x << " " << y;
      }
    }
  EXPECT_EQ(xray.notes.size(), 1u);
}

void expect_untouched(Xray xray, const std::string& what) {
  mask_disc(xray);
  EXPECT_TRUE(xray.mask.empty()) << what;
  EXPECT_TRUE(xray.notes.empty()) << what;
}

Xray picture_of(const std::function<double(double, double)>& value_at) {
  Xray xray;
  xray.width = xray.height = kSide;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      double sum = 0;  // a pixel has an area
      for (int i = 0; i < 16; ++i) sum += value_at(x + (i % 4 - 1.5) / 4, y + (i / 4 - 1.5) / 4) / 16;
      xray.integrals.push_back(static_cast<float>(sum));
    }
  return xray;
}

// A chord of a ball around the middle.
double ball(double x, double y, double radius) {
  const double off = std::hypot(x - kMiddle - 0.3, y - kMiddle + 0.2);
  return 2 * std::sqrt(std::max(0.0, radius * radius - off * off));
}

bool says_round(const Xray& xray) {
  return std::any_of(xray.notes.begin(), xray.notes.end(),
                     [](const std::string& note) { return note.find("round opening") != std::string::npos; });
}

}  // namespace

TEST(xray_disc, circles_and_ellipses_in_any_grey_are_found) {
  for (const Opening& o : {Opening{}, Opening{.a = 96, .b = 96}, Opening{.x = 101, .y = 90, .a = 70, .b = 70},
                           Opening{.a = 90, .b = 66}, Opening{.grey = 6}, Opening{.a = 112, .b = 112}})
    expect_masked(behind(o), o, 4);
}

TEST(xray_disc, ellipses_may_be_turned_any_way) {
  for (int n = 0; n < 12; ++n) {
    const double turn = n * 3.141592653589793 / 12;
    for (Opening o : {Opening{.a = 90, .b = 66}, Opening{.x = 101, .y = 90, .a = 84, .b = 76},
                      Opening{.a = 112, .b = 90}, Opening{.a = 80, .b = 55, .grey = 6}}) {
      o.turn = turn;
      SCOPED_TRACE(testing::Message() << o.a << " x " << o.b << ", " << n * 15 << " degrees");
      expect_masked(behind(o), o, 4);
    }
  }
}

TEST(xray_disc, noise_letters_and_a_penumbra_do_not_hide_the_edge) {
  const Opening o;
  std::mt19937 random(3);
  for (const Opening& of : {o, Opening{.a = 90, .b = 66, .turn = 0.7}}) {
    Xray noisy = behind(of);
    for (float& value : noisy.integrals) value += 0.05f * (static_cast<float>(random() % 1000) / 500 - 1);
    expect_masked(noisy, of, 5);
  }
  Xray lettered = behind(o);
  for (int y = 4; y < 12; ++y)
    for (int x = 4; x < 24; x += 2) lettered.integrals[static_cast<std::size_t>(y * kSide + x)] = 5;
  expect_masked(lettered, o, 4);
  const Opening soft{.blur = 4};
  expect_masked(behind(soft), soft, 9);
}

TEST(xray_disc, blades_that_cut_the_opening_leave_enough_of_its_edge) {
  const Opening o;
  Xray cut = behind(o);
  std::fill(cut.integrals.begin(), cut.integrals.begin() + 30 * kSide, 0.0f);
  mask_shutter(cut);
  ASSERT_EQ(cut.notes.size(), 1u);
  mask_disc(cut);
  ASSERT_TRUE(says_round(cut));
  EXPECT_EQ(cut.mask[100 * kSide + 4], 0);
  EXPECT_EQ(cut.mask[100 * kSide + 96], 1);
  EXPECT_EQ(cut.mask[29 * kSide + 96], 0);
  EXPECT_EQ(cut.mask[34 * kSide + 96], 1);
}

TEST(xray_disc, a_picture_without_a_border_is_left_alone) {
  expect_untouched(tissue(), "it fills the image");
  Xray flat = tissue();
  std::fill(flat.integrals.begin(), flat.integrals.end(), 2.0f);
  expect_untouched(flat, "one value");
  expect_untouched({}, "nothing");
  Xray rectangle = tissue(), octagon = tissue();
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const double u = std::abs(x - kMiddle), v = std::abs(y - kMiddle);
      const std::size_t i = static_cast<std::size_t>(y * kSide + x);
      if (u > 80 || v > 70) rectangle.integrals[i] = 0;
      if (std::max({u, v, (u + v) * std::sqrt(0.5)}) > 85) octagon.integrals[i] = 0;
    }
  expect_untouched(rectangle, "rectangle");
  expect_untouched(octagon, "octagon");
  Xray parallel = behind({});
  parallel.geometry.orthographic = true;
  expect_untouched(parallel, "parallel rays");
}

TEST(xray_disc, bodies_that_end_by_themselves_are_left_alone_even_round_ones) {
  for (const double radius : {30.0, 60.0, 90.0}) {
    const auto shell = [&](double x, double y) { return ball(x, y, radius) - ball(x, y, 0.92 * radius); };
    for (const double clipped : {1e9, 0.7, 0.3}) {  // by a window that saturates
      const double most = clipped * 2 * radius;
      expect_untouched(picture_of([&](double x, double y) { return std::min(most, ball(x, y, radius)); }),
                       "a ball");
      expect_untouched(picture_of([&](double x, double y) { return std::min(most, shell(x, y)); }),
                       "a shell");
      expect_untouched(picture_of([&](double x, double y) {
                         return std::min(most, ball(x, y, radius) + 2 * shell(x, y));
                       }),
                       "a skull");
    }
  }
}

TEST(xray_disc, turned_ellipsoids_and_openings_with_straight_sides_are_left_alone) {
  for (const double turn : {0.3, 0.8, 1.9, 2.6}) {
    for (const double longer : {50.0, 70.0, 90.0})
      for (const double clipped : {1e9, 0.7, 0.4}) {
        const Opening outer{.x = kMiddle + 0.3, .a = longer, .b = 0.75 * longer, .turn = turn};
        const Opening inner{.x = kMiddle + 0.3, .a = 0.92 * longer, .b = 0.69 * longer, .turn = turn};
        const auto chord = [&](const Opening& o, double x, double y) {
          const double r = o.radius_at(x, y);
          return 2 * o.b * std::sqrt(std::max(0.0, 1 - r * r));
        };
        const double most = clipped * 2 * longer;
        expect_untouched(picture_of([&](double x, double y) { return std::min(most, chord(outer, x, y)); }),
                         "an ellipsoid");
        expect_untouched(picture_of([&](double x, double y) {
                           return std::min(most, chord(outer, x, y) - chord(inner, x, y));
                         }),
                         "its shell");
      }
    for (const int sides : {3, 4, 5, 6, 8}) {
      Xray polygon = tissue();
      for (int y = 0; y < kSide; ++y)
        for (int x = 0; x < kSide; ++x)
          for (int side = 0; side < sides; ++side) {
            const double angle = turn + 2 * 3.141592653589793 * side / sides;
            if (1.2 * (x - kMiddle) * std::cos(angle) + (y - kMiddle) * std::sin(angle) > 80)
              polygon.integrals[static_cast<std::size_t>(y * kSide + x)] = 0;
          }
      expect_untouched(polygon, std::to_string(sides) + " sides");
    }
  }
}

namespace {

void expect_its_round_cut_out_alone_is_masked(const fs::path& file) {
  const Xray whole = load_xray(file, {}).xray;
  for (const bool dark : {false, true}) {
    Xray xray = whole;
    if (dark) turn_round(xray);
    expect_untouched(xray, file.string());
  }
  Xray cut = whole;
  const double middle_x = 0.5 * (cut.width - 1), middle_y = 0.5 * (cut.height - 1), radius = 0.46 * cut.width;
  std::ptrdiff_t outside = 0;
  for (int y = 0; y < cut.height; ++y)
    for (int x = 0; x < cut.width; ++x)
      if (std::hypot(x - middle_x, y - middle_y) > radius) {
        cut.integrals[static_cast<std::size_t>(y * cut.width + x)] = 0;
        ++outside;
      }
  mask_disc(cut);
  ASSERT_TRUE(says_round(cut)) << file;
  const auto hidden = std::count(cut.mask.begin(), cut.mask.end(), 0.0f);
  EXPECT_GE(hidden, outside);
  constexpr double kPi = 3.141592653589793;
  EXPECT_LE(static_cast<double>(hidden),
            static_cast<double>(outside) + 4 * 2 * kPi * radius);  // a rim of 4 pixels
}

}  // namespace

TEST(xray_disc, a_round_body_that_is_denser_here_than_there_is_left_alone_too) {
  for (const double radius : {50.0, 70.0, 90.0}) {
    const auto lumps = [](double x, double y) {
      return 1 + 0.5 * std::sin(3 * std::atan2(y - kMiddle, x - kMiddle));
    };
    for (const double clipped : {1.0, 0.8, 0.6}) {
      const double most = clipped * 2 * radius;
      expect_untouched(
          picture_of([&](double x, double y) { return std::min(most, lumps(x, y) * ball(x, y, radius)); }),
          "a ball");
      expect_untouched(picture_of([&](double x, double y) {
                         return std::min(most,
                                         lumps(x, y) * (ball(x, y, radius) - ball(x, y, 0.92 * radius)));
                       }),
                       "a shell");
    }
  }
}

TEST(xray_disc, of_the_phantoms_radiograph_the_border_of_a_cut_out_alone_is_masked) {
  expect_its_round_cut_out_alone_is_masked(fs::path(FRAMEGAUGE_ASSETS) / "ct/phantom_xray.png");
}

TEST(xray_disc, of_a_real_chest_radiograph_the_border_of_a_cut_out_alone_is_masked) {
  const fs::path chest = fs::path(FRAMEGAUGE_SHARED_DATA) / "ct/cxr_nih_00000001_000.png";
  if (!fs::exists(chest)) GTEST_SKIP() << "there is no " << chest;
  expect_its_round_cut_out_alone_is_masked(chest);
}

}  // namespace fg
