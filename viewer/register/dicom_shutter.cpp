#include "viewer/register/dicom_shutter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fg {
namespace {

using Shape = XrayOpening::Shape;

// Both modules have the same elements, of a shutter from (0018,1600) on, of a collimator from (0018,1700) on.
constexpr std::uint32_t kModules[] = {0x00181600, 0x00181700};
constexpr std::uint32_t kSides[] = {2, 4, 6, 8};
constexpr std::uint32_t kCentre = 0x10, kRadius = 0x12, kCorners = 0x20;

void add(std::vector<XrayOpening>& openings, Shape shape, std::vector<double> numbers) {
  const bool whole = shape == Shape::rectangle
                         ? numbers.size() == 4 && numbers[0] < numbers[1] && numbers[2] < numbers[3]
                     : shape == Shape::circle ? numbers.size() == 3 && numbers[2] > 0
                                              : numbers.size() >= 6 && numbers.size() % 2 == 0;
  if (whole) openings.push_back({shape, std::move(numbers)});
}

// How often a way from (column, row) to the right crosses the sides decides.
bool in_polygon(const std::vector<double>& corners, double column, double row) {
  bool inside = false;
  const std::size_t count = corners.size() / 2;
  for (std::size_t i = 0, before = count - 1; i < count; before = i++) {
    const double y0 = corners[2 * before], x0 = corners[2 * before + 1], y1 = corners[2 * i],
                 x1 = corners[2 * i + 1];
    if ((y0 > row) != (y1 > row) && column < x0 + (row - y0) / (y1 - y0) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

// The edge itself is half a blade; but a side at the image's own border is none.
bool is_open(const XrayOpening& opening, const Xray& xray, double column, double row,
             double row_over_column) {
  const std::vector<double>& n = opening.numbers;
  switch (opening.shape) {
    case Shape::rectangle:
      return (n[0] <= 1 || column > n[0]) && (n[1] >= xray.width || column < n[1]) &&
             (n[2] <= 1 || row > n[2]) && (n[3] >= xray.height || row < n[3]);
    case Shape::circle:
      return std::hypot((row - n[0]) * row_over_column, column - n[1]) < n[2];
    case Shape::polygon:
      return in_polygon(n, column, row);
  }
  return true;
}

}  // namespace

std::vector<XrayOpening> openings_of(const DicomTags& tags) {
  std::vector<XrayOpening> openings;
  for (const std::uint32_t module : kModules) {
    const std::string shapes = tags.text(module);
    const auto has = [&](const char* shape) { return shapes.find(shape) != std::string::npos; };
    if (has("RECTANGULAR")) {
      std::vector<double> sides;
      for (const std::uint32_t side : kSides)
        if (const auto number = tags.number(module + side)) sides.push_back(*number);
      add(openings, Shape::rectangle, std::move(sides));
    }
    if (has("CIRCULAR")) {
      std::vector<double> circle = tags.numbers(module + kCentre);
      if (const auto radius = tags.number(module + kRadius)) circle.push_back(*radius);
      add(openings, Shape::circle, std::move(circle));
    }
    if (has("POLYGONAL")) add(openings, Shape::polygon, tags.numbers(module + kCorners));
  }
  return openings;
}

void mask_by_openings(Xray& xray, const std::vector<XrayOpening>& openings, double row_over_column) {
  std::vector<float> mask = xray.mask.empty() ? std::vector<float>(xray.integrals.size(), 1.0f) : xray.mask;
  std::size_t hidden = 0, pixel = 0;
  for (int y = 0; y < xray.height; ++y)
    for (int x = 0; x < xray.width; ++x, ++pixel) {
      const bool open = std::all_of(openings.begin(), openings.end(), [&](const XrayOpening& opening) {
        return is_open(opening, xray, x + 1, y + 1, row_over_column);
      });
      if (open) continue;
      mask[pixel] = 0;
      ++hidden;
    }
  if (hidden == 0) return;
  const double percent = 100.0 * static_cast<double>(hidden) / static_cast<double>(mask.size());
  constexpr double kMost = 99;
  if (percent > kMost) {
    xray.notes.emplace_back("its tags put nearly all of it behind a shutter or collimator and are not used");
    return;
  }
  xray.mask = std::move(mask);
  xray.notes.push_back(fmt::format(
      "by its tags {:.0f} % of the radiograph lie behind a shutter or collimator and are masked", percent));
}

}  // namespace fg
