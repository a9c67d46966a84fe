#include "viewer/report/canvas.h"

#include <stb/stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace fg {

Canvas::Canvas(int width, int height, Ink paper) {
  image_.width = width;
  image_.height = height;
  for (std::size_t i = 0; i < static_cast<std::size_t>(width) * static_cast<std::size_t>(height); ++i)
    image_.rgba.insert(image_.rgba.end(), {paper.r, paper.g, paper.b, 255});
}

void Canvas::blend(int x, int y, double share, Ink ink) {
  if (x < 0 || y < 0 || x >= image_.width || y >= image_.height) return;
  std::uint8_t* pixel =
      &image_.rgba[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(image_.width) +
                        static_cast<std::size_t>(x))];
  const std::uint8_t inks[3] = {ink.r, ink.g, ink.b};
  for (int c = 0; c < 3; ++c)
    pixel[c] = static_cast<std::uint8_t>(std::lround(pixel[c] + share * (inks[c] - pixel[c])));
}

void Canvas::box(double left, double top, double right, double bottom, Ink ink) {
  for (int y = std::max(0, static_cast<int>(std::lround(top)));
       y < std::min<long>(image_.height, std::lround(bottom)); ++y)
    for (int x = std::max(0, static_cast<int>(std::lround(left)));
         x < std::min<long>(image_.width, std::lround(right)); ++x)
      blend(x, y, 1, ink);
}

void Canvas::line(double x0, double y0, double x1, double y1, double thickness, Ink ink) {
  const double reach = thickness / 2 + 1, dx = x1 - x0, dy = y1 - y0, length2 = dx * dx + dy * dy;
  const int top = std::max(0, static_cast<int>(std::floor(std::min(y0, y1) - reach))),
            bottom = std::min(image_.height - 1, static_cast<int>(std::ceil(std::max(y0, y1) + reach))),
            left = std::max(0, static_cast<int>(std::floor(std::min(x0, x1) - reach))),
            right = std::min(image_.width - 1, static_cast<int>(std::ceil(std::max(x0, x1) + reach)));
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) {
      const double px = x + 0.5 - x0, py = y + 0.5 - y0;
      const double along = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0, 1.0) : 0;
      const double distance = std::hypot(px - along * dx, py - along * dy);
      blend(x, y, std::clamp(thickness / 2 + 0.5 - distance, 0.0, 1.0), ink);
    }
}

void Canvas::text(double left, double top, const std::string& ascii, int scale, Ink ink) {
  struct Corner {
    float x, y, z;
    unsigned char color[4];
  };
  std::vector<std::array<Corner, 4>> quads(ascii.size() * 16 + 1);  // no letter has more strokes
  std::string copy = ascii;
  const int count = stb_easy_font_print(0, 0, copy.data(), nullptr, quads.data(),
                                        static_cast<int>(quads.size() * sizeof(quads[0])));
  for (int i = 0; i < count; ++i) {
    const std::array<Corner, 4>& q = quads[static_cast<std::size_t>(i)];
    box(left + scale * static_cast<double>(q[0].x), top + scale * static_cast<double>(q[0].y),
        left + scale * static_cast<double>(q[2].x), top + scale * static_cast<double>(q[2].y), ink);
  }
}

int Canvas::text_width(const std::string& ascii, int scale) {
  std::string copy = ascii;
  return scale * stb_easy_font_width(copy.data());
}

void Canvas::picture(int left, int top, const Image8& picture) {
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x) {
      const std::uint8_t* p =
          &picture.rgba[4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                             static_cast<std::size_t>(x))];
      blend(left + x, top + y, 1, {p[0], p[1], p[2]});
    }
}

}  // namespace fg
