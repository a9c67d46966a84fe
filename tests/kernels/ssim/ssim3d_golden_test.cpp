// SSIM of volumes on CPU, and the oracle itself, against the numbers of scikit-image (tests/golden).

#include "assets/golden/volume_golden.h"

#include <gtest/gtest.h>

#include "assets/golden/golden_codes.h"
#include "tests/kernels/ssim/ssim3d_case.h"

namespace fg::test {
namespace {

// Codes / 255: make_volume() rounds back to the code where it makes bytes.
template <class T>
TestVolume<T> golden_volume(const golden::SkimageVolume& g, int (*code)(int, int, int)) {
  return make_volume<T>({1, 1, g.depth, g.height, g.width},
                        [code](int, int, int z, int y, int x) { return code(z, y, x) / 255.0; });
}

template <class T>
void expect_means_of_scikit_image(const golden::SkimageVolume& g) {
  const auto x = golden_volume<T>(g, golden::test_code), y = golden_volume<T>(g, golden::reference_code);
  // What is promised against double precision (ssim3d_cpu_test).
  EXPECT_NEAR(run_cpu(x, y, {.padding = Padding::same}).mean, g.padded, 1e-6);
  EXPECT_NEAR(run_cpu(x, y, {.padding = Padding::valid}).mean, g.valid, 1e-6);
}

TEST(ssim3d_golden, means_of_scikit_image_with_zeros_around_and_of_windows_inside) {
  for (const auto& g : golden::kSkimageVolumes) {
    SCOPED_TRACE(name_of({1, 1, g.depth, g.height, g.width}));
    expect_means_of_scikit_image<std::uint8_t>(g);
    expect_means_of_scikit_image<float>(g);
  }
}

TEST(ssim3d_golden, the_oracle_agrees_with_scikit_image_to_double_precision) {
  for (const auto& g : golden::kSkimageVolumes) {
    const auto x = golden_volume<std::uint8_t>(g, golden::test_code),
               y = golden_volume<std::uint8_t>(g, golden::reference_code);
    for (const bool crop : {false, true})  // double on both sides, as in ssim2d_golden_test
      EXPECT_NEAR(oracle::ssim3d(x.volume(0, 0), y.volume(0, 0), {.crop = crop, .range = 255}).mean,
                  crop ? g.valid : g.padded, 1e-12);
  }
}

}  // namespace
}  // namespace fg::test
