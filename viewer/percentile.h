#pragma once
// Quantiles, by one rule for all of the viewer.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace fg {

// The value below which a share of all values lie, by the nearest-rank rule. values: at least one.
template <class T>
T percentile(std::vector<T> values, double share) {
  const auto rank = std::lround(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

}  // namespace fg
