#include "assets/generate/phantom_xray.h"

#include <algorithm>
#include <cmath>

namespace phantom {
namespace {

double attenuation(double hu) {  // 1/mm at about 70 keV
  constexpr double kWater = 0.0192, kBone = 0.0573;
  if (hu <= 0) return std::max(0.0, kWater * (1 + hu / 1000));
  return kWater + (kBone - kWater) * hu / 1000;
}

struct Attenuations {
  std::vector<double> mu;

  double at_voxel(int i, int j, int k) const {
    const bool inside =
        i >= 0 && j >= 0 && k >= 0 && i < Grid::kExtent[0] && j < Grid::kExtent[1] && k < Grid::kExtent[2];
    return inside ? mu[Grid::index(i, j, k)] : 0.0;
  }

  double at(Point ras) const {  // trilinear, zero outside
    const double x = (-ras.x - Grid::first(0)) / Grid::kSpacing,
                 y = (-ras.y - Grid::first(1)) / Grid::kSpacing,
                 z = (ras.z - Grid::first(2)) / Grid::kSpacing;
    if (x <= -1 || y <= -1 || z <= -1 || x >= Grid::kExtent[0] || y >= Grid::kExtent[1] ||
        z >= Grid::kExtent[2])
      return 0;
    const int i = static_cast<int>(std::floor(x)), j = static_cast<int>(std::floor(y)),
              k = static_cast<int>(std::floor(z));
    double sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      const int a = corner & 1, b = corner >> 1 & 1, c = corner >> 2;
      const double weight = (a ? x - i : 1 - x + i) * (b ? y - j : 1 - y + j) * (c ? z - k : 1 - z + k);
      sum += weight * at_voxel(i + a, j + b, k + c);
    }
    return sum;
  }
};

// r = Rz Rx Ry v
Point turned(const double deg_zxy[3], Point v) {
  constexpr double kDegree = 3.14159265358979323846 / 180;
  const double z = deg_zxy[0] * kDegree, x = deg_zxy[1] * kDegree, y = deg_zxy[2] * kDegree;
  v = {std::cos(y) * v.x + std::sin(y) * v.z, v.y, -std::sin(y) * v.x + std::cos(y) * v.z};
  v = {v.x, std::cos(x) * v.y - std::sin(x) * v.z, std::sin(x) * v.y + std::cos(x) * v.z};
  return {std::cos(z) * v.x - std::sin(z) * v.y, std::sin(z) * v.x + std::cos(z) * v.y, v.z};
}

}  // namespace

std::vector<double> camera_to_world(const XrayGeometry& g) {
  const Point across = turned(g.rotation_deg_zxy, {-1, 0, 0});   // image right: the patient's left
  const Point down = turned(g.rotation_deg_zxy, {0, 0, -1});     // image down: inferior
  const Point forward = turned(g.rotation_deg_zxy, {0, -1, 0});  // to posterior
  const Point source =
      turned(g.rotation_deg_zxy, {g.shift_mm[0], g.source_mm + g.shift_mm[1], g.shift_mm[2]});
  return {across.x, down.x, forward.x, source.x, across.y, down.y, forward.y, source.y,
          across.z, down.z, forward.z, source.z, 0,        0,      0,         1};
}

std::vector<double> line_integrals(const std::vector<std::int16_t>& hu, const XrayGeometry& g) {
  Attenuations volume;
  for (const std::int16_t value : hu) volume.mu.push_back(attenuation(value));
  const std::vector<double> m = camera_to_world(g);
  const Point source{m[3], m[7], m[11]};
  const double reach = 0.87 * Grid::kSpacing * *std::max_element(Grid::kExtent.begin(), Grid::kExtent.end());
  std::vector<double> integrals;
  for (int row = 0; row < g.size; ++row)
    for (int column = 0; column < g.size; ++column) {
      const double u = (column + 0.5 - 0.5 * g.size) * g.pitch_mm,
                   v = (row + 0.5 - 0.5 * g.size) * g.pitch_mm;
      const Point direction{m[0] * u + m[1] * v + m[2] * g.sdd_mm, m[4] * u + m[5] * v + m[6] * g.sdd_mm,
                            m[8] * u + m[9] * v + m[10] * g.sdd_mm};
      const Point unit = 1 / std::sqrt(dot(direction, direction)) * direction;
      constexpr double kStep = 1;                 // mm
      const double nearest = -dot(source, unit);  // where the ray passes the middle of the volume
      double sum = 0;
      for (double t = nearest - reach; t <= nearest + reach; t += kStep) sum += volume.at(source + t * unit);
      integrals.push_back(sum * kStep);
    }
  return integrals;
}

std::vector<double> as_detected(const std::vector<double>& integrals, int size) {
  constexpr double kPhotons = 60'000;  // a pixel, without a patient
  constexpr double kSpread[3] = {0.06, 0.88, 0.06};
  Random random(70);
  std::vector<double> counted;
  for (const double integral : integrals) {
    const double expected = kPhotons * std::exp(-integral);
    counted.push_back(std::max(1.0, expected + std::sqrt(expected) * random.normal()));
  }
  const auto spread = [&](const std::vector<double>& image, int along_x, int along_y) {
    std::vector<double> out(image.size());
    for (int y = 0; y < size; ++y)
      for (int x = 0; x < size; ++x) {
        double sum = 0;
        for (int tap = -1; tap <= 1; ++tap) {
          const int from_x = std::clamp(x + tap * along_x, 0, size - 1),
                    from_y = std::clamp(y + tap * along_y, 0, size - 1);
          sum += kSpread[tap + 1] * image[static_cast<std::size_t>(from_y * size + from_x)];
        }
        out[static_cast<std::size_t>(y * size + x)] = sum;
      }
    return out;
  };
  counted = spread(spread(counted, 1, 0), 0, 1);
  for (double& value : counted) value = std::log(kPhotons / value);
  return counted;
}

}  // namespace phantom
