#include "plugin/evaluator/color_table.h"

#include <algorithm>
#include <cmath>

#include "shaders/shared/color_map.h"

namespace fg {
namespace {

static_assert(int{FG_COLOR_MAP_VIRIDIS} == kFgColorMapViridis &&
              int{FG_COLOR_MAP_TURBO} == kFgColorMapTurbo && int{FG_COLOR_MAP_MAGMA} == kFgColorMapMagma &&
              int{FG_COLOR_MAP_GREY} == kFgColorMapGrey);

constexpr std::uint32_t kMagenta = 0xffff00ff;
constexpr std::uint32_t kGrey = 0xff808080;

std::uint32_t code(float v) { return static_cast<std::uint32_t>(std::clamp(v, 0.0f, 1.0f) * 255 + 0.5f); }

std::uint32_t entry(FgColorMap color_map, int index) {
  const FgColor c = fg_color_map(color_map, static_cast<float>(index) / (kFgColors - 1));
  return code(c.r) | code(c.g) << 8 | code(c.b) << 16 | 0xff000000;
}

}  // namespace

std::uint32_t color_of(FgColorMap color_map, float t) {
  if (std::isnan(t)) return kMagenta;
  return entry(color_map, static_cast<int>(std::clamp(t, 0.0f, 1.0f) * (kFgColors - 1) + 0.5f));
}

ColorTable make_color_table(FgColorMap color_map) {
  ColorTable table;
  for (int i = 0; i < kFgColors; ++i) table[i] = entry(color_map, i);
  table[kFgColorNotANumber] = kMagenta;
  table[kFgColorBorder] = kGrey;
  return table;
}

}  // namespace fg
