#pragma once
// 3D Gaussian splatting in double precision, written from the papers: Zwicker, Pfister, van Baar, Gross 2002
// (EWA splatting, section 4) and Kerbl, Kopanas, Leimkuehler, Drettakis 2023 (sections 4 and 6), with
// spherical harmonics from their definition. Every pixel looks at every splat, in depth order. Shares no code
// with the renderer.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <vector>

#include "viewer/scene/camera.h"
#include "viewer/scene/splats.h"

namespace fg::oracle {

using Vec3 = std::array<double, 3>;
using Mat3 = std::array<Vec3, 3>;  // rows

inline Mat3 product(const Mat3& a, const Mat3& b) {
  Mat3 c{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) c[i][j] += a[i][k] * b[k][j];
  return c;
}

inline Mat3 transposed(const Mat3& a) {
  Mat3 t{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) t[i][j] = a[j][i];
  return t;
}

inline Vec3 product(const Mat3& a, const Vec3& v) {
  Vec3 r{};
  for (int i = 0; i < 3; ++i)
    for (int k = 0; k < 3; ++k) r[i] += a[i][k] * v[k];
  return r;
}

// Rodrigues' formula for the rotation that a unit quaternion stands for: angle 2 acos(w) about (x, y, z).
inline Mat3 rotation(const glm::quat& q) {
  const double sine = std::hypot(double{q.x}, double{q.y}, double{q.z});
  if (sine == 0) return {Vec3{1, 0, 0}, Vec3{0, 1, 0}, Vec3{0, 0, 1}};
  const double angle = 2 * std::atan2(sine, double{q.w});
  const Vec3 n = {q.x / sine, q.y / sine, q.z / sine};
  const Mat3 cross = {Vec3{0, -n[2], n[1]}, Vec3{n[2], 0, -n[0]}, Vec3{-n[1], n[0], 0}};
  const Mat3 cross2 = product(cross, cross);
  Mat3 r{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      r[i][j] = (i == j) + std::sin(angle) * cross[i][j] + (1 - std::cos(angle)) * cross2[i][j];
  return r;
}

// Real spherical harmonic of degree l and order m with the Condon-Shortley phase, which std::assoc_legendre
// leaves out.
inline double spherical_harmonic(int l, int m, const Vec3& unit) {
  const int k = std::abs(m);
  const double phi = std::atan2(unit[1], unit[0]);
  const double scale =
      std::sqrt((2 * l + 1) / (4 * std::numbers::pi) * std::tgamma(l - k + 1) / std::tgamma(l + k + 1));
  const double phase = k % 2 ? -1 : 1;
  const double legendre =
      phase * std::assoc_legendre(static_cast<unsigned>(l), static_cast<unsigned>(k), unit[2]);
  if (m == 0) return scale * legendre;
  return std::numbers::sqrt2 * scale * legendre * (m > 0 ? std::cos(k * phi) : std::sin(k * phi));
}

struct Footprint {
  double depth;
  double x, y;        // centre, pixels
  double xx, xy, yy;  // inverse of the dilated 2D covariance, 1/px^2
  double opacity;
  Vec3 colour;
  std::size_t index;
};

inline std::vector<Footprint> footprints(const SplatScene& scene, const Intrinsics& k,
                                         const glm::dmat4& world_to_camera) {
  Mat3 w{};
  Vec3 t{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) w[i][j] = world_to_camera[j][i];
    t[i] = world_to_camera[3][i];
  }
  const Vec3 eye = product(transposed(w), Vec3{-t[0], -t[1], -t[2]});  // of a rigid motion
  std::vector<Footprint> result;
  for (std::size_t s = 0; s < scene.size(); ++s) {
    const Vec3 p = {scene.positions[s].x, scene.positions[s].y, scene.positions[s].z};
    Vec3 c = product(w, p);
    for (int i = 0; i < 3; ++i) c[i] += t[i];
    if (c[2] <= 0.01) continue;

    Mat3 spread{};  // S S^T
    for (int i = 0; i < 3; ++i) spread[i][i] = std::pow(double{scene.scales[s][i]}, 2);
    const Mat3 r = product(w, rotation(scene.rotations[s]));
    const Mat3 sigma = product(product(r, spread), transposed(r));
    // The slopes at which the projection is linearised end 15 % of the image outside of it.
    const double sx =
        std::clamp(c[0] / c[2], (-0.15 * k.width - k.cx) / k.fx, (1.15 * k.width - k.cx) / k.fx);
    const double sy =
        std::clamp(c[1] / c[2], (-0.15 * k.height - k.cy) / k.fy, (1.15 * k.height - k.cy) / k.fy);
    const Mat3 j = {Vec3{k.fx / c[2], 0, -k.fx * sx / c[2]}, Vec3{0, k.fy / c[2], -k.fy * sy / c[2]}, Vec3{}};
    const Mat3 flat = product(product(j, sigma), transposed(j));
    const double a = flat[0][0] + 0.3, b = flat[0][1], d = flat[1][1] + 0.3;
    const double determinant = a * d - b * b;

    Vec3 direction = {p[0] - eye[0], p[1] - eye[1], p[2] - eye[2]};
    const double length = std::hypot(direction[0], direction[1], direction[2]);
    for (double& value : direction) value /= length;
    Vec3 colour = {0.5, 0.5, 0.5};
    for (int l = 0, n = 0; l <= scene.sh_degree; ++l)
      for (int m = -l; m <= l; ++m, ++n)
        for (int channel = 0; channel < 3; ++channel)
          colour[channel] +=
              spherical_harmonic(l, m, direction) *
              scene.sh[(s * static_cast<std::size_t>(scene.sh_coefficients()) + n) * 3 + channel];
    for (double& value : colour) value = std::max(value, 0.0);
    result.push_back({.depth = c[2],
                      .x = k.fx * c[0] / c[2] + k.cx,
                      .y = k.fy * c[1] / c[2] + k.cy,
                      .xx = d / determinant,
                      .xy = -b / determinant,
                      .yy = a / determinant,
                      .opacity = scene.opacities[s],
                      .colour = colour,
                      .index = s});
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const Footprint& f, const Footprint& g) { return f.depth < g.depth; });
  return result;
}

// [H][W][3], display-referred, not rounded to codes.
inline std::vector<double> render(const SplatScene& scene, const Intrinsics& k,
                                  const glm::dmat4& world_to_camera, const Vec3& background = {0, 0, 0}) {
  const std::vector<Footprint> sorted = footprints(scene, k, world_to_camera);
  std::vector<double> image;
  image.reserve(std::size_t(k.width) * k.height * 3);
  for (int v = 0; v < k.height; ++v)
    for (int u = 0; u < k.width; ++u) {
      double transmittance = 1;
      Vec3 sum{};
      for (const Footprint& f : sorted) {
        const double dx = u + 0.5 - f.x, dy = v + 0.5 - f.y;
        const double distance2 = f.xx * dx * dx + 2 * f.xy * dx * dy + f.yy * dy * dy;
        const double alpha = std::min(0.999, f.opacity * std::exp(-0.5 * distance2));
        if (alpha < 1.0 / 255) continue;
        if (transmittance * (1 - alpha) <= 1e-4) break;
        for (int channel = 0; channel < 3; ++channel)
          sum[channel] += transmittance * alpha * f.colour[channel];
        transmittance *= 1 - alpha;
      }
      for (int channel = 0; channel < 3; ++channel)
        image.push_back(std::clamp(sum[channel] + transmittance * background[channel], 0.0, 1.0));
    }
  return image;
}

}  // namespace fg::oracle
