#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <limits>
#include <string>

#include "tests/kernels/flip/flip_case.h"

namespace fg::test {
namespace {

constexpr FlipToneMapper kMappers[] = {FlipToneMapper::aces, FlipToneMapper::reinhard, FlipToneMapper::hable};

template <class T>
void expect_like_oracle(const Shape& shape, const FlipOptions& options, const Memory& memory = {}) {
  SCOPED_TRACE(std::to_string(shape.height) + "x" + std::to_string(shape.width));
  const auto x = make_image<T>(shape, options.linear ? noisy_light_scene : noisy_scene, memory);
  const auto y = make_image<T>(shape, options.linear ? light_scene : scene, memory);
  expect_flip_like_oracle(x, y, options, run_flip(x, y, options));
}

// Tiles are 128 x 64, the filters reach 10 pixels at 67 pixels per degree and 64 at 470.
TEST(flip_cpu, odd_sizes_match_the_oracle) {
  for (const Shape& shape : {Shape{1, 3, 1, 1}, Shape{1, 3, 1, 7}, Shape{1, 3, 9, 1}, Shape{2, 3, 33, 47},
                             Shape{1, 3, 65, 129}, Shape{1, 3, 130, 7}, Shape{1, 3, 3, 261}})
    expect_like_oracle<float>(shape, {});
}

TEST(flip_cpu, every_dtype_matches_the_oracle) {
  expect_like_oracle<std::uint8_t>({2, 3, 33, 47}, {});
  expect_like_oracle<Half>({1, 3, 33, 47}, {});
  expect_like_oracle<BFloat16>({1, 3, 33, 47}, {});
  expect_like_oracle<Half>({1, 3, 33, 47}, {.linear = true});
  expect_like_oracle<BFloat16>({1, 3, 33, 47}, {.linear = true});
}

TEST(flip_cpu, every_viewing_distance_matches_the_oracle) {
  for (const double ppd : {1.0, 3.7, 20.0, 45.3, 67.0206, 110.0, 201.5, 470.0}) {
    SCOPED_TRACE(ppd);
    expect_like_oracle<float>({1, 3, 20, 31}, {.pixels_per_degree = ppd});
  }
}

TEST(flip_cpu, high_dynamic_range_matches_the_oracle_with_found_and_with_given_exposures) {
  for (const FlipToneMapper mapper : kMappers) {
    SCOPED_TRACE(static_cast<int>(mapper));
    expect_like_oracle<float>({2, 3, 33, 47}, {.linear = true, .tone_mapper = mapper});
    expect_like_oracle<float>({1, 3, 9, 200},
                              {.linear = true, .tone_mapper = mapper, .exposures = {-5.5, 3.25, 4}});
    expect_like_oracle<float>({1, 3, 9, 20},
                              {.linear = true, .tone_mapper = mapper, .exposures = {1.5, 1.5, 1}});
  }
}

TEST(flip_cpu, memory_layout_and_thread_count_do_not_change_a_bit) {
  const Shape shape{2, 3, 150, 200};
  for (const bool linear : {false, true}) {
    const FlipOptions options{.linear = linear};
    const auto run = [&](const Memory& memory, const Memory& map) {
      return run_flip(make_image<float>(shape, noisy_scene, memory), make_image<float>(shape, scene, memory),
                      options, map);
    };
    const FlipOutput plain = run({}, {});
    const auto expect_same = [&](const FlipOutput& out) {
      EXPECT_EQ(out.scores, plain.scores);
      EXPECT_EQ(out.mean, plain.mean);
      for (int n = 0; n < shape.batch; ++n)
        for (int y = 0; y < shape.height; ++y)
          for (int x = 0; x < shape.width; ++x) ASSERT_EQ(out.map.at(n, 0, y, x), plain.map.at(n, 0, y, x));
    };
    for (const Memory& memory : {Memory{.row_padding = 13}, Memory{.column_step = 3},
                                 Memory{.interleaved = true, .extra_channels = 1, .row_padding = 9}})
      expect_same(run(memory, memory));
    for (const std::size_t threads : {1u, 2u, 5u}) {
      const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
      expect_same(run({}, {}));
    }
  }
}

TEST(flip_cpu, identical_images_have_no_difference) {
  for (const bool linear : {false, true}) {
    const auto x = make_image<float>({1, 3, 40, 50}, light_scene),
               y = make_image<float>({1, 3, 40, 50}, light_scene);
    EXPECT_EQ(run_flip(x, y, {.linear = linear}).mean, 0.0);
  }
}

TEST(flip_cpu, the_difference_of_plain_green_and_blue_is_1_and_of_black_and_white_is_0_97) {
  const auto plain = [](double r, double g, double b) {
    return make_image<std::uint8_t>({1, 3, 30, 30}, [=](int, int c, int, int) {
      return c == 0 ? r : c == 1 ? g : b;
    });
  };
  EXPECT_NEAR(run_flip(plain(0, 1, 0), plain(0, 0, 1)).mean, 1.0, 1e-5);
  EXPECT_NEAR(run_flip(plain(0, 0, 0), plain(1, 1, 1)).mean, 0.96738, 1e-5);  // of 100^0.7
}

TEST(flip_cpu, LDR_values_beyond_0_and_1_count_as_0_and_1) {
  const auto wide = [](int n, int c, int y, int x) { return 3 * scene(n, c, y, x) - 1; };
  const auto cut = [&](int n, int c, int y, int x) { return std::clamp(wide(n, c, y, x), 0.0, 1.0); };
  const auto y = make_image<float>({1, 3, 30, 40}, noisy_scene);
  EXPECT_EQ(run_flip(make_image<float>({1, 3, 30, 40}, wide), y).mean,
            run_flip(make_image<float>({1, 3, 30, 40}, cut), y).mean);
}

TEST(flip_cpu, negative_light_counts_as_none_and_light_beyond_all_curves_as_white) {
  const Shape shape{1, 3, 30, 40};
  const auto negative = [](int n, int c, int y, int x) {
    return x < 20 ? -5 * light_scene(n, c, y, x) : light_scene(n, c, y, x);
  };
  const auto none = [](int n, int c, int y, int x) { return x < 20 ? 0 : light_scene(n, c, y, x); };
  const auto y = make_image<float>(shape, noisy_light_scene);
  const FlipOptions hdr{.linear = true};
  EXPECT_EQ(run_flip(make_image<float>(shape, negative), y, hdr).mean,
            run_flip(make_image<float>(shape, none), y, hdr).mean);
  const auto sun = [](double light) {
    return [=](int n, int c, int v, int u) { return u == 20 ? light : light_scene(n, c, v, u); };
  };
  for (const FlipToneMapper mapper : kMappers) {
    const FlipOptions given{.linear = true, .tone_mapper = mapper, .exposures = {-2, 2, 3}};
    const double huge = run_flip(make_image<float>(shape, sun(3e38)), y, given).mean;
    EXPECT_TRUE(std::isfinite(huge));
    EXPECT_NEAR(huge, run_flip(make_image<float>(shape, sun(1e12)), y, given).mean, 1e-5);
  }
}

TEST(flip_cpu, a_reference_without_light_has_one_exposure_twice_and_a_finite_score) {
  const auto dark = make_image<float>({1, 3, 20, 30}, [](int, int, int, int) { return 0.0; });
  const auto lit = make_image<float>({1, 3, 20, 30}, light_scene);
  const FlipOutput out = run_flip(lit, dark, {.linear = true});
  EXPECT_EQ(out.exposures[kFlipCount], 2);
  EXPECT_EQ(out.exposures[kFlipStart], out.exposures[kFlipStop]);
  EXPECT_TRUE(out.mean > 0 && out.mean <= 1) << out.mean;
  EXPECT_EQ(run_flip(dark, dark, {.linear = true}).mean, 0.0);
}

TEST(flip_cpu, a_NaN_or_Inf_makes_its_image_NaN_and_no_other) {
  for (const bool linear : {false, true})
    for (const bool in_reference : {false, true})
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
        auto x = make_image<float>({2, 3, 70, 150}, noisy_scene),
             y = make_image<float>({2, 3, 70, 150}, scene);
        const FlipOptions options{.linear = linear};
        const FlipOutput clean = run_flip(x, y, options);
        (in_reference ? y : x).at(1, 2, 30, 100) = bad;
        const FlipOutput out = run_flip(x, y, options);
        EXPECT_EQ(out.scores[0], clean.scores[0]);
        EXPECT_TRUE(std::isnan(out.scores[1]));
        EXPECT_TRUE(std::isnan(out.mean));
        EXPECT_TRUE(std::isnan(out.map.at(1, 0, 30, 100)));
        EXPECT_TRUE(std::isnan(out.map.at(1, 0, 30 + 10, 100 - 10)));
        EXPECT_EQ(out.map.at(1, 0, 30 + 11, 100),
                  clean.map.at(1, 0, 30 + 11, 100));  // the filters reach 10 pixels
      }
}

}  // namespace
}  // namespace fg::test
