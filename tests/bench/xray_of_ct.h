#pragma once
// X-rays of a CT from known poses, and how far a pose is from the right one: what registration is judged by.

#include <framegauge/drr.h>

#include <cmath>
#include <glm/geometric.hpp>
#include <glm/gtc/matrix_transform.hpp>
#include <glm/matrix.hpp>
#include <random>
#include <vector>

#include "viewer/device/device_tensor.h"
#include "viewer/device/photons.h"
#include "viewer/device/status.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/io/volume.h"
#include "viewer/register/volume_levels.h"
#include "viewer/register/xray.h"

namespace fg::bench {

// A C-arm with a detector of 400 mm: view 0 is AP, each further one 75 degrees round the body.
inline DrrGeometry carm(const Volume& volume, int view) {
  DrrGeometry geometry;
  geometry.camera_to_world =
      drr_pose(DrrOrientation::ap, {75.0 * view, 0, 0}, {0, 850, 0}, volume.centre_mm());
  return geometry;
}

// Exact line integrals of the voxels (Siddon), then photons: not the renderer's samples that registration sees. photons:
// that reach a pixel of the detector through air; 0: no noise.
inline Xray xray_of_ct(const ComputeDevice& device, const Volume& volume, const DrrGeometry& g,
                       double photons, std::mt19937& random) {
  DeviceTensor<float> voxels(device, {volume.extent[2], volume.extent[1], volume.extent[0]});
  device.copy(voxels.data(), volume.values.data(), volume.values.size() * sizeof(float));
  DeviceTensor<float> image(device, {1, 1, g.height, g.width});
  DeviceTensor<double> pose(device, {4, 4});
  double rows[16];
  FgDrr op;
  fg_drr_defaults(&op);
  write_rows(g.camera_to_world, rows);
  write_rows(volume.voxel_to_world, op.voxel_to_world);
  device.copy(pose.data(), rows, sizeof(rows));
  op.volume = voxels.get();
  op.poses = pose.get();
  op.sdd_mm = g.sdd_mm;
  op.delx_mm = g.delx_mm;
  op.dely_mm = g.dely_mm;
  op.x0_mm = g.x0_mm;
  op.y0_mm = g.y0_mm;
  op.method = FG_DRR_SIDDON;
  op.images = image.get();
  expect_ok(fg_drr(&op, device.stream()));
  Xray xray;
  xray.width = g.width;
  xray.height = g.height;
  xray.geometry = g;
  xray.integrals.resize(image.elements());
  device.copy(xray.integrals.data(), image.data(), image.elements() * sizeof(float));
  device.wait();
  if (photons > 0) count_photons(xray.integrals, g.height, g.width, photons, random());
  return xray;
}

struct RandomMotion {
  glm::dvec3 turn_rad{0}, shift_mm{0};  // a rotation vector, and a shift, both in the world
};

// A turn and a shift of every length up to the largest alike, in all directions.
inline RandomMotion random_in_ball(std::mt19937& random, double degrees, double mm) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> share(0, 1);
  const auto direction = [&] {
    return glm::normalize(glm::dvec3(normal(random), normal(random), normal(random)));
  };
  const glm::dvec3 axis = direction(), way = direction();
  return {axis * glm::radians(degrees) * share(random), way * mm * share(random)};
}
inline RandomMotion random_in_box(std::mt19937& random, double degrees, double mm) {
  std::uniform_real_distribution<double> side(-1, 1);
  const auto vector = [&] { return glm::dvec3(side(random), side(random), side(random)); };
  const glm::dvec3 turn = vector(), shift = vector();
  return {glm::radians(degrees) * turn, mm * shift};
}

inline glm::dmat4 moved_by(const RandomMotion& motion, const Volume& volume,
                           const glm::dmat4& camera_to_world) {
  const double angle = glm::length(motion.turn_rad);
  glm::dmat4 m = glm::translate(glm::dmat4(1), volume.centre_mm() + motion.shift_mm);
  if (angle > 0) m = glm::rotate(m, angle, motion.turn_rad / angle);
  return glm::translate(m, -volume.centre_mm()) * camera_to_world;
}

// Points of the body on a grid, in the world.
struct BodyPoints {
  std::vector<glm::dvec3> points;

  // Mean distance of the points as a camera sees them from where the right camera sees them.
  double error_mm(const glm::dmat4& camera_to_world, const glm::dmat4& right) const {
    const glm::dmat4 difference = right * glm::inverse(camera_to_world);
    double sum = 0;
    for (const glm::dvec3& p : points) sum += glm::length(glm::dvec3(difference * glm::dvec4(p, 1)) - p);
    return sum / static_cast<double>(points.size());
  }
};

inline BodyPoints body_points(const Volume& volume) {
  BodyPoints body;
  constexpr int kStride = 5;
  for (int k = 0; k < volume.extent[2]; k += kStride)
    for (int j = 0; j < volume.extent[1]; j += kStride)
      for (int i = 0; i < volume.extent[0]; i += kStride) {
        const std::size_t at = (static_cast<std::size_t>(k) * static_cast<std::size_t>(volume.extent[1]) +
                                static_cast<std::size_t>(j)) *
                                   static_cast<std::size_t>(volume.extent[0]) +
                               static_cast<std::size_t>(i);
        if (volume.values[at] > -500)
          body.points.push_back(glm::dvec3(volume.voxel_to_world * glm::dvec4(i, j, k, 1)));
      }
  return body;
}

}  // namespace fg::bench
