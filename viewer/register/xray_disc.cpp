// A round border: found by the step that its edge is, all around one ellipse.

#include "viewer/register/xray.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/matrix.hpp>
#include <glm/vec2.hpp>
#include <numbers>
#include <optional>
#include <random>

#include "viewer/percentile.h"

namespace fg {
namespace {

// Of what the radiograph spans.
constexpr float kFlat = 0.03f;  // noise, and what compression leaves beside an edge
constexpr float kJump = 0.25f;  // as of mask_shutter()

// Pixels, centres at integers. a: the half axis along (along_x, along_y), which has a length of 1; b: the one across.
struct Ellipse {
  double x = 0, y = 0, a = 0, b = 0, along_x = 1, along_y = 0;

  // 0 in the centre, 1 on the edge.
  double radius_at(double px, double py) const {
    const glm::dvec2 p = on_circle(px, py);
    return std::hypot(p.x, p.y);
  }
  // Of -pi..pi, along the edge.
  double angle_at(double px, double py) const {
    const glm::dvec2 p = on_circle(px, py);
    return std::atan2(p.y, p.x);
  }
  // `beyond` pixels outside the edge.
  glm::dvec2 at(double angle, double beyond) const {
    const double u = (a + beyond) * std::cos(angle), v = (b + beyond) * std::sin(angle);
    return {x + u * along_x - v * along_y, y + u * along_y + v * along_x};
  }
  double smaller() const { return std::min(a, b); }
  double larger() const { return std::max(a, b); }

 private:
  glm::dvec2 on_circle(double px, double py) const {
    const double dx = px - x, dy = py - y;
    return {(dx * along_x + dy * along_y) / a, (dy * along_x - dx * along_y) / b};
  }
};

// Where the border ends, seen from a side of the image: between its last pixel and the next one. `depth` pixels behind that one
// the value has made its jump.
struct EdgePoint {
  double x, y;
  int depth;
};

class Picture {
 public:
  explicit Picture(const Xray& xray) : xray_(xray) {
    std::vector<float> values;
    for (std::size_t i = 0; i < xray.integrals.size(); ++i)
      if (xray.seen(i) > 0) values.push_back(xray.integrals[i]);
    constexpr double kMetal = 0.02;  // and letters: what a few pixels have is no measure
    if (!values.empty()) span_ = percentile(values, 1 - kMetal) - percentile(values, kMetal);
  }

  int width() const { return xray_.width; }
  int height() const { return xray_.height; }
  bool is_flat() const { return span_ <= 0; }

  // Three corners or more have one value.
  bool find_border() {
    std::vector<float> corners;
    for (const bool right : {false, true})
      for (const bool bottom : {false, true})
        if (const auto value = corner(right, bottom)) corners.push_back(*value);
    for (const float candidate : corners) {
      const auto like = std::count_if(corners.begin(), corners.end(), [&](float other) {
        return std::abs(other - candidate) <= kFlat * span_;
      });
      border_ = candidate;
      if (like >= 3) return true;
    }
    return false;
  }

  // Pixels that a mask hides already belong to the border.
  bool is_border(int x, int y) const { return !seen(x, y) || step(x, y) <= kFlat; }
  // How far a value is off the border, in spans.
  float step(int x, int y) const { return std::abs(value(x, y) - border_) / span_; }
  bool is_seen_at(double x, double y) const {
    return seen(static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y)));
  }
  bool holds(double x, double y) const { return x >= 0 && y >= 0 && x <= width() - 1 && y <= height() - 1; }

 private:
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(width()) + static_cast<std::size_t>(x);
  }
  bool seen(int x, int y) const { return xray_.seen(index(x, y)) > 0; }
  float value(int x, int y) const { return xray_.integrals[index(x, y)]; }
  // What is seen nearest to a corner, along the sides or on the way to the middle.
  std::optional<float> corner(bool right, bool bottom) const {
    for (int n = 0; 2 * n < std::min(width(), height()); ++n)
      for (const auto& [dx, dy] : {std::array<int, 2>{n, 0}, {0, n}, {n, n}}) {
        const int x = right ? width() - 1 - dx : dx, y = bottom ? height() - 1 - dy : dy;
        if (seen(x, y)) return value(x, y);
      }
    return {};
  }

  const Xray& xray_;
  float border_ = 0, span_ = 0;
};

// From (x, y) on into the image: where the border ends, if it does in a step.
std::optional<EdgePoint> edge_from(const Picture& picture, int x, int y, int dx, int dy, int most_depth) {
  for (; picture.holds(x, y); x += dx, y += dy) {
    if (picture.is_border(x, y)) continue;
    for (int depth = 0; depth <= most_depth; ++depth) {
      const int px = x + depth * dx, py = y + depth * dy;
      if (!picture.holds(px, py)) break;
      if (picture.step(px, py) > kJump) return EdgePoint{x - 0.5 * dx, y - 0.5 * dy, depth};
    }
    return {};
  }
  return {};
}

std::vector<EdgePoint> edges_of(const Picture& picture) {
  const int width = picture.width(), height = picture.height();
  const int depth = std::max(2, std::min(width, height) / 100);  // of a penumbra
  std::vector<EdgePoint> points;
  const auto add = [&](std::optional<EdgePoint> point) {
    // Where the image's own border cuts the disc, there is no edge to be seen.
    if (point && point->x > 0 && point->y > 0 && point->x < width - 1 && point->y < height - 1)
      points.push_back(*point);
  };
  for (int y = 0; y < height; ++y) {
    add(edge_from(picture, 0, y, 1, 0, depth));
    add(edge_from(picture, width - 1, y, -1, 0, depth));
  }
  for (int x = 0; x < width; ++x) {
    add(edge_from(picture, x, 0, 0, 1, depth));
    add(edge_from(picture, x, height - 1, 0, -1, depth));
  }
  return points;
}

// p[0] u^2 + p[1] v^2 + p[2] u + p[3] v + q u v = 1, least squares, u and v in about -1..1.
std::optional<Ellipse> ellipse_through(const Picture& picture, const std::vector<EdgePoint>& points) {
  const double half = 0.5 * std::max(picture.width(), picture.height()), middle_x = 0.5 * picture.width(),
               middle_y = 0.5 * picture.height();
  glm::dmat4 normal(0.0);
  glm::dvec4 sum(0.0), with_q(0.0);
  double q_square = 0, q_sum = 0;
  for (const EdgePoint& point : points) {
    const double u = (point.x - middle_x) / half, v = (point.y - middle_y) / half;
    const glm::dvec4 row(u * u, v * v, u, v);
    normal += glm::outerProduct(row, row);
    sum += row;
    with_q += u * v * row;
    q_square += u * v * u * v;
    q_sum += u * v;
  }
  const glm::dmat4 inverse = glm::inverse(normal);
  const glm::dvec4 without = inverse * sum, by_q = inverse * with_q;
  const double q = (q_sum - glm::dot(with_q, without)) / (q_square - glm::dot(with_q, by_q));
  const glm::dvec4 p = without - q * by_q;
  const double determinant = p[0] * p[1] - 0.25 * q * q;
  if (!(p[0] > 0) || !(determinant > 0)) return {};  // no ellipse, or points that say nothing of one
  const double u = (0.25 * q * p[3] - 0.5 * p[1] * p[2]) / determinant,
               v = (0.25 * q * p[2] - 0.5 * p[0] * p[3]) / determinant,
               rest = 1 - 0.5 * (p[2] * u + p[3] * v);
  // The quadratic form's two values, the smaller along the longer axis.
  const double mean = 0.5 * (p[0] + p[1]), off = std::hypot(0.5 * (p[0] - p[1]), 0.5 * q);
  const double angle = 0.5 * std::atan2(-q, p[1] - p[0]);
  return Ellipse{u * half + middle_x,
                 v * half + middle_y,
                 half * std::sqrt(rest / (mean - off)),
                 half * std::sqrt(rest / (mean + off)),
                 std::cos(angle),
                 std::sin(angle)};
}

// A hole of another shape is none of a tube or of round blades: nearly round, its middle in the image, a good part of it.
bool is_likely(const Ellipse& e, const Picture& picture) {
  constexpr double kLongest = 1.6, kSmallest = 0.25, kLargest = 1.2;
  const double side = std::min(picture.width(), picture.height());
  return picture.holds(e.x, e.y) && e.larger() <= kLongest * e.smaller() && e.smaller() >= kSmallest * side &&
         e.larger() <= kLargest * side;
}

std::vector<EdgePoint> near_to(const Ellipse& e, const std::vector<EdgePoint>& points) {
  const double close = std::max(1.0, 0.005 * e.smaller());  // pixels
  std::vector<EdgePoint> near;
  for (const EdgePoint& p : points)
    if (std::abs(e.radius_at(p.x, p.y) - 1) * e.smaller() <= close) near.push_back(p);
  return near;
}

// The ellipse that most of the points are near to (Fischler and Bolles 1981): the others are edges of a shutter or of the
// body inside, or of letters outside.
std::optional<Ellipse> find_ellipse(const Picture& picture, const std::vector<EdgePoint>& points) {
  constexpr int kTries = 400;
  constexpr std::size_t kFewest = 24;
  if (points.size() < kFewest) return {};
  std::mt19937 random(1);
  std::optional<Ellipse> best;
  std::size_t most = 0;
  for (int n = 0; n < kTries; ++n) {
    std::vector<EdgePoint> some;
    for (int i = 0; i < 5; ++i) some.push_back(points[random() % points.size()]);
    const std::optional<Ellipse> e = ellipse_through(picture, some);
    if (!e || !is_likely(*e, picture)) continue;
    const std::size_t near = near_to(*e, points).size();
    if (near > most) {
      most = near;
      best = e;
    }
  }
  for (int n = 0; best && n < 4; ++n) {
    const std::vector<EdgePoint> near = near_to(*best, points);
    if (near.size() < kFewest || 2 * near.size() < points.size()) return {};
    best = ellipse_through(picture, near);
    if (best && !is_likely(*best, picture)) return {};
  }
  return best;
}

// Edges are there along a good part of the ellipse, as far as it lies inside the image and no mask hides it.
bool is_seen_around(const Ellipse& e, const Picture& picture, const std::vector<EdgePoint>& near) {
  constexpr int kParts = 72;
  constexpr double kShare = 0.4;
  std::array<bool, kParts> seen{}, there{};
  for (int i = 0; i < kParts; ++i) {
    const double angle = 2 * std::numbers::pi * (i + 0.5) / kParts;
    const glm::dvec2 outside = e.at(angle, 2), inside = e.at(angle, -2);
    there[static_cast<std::size_t>(i)] =
        picture.holds(outside.x, outside.y) && picture.is_seen_at(inside.x, inside.y);
  }
  for (const EdgePoint& p : near) {
    const double share = e.angle_at(p.x, p.y) / (2 * std::numbers::pi);
    seen[static_cast<std::size_t>(std::floor((share + 1) * kParts)) % kParts] = true;
  }
  int in_image = 0, with_edge = 0;
  for (std::size_t i = 0; i < kParts; ++i) {
    in_image += there[i];
    with_edge += there[i] && seen[i];
  }
  return in_image >= kParts / 6 && with_edge >= kShare * in_image;
}

// Behind a step the value stays what it is. A body that ends by itself begins thin and grows with the root of the distance:
// four times as far inside there is twice as much of it, and of a shell there is less again behind its inner side. Where a
// picture is too bright to show that, it is alike all along its rim, while blades cut through this and that.
bool is_step(const Ellipse& e, const Picture& picture, const std::vector<EdgePoint>& near, double depth) {
  constexpr double kLeast = 0.8, kMost = 1.2, kFarther = 4, kSpread = 0.1;
  const double first = 2 * depth + 1;  // behind the penumbra
  std::vector<double> shares, rim;
  for (const EdgePoint& p : near) {
    const auto at = [&](double distance) {
      const double shrunk = 1 - distance / e.smaller();
      return static_cast<double>(picture.step(static_cast<int>(std::lround(e.x + shrunk * (p.x - e.x))),
                                              static_cast<int>(std::lround(e.y + shrunk * (p.y - e.y)))));
    };
    rim.push_back(at(kFarther * first));
    if (rim.back() > 0) shares.push_back(at(first) / rim.back());
  }
  if (shares.empty()) return false;
  const double share = percentile(shares, 0.5);
  return share >= kLeast && share <= kMost &&
         percentile(rim, 0.9) - percentile(rim, 0.1) >= kSpread * percentile(rim, 0.5);
}

// Letters may stand there, and a noisy pixel.
bool is_border_outside(const Ellipse& e, const Picture& picture) {
  constexpr double kShare = 0.97;
  const double edge = 1 + 1.5 / e.smaller();
  std::size_t outside = 0, border = 0;
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      if (e.radius_at(x, y) > edge) {
        ++outside;
        border += picture.is_border(x, y);
      }
  return outside > 0 && static_cast<double>(border) >= kShare * static_cast<double>(outside);
}

}  // namespace

void mask_disc(Xray& xray) {
  if (xray.integrals.empty() || xray.geometry.orthographic) return;
  Picture picture(xray);
  if (picture.is_flat() || !picture.find_border()) return;
  const std::vector<EdgePoint> points = edges_of(picture);
  const std::optional<Ellipse> found = find_ellipse(picture, points);
  if (!found) return;
  const std::vector<EdgePoint> near = near_to(*found, points);
  if (near.empty()) return;
  std::vector<double> depths;
  for (const EdgePoint& p : near) depths.push_back(p.depth);
  const double depth = percentile(depths, 0.5);
  if (!is_seen_around(*found, picture, near) || !is_step(*found, picture, near, depth) ||
      !is_border_outside(*found, picture))
    return;
  // A penumbra goes on behind the jump.
  const double edge = 1 - (1 + 2 * depth) / found->smaller();
  std::size_t count = 0;
  std::vector<float> mask = xray.mask.empty() ? std::vector<float>(xray.integrals.size(), 1.0f) : xray.mask;
  for (int y = 0; y < xray.height; ++y)
    for (int x = 0; x < xray.width; ++x)
      if (found->radius_at(x, y) > edge) {
        mask[static_cast<std::size_t>(y) * static_cast<std::size_t>(xray.width) +
             static_cast<std::size_t>(x)] = 0;
        ++count;
      }
  xray.mask = std::move(mask);
  xray.notes.push_back(
      fmt::format("{:.0f} % of the radiograph lie outside of a round opening and are masked",
                  100.0 * static_cast<double>(count) / static_cast<double>(xray.integrals.size())));
}

}  // namespace fg
