#pragma once
// What an oracle works on: plain row-major planes of doubles.

#include <cstddef>
#include <vector>

namespace fg::oracle {

struct Plane {
  int height = 0, width = 0;
  std::vector<double> value;  // row-major

  double at(int y, int x) const {
    return value[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

}  // namespace fg::oracle
