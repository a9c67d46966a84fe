#pragma once
// From poses and pixels to rays in voxels, and from the slopes of rays back to poses and pixels. In double, for C++ and
// CUDA: what goes on in the volume is float (drr_math.h).

#include "kernels/drr/drr.h"

namespace fg {

// What all rays of a pose share.
struct DrrCamera {
  double m[12];  // camera mm to voxels, 3 x 4
  DrrIntrinsics intrinsics;
};

// Entry `i` of m, 0..11: so that twelve threads can share the work.
FG_HD double camera_entry(const double* world_to_voxel, const NumbersView& poses, std::int64_t pose, int i) {
  const int row = i / 4, column = i % 4;
  double sum = column == 3 ? world_to_voxel[row * 4 + 3] : 0;
  for (int k = 0; k < 3; ++k) sum += world_to_voxel[row * 4 + k] * poses.at(pose, k, column);
  return sum;
}

FG_HD DrrIntrinsics intrinsics_of(const DrrRays& rays, std::int64_t pose) {
  const NumbersView& t = rays.intrinsics_of;
  if (t.data == nullptr) return rays.intrinsics;
  return {t.at(pose, 0, 0), t.at(pose, 1, 0), t.at(pose, 2, 0), t.at(pose, 3, 0), t.at(pose, 4, 0)};
}

template <class T>
FG_HD DrrCamera camera_of(const Drr<T>& op, std::int64_t pose) {
  DrrCamera camera;
  for (int i = 0; i < 12; ++i) camera.m[i] = camera_entry(op.world_to_voxel, op.poses, pose, i);
  camera.intrinsics = intrinsics_of(op.rays, pose);
  return camera;
}

// A ray in camera millimetres, and what is needed to know how it depends on the intrinsics.
struct DrrLine {
  double source[3], target[3];
  double x, y;  // pixels from the detector's middle; 0 for rays of points
};

FG_HD DrrLine line_of_points(const DrrRays& rays, std::int64_t pose, std::int64_t ray) {
  DrrLine line;
  for (int k = 0; k < 3; ++k) {
    line.source[k] = rays.sources.at(pose, ray, k);
    line.target[k] = rays.targets.at(pose, ray, k);
  }
  line.x = line.y = 0;
  return line;
}

// column, row: of the output image.
FG_HD DrrLine line_of_pixel(const DrrRays& rays, const DrrIntrinsics& k, std::int64_t pose, int row,
                            int column) {
  double u = column + rays.column, v = row + rays.row;
  if (rays.pixels != nullptr) {
    const std::int32_t pixel = rays.pixels[pose * rays.pixels_stride + column];
    const bool there = pixel >= 0 && pixel / rays.width < rays.height;
    u = there ? pixel % rays.width : static_cast<double>(NAN);
    v = there ? pixel / rays.width : static_cast<double>(NAN);
  }
  DrrLine line;
  line.x = u + 0.5 - 0.5 * rays.width;
  line.y = v + 0.5 - 0.5 * rays.height;
  line.target[0] = line.x * k.delx - k.x0;
  line.target[1] = line.y * k.dely - k.y0;
  line.target[2] = k.sdd;
  const bool parallel = rays.beam == DrrBeam::parallel;
  line.source[0] = parallel ? line.target[0] : 0;
  line.source[1] = parallel ? line.target[1] : 0;
  line.source[2] = 0;
  return line;
}

template <class T>
FG_HD DrrLine line_of(const Drr<T>& op, const DrrCamera& camera, std::int64_t pose, int row, int column) {
  if (op.rays.targets.data != nullptr)
    return line_of_points(op.rays, pose, static_cast<std::int64_t>(row) * op.images.width + column);
  return line_of_pixel(op.rays, camera.intrinsics, pose, row, column);
}

// `at` is the point next to the volume's middle; with FG_DRR_SEGMENT, the sample next to it.
FG_HD FgDrrRay ray_of(const DrrCamera& camera, const DrrLine& line, FgDrrGrid grid,
                      const FgDrrSampling& sampling) {
  const double* const m = camera.m;
  const double d[3] = {line.target[0] - line.source[0], line.target[1] - line.source[1],
                       line.target[2] - line.source[2]};
  double along[3], source[3];
  for (int a = 0; a < 3; ++a) {
    along[a] = m[a * 4] * d[0] + m[a * 4 + 1] * d[1] + m[a * 4 + 2] * d[2];
    source[a] = m[a * 4] * line.source[0] + m[a * 4 + 1] * line.source[1] + m[a * 4 + 2] * line.source[2] +
                m[a * 4 + 3];
  }
  // Any point near the middle will do: float is enough to choose it.
  const float ax = static_cast<float>(along[0]), ay = static_cast<float>(along[1]),
              az = static_cast<float>(along[2]);
  const float towards = (0.5f * static_cast<float>(grid.nx - 1) - static_cast<float>(source[0])) * ax +
                        (0.5f * static_cast<float>(grid.ny - 1) - static_cast<float>(source[1])) * ay +
                        (0.5f * static_cast<float>(grid.nz - 1) - static_cast<float>(source[2])) * az;
  double alpha = static_cast<double>(fg_drr_clamp(towards / (ax * ax + ay * ay + az * az), 0.0f, 1.0f));
  if (sampling.kind == FG_DRR_SEGMENT) {
    const int steps = sampling.count - 1;
    alpha = static_cast<double>(static_cast<int>(alpha * steps + 0.5)) / steps;
  }
  FgDrrRay ray;
  ray.at = {static_cast<float>(source[0] + alpha * along[0]),
            static_cast<float>(source[1] + alpha * along[1]),
            static_cast<float>(source[2] + alpha * along[2])};
  ray.along = {ax, ay, az};
  ray.alpha = static_cast<float>(alpha);
  ray.length_mm = sqrtf(static_cast<float>(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]));
  return ray;
}

// body(z, y, x, share) for the voxels that a sample is made of, but for the fade beyond the outer ones.
template <class Body>
FG_HD void for_shares(const FgDrrTaps& t, const Body& body) {
  for (int c = 0; c < 8; ++c) {
    const bool dx = (c & 1) != 0, dy = (c & 2) != 0, dz = (c & 4) != 0;
    const float share = (dx ? t.x.fraction : 1 - t.x.fraction) * (dy ? t.y.fraction : 1 - t.y.fraction) *
                        (dz ? t.z.fraction : 1 - t.z.fraction);
    if (share > 0) body(t.z.base + dz, t.y.base + dy, t.x.base + dx, share);
  }
}

// What a ray's slope adds to the gradients. The first twelve: by the entries of m. Then by sdd, delx, dely, x0, y0; or,
// for rays of points, by the source's x, y, z.
inline constexpr int kDrrPoseSums = 17;
struct DrrRaySums {
  double of_m[12];
  double of_source[3], of_target[3];  // by the ray's ends, camera mm

  FG_HD double value(int i, const DrrLine& line, DrrBeam beam, bool points) const {
    if (i < 12) return of_m[i];
    if (points) return i < 15 ? of_source[i - 12] : 0;
    const bool parallel = beam == DrrBeam::parallel;
    const double tx = of_target[0] + (parallel ? of_source[0] : 0),
                 ty = of_target[1] + (parallel ? of_source[1] : 0);
    return i == 12 ? of_target[2] : i == 13 ? tx * line.x : i == 14 ? ty * line.y : i == 15 ? -tx : -ty;
  }
};

FG_HD DrrRaySums ray_sums(const DrrCamera& camera, const DrrLine& line, const FgDrrRay& ray,
                          const FgDrrSlope& slope) {
  const double at[3] = {slope.at.x, slope.at.y, slope.at.z},
               along[3] = {slope.along.x, slope.along.y, slope.along.z};
  const double alpha = static_cast<double>(ray.alpha);
  double source[3], target[3];  // by the ray's ends, voxels
  for (int a = 0; a < 3; ++a) {
    source[a] = (1 - alpha) * at[a] - along[a];
    target[a] = alpha * at[a] + along[a];
  }
  DrrRaySums sums;
  for (int a = 0; a < 3; ++a) {
    for (int k = 0; k < 3; ++k)
      sums.of_m[a * 4 + k] = source[a] * line.source[k] + target[a] * line.target[k];
    sums.of_m[a * 4 + 3] = source[a] + target[a];
  }
  const double length = static_cast<double>(ray.length_mm);
  const double stretch = length > 0 ? static_cast<double>(slope.length) / length : 0;
  for (int k = 0; k < 3; ++k) {
    const double pull = stretch * (line.target[k] - line.source[k]);
    sums.of_source[k] =
        camera.m[k] * source[0] + camera.m[4 + k] * source[1] + camera.m[8 + k] * source[2] - pull;
    sums.of_target[k] =
        camera.m[k] * target[0] + camera.m[4 + k] * target[1] + camera.m[8 + k] * target[2] + pull;
  }
  return sums;
}

// m = W P: by entry (row, column) of the pose.
FG_HD double pose_entry(const double* world_to_voxel, const double* of_m, int row, int column) {
  return world_to_voxel[row] * of_m[column] + world_to_voxel[4 + row] * of_m[4 + column] +
         world_to_voxel[8 + row] * of_m[8 + column];
}

// Number i of what the sums of all rays of a pose give, 0..16, written to where it is wanted.
template <class T>
FG_HD void store_pose_sum(const DrrGradient<T>& op, std::int64_t pose, const double* sums, int i) {
  if (i < 12) {
    if (op.poses.data != nullptr)
      op.poses.at(pose, i / 4, i % 4) = pose_entry(op.forward.world_to_voxel, sums, i / 4, i % 4);
    return;
  }
  if (op.intrinsics.data != nullptr) op.intrinsics.at(pose, i - 12) = sums[i];
  if (op.sources.data != nullptr && op.forward.rays.sources.extent[1] == 1 && i < 15)
    op.sources.at(pose, 0, i - 12) = sums[i];
}

// The ends of one ray, written to where they are wanted; a source that all rays share is summed instead.
template <class T>
FG_HD void store_ray_sums(const DrrGradient<T>& op, std::int64_t pose, std::int64_t ray,
                          const DrrRaySums& sums) {
  for (int k = 0; k < 3; ++k) {
    if (op.targets.data != nullptr) op.targets.at(pose, ray, k) = sums.of_target[k];
    if (op.sources.data != nullptr && op.forward.rays.sources.extent[1] != 1)
      op.sources.at(pose, ray, k) = sums.of_source[k];
  }
}

}  // namespace fg
