#pragma once
// Rays through a volume as a textbook would cast them: double precision, no shared code. Trilinear sampling, and Siddon's
// exact line integral (Siddon 1985: all crossings with the planes between voxels, sorted).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/oracle/drr_oracle.h"

namespace fg::oracle {

using Vector3 = std::array<double, 3>;

struct RayVolume {
  int nx = 0, ny = 0, nz = 0;
  std::vector<double> mu;  // 1/mm, x fastest
  std::vector<int> label;  // of each voxel; empty: none
  Matrix4 voxel_to_world{};
};

struct RayOptions {
  enum class Places { segment, inside, step } places = Places::segment;
  int count = 500;
  double step_mm = 1;
  bool maximum = false;  // the largest value instead of the sum
  int only_label = -1;   // samples of this label alone; -1: all
};

class RayCaster {
 public:
  RayCaster(const RayVolume& volume, const Matrix4& camera_to_world)
      : volume_(volume), to_world_(camera_to_world), to_voxel_(inverse(volume.voxel_to_world)) {}

  double trilinear(const Vector3& source, const Vector3& target, const RayOptions& o) const {
    const double length = distance(source, target);
    double from = 0, to = 1;
    if (o.places == RayOptions::Places::inside && !inside(source, target, from, to)) return 0;
    double result = 0;
    const int count = o.places == RayOptions::Places::step
                          ? static_cast<int>(std::floor(length / o.step_mm + 0.5))
                          : o.count;
    double weight = 0;
    for (int k = 0; k < count; ++k) {
      double alpha = 0;
      switch (o.places) {
        case RayOptions::Places::segment:
          alpha = k / (count - 1.0), weight = length / (count - 1.0);
          break;
        case RayOptions::Places::inside:
          alpha = from + (to - from) * (k + 0.5) / count, weight = length * (to - from) / count;
          break;
        case RayOptions::Places::step:
          alpha = (k + 0.5) * o.step_mm / length, weight = o.step_mm;
          break;
      }
      const Vector3 p = voxel_at(source, target, alpha);
      if (o.only_label >= 0 && label_at(p) != o.only_label) continue;
      const double mu = mu_at(p);
      result = o.maximum ? std::max(result, mu) : result + mu * weight;
    }
    return result;
  }

  double siddon(const Vector3& source, const Vector3& target, const RayOptions& o) const {
    const Vector3 s = voxel_at(source, target, 0), t = voxel_at(source, target, 1);
    std::vector<double> alphas{0, 1};
    const int extent[3] = {volume_.nx, volume_.ny, volume_.nz};
    for (int axis = 0; axis < 3; ++axis)
      for (int plane = 0; plane <= extent[axis]; ++plane) {
        const double alpha = (plane - 0.5 - s[axis]) / (t[axis] - s[axis]);
        if (alpha > 0 && alpha < 1) alphas.push_back(alpha);
      }
    std::sort(alphas.begin(), alphas.end());
    double result = 0;
    for (std::size_t i = 0; i + 1 < alphas.size(); ++i) {
      const Vector3 p = voxel_at(source, target, 0.5 * (alphas[i] + alphas[i + 1]));
      const int x = nearest(p[0]), y = nearest(p[1]), z = nearest(p[2]);
      if (!has(x, y, z) || (o.only_label >= 0 && volume_.label[index(x, y, z)] != o.only_label)) continue;
      const double mu = volume_.mu[index(x, y, z)];
      result = o.maximum ? std::max(result, mu)
                         : result + mu * (alphas[i + 1] - alphas[i]) * distance(source, target);
    }
    return result;
  }

 private:
  static double distance(const Vector3& a, const Vector3& b) {
    return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
  }
  static int nearest(double p) { return static_cast<int>(std::floor(p + 0.5)); }
  bool has(int x, int y, int z) const {
    return x >= 0 && y >= 0 && z >= 0 && x < volume_.nx && y < volume_.ny && z < volume_.nz;
  }
  std::size_t index(int x, int y, int z) const {
    return static_cast<std::size_t>((z * volume_.ny + y) * volume_.nx + x);
  }
  Vector3 voxel_at(const Vector3& s, const Vector3& t, double alpha) const {
    const Vector4 camera{s[0] + alpha * (t[0] - s[0]), s[1] + alpha * (t[1] - s[1]),
                         s[2] + alpha * (t[2] - s[2]), 1};
    const Vector4 voxel = times(to_voxel_, times(to_world_, camera));
    return {voxel[0], voxel[1], voxel[2]};
  }
  double mu_at(const Vector3& p) const {
    const int x = static_cast<int>(std::floor(p[0])), y = static_cast<int>(std::floor(p[1])),
              z = static_cast<int>(std::floor(p[2]));
    double sum = 0;
    for (int c = 0; c < 2; ++c)
      for (int b = 0; b < 2; ++b)
        for (int a = 0; a < 2; ++a)
          if (has(x + a, y + b, z + c))
            sum += (1 - std::abs(p[0] - (x + a))) * (1 - std::abs(p[1] - (y + b))) *
                   (1 - std::abs(p[2] - (z + c))) * volume_.mu[index(x + a, y + b, z + c)];
    return sum;
  }
  int label_at(const Vector3& p) const {
    const int x = nearest(p[0]), y = nearest(p[1]), z = nearest(p[2]);
    return has(x, y, z) ? volume_.label[index(x, y, z)] : 0;
  }
  // The part of the ray where the interpolated volume can differ from zero.
  bool inside(const Vector3& source, const Vector3& target, double& from, double& to) const {
    const Vector3 s = voxel_at(source, target, 0), t = voxel_at(source, target, 1);
    const int extent[3] = {volume_.nx, volume_.ny, volume_.nz};
    for (int axis = 0; axis < 3; ++axis) {
      const double d = t[axis] - s[axis];
      if (d == 0) {
        if (s[axis] <= -1 || s[axis] >= extent[axis]) return false;
        continue;
      }
      const double a = (-1 - s[axis]) / d, b = (extent[axis] - s[axis]) / d;
      from = std::max(from, std::min(a, b));
      to = std::min(to, std::max(a, b));
    }
    return from < to;
  }

  const RayVolume& volume_;
  Matrix4 to_world_, to_voxel_;
};

}  // namespace fg::oracle
