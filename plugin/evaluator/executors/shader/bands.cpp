#include "plugin/evaluator/executors/shader/bands.h"

#include <algorithm>

namespace fg {

std::vector<Band> make_bands(std::uint32_t height, std::uint32_t half_window, std::uint32_t max_window_rows) {
  const std::uint32_t most =
      max_window_rows >= height ? height : std::max(max_window_rows, 2 * half_window + 1) - 2 * half_window;
  const std::uint32_t count = (height + most - 1) / most;
  const std::uint32_t rows = (height + count - 1) / count;
  std::vector<Band> bands;
  for (std::uint32_t begin = 0; begin < height; begin += rows) {
    const std::uint32_t end = std::min(begin + rows, height);
    bands.push_back({begin, end, begin - std::min(begin, half_window), std::min(end + half_window, height)});
  }
  return bands;
}

}  // namespace fg
