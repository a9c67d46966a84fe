#include "assets/generate/phantom_volume.h"

#include <algorithm>
#include <cmath>

namespace phantom {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kEdge = 5;  // mm: how wide an organ's edge is blurred, as a scanner's point spread does

double mix(double a, double b, double t) { return a + (b - a) * t; }
double smooth(double t) {
  t = std::clamp(t, 0.0, 1.0);
  return t * t * (3 - 2 * t);
}
Point mirrored(double side, Point p) { return {side * p.x, p.y, p.z}; }  // side: 1 left, -1 right

// Blends hu into every voxel of the box by how far inside the shape it lies. distance(p): mm, negative
// inside.
template <class Distance>
void paint(Grid& grid, Point low, Point high, double hu, Distance distance) {
  const double lows[3] = {low.x, low.y, low.z}, highs[3] = {high.x, high.y, high.z};
  int from[3], to[3];
  for (int axis = 0; axis < 3; ++axis) {
    from[axis] =
        std::max(0, static_cast<int>(std::floor((lows[axis] - kEdge - Grid::first(axis)) / Grid::kSpacing)));
    to[axis] =
        std::min(Grid::kExtent[axis] - 1,
                 static_cast<int>(std::ceil((highs[axis] + kEdge - Grid::first(axis)) / Grid::kSpacing)));
  }
  for (int k = from[2]; k <= to[2]; ++k)
    for (int j = from[1]; j <= to[1]; ++j)
      for (int i = from[0]; i <= to[0]; ++i) {
        const Point p{Grid::first(0) + i * Grid::kSpacing, Grid::first(1) + j * Grid::kSpacing,
                      Grid::first(2) + k * Grid::kSpacing};
        double& voxel = grid.hu[Grid::index(i, j, k)];
        voxel = mix(voxel, hu, smooth(0.5 - distance(p) / kEdge));
      }
}

// To first order the distance from an ellipsoid with these semi-axes about the origin.
double ellipsoid_distance(Point p, Point radii) {
  const Point scaled{p.x / radii.x, p.y / radii.y, p.z / radii.z};
  const Point slope{scaled.x / radii.x, scaled.y / radii.y, scaled.z / radii.z};
  const double size = std::sqrt(dot(scaled, scaled)), steepness = std::sqrt(dot(slope, slope));
  return steepness == 0 ? -std::min({radii.x, radii.y, radii.z}) : size * (size - 1) / steepness;
}

void paint_ellipsoid(Grid& grid, Point centre, Point radii, double hu) {
  paint(grid, centre - radii, centre + radii, hu,
        [&](Point p) { return ellipsoid_distance(p - centre, radii); });
}

void paint_tube(Grid& grid, Point a, Point b, double radius_a, double radius_b, double hu) {
  const double radius = std::max(radius_a, radius_b);
  const Point low{std::min(a.x, b.x) - radius, std::min(a.y, b.y) - radius, std::min(a.z, b.z) - radius};
  const Point high{std::max(a.x, b.x) + radius, std::max(a.y, b.y) + radius, std::max(a.z, b.z) + radius};
  const Point along = b - a;
  paint(grid, low, high, hu, [&](Point p) {
    const double t = std::clamp(dot(p - a, along) / dot(along, along), 0.0, 1.0);
    const Point off = p - (a + t * along);
    return std::sqrt(dot(off, off)) - mix(radius_a, radius_b, t);
  });
}

void paint_path(Grid& grid, const std::vector<Point>& path, double radius, double hu) {
  for (std::size_t n = 1; n < path.size(); ++n) paint_tube(grid, path[n - 1], path[n], radius, radius, hu);
}

// An elliptic trunk whose girth follows the height; shrink: mm taken off for the layer under the skin.
void paint_trunk(Grid& grid, double shrink, double hu) {
  paint(grid, {-200, -200, -200}, {200, 200, 200}, hu, [&](Point p) {
    const double to_shoulder = smooth((p.z + 40) / 150), to_neck = smooth((p.z - 112) / 66);
    const double half_width = mix(mix(146, 166, to_shoulder), 56, to_neck) - shrink;
    const double half_depth = mix(mix(108, 98, to_shoulder), 54, to_neck) - shrink;
    const Point centre{0, mix(0, 18, to_neck), 0};
    return ellipsoid_distance({p.x - centre.x, p.y - centre.y, 0}, {half_width, half_depth, 1e6});
  });
}

double spine_depth(double z) { return 52 + 14 * std::cos(z / 150); }  // the thoracic curve, y in mm

void paint_spine(Grid& grid) {
  for (int level = -8; level <= 8; ++level) {
    const double z = 24.0 * level;
    const Point centre{0, spine_depth(z), z};
    const double size = 1.0 - 0.012 * level;  // vertebrae grow downwards
    paint_ellipsoid(grid, centre + Point{0, 0, 12}, {17 * size, 14 * size, 6}, 90);        // disc
    paint_ellipsoid(grid, centre, {21 * size, 16 * size, 11.5}, 520);                      // cortical shell
    paint_ellipsoid(grid, centre, {15 * size, 11 * size, 7}, 230);                         // cancellous core
    paint_tube(grid, centre + Point{0, 24, -2}, centre + Point{0, 40, -16}, 4, 3.5, 420);  // spinous process
    for (const double side : {-1.0, 1.0})
      paint_tube(grid, centre + mirrored(side, {8, 18, 0}), centre + mirrored(side, {30, 27, 5}), 4, 3.5,
                 400);
  }
}

struct Rib {
  double z, half_width, half_depth, sweep_deg, drop;  // mm; the sweep runs from the spine to the front
};

void paint_ribs(Grid& grid) {
  constexpr Rib kRibs[] = {
      {140, 66, 62, 160, 22},  {118, 88, 72, 158, 38}, {96, 104, 79, 156, 52}, {73, 115, 84, 152, 66},
      {49, 122, 87, 148, 78},  {25, 126, 89, 143, 88}, {1, 128, 90, 136, 94},  {-24, 128, 90, 126, 96},
      {-49, 126, 89, 112, 90}, {-74, 122, 88, 94, 78}, {-99, 116, 86, 72, 58},
  };
  for (const Rib& rib : kRibs)
    for (const double side : {-1.0, 1.0}) {
      std::vector<Point> path;
      constexpr int kSteps = 20;
      for (int n = 0; n <= kSteps; ++n) {
        const double turned = mix(14, rib.sweep_deg, n / static_cast<double>(kSteps)) * kPi / 180;
        path.push_back({side * rib.half_width * std::sin(turned), 4 + rib.half_depth * std::cos(turned),
                        rib.z + 8 * std::sin(turned) - rib.drop * std::pow(turned / kPi, 1.3)});
      }
      paint_path(grid, path, 4.6, 760);
      if (rib.sweep_deg > 130)  // cartilage to the breastbone
        paint_tube(grid, path.back(), {side * 12, -86, path.back().z * 0.75 + 22}, 4.5, 4.5, 110);
    }
  paint_tube(grid, {0, -80, 92}, {0, -90, -46}, 11, 8, 210);  // breastbone
}

void paint_shoulders(Grid& grid) {
  for (const double side : {-1.0, 1.0}) {
    const auto at = [&](double x, double y, double z) { return mirrored(side, {x, y, z}); };
    paint_path(grid, {at(14, -70, 104), at(52, -74, 118), at(92, -50, 130), at(130, -10, 132)}, 6,
               580);                                                                  // collarbone
    paint_path(grid, {at(62, 78, 106), at(78, 84, 22), at(124, 42, 104)}, 4.5, 430);  // shoulder blade
    paint_path(grid, {at(62, 78, 98), at(104, 66, 118), at(136, 22, 132)}, 5, 430);
    paint_ellipsoid(grid, at(94, 78, 72), {26, 5, 40}, 180);
    paint_ellipsoid(grid, at(138, 8, 104), {20, 22, 22}, 340);  // head of the humerus
  }
  // A nail in the left collarbone: metal, at the top of a scanner's range.
  paint_path(grid, {{30, -72, 111}, {52, -74, 118}, {92, -50, 130}, {122, -19, 132}}, 3, 3071);
}

struct Lung {
  Point centre, radii;
};

// Vessels branch from the root of the lung outwards and become thinner; those that would leave the lung end.
void paint_vessels(Grid& grid, Random& random, const Lung& lung, Point from, Point direction, double length,
                   double radius) {
  const Point to = from + length * direction;
  if (radius < 1.3 || ellipsoid_distance(to - lung.centre, lung.radii) > -7) return;
  paint_tube(grid, from, to, radius, 0.85 * radius, 30);
  for (int branch = 0; branch < 3; ++branch) {
    Point next =
        direction + Point{random.between(-0.8, 0.8), random.between(-0.8, 0.8), random.between(-0.8, 0.8)};
    next = 1 / std::sqrt(dot(next, next)) * next;
    paint_vessels(grid, random, lung, to, next, length * random.between(0.72, 0.95), radius * 0.74);
  }
}

void paint_lungs(Grid& grid) {
  Random random(2026);
  for (const double side : {-1.0, 1.0}) {
    const Lung lung{mirrored(side, {65, 2, 18}), {52, 80, 122}};
    paint_ellipsoid(grid, lung.centre, lung.radii, -850);
    for (const Point toward : {Point{0.7, 0.1, 0.7}, Point{0.9, -0.3, 0.1}, Point{0.6, 0.3, -0.7},
                               Point{0.4, 0.5, -0.3}, Point{0.3, -0.2, 0.9}})
      paint_vessels(grid, random, lung, mirrored(side, {30, 6, 16}), mirrored(side, toward), 26, 5);
  }
}

void paint_mediastinum(Grid& grid) {
  paint_ellipsoid(grid, {0, 8, 60}, {27, 50, 130}, 40);
  paint_ellipsoid(grid, {30, -24, -38}, {58, 46, 54}, 45);   // heart
  paint_ellipsoid(grid, {-16, -22, -24}, {30, 34, 46}, 45);  // right atrium
  paint_path(grid, {{-10, -14, 30}, {-6, -8, 58}, {10, 14, 70}, {20, 34, 58}, {20, 40, 20}, {14, 40, -180}},
             13, 48);
  paint_path(grid, {{0, 14, 190}, {0, 16, 110}, {-2, 18, 54}}, 9, -990);  // windpipe and its two branches
  paint_path(grid, {{-2, 18, 54}, {-24, 16, 28}, {-40, 12, 14}}, 6.5, -980);
  paint_path(grid, {{-2, 18, 54}, {26, 18, 26}, {42, 16, 16}}, 6, -980);
}

void paint_abdomen(Grid& grid) {
  paint_ellipsoid(grid, {-62, -4, -142}, {74, 82, 72}, 62);  // liver under the right dome
  paint_ellipsoid(grid, {66, 0, -152}, {66, 78, 70}, 42);    // stomach and spleen under the left one
  paint_ellipsoid(grid, {58, -26, -106}, {30, 30, 13}, -950);
  paint_ellipsoid(grid, {96, 10, -150}, {16, 18, 22}, -900);
  paint_ellipsoid(grid, {20, -50, -172}, {26, 20, 12}, -900);
}

}  // namespace

double Random::uniform() {
  std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

double Random::normal() {
  double sum = -6;
  for (int n = 0; n < 12; ++n) sum += uniform();
  return sum;
}

std::vector<std::int16_t> make_thorax() {
  Grid grid;
  paint_trunk(grid, 0, -95);  // fat under the skin
  paint_trunk(grid, 12, 48);  // muscle
  paint_lungs(grid);
  paint_mediastinum(grid);
  paint_abdomen(grid);
  paint_spine(grid);
  paint_ribs(grid);
  paint_shoulders(grid);
  std::vector<std::int16_t> rounded;
  rounded.reserve(grid.hu.size());
  for (const double hu : grid.hu) rounded.push_back(static_cast<std::int16_t>(std::lround(hu)));
  return rounded;
}

}  // namespace phantom
