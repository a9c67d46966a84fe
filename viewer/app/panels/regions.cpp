#include <algorithm>
#include <cmath>

#include "viewer/app/panels/panels.h"

namespace fg {

Regions arrange(double width, double height, double scale, const Settings& settings, bool has_cameras) {
  Regions r;
  const auto points = [&](double p) { return std::round(p * scale); };
  const double bar = std::min(points(36), height);
  r.toolbar = {0, 0, width, bar};
  const double below = height - bar;
  double left = 0, right = width, bottom = height;
  if (settings.show_panels) {
    // The picture keeps at least 320 x 240 points; the camera list goes first, then the side column, then the
    // plots.
    const double side = points(width / scale >= 1700 ? 350 : 304),
                 list = points(width / scale >= 1700 ? 260 : 232);
    if (width - side >= points(320)) right = width - side;
    if (has_cameras && right - list >= points(320)) left = list;
    const double plots = points(height / scale >= 900 ? 150 : 118);
    if (below - plots >= points(240)) bottom = height - plots;
  }
  r.cameras = {0, bar, left, below};
  r.side = {right, bar, width - right, below};
  r.plots = {left, bottom, right - left, height - bottom};
  r.picture = {left, bar, std::max(0.0, right - left), std::max(0.0, bottom - bar)};
  return r;
}

}  // namespace fg
