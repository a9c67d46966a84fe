#pragma once
// Sums in double, in a fixed order: first each job or block adds its own part, then the parts are added by
// index.

#include <cstdint>

namespace fg {

inline double sum_in_order(const double* parts, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += parts[i];
  return sum;
}

// First pass of a row: eight running sums, so that the additions do not wait for each other and the order
// does not depend on how wide the machine's vectors are.
struct RowSum {
  static constexpr int kLanes = 8;
  double lane[kLanes] = {};

  double total() const {
    return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
  }
};

}  // namespace fg
