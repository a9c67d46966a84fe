#include "viewer/scene/undistort.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace fg {

namespace {

// Squared radius up to which the radial polynomial grows. Beyond it the lens model folds back and would show
// parts of the photo a second time.
double unfolded_limit(const Distortion& d, double largest) {
  constexpr int kSteps = 4096;
  for (int i = 1; i <= kSteps; ++i) {
    const double s = largest * i / kSteps;
    const double slope =
        1.0 + s * (3.0 * d.k1 + s * (5.0 * d.k2 + s * 7.0 * d.k3));  // of r (1 + k1 r2 + ...) by r
    if (slope <= 0.0) return largest * (i - 1) / kSteps;
  }
  return std::numeric_limits<double>::infinity();
}

// Bilinear at (x, y) in pixels, centres at whole numbers; edge pixels repeat for the outer half pixel.
void sample(const Image8& photo, double x, double y, std::uint8_t* out) {
  const double cx = std::clamp(x, 0.0, photo.width - 1.0), cy = std::clamp(y, 0.0, photo.height - 1.0);
  const int x0 = std::min(static_cast<int>(cx), std::max(photo.width - 2, 0));
  const int y0 = std::min(static_cast<int>(cy), std::max(photo.height - 2, 0));
  const int x1 = std::min(x0 + 1, photo.width - 1), y1 = std::min(y0 + 1, photo.height - 1);
  const double fx = cx - x0, fy = cy - y0;
  const auto at = [&](int column, int row) {
    return &photo.rgba[(static_cast<std::size_t>(row) * photo.width + column) * 4];
  };
  const std::uint8_t *a = at(x0, y0), *b = at(x1, y0), *c = at(x0, y1), *d = at(x1, y1);
  for (int i = 0; i < 4; ++i) {
    const double top = a[i] + fx * (b[i] - a[i]), bottom = c[i] + fx * (d[i] - c[i]);
    out[i] = static_cast<std::uint8_t>(top + fy * (bottom - top) + 0.5);
  }
}

}  // namespace

Point distort(const Distortion& d, Point p) {
  const double r2 = p.x * p.x + p.y * p.y;
  const double radial = 1.0 + r2 * (d.k1 + r2 * (d.k2 + r2 * d.k3));
  return {p.x * radial + 2.0 * d.p1 * p.x * p.y + d.p2 * (r2 + 2.0 * p.x * p.x),
          p.y * radial + 2.0 * d.p2 * p.x * p.y + d.p1 * (r2 + 2.0 * p.y * p.y)};
}

Undistorted undistort(const Image8& photo, const Intrinsics& lens, const Distortion& distortion) {
  if (distortion.none() || photo.empty()) return {photo, 0.0};
  Undistorted result{{photo.width, photo.height, std::vector<std::uint8_t>(photo.rgba.size())}, 0.0};
  const double reach_x = std::max(lens.cx, photo.width - lens.cx) / lens.fx;
  const double reach_y = std::max(lens.cy, photo.height - lens.cy) / lens.fy;
  const double limit = unfolded_limit(distortion, reach_x * reach_x + reach_y * reach_y);
  std::size_t outside = 0;
  for (int v = 0; v < photo.height; ++v)
    for (int u = 0; u < photo.width; ++u) {
      const Point ideal{(u + 0.5 - lens.cx) / lens.fx, (v + 0.5 - lens.cy) / lens.fy};
      const Point bent = distort(distortion, ideal);
      const double x = lens.fx * bent.x + lens.cx - 0.5, y = lens.fy * bent.y + lens.cy - 0.5;
      std::uint8_t* out = &result.image.rgba[(static_cast<std::size_t>(v) * photo.width + u) * 4];
      const bool inside = x >= -0.5 && y >= -0.5 && x <= photo.width - 0.5 && y <= photo.height - 0.5 &&
                          ideal.x * ideal.x + ideal.y * ideal.y <= limit;
      if (inside) {
        sample(photo, x, y, out);
      } else {
        out[3] = 255;
        ++outside;
      }
    }
  result.outside = static_cast<double>(outside) / (static_cast<double>(photo.width) * photo.height);
  return result;
}

}  // namespace fg
