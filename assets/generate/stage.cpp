#include "assets/generate/stage.h"

#include <array>
#include <cmath>
#include <numbers>

namespace fg::sample {
namespace {

using glm::dvec2;
using glm::dvec3;
constexpr double kPi = std::numbers::pi;
constexpr double kNear = 1e-4;

enum Material { floor_tiles, ball, ring, pillar, cube };

constexpr double kStageRadius = 2.6;
const dvec3 kBallCentre{-0.75, 0.35, 0.55};
constexpr double kBallRadius = 0.55;
const dvec3 kRingCentre{0.85, 0.75, 0.2};
constexpr double kRingMajor = 0.55, kRingMinor = 0.2;
const dvec2 kPillarCentre{0.15, -0.15};
constexpr double kPillarRadius = 0.22, kPillarHeight = 1.25;
const dvec3 kCubeCentre{0.55, -1.05, 0.35};
constexpr double kCubeHalf = 0.35, kCubeTurn = 0.5;  // radians about z
const dvec3 kLamp{2.5, -2.0, 4.0};

void keep_nearer(std::optional<Hit>& best, double distance, const dvec3& point, const dvec3& normal,
                 int material) {
  if (distance > kNear && (!best || distance < best->distance)) best = Hit{distance, point, normal, material};
}

void hit_floor(std::optional<Hit>& best, const dvec3& o, const dvec3& d) {
  if (d.z == 0) return;
  const double t = -o.z / d.z;
  const dvec3 p = o + t * d;
  if (p.x * p.x + p.y * p.y <= kStageRadius * kStageRadius) keep_nearer(best, t, p, {0, 0, 1}, floor_tiles);
}

void hit_ball(std::optional<Hit>& best, const dvec3& o, const dvec3& d) {
  const dvec3 m = o - kBallCentre;
  const double b = glm::dot(m, d), c = glm::dot(m, m) - kBallRadius * kBallRadius, disc = b * b - c;
  if (disc < 0) return;
  const double t = -b - std::sqrt(disc);
  const dvec3 p = o + t * d;
  keep_nearer(best, t, p, (p - kBallCentre) / kBallRadius, ball);
}

double ring_distance(const dvec3& p) {
  const dvec3 q = p - kRingCentre;
  return std::hypot(std::hypot(q.x, q.y) - kRingMajor, q.z) - kRingMinor;
}

// Sphere tracing: the distance to a torus is known exactly, so each step is safe.
void hit_ring(std::optional<Hit>& best, const dvec3& o, const dvec3& d) {
  double t = std::max(kNear, glm::length(o - kRingCentre) - kRingMajor - kRingMinor - 0.01);
  for (int step = 0; step < 200 && t < 20; ++step) {
    const double distance = ring_distance(o + t * d);
    if (distance < 1e-7) {
      const dvec3 p = o + t * d, q = p - kRingCentre;
      const dvec3 spine = glm::normalize(dvec3(q.x, q.y, 0)) * kRingMajor;
      return keep_nearer(best, t, p, glm::normalize(q - spine), ring);
    }
    t += distance;
  }
}

void hit_pillar(std::optional<Hit>& best, const dvec3& o, const dvec3& d) {
  const dvec2 m = dvec2(o) - kPillarCentre, e(d);
  const double a = glm::dot(e, e), b = glm::dot(m, e), c = glm::dot(m, m) - kPillarRadius * kPillarRadius;
  if (const double disc = b * b - a * c; a > 0 && disc >= 0) {
    const double t = (-b - std::sqrt(disc)) / a;
    const dvec3 p = o + t * d;
    if (p.z >= 0 && p.z <= kPillarHeight)
      keep_nearer(best, t, p, dvec3((dvec2(p) - kPillarCentre) / kPillarRadius, 0), pillar);
  }
  if (d.z >= 0) return;
  const double t = (kPillarHeight - o.z) / d.z;
  const dvec3 p = o + t * d;
  if (glm::length(dvec2(p) - kPillarCentre) <= kPillarRadius) keep_nearer(best, t, p, {0, 0, 1}, pillar);
}

dvec3 turn(const dvec3& v, double angle) {
  return {std::cos(angle) * v.x - std::sin(angle) * v.y, std::sin(angle) * v.x + std::cos(angle) * v.y, v.z};
}

void hit_cube(std::optional<Hit>& best, const dvec3& o, const dvec3& d) {
  const dvec3 p = turn(o - kCubeCentre, -kCubeTurn), e = turn(d, -kCubeTurn);
  double near = -1e30, far = 1e30;
  int axis = 0;
  for (int i = 0; i < 3; ++i) {
    double a = (-kCubeHalf - p[i]) / e[i], b = (kCubeHalf - p[i]) / e[i];
    if (a > b) std::swap(a, b);
    if (a > near) near = a, axis = i;
    far = std::min(far, b);
  }
  if (near > far) return;
  dvec3 normal(0);
  normal[axis] = e[axis] > 0 ? -1 : 1;
  keep_nearer(best, near, o + near * d, turn(normal, kCubeTurn), cube);
}

dvec3 albedo(const Hit& hit) {
  const dvec3& p = hit.point;
  switch (hit.material) {
    case floor_tiles: {
      const bool odd =
          (static_cast<int>(std::floor(p.x * 2.0)) + static_cast<int>(std::floor(p.y * 2.0))) & 1;
      const double rings = 0.5 + 0.5 * std::cos(6.0 * std::hypot(p.x, p.y));
      return odd ? dvec3(0.72, 0.68, 0.6) : dvec3(0.24, 0.3, 0.36) + 0.1 * rings;
    }
    case ball:
      return {0.8, 0.2, 0.16};
    case ring: {
      const double angle = std::atan2(p.y - kRingCentre.y, p.x - kRingCentre.x);
      return std::fmod(angle + 2 * kPi, kPi / 4) < kPi / 8 ? dvec3(0.9, 0.7, 0.2) : dvec3(0.2, 0.45, 0.25);
    }
    case pillar:
      return std::fmod(p.z + 10, 0.3) < 0.15 ? dvec3(0.85, 0.85, 0.9) : dvec3(0.35, 0.25, 0.6);
    default: {
      const dvec3 q = turn(p - kCubeCentre, -kCubeTurn);
      const bool stripe = std::fmod(q.x + q.y + q.z + 10, 0.2) < 0.1;
      return stripe ? dvec3(0.15, 0.5, 0.7) : dvec3(0.55, 0.75, 0.8);
    }
  }
}

// n evenly spread points in the unit square: the R2 sequence (Roberts 2018).
dvec2 even_point(int i) {
  constexpr double a = 0.7548776662466927, b = 0.5698402909980532;
  return {std::fmod(0.5 + a * (i + 1), 1.0), std::fmod(0.5 + b * (i + 1), 1.0)};
}

void add(std::vector<SurfacePoint>& points, const dvec3& p, const dvec3& n, int material, double spacing) {
  points.push_back({Hit{0, p, n, material}, spacing});
}

}  // namespace

std::optional<Hit> trace(const dvec3& origin, const dvec3& direction) {
  std::optional<Hit> best;
  hit_floor(best, origin, direction);
  hit_ball(best, origin, direction);
  hit_ring(best, origin, direction);
  hit_pillar(best, origin, direction);
  hit_cube(best, origin, direction);
  return best;
}

dvec3 shade(const Hit& hit, const dvec3& view) {
  const dvec3 to_lamp = glm::normalize(kLamp - hit.point);
  const std::optional<Hit> blocker = trace(hit.point + 1e-3 * hit.normal, to_lamp);
  const bool lit = !blocker || blocker->distance > glm::length(kLamp - hit.point);
  const double lambert = lit ? std::max(0.0, glm::dot(hit.normal, to_lamp)) : 0.0;
  const double sky = 0.5 + 0.5 * hit.normal.z;
  dvec3 linear = albedo(hit) * (0.12 + 0.25 * sky + 0.75 * lambert);
  if (lit && (hit.material == ball || hit.material == pillar)) {  // Blinn-Phong gloss
    const dvec3 half = glm::normalize(to_lamp - view);
    linear += 0.35 * std::pow(std::max(0.0, glm::dot(half, hit.normal)), 24.0);
  }
  return glm::clamp(glm::pow(linear, dvec3(1 / 2.2)), dvec3(0), dvec3(1));
}

std::vector<SurfacePoint> sample_surfaces() {
  std::vector<SurfacePoint> points;
  constexpr double kFloorSpacing = 0.055, kFine = 0.038;

  const auto count_for = [](double area, double spacing) {
    return static_cast<int>(area / (spacing * spacing));
  };
  const int on_floor = count_for(kPi * kStageRadius * kStageRadius, kFloorSpacing);
  for (int i = 0; i < on_floor; ++i) {  // sunflower: even on a disc
    const double r = kStageRadius * std::sqrt((i + 0.5) / on_floor), a = i * kPi * (3 - std::sqrt(5.0));
    add(points, {r * std::cos(a), r * std::sin(a), 0}, {0, 0, 1}, floor_tiles, kFloorSpacing);
  }
  const int on_ball = count_for(4 * kPi * kBallRadius * kBallRadius, kFine);
  for (int i = 0; i < on_ball; ++i) {  // Fibonacci sphere
    const double z = 1 - 2 * (i + 0.5) / on_ball, r = std::sqrt(1 - z * z),
                 a = i * kPi * (3 - std::sqrt(5.0));
    const dvec3 n(r * std::cos(a), r * std::sin(a), z);
    add(points, kBallCentre + kBallRadius * n, n, ball, kFine);
  }
  const int on_ring = count_for(4 * kPi * kPi * kRingMajor * kRingMinor, kFine);
  for (int i = 0, kept = 0; kept < on_ring; ++i) {
    const dvec2 e = even_point(i);
    const double u = 2 * kPi * e.x, v = 2 * kPi * e.y, stretch = kRingMajor + kRingMinor * std::cos(v);
    const double keep = std::fmod(i * 0.6180339887498949, 1.0);  // thins the inner side, where the map crowds
    if (keep > stretch / (kRingMajor + kRingMinor)) continue;
    const dvec3 n(std::cos(v) * std::cos(u), std::cos(v) * std::sin(u), std::sin(v));
    add(points, kRingCentre + dvec3(kRingMajor * std::cos(u), kRingMajor * std::sin(u), 0) + kRingMinor * n,
        n, ring, kFine);
    ++kept;
  }
  const int on_side = count_for(2 * kPi * kPillarRadius * kPillarHeight, kFine);
  for (int i = 0; i < on_side; ++i) {
    const dvec2 e = even_point(i);
    const dvec3 n(std::cos(2 * kPi * e.x), std::sin(2 * kPi * e.x), 0);
    add(points, dvec3(kPillarCentre + kPillarRadius * dvec2(n), e.y * kPillarHeight), n, pillar, kFine);
  }
  const int on_top = count_for(kPi * kPillarRadius * kPillarRadius, kFine);
  for (int i = 0; i < on_top; ++i) {
    const double r = kPillarRadius * std::sqrt((i + 0.5) / on_top), a = i * kPi * (3 - std::sqrt(5.0));
    add(points, dvec3(kPillarCentre + r * dvec2(std::cos(a), std::sin(a)), kPillarHeight), {0, 0, 1}, pillar,
        kFine);
  }
  const int on_face = count_for(4 * kCubeHalf * kCubeHalf, kFine);
  for (int face = 0; face < 5; ++face)  // the bottom is never seen
    for (int i = 0; i < on_face; ++i) {
      const dvec2 e = (even_point(i) * 2.0 - 1.0) * kCubeHalf;
      const std::array<dvec3, 5> at{dvec3(kCubeHalf, e.x, e.y), dvec3(-kCubeHalf, e.x, e.y),
                                    dvec3(e.x, kCubeHalf, e.y), dvec3(e.x, -kCubeHalf, e.y),
                                    dvec3(e.x, e.y, kCubeHalf)};
      const std::array<dvec3, 5> normal{dvec3(1, 0, 0), dvec3(-1, 0, 0), dvec3(0, 1, 0), dvec3(0, -1, 0),
                                        dvec3(0, 0, 1)};
      add(points, kCubeCentre + turn(at[face], kCubeTurn), turn(normal[face], kCubeTurn), cube, kFine);
    }
  return points;
}

}  // namespace fg::sample
