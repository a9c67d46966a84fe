#pragma once
#include <cstdint>
#include <vector>

namespace fg {

// Rows [begin, end) whose map a band computes, and the rows [window_begin, window_end) it reads.
struct Band {
  std::uint32_t begin = 0, end = 0;
  std::uint32_t window_begin = 0, window_end = 0;
};

// Cuts height rows into bands of equal height, the last one perhaps lower, with windows of at most
// max_window_rows rows (but at least one row a band).
std::vector<Band> make_bands(std::uint32_t height, std::uint32_t half_window, std::uint32_t max_window_rows);

}  // namespace fg
