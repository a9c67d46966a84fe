#pragma once
// The sums of a ray that its value and its derivatives are made of, on CUDA; and the kernel of DRRs with slopes. Included
// by .cu files alone. weight(channel) is what a channel counts.

#include "kernels/drr/drr.cuh"
#include "kernels/drr/drr_slopes.h"

namespace fg::cuda {

__device__ inline void add_sample(FgDrrSums& sums, const FgDrrSample& sample, float beta, float weight) {
  const float x = weight * sample.slope.x, y = weight * sample.slope.y, z = weight * sample.slope.z;
  sums.value += weight * sample.value;
  sums.at.x += x;
  sums.at.y += y;
  sums.at.z += z;
  sums.along.x += beta * x;
  sums.along.y += beta * y;
  sums.along.z += beta * z;
}

__device__ inline void add_to(FgDrrSums& sums, const FgDrrSums& more) {
  sums.value += more.value;
  sums.at = {sums.at.x + more.at.x, sums.at.y + more.at.y, sums.at.z + more.at.z};
  sums.along = {sums.along.x + more.along.x, sums.along.y + more.along.y, sums.along.z + more.along.z};
}

// kLabels: false where the caller knows that there are none; every sample weighs 1 then.
template <bool kHu, bool kLabels, int kUnroll, bool kNear, class T, class Weight>
__device__ FgDrrSums trilinear_sums(const Drr<T>& op, const DeviceVoxels<T, kNear>& voxels,
                                    const FgDrrRay& ray, const FgDrrMarch& march, const Stretch& stretch,
                                    const Weight& weight) {
  const FgDrrGrid grid = op.grid();
  FgDrrSums sums{0, {0, 0, 0}, {0, 0, 0}};
  const auto weight_of = [&](const FgDrrTaps& taps) {
    if constexpr (kLabels)
      return weight(device_channel(op, taps));
    else
      return 1.0f;
  };
  const auto at_the_end = [&](int n) {
    const float beta = fg_drr_beta(march, n);
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, beta), grid);
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    add_sample(sums, fg_drr_sample(taps, corners), beta, weight_of(taps));
  };
  for (int n = stretch.first; n < stretch.inner_first; ++n) at_the_end(n);
#pragma unroll kUnroll
  for (int n = stretch.inner_first; n <= stretch.inner_last; ++n) {
    const float beta = fg_drr_beta(march, n);
    const FgDrrTaps taps = fg_drr_taps_inside(fg_drr_point(ray, beta));
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    add_sample(sums, fg_drr_sample_inside(taps, corners), beta, weight_of(taps));
  }
  for (int n = max(stretch.inner_last + 1, stretch.inner_first); n <= stretch.last; ++n) at_the_end(n);
  return sums;
}

template <bool kHu, bool kNear, class T, class Weight>
__device__ FgDrrSums siddon_sums(const Drr<T>& op, const DeviceVoxels<T, kNear>& voxels, const FgDrrRay& ray,
                                 const Weight& weight) {
  const FgDrrGrid grid = op.grid();
  FgDrrSums sums{fg_drr_not_finite(ray), {0, 0, 0}, {0, 0, 0}};
  float before = 0;  // what the ray came through last
  FgDrrWalk walk = fg_drr_walk_begin(ray, grid);
  while (walk.inside) {
    const float mu = device_mu<kHu>(op, voxels.at(walk.z, walk.y, walk.x)) * weight(device_channel(op, walk));
    sums = fg_drr_add_crossing(sums, walk, mu - before);
    const float way = fminf(fg_drr_walk_end(walk), walk.leave) - walk.beta;
    if (way > 0) sums.value += mu * way;
    before = mu;
    walk = fg_drr_walk_on(walk, ray, grid);
  }
  return fg_drr_add_crossing(sums, walk, -before);
}

// The parts of each ray, added up by the threads of part 0. shared: [Tile::kThreads]. Every thread of the block must
// arrive.
template <class Tile>
__device__ FgDrrSums sum_parts(const FgDrrSums& mine, FgDrrSums* shared) {
  FgDrrSums sums = mine;
  if constexpr (Tile::kParts > 1) {
    shared[threadIdx.x] = mine;
    __syncthreads();
    if (threadIdx.x < Tile::kRays)
      for (int other = 1; other < Tile::kParts; ++other)
        add_to(sums, shared[other * Tile::kRays + threadIdx.x]);
  }
  return sums;
}

// Images and slopes in one walk through the volume, without labels.
template <bool kHu, bool kNear, class Tile, class T>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kResident / Tile::kThreads)
    drr_with_slopes(Drr<T> op, DeviceVoxels<T, kNear> voxels, DrrBlocks blocks) {
  __shared__ DrrCamera camera;
  __shared__ CastRay rays[Tile::kParts > 1 ? Tile::kRays : 1];
  __shared__ FgDrrSums shared[Tile::kParts > 1 ? Tile::kThreads : 1];  // 3.5 KB
  const unsigned ray_of_tile = threadIdx.x % Tile::kRays, part = threadIdx.x / Tile::kRays;
  const DrrPlace place = place_of<Tile>(blocks, op.images.height, op.images.width, ray_of_tile);
  load_camera(op, place.pose, camera);
  const auto one = [](int) { return 1.0f; };
  const bool siddon = op.method == DrrMethod::siddon;
  FgDrrSums sums{0, {0, 0, 0}, {0, 0, 0}};
  const auto [ray, march] = cast_ray<Tile>(op, camera, place, rays);
  if (place.inside) {
    if (!siddon)
      sums = trilinear_sums<kHu, false, Tile::kUnroll>(op, voxels, ray, march, stretch_of<Tile>(march, part),
                                                       one);
    else if (part == 0)
      sums = siddon_sums<kHu>(op, voxels, ray, one);
  }
  sums = sum_parts<Tile>(sums, shared);
  if (part != 0 || !place.inside) return;
  const float rest = device_rest<kHu>(op);
  const FgDrrSlope slope = siddon ? fg_drr_siddon_slope(ray, sums, rest)
                                  : fg_drr_trilinear_slope(ray, march, op.sampling, sums, rest);
  store_slope(op.slopes, place.pose, place.row, place.column, slope);
  op.images.plane(place.pose, 0).at(place.row, place.column) =
      sums.value * (rest * (siddon ? ray.length_mm : march.weight_mm));
}

}  // namespace fg::cuda
