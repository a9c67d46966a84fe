#pragma once
// The images that golden values are of.

#include <type_traits>

#include "assets/golden/golden_codes.h"
#include "tests/kernels/test_images.h"

namespace fg::test {

using golden::reference_code;
using golden::test_code;

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
