#include "viewer/bench/drr_scene.h"

#include <algorithm>
#include <cmath>

#include "framegauge/pose.h"
#include "viewer/device/status.h"

namespace fg {
namespace {

using Vector3 = std::array<double, 3>;

// A ray in voxels: from + t along, t from 0 at the source to 1 at the detector.
struct VoxelRay {
  Vector3 from, along;
  double length_mm;
};

VoxelRay ray_of(const DrrBenchVolume& volume, const DrrBenchPose& pose, const DrrBenchCamera& camera, int row,
                int column) {
  const Vector3 extent{static_cast<double>(volume.width), static_cast<double>(volume.height),
                       static_cast<double>(volume.depth)};
  const Vector3 spacing{volume.x_mm, volume.y_mm, volume.z_mm};
  const double middle = 0.5 * camera.side, pixel = camera.pixel_mm();
  const Vector3 target{(column + 0.5 - middle) * pixel, (row + 0.5 - middle) * pixel, DrrBenchCamera::kSddMm};
  VoxelRay ray;
  ray.length_mm = std::hypot(target[0], target[1], target[2]);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double along_mm = 0;
    for (std::size_t k = 0; k < 3; ++k) along_mm += pose[axis * 4 + k] * target[k];
    ray.from[axis] = pose[axis * 4 + 3] / spacing[axis] + 0.5 * (extent[axis] - 1);
    ray.along[axis] = along_mm / spacing[axis];
  }
  return ray;
}

// Where a ray is between -margin and extent - 1 + margin along each axis; end < begin: nowhere.
struct Stretch {
  double begin = 0, end = 1;
};
Stretch inside(const VoxelRay& ray, const DrrBenchVolume& volume, double margin) {
  const std::array<std::int64_t, 3> extent{volume.width, volume.height, volume.depth};
  Stretch stretch;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double low = -margin, high = static_cast<double>(extent[axis] - 1) + margin;
    if (ray.along[axis] == 0) {
      if (ray.from[axis] < low || ray.from[axis] > high) return {1, 0};
      continue;
    }
    const double a = (low - ray.from[axis]) / ray.along[axis], b = (high - ray.from[axis]) / ray.along[axis];
    stretch.begin = std::max(stretch.begin, std::min(a, b));
    stretch.end = std::min(stretch.end, std::max(a, b));
  }
  return stretch;
}

double samples_in(const Stretch& stretch, int samples) {
  if (stretch.end < stretch.begin) return 0;
  return std::max(std::floor(stretch.end * (samples - 1)) - std::ceil(stretch.begin * (samples - 1)) + 1,
                  0.0);
}

// One box, and another one at each border between boxes.
double voxels_in(const Stretch& stretch, const VoxelRay& ray) {
  if (stretch.end <= stretch.begin) return 0;
  double boxes = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double a = ray.from[axis] + stretch.begin * ray.along[axis] + 0.5,
                 b = ray.from[axis] + stretch.end * ray.along[axis] + 0.5;
    boxes += std::max(std::ceil(std::max(a, b) - 1e-9) - std::floor(std::min(a, b) + 1e-9) - 1, 0.0);
  }
  return boxes;
}

}  // namespace

DrrBenchVolume drr_bench_volume(bool quick) {
  const std::int64_t part = quick ? 4 : 1;
  const double apart = static_cast<double>(part);
  return {512 / part, 512 / part, (133 + part - 1) / part, 0.703125 * apart, 0.703125 * apart, 2.5 * apart};
}

std::vector<float> DrrBenchVolume::voxels() const {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(width * height * depth));
  const auto ripple = [](std::int64_t at, double mm) {
    return 0.25f + 0.2f * static_cast<float>(std::sin(0.057 * static_cast<double>(at) * mm));
  };
  std::vector<float> across;
  for (std::int64_t x = 0; x < width; ++x) across.push_back(ripple(x, x_mm));
  std::uint32_t seed = 1;
  for (std::int64_t z = 0; z < depth; ++z)
    for (std::int64_t y = 0; y < height; ++y) {
      const float row = ripple(z, z_mm) + ripple(y, y_mm);
      for (std::int64_t x = 0; x < width; ++x) {
        seed = seed * 1664525u + 1013904223u;
        const float grain = 0.2f * static_cast<float>(seed >> 8) / 16777216.0f;
        values.push_back(0.0192f * (row + across[static_cast<std::size_t>(x)] + grain));
      }
    }
  return values;
}

std::array<double, 16> DrrBenchVolume::voxel_to_world() const {
  const auto first = [](std::int64_t extent, double mm) {
    return -0.5 * mm * static_cast<double>(extent - 1);
  };
  return {x_mm, 0, 0,    first(width, x_mm), 0, y_mm, 0, first(height, y_mm),
          0,    0, z_mm, first(depth, z_mm), 0, 0,    0, 1};
}

std::vector<DrrBenchPose> drr_bench_poses(int count) {
  std::vector<DrrBenchPose> poses;
  for (int i = 0; i < count; ++i) {
    FgDrrPose parts;  // AP
    fg_drr_pose_defaults(&parts);
    parts.rotation_deg_zxy[0] = 2.0 * i;
    parts.translation_mm[0] = 0.3;
    parts.translation_mm[2] = 0.4;
    double rows[16];
    expect_ok(fg_drr_pose_matrix(&parts, rows));
    std::copy(rows, rows + 12, poses.emplace_back().begin());
  }
  return poses;
}

DrrBenchRays count_rays(const DrrBenchVolume& volume, const std::vector<DrrBenchPose>& poses,
                        const DrrBenchCamera& camera) {
  DrrBenchRays sum{};
  for (const DrrBenchPose& pose : poses)
    for (int row = 0; row < camera.side; ++row)
      for (int column = 0; column < camera.side; ++column) {
        const VoxelRay ray = ray_of(volume, pose, camera, row, column);
        const Stretch boxes = inside(ray, volume, 0.5);
        sum.mm_per_sample += ray.length_mm / (camera.samples - 1);
        sum.samples_inside += samples_in(inside(ray, volume, 1), camera.samples);
        sum.voxels_crossed += voxels_in(boxes, ray);
        sum.path_mm += std::max(boxes.end - boxes.begin, 0.0) * ray.length_mm;
      }
  const double rays = static_cast<double>(poses.size()) * camera.side * camera.side;
  return {sum.mm_per_sample / rays, sum.samples_inside / rays, sum.voxels_crossed / rays, sum.path_mm / rays};
}

}  // namespace fg
