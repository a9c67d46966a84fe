// FLIP on CPU against the package of its authors.

#include <gtest/gtest.h>

#include <string>

#include "assets/golden/flip_golden.h"
#include "assets/golden/golden_codes.h"
#include "tests/kernels/flip/flip_case.h"
#include "tests/kernels/ssim/golden_images.h"

namespace fg::test {
namespace {

// Both work in single precision.
constexpr double kMean = 1e-5, kValue = 1e-4;

TEST(flip_golden, LDR) {
  for (const golden::LdrFlip& g : golden::kLdrFlip) {
    SCOPED_TRACE(std::to_string(g.height) + "x" + std::to_string(g.width));
    const auto image = [&](int (*code)(int, int, int)) {
      return make_image<std::uint8_t>({1, 3, g.height, g.width},
                                      [=](int, int c, int y, int x) { return code(c, y, x) / 255.0; });
    };
    const FlipOutput out =
        run_flip(image(test_code), image(reference_code), {.pixels_per_degree = g.pixels_per_degree});
    EXPECT_NEAR(out.mean, g.mean,
                g.height * g.width == 1 ? kValue : kMean);  // there the mean is a value of the map
    EXPECT_NEAR(static_cast<double>(out.map.at(0, 0, g.row, g.column)), g.value, kValue);
  }
}

TEST(flip_golden, HDR) {
  for (const golden::HdrFlip& g : golden::kHdrFlip) {
    SCOPED_TRACE(std::to_string(g.height) + "x" + std::to_string(g.width));
    const auto light = [&](int (*code)(int, int, int)) {
      return make_image<float>({1, 3, g.height, g.width}, [=](int, int c, int y, int x) {
        return golden::light_of(code(c, y, x), y, x);
      });
    };
    FlipOptions options{.linear = true, .tone_mapper = static_cast<FlipToneMapper>(g.mapper)};
    if (g.is_given) options.exposures = {g.start, g.stop, g.count};
    const FlipOutput out = run_flip(light(test_code), light(reference_code), options);
    EXPECT_NEAR(out.mean, g.mean, kMean);
    EXPECT_NEAR(static_cast<double>(out.map.at(0, 0, g.row, g.column)), g.value, kValue);
    EXPECT_NEAR(out.exposures[kFlipStart], g.start, 1e-6);  // they are floats there
    EXPECT_NEAR(out.exposures[kFlipStop], g.stop, 1e-6);
    EXPECT_EQ(out.exposures[kFlipCount], g.count);
  }
}

}  // namespace
}  // namespace fg::test
