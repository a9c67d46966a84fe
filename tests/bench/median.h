#pragma once
// Median of repeated timings, and the line that a benchmark prints.

#include <algorithm>
#include <cstdio>
#include <vector>

namespace fg::bench {

inline double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// bytes: what the op has to read and write at least.
inline void print_line(const char* what, const std::vector<double>& microseconds, double bytes) {
  const double us = median(microseconds);
  std::printf("%-52s median %9.1f us of %zu  %7.1f GB/s\n", what, us, microseconds.size(), bytes / us * 1e-3);
}

}  // namespace fg::bench
