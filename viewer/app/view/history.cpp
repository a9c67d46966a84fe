#include "viewer/app/view/history.h"

#include <algorithm>
#include <cmath>

namespace fg {

PlotRange plot_range(const History& history, float HistoryPoint::*value, float at_least, float floor,
                     float ceiling) {
  float low = INFINITY, high = -INFINITY;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const float v = history[i].*value;
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  if (low > high) return {floor, std::min(ceiling, floor + at_least)};
  const float air = 0.08f * (high - low);
  low -= air;
  high += air;
  if (high - low < at_least) {
    const float middle = (low + high) / 2;
    low = middle - at_least / 2;
    high = middle + at_least / 2;
  }
  if (high > ceiling) {
    low -= high - ceiling;
    high = ceiling;
  }
  if (low < floor) {
    high = std::min(ceiling, high + floor - low);
    low = floor;
  }
  return {low, high};
}

}  // namespace fg
