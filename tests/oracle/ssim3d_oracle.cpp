#include "tests/oracle/ssim3d_oracle.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace fg::oracle {

Ssim3dResult ssim3d(const Volume& x, const Volume& y, const Ssim3dOptions& options, const Volume* weight) {
  const int half = options.window / 2, inset = options.crop ? half : 0;
  std::vector<double> cube;
  double sum = 0;
  for (int k = -half; k <= half; ++k)
    for (int j = -half; j <= half; ++j)
      for (int i = -half; i <= half; ++i) {
        cube.push_back(std::exp(-(i * i + j * j + k * k) / (2.0 * 1.5 * 1.5)));
        sum += cube.back();
      }
  for (double& w : cube) w /= sum;
  const double c1 = options.k1 * options.range * options.k1 * options.range;
  const double c2 = options.k2 * options.range * options.k2 * options.range;

  Ssim3dResult result;
  result.map = Volume(x.depth - 2 * inset, x.height - 2 * inset, x.width - 2 * inset);
  if (weight != nullptr) {
    result.x_gradient = Volume(x.depth, x.height, x.width);
    result.y_gradient = result.x_gradient;
  }
  std::vector<double> vx(cube.size()), vy(cube.size());
  for (int z = 0; z < result.map.depth; ++z)
    for (int row = 0; row < result.map.height; ++row)
      for (int column = 0; column < result.map.width; ++column) {
        const auto inside = [&](int k, int j, int i) {
          const int a = z + inset + k, b = row + inset + j, c = column + inset + i;
          return a >= 0 && a < x.depth && b >= 0 && b < x.height && c >= 0 && c < x.width;
        };
        const auto for_window = [&](const auto& body) {
          std::size_t n = 0;
          for (int k = -half; k <= half; ++k)
            for (int j = -half; j <= half; ++j)
              for (int i = -half; i <= half; ++i, ++n) body(n, k, j, i);
        };
        double mx = 0, my = 0;
        for_window([&](std::size_t n, int k, int j, int i) {
          const bool there = inside(k, j, i);
          vx[n] = there ? x.at(z + inset + k, row + inset + j, column + inset + i) : 0.0;
          vy[n] = there ? y.at(z + inset + k, row + inset + j, column + inset + i) : 0.0;
          mx += cube[n] * vx[n];
          my += cube[n] * vy[n];
        });
        double xx = 0, yy = 0, xy = 0;
        for (std::size_t n = 0; n < cube.size(); ++n) {
          xx += cube[n] * (vx[n] - mx) * (vx[n] - mx);
          yy += cube[n] * (vy[n] - my) * (vy[n] - my);
          xy += cube[n] * (vx[n] - mx) * (vy[n] - my);
        }
        const double l_up = 2 * mx * my + c1, l_down = mx * mx + my * my + c1;
        const double c_up = 2 * xy + c2, c_down = xx + yy + c2;
        const double l = l_up / l_down, c = c_up / c_down;
        const std::size_t p = result.map.index(z, row, column);
        result.map.value[p] = l * c;
        result.mean += l * c;
        if (weight == nullptr) continue;
        const double g = weight->value[p];
        const double l_mx = 2 * (my - l * mx) / l_down, l_my = 2 * (mx - l * my) / l_down;
        for_window([&](std::size_t n, int k, int j, int i) {
          if (!inside(k, j, i)) return;
          const double ex = vx[n] - mx, ey = vy[n] - my;
          const std::size_t q = result.x_gradient.index(z + inset + k, row + inset + j, column + inset + i);
          // d(xx)/dx_n = 2 w ex and d(xy)/dx_n = w ey: the deviations from a mean sum to 0 under the weights.
          result.x_gradient.value[q] += g * cube[n] * (l_mx * c + l * 2 * (ey - c * ex) / c_down);
          result.y_gradient.value[q] += g * cube[n] * (l_my * c + l * 2 * (ex - c * ey) / c_down);
        });
      }
  result.mean /= static_cast<double>(result.map.value.size());
  return result;
}

}  // namespace fg::oracle
