#include "tests/oracle/masked_ssim_oracle.h"

#include <cmath>
#include <cstddef>
#include <vector>

namespace fg::oracle {

SsimResult masked_ssim(const Plane& x, const Plane& y, const Plane& mask, const SsimOptions& options) {
  const int half = options.window / 2;
  const double c1 = options.k1 * options.range * options.k1 * options.range;
  const double c2 = options.k2 * options.range * options.k2 * options.range;
  SsimResult result;
  result.map.height = x.height;
  result.map.width = x.width;
  double total = 0, total_weight = 0;
  for (int row = 0; row < x.height; ++row)
    for (int column = 0; column < x.width; ++column) {
      struct Seen {
        double weight, x, y;
      };
      std::vector<Seen> window;
      window.reserve(static_cast<std::size_t>(options.window) * static_cast<std::size_t>(options.window));
      double weight = 0, mu_x = 0, mu_y = 0, var_x = 0, var_y = 0, covariance = 0;
      for (int j = row - half; j <= row + half; ++j)
        for (int i = column - half; i <= column + half; ++i) {
          if (j < 0 || j >= x.height || i < 0 || i >= x.width || mask.at(j, i) <= 0) continue;
          const double distance = (j - row) * (j - row) + (i - column) * (i - column);
          window.push_back({mask.at(j, i) * std::exp(-distance / (2.0 * 1.5 * 1.5)), x.at(j, i), y.at(j, i)});
          weight += window.back().weight;
        }
      for (Seen& s : window) {
        s.weight /= weight;
        mu_x += s.weight * s.x;
        mu_y += s.weight * s.y;
      }
      for (const Seen& s : window) {
        var_x += s.weight * (s.x - mu_x) * (s.x - mu_x);
        var_y += s.weight * (s.y - mu_y) * (s.y - mu_y);
        covariance += s.weight * (s.x - mu_x) * (s.y - mu_y);
      }
      const double m = (2 * mu_x * mu_y + c1) * (2 * covariance + c2) /
                       ((mu_x * mu_x + mu_y * mu_y + c1) * (var_x + var_y + c2));
      result.map.value.push_back(m);
      total += std::fmax(mask.at(row, column), 0) * m;
      total_weight += std::fmax(mask.at(row, column), 0);
    }
  result.mean = total_weight == 0 ? 1 : total / total_weight;
  return result;
}

}  // namespace fg::oracle
