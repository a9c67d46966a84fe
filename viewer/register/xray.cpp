#include "viewer/register/xray.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "viewer/error.h"

namespace fg {
namespace {

void check_number(const std::string& name, const char* key, double value, double least, double most,
                  const char* what) {
  if (!(value >= least && value <= most))
    throw Failure(ExitCode::usage, fmt::format("{}: {} is {:g} mm; expected {:g} to {:g}: {}", name, key,
                                               value, least, most, what));
}

struct Square {
  double sum = 0, weight = 0;
};

// Of rows x columns pixels.
Square square_of(const Xray& xray, int row, int column, int rows, int columns) {
  Square square;
  for (int y = row * rows; y < (row + 1) * rows; ++y)
    for (int x = column * columns; x < (column + 1) * columns; ++x) {
      const std::size_t pixel =
          static_cast<std::size_t>(y) * static_cast<std::size_t>(xray.width) + static_cast<std::size_t>(x);
      const double weight = xray.seen(pixel);
      square.weight += weight;
      if (weight > 0) square.sum += weight * static_cast<double>(xray.integrals[pixel]);
    }
  return square;
}

}  // namespace

Xray coarser(const Xray& xray, int factor) {
  if (factor == 1) return xray;
  const int columns = std::min(factor, xray.width), rows = std::min(factor, xray.height);  // that become one
  Xray level;
  level.geometry = xray.geometry;
  level.width = xray.width / columns;
  level.height = xray.height / rows;
  DrrGeometry& g = level.geometry;
  g.width = level.width;
  g.height = level.height;
  g.delx_mm *= columns;
  g.dely_mm *= rows;
  // The middle of the detector moves where a rest is left out.
  g.x0_mm += 0.5 * (xray.width - columns * level.width) * xray.geometry.delx_mm;
  g.y0_mm += 0.5 * (xray.height - rows * level.height) * xray.geometry.dely_mm;
  const double whole = static_cast<double>(columns) * rows;
  for (int row = 0; row < level.height; ++row)
    for (int column = 0; column < level.width; ++column) {
      const Square square = square_of(xray, row, column, rows, columns);
      level.integrals.push_back(square.weight > 0 ? static_cast<float>(square.sum / square.weight) : 0.0f);
      if (!xray.mask.empty())
        level.mask.push_back(square.weight >= 0.5 * whole ? static_cast<float>(square.weight / whole) : 0.0f);
    }
  return level;
}

void check_xray(const Xray& xray, const std::string& name) {
  const DrrGeometry& g = xray.geometry;
  check_number(name, "sdd_mm", g.sdd_mm, 10, 100'000, "the distance from source to detector, in millimetres");
  check_number(name, "delx_mm", g.delx_mm, 1e-3, 100, "the width of a pixel, in millimetres");
  check_number(name, "dely_mm", g.dely_mm, 1e-3, 100, "the height of a pixel, in millimetres");
  check_number(name, "x0_mm", g.x0_mm, -1e5, 1e5, "the principal point's offset, in millimetres");
  check_number(name, "y0_mm", g.y0_mm, -1e5, 1e5, "the principal point's offset, in millimetres");
  if (xray.width < kLeastXraySide || xray.height < kLeastXraySide)
    throw Failure(ExitCode::unreadable_input,
                  fmt::format("{}: the radiograph has {} x {} pixels; at least {} a side are needed", name,
                              xray.width, xray.height, kLeastXraySide));
  constexpr double kLeastDetectorMm = 5;
  const double width_mm = xray.width * g.delx_mm, height_mm = xray.height * g.dely_mm;
  if (std::max(width_mm, height_mm) < kLeastDetectorMm)
    throw Failure(ExitCode::usage,
                  fmt::format("{}: the detector is {:.3g} x {:.3g} mm; delx_mm and dely_mm are "
                              "expected in millimetres, these look like metres",
                              name, width_mm, height_mm));
  float low = 0, high = 0;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < xray.integrals.size(); ++i) {
    if (xray.seen(i) <= 0) continue;
    const float value = xray.integrals[i];
    low = seen == 0 ? value : std::min(low, value);
    high = seen == 0 ? value : std::max(high, value);
    ++seen;
  }
  if (seen == 0)
    throw Failure(
        ExitCode::unreadable_input,
        name + ": the mask leaves no pixel of the radiograph; give one that is not 0 where the body is");
  if (low == high)
    throw Failure(
        ExitCode::unreadable_input,
        fmt::format("{}: every pixel of the radiograph that is seen has the same value, {:g}; there is "
                    "nothing to register to",
                    name, low));
}

void turn_round(Xray& xray) {
  if (xray.integrals.empty()) return;
  const float largest = *std::max_element(xray.integrals.begin(), xray.integrals.end());
  for (float& value : xray.integrals) value = largest - value;
}

namespace {

// Lines of one side, from the border in: the first pixel of line `n` and the way to the next of it.
struct Side {
  std::size_t lines, length, first, next_line, next_pixel;
};

// How many lines from the border in have one value alone, where the line behind them is cut off: one pixel in `rarity` or
// more is off by a quarter of what the radiograph spans. A body that ends by itself begins with a thin rim.
std::size_t shutter_lines(const std::vector<float>& values, const Side& side, float span,
                          std::size_t rarity) {
  constexpr float kJump = 0.25f;
  const float shutter = values[side.first];
  for (std::size_t n = 0; n < side.lines; ++n) {
    std::size_t others = 0, jumps = 0;
    for (std::size_t i = 0; i < side.length; ++i) {
      const float value = values[side.first + n * side.next_line + i * side.next_pixel];
      others += value != shutter;
      jumps += std::abs(value - shutter) > kJump * span;
    }
    if (others > 0) return jumps * rarity >= side.length ? n : 0;
  }
  return 0;
}

}  // namespace

void mask_shutter(Xray& xray) {
  if (xray.integrals.empty() || xray.geometry.orthographic) return;
  const auto width = static_cast<std::size_t>(xray.width), height = static_cast<std::size_t>(xray.height);
  const auto [low, high] = std::minmax_element(xray.integrals.begin(), xray.integrals.end());
  const float span = *high - *low;
  const std::size_t last = width * height - 1, up = std::size_t{0} - width, left = std::size_t{0} - 1;
  const Side sides[] = {{height, width, 0, width, 1},
                        {height, width, last, up, left},
                        {width, height, 0, 1, width},
                        {width, height, last, left, up}};
  const auto lines_of = [&](const Side& side, std::size_t rarity) {
    return xray.seen(side.first) > 0 ? shutter_lines(xray.integrals, side, span, rarity) : 0;
  };
  // A shutter has four sides: where one is plain to see, less will do for the others.
  constexpr std::size_t kPlain = 5, kOthers = 50;
  if (std::none_of(std::begin(sides), std::end(sides),
                   [&](const Side& side) { return lines_of(side, kPlain) > 0; }))
    return;
  std::vector<bool> behind(xray.integrals.size(), false);
  for (const Side& side : sides) {
    const std::size_t lines = lines_of(side, kOthers);
    for (std::size_t n = 0; n < lines; ++n)
      for (std::size_t i = 0; i < side.length; ++i)
        behind[side.first + n * side.next_line + i * side.next_pixel] = true;
  }
  const auto count = std::count(behind.begin(), behind.end(), true);
  if (xray.mask.empty()) xray.mask.assign(behind.size(), 1.0f);
  for (std::size_t i = 0; i < behind.size(); ++i)
    if (behind[i]) xray.mask[i] = 0;
  xray.notes.push_back(fmt::format("{:.0f} % of the radiograph lie behind a shutter and are masked",
                                   100.0 * static_cast<double>(count) / static_cast<double>(behind.size())));
}

void mask_collimator(Xray& xray) {
  if (xray.integrals.empty()) return;
  const float dark = *std::max_element(xray.integrals.begin(), xray.integrals.end());
  const auto width = static_cast<std::size_t>(xray.width), height = static_cast<std::size_t>(xray.height);
  std::vector<bool> shadow(xray.integrals.size(), false);
  std::vector<std::size_t> reached;
  const auto visit = [&](std::size_t pixel) {
    if (shadow[pixel] || xray.integrals[pixel] != dark) return;
    shadow[pixel] = true;
    reached.push_back(pixel);
  };
  for (std::size_t x = 0; x < width; ++x) visit(x), visit((height - 1) * width + x);
  for (std::size_t y = 0; y < height; ++y) visit(y * width), visit(y * width + width - 1);
  std::size_t count = 0;
  for (; count < reached.size(); ++count) {
    const std::size_t pixel = reached[count], x = pixel % width, y = pixel / width;
    if (x > 0) visit(pixel - 1);
    if (x + 1 < width) visit(pixel + 1);
    if (y > 0) visit(pixel - width);
    if (y + 1 < height) visit(pixel + width);
  }
  if (count < shadow.size() / 20 || count == shadow.size()) return;
  if (xray.mask.empty()) xray.mask.assign(shadow.size(), 1.0f);
  for (std::size_t i = 0; i < shadow.size(); ++i)
    if (shadow[i]) xray.mask[i] = 0;
  xray.notes.push_back(
      fmt::format("{:.0f} % of the radiograph lie in the shadow of a collimator and are masked",
                  100.0 * static_cast<double>(count) / static_cast<double>(shadow.size())));
}

}  // namespace fg
