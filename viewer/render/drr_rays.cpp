#include "viewer/render/drr_rays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <glm/geometric.hpp>
#include <glm/mat3x3.hpp>
#include <glm/matrix.hpp>
#include <glm/vec3.hpp>

#include "viewer/error.h"

namespace fg {
namespace {

constexpr double kFarthest = 1e9;  // voxels; beyond it float arithmetic in the shader could overflow
// As fg_drr() has them.
constexpr double kShortestSdd = 10, kOrthonormal = 1e-4;

void require(bool condition, const std::string& sentence) {
  if (!condition) throw Failure(ExitCode::usage, "DRR geometry: " + sentence);
}

double distance_from_orthonormal(const glm::dmat3& turn) {
  const glm::dmat3 product = glm::transpose(turn) * turn;
  double off = 0;
  for (int column = 0; column < 3; ++column)
    for (int row = 0; row < 3; ++row) off = std::max(off, std::abs(product[column][row] - (row == column)));
  return off;
}

void store(DrrVec4& target, const glm::dvec3& xyz, double w) {
  for (int axis = 0; axis < 3; ++axis) {
    require(std::abs(xyz[axis]) <= kFarthest,
            "the source or detector is absurdly far from the volume; check "
            "camera_to_world and the volume's spacing (millimetres)");
    target[axis] = static_cast<float>(xyz[axis]);
  }
  target[3] = static_cast<float>(w);
}

}  // namespace

std::string why_no_pose(const glm::dmat4& m) {
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 4; ++row)
      if (!std::isfinite(m[column][row])) return "camera_to_world holds NaN or infinity";
  if (m[0][3] != 0 || m[1][3] != 0 || m[2][3] != 0 || m[3][3] != 1)
    return "the last row of camera_to_world must be 0 0 0 1 (is the matrix transposed?)";
  const glm::dmat3 turn(m);
  const double off = distance_from_orthonormal(turn);
  if (off <= kOrthonormal) return {};
  return fmt::format(
      "camera_to_world is not rigid: its axes are {:.4g}, {:.4g} and {:.4g} long and R^T R is off the "
      "identity by {:.2g}; a rotation, perhaps mirrored, and a shift are expected",
      glm::length(turn[0]), glm::length(turn[1]), glm::length(turn[2]), off);
}

void check_geometry(const DrrGeometry& g) {
  require(g.height >= 1 && g.width >= 1,
          fmt::format("height and width must be at least 1 pixel, got {} x {}", g.height, g.width));
  require(g.n_samples >= 2 && g.n_samples <= kMostDrrSamples,
          fmt::format("n_samples must be 2 to {}, got {}", kMostDrrSamples, g.n_samples));
  require(std::isfinite(g.sdd_mm) && g.sdd_mm >= kShortestSdd,
          fmt::format("sdd_mm is {}; expected the millimetres from source to detector, {} or more (metres? "
                      "multiply by 1000)",
                      g.sdd_mm, kShortestSdd));
  require(
      std::isfinite(g.delx_mm) && g.delx_mm > 0 && std::isfinite(g.dely_mm) && g.dely_mm > 0,
      fmt::format("the pixel pitch delx_mm, dely_mm must be positive, got {} and {}", g.delx_mm, g.dely_mm));
  require(std::isfinite(g.x0_mm) && std::isfinite(g.y0_mm), "x0_mm and y0_mm must be finite numbers");
  const std::string problem = why_no_pose(g.camera_to_world);
  require(problem.empty(), problem);
}

void check_target(const DrrGeometry& g, const vk::Image& target) {
  if (target.width() != static_cast<std::uint32_t>(g.width) ||
      target.height() != static_cast<std::uint32_t>(g.height))
    throw Failure(ExitCode::size_mismatch,
                  fmt::format("the DRR geometry is {} x {} pixels, its target image {} x {}; they must agree",
                              g.width, g.height, target.width(), target.height()));
}

void check_display(const DrrDisplay& display) {
  if (!std::isfinite(display.window) || !std::isfinite(display.level) || display.window <= 0)
    throw Failure(ExitCode::usage,
                  fmt::format("the DRR window must be positive and the level finite, got {} and {}",
                              display.window, display.level));
}

DrrWindow grey_of(const DrrDisplay& display) {
  const double offset = 0.5 - display.level / display.window;
  return {static_cast<float>((display.inverted ? -1 : 1) / display.window),
          static_cast<float>(display.inverted ? 1 - offset : offset)};
}

DrrRays make_drr_rays(const DrrGeometry& g, const glm::dmat4& world_to_texel, VkExtent3D size) {
  check_geometry(g);
  const glm::dmat4 camera_to_texel = world_to_texel * g.camera_to_world;
  const glm::dmat3 linear(camera_to_texel);
  const glm::dvec3 origin(camera_to_texel[3]);

  // Camera space, mm: the ray of pixel (x, y) starts at start_0 + x start_x + y start_y and ends at z = sdd.
  const double segments = g.n_samples - 1;
  const glm::dvec3 centre(-g.x0_mm, -g.y0_mm, 0), column(g.delx_mm, 0, 0), row(0, g.dely_mm, 0),
      depth(0, 0, g.sdd_mm);
  const glm::dvec3 start_0 = g.orthographic ? centre : glm::dvec3(0),
                   step_0 = (g.orthographic ? depth : centre + depth);
  const glm::dvec3 start_x = g.orthographic ? column : glm::dvec3(0),
                   step_x = g.orthographic ? glm::dvec3(0) : column;
  const glm::dvec3 start_y = g.orthographic ? row : glm::dvec3(0),
                   step_y = g.orthographic ? glm::dvec3(0) : row;

  // The sample of the central ray that is nearest to the volume's middle.
  const glm::dvec3 first = origin + linear * start_0, step = linear * step_0 / segments;
  const glm::dvec3 middle_of_volume = (glm::dvec3(size.width, size.height, size.depth) - 1.0) * 0.5;
  const double nearest = glm::dot(middle_of_volume - first, step) / glm::dot(step, step);
  const double middle = std::isfinite(nearest) ? std::clamp(std::round(nearest), 0.0, segments) : 0.0;

  DrrRays rays{};
  const double t = middle / segments;
  store(rays.middle_0, origin + linear * (start_0 + t * step_0), g.sdd_mm / segments);
  store(rays.middle_x, linear * (start_x + t * step_x), (g.orthographic ? 0 : g.delx_mm) / segments);
  store(rays.middle_y, linear * (start_y + t * step_y), (g.orthographic ? 0 : g.dely_mm) / segments);
  store(rays.step_0, step, 0);
  store(rays.step_x, linear * step_x / segments, (g.orthographic ? 0 : -g.x0_mm) / segments);
  store(rays.step_y, linear * step_y / segments, (g.orthographic ? 0 : -g.y0_mm) / segments);
  rays.middle = static_cast<int>(middle);
  rays.n_samples = g.n_samples;
  return rays;
}

}  // namespace fg
