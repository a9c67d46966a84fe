#pragma once
#include <cmath>

// The images that the numbers in this folder are of: the integer formulas of tests/golden/ssim_golden_images.py.

namespace fg::golden {

// The code, 0..255, of channel c at row y, column x.
inline int reference_code(int c, int y, int x) {
  return ((x * x + 2 * y * y + 3 * x * y) / 16 + 40 * c) % 256;
}
inline int test_code(int c, int y, int x) {
  const int code = reference_code(c, y, x) + (31 * x + 57 * y + 13 * c + (x * y) % 41) % 61 - 30;
  return code < 0 ? 0 : code > 255 ? 255 : code;
}

// Light of eighteen stops, made of a code at row y, column x.
inline double light_of(int code, int y, int x) {
  return (code + 1) / 256.0 * std::exp2((x / 5 + y / 7) % 11 - 4);
}

}  // namespace fg::golden
