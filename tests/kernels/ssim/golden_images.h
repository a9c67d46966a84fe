#pragma once
// The images that golden values are of.

#include <algorithm>
#include <type_traits>

#include "tests/kernels/test_images.h"

namespace fg::test {

// The integer formulas of tests/golden/ssim_golden_images.py.
inline int reference_code(int c, int y, int x) {
  return ((x * x + 2 * y * y + 3 * x * y) / 16 + 40 * c) % 256;
}
inline int test_code(int c, int y, int x) {
  const int grain = (31 * x + 57 * y + 13 * c + (x * y) % 41) % 61 - 30;
  return std::clamp(reference_code(c, y, x) + grain, 0, 255);
}

template <class T>
TestImage<T> golden_image(int height, int width, int channel, int (*code)(int, int, int)) {
  TestImage<T> image({1, 1, height, width});
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const int value = code(channel, y, x);
      image.at(0, 0, y, x) = std::is_same_v<T, float> ? static_cast<T>(static_cast<float>(value) / 255.0f)
                                                      : static_cast<T>(value);
    }
  return image;
}

}  // namespace fg::test
