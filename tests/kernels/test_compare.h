#pragma once
// How far one image is from another.

#include <cmath>

#include "tests/kernels/test_images.h"

namespace fg::test {

// The root of the mean square of the difference, relative to that of what is expected; NaN where one of them has a NaN. A
// factor common to both, such as the number of samples, makes no difference.
inline double relative_rms(const TestImage<float>& image, const TestImage<float>& expected) {
  double error = 0, size = 0;
  for (int n = 0; n < expected.shape.batch; ++n)
    for (int c = 0; c < expected.shape.channels; ++c)
      for (int y = 0; y < expected.shape.height; ++y)
        for (int x = 0; x < expected.shape.width; ++x) {
          const double value = static_cast<double>(expected.at(n, c, y, x));
          const double difference = value - static_cast<double>(image.at(n, c, y, x));
          error += difference * difference;
          size += value * value;
        }
  return error == 0 ? 0 : std::sqrt(error / size);
}

// All samples are the same.
inline bool is_flat(const TestImage<float>& image) {
  for (int n = 0; n < image.shape.batch; ++n)
    for (int c = 0; c < image.shape.channels; ++c)
      for (int y = 0; y < image.shape.height; ++y)
        for (int x = 0; x < image.shape.width; ++x)
          if (image.at(n, c, y, x) != image.at(0, 0, 0, 0)) return false;
  return true;
}

}  // namespace fg::test
