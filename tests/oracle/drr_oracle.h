#pragma once
// The DRR of DESIGN.md 6 as a textbook would write it: double precision, every sample visited, no shared
// code.

#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace fg::oracle {

using Matrix4 = std::array<std::array<double, 4>, 4>;  // rows first

struct DrrVolume {
  int nx = 0, ny = 0, nz = 0;
  std::vector<double> hu;  // x fastest
  Matrix4 voxel_to_world{};
};

struct DrrSetup {
  double sdd = 0, delx = 0, dely = 0, x0 = 0, y0 = 0;
  int height = 0, width = 0, samples = 0;
  bool orthographic = false;
  Matrix4 camera_to_world{};
  double mu_water = 0.0192, mu_bone = 0.0573, hu_bone = 1000;
};

using Vector4 = std::array<double, 4>;

inline Vector4 times(const Matrix4& m, const Vector4& v) {
  Vector4 out{};
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 4; ++c) out[r] += m[r][c] * v[c];
  return out;
}

inline Matrix4 inverse(Matrix4 m) {  // Gauss-Jordan with row exchange
  Matrix4 inv{};
  for (int i = 0; i < 4; ++i) inv[i][i] = 1;
  for (int column = 0; column < 4; ++column) {
    int pivot = column;
    for (int r = column; r < 4; ++r)
      if (std::abs(m[r][column]) > std::abs(m[pivot][column])) pivot = r;
    std::swap(m[column], m[pivot]);
    std::swap(inv[column], inv[pivot]);
    const double scale = m[column][column];
    for (int c = 0; c < 4; ++c) m[column][c] /= scale, inv[column][c] /= scale;
    for (int r = 0; r < 4; ++r) {
      if (r == column) continue;
      const double factor = m[r][column];
      for (int c = 0; c < 4; ++c) m[r][c] -= factor * m[column][c], inv[r][c] -= factor * inv[column][c];
    }
  }
  return inv;
}

inline double mu_of(double hu, const DrrSetup& s) {
  if (hu < -1000) hu = -1000;
  double mu = hu <= 0 ? s.mu_water * (1 + hu / 1000) : s.mu_water + (s.mu_bone - s.mu_water) * hu / s.hu_bone;
  return mu < 0 ? 0 : mu;
}

inline double mu_at_voxel(const DrrVolume& v, const DrrSetup& s, int i, int j, int k) {
  if (i < 0 || j < 0 || k < 0 || i >= v.nx || j >= v.ny || k >= v.nz) return 0;
  return mu_of(v.hu[static_cast<std::size_t>((k * v.ny + j) * v.nx + i)], s);
}

inline double mu_at(const DrrVolume& v, const DrrSetup& s, double x, double y, double z) {
  if (!(std::abs(x) < 1e6 && std::abs(y) < 1e6 && std::abs(z) < 1e6)) return 0;
  const double fx = std::floor(x), fy = std::floor(y), fz = std::floor(z);
  double sum = 0;
  for (int c = 0; c < 2; ++c)
    for (int b = 0; b < 2; ++b)
      for (int a = 0; a < 2; ++a)
        sum +=
            (a ? x - fx : 1 - (x - fx)) * (b ? y - fy : 1 - (y - fy)) * (c ? z - fz : 1 - (z - fz)) *
            mu_at_voxel(v, s, static_cast<int>(fx) + a, static_cast<int>(fy) + b, static_cast<int>(fz) + c);
  return sum;
}

// [height, width]
inline std::vector<double> drr(const DrrVolume& volume, const DrrSetup& s) {
  const Matrix4 world_to_voxel = inverse(volume.voxel_to_world);
  const double fx = s.sdd / s.delx, fy = s.sdd / s.dely;
  const double cx = s.x0 / s.delx + s.width / 2.0, cy = s.y0 / s.dely + s.height / 2.0;
  std::vector<double> image;
  for (int row = 0; row < s.height; ++row)
    for (int column = 0; column < s.width; ++column) {
      const Vector4 target{s.sdd * (column + 0.5 - cx) / fx, s.sdd * (row + 0.5 - cy) / fy, s.sdd, 1};
      Vector4 source{0, 0, 0, 1};
      if (s.orthographic) source = {target[0], target[1], 0, 1};
      const double length = std::hypot(target[0] - source[0], target[1] - source[1], target[2] - source[2]);
      double sum = 0;
      for (int n = 0; n < s.samples; ++n) {
        const double t = n / (s.samples - 1.0);
        Vector4 point;
        for (int c = 0; c < 4; ++c) point[c] = source[c] + t * (target[c] - source[c]);
        const Vector4 voxel = times(world_to_voxel, times(s.camera_to_world, point));
        sum += mu_at(volume, s, voxel[0], voxel[1], voxel[2]);
      }
      image.push_back(sum * length / (s.samples - 1.0));
    }
  return image;
}

}  // namespace fg::oracle
