#pragma once
// The kernel of plain DRRs: trilinear line integrals without labels. Included by .cu files alone.

#include "kernels/drr/drr.cuh"

namespace fg::cuda {

template <bool kHu, int kUnroll, bool kNear, class T>
__device__ float sum_stretch(const Drr<T>& op, const DeviceVoxels<T, kNear>& voxels, const FgDrrRay& ray,
                             const FgDrrMarch& march, const Stretch& stretch) {
  const FgDrrGrid grid = op.grid();
  float sum = 0;
  const auto at_the_end = [&](int n) {
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, n)), grid);
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    sum += fg_drr_value(taps, corners);
  };
  for (int n = stretch.first; n < stretch.inner_first; ++n) at_the_end(n);
#pragma unroll kUnroll
  for (int n = stretch.inner_first; n <= stretch.inner_last; ++n) {
    const FgDrrTaps taps = fg_drr_taps_inside(fg_drr_point(ray, fg_drr_beta(march, n)));
    FgDrrCorners corners = voxels.corners(taps);
    if constexpr (kHu) corners = fg_drr_mu_corners(op.values, corners);
    sum += fg_drr_value_inside(taps, corners);
  }
  for (int n = max(stretch.inner_last + 1, stretch.inner_first); n <= stretch.last; ++n) at_the_end(n);
  return sum;
}

// Trilinear line integrals without labels.
template <bool kHu, bool kNear, class Tile, class T>
__global__ void __launch_bounds__(Tile::kThreads, Tile::kResident / Tile::kThreads)
    drr_integrals(Drr<T> op, DeviceVoxels<T, kNear> voxels, DrrBlocks blocks) {
  __shared__ DrrCamera camera;
  __shared__ CastRay rays[Tile::kParts > 1 ? Tile::kRays : 1];
  __shared__ float sums[Tile::kParts > 1 ? Tile::kThreads : 1];
  const unsigned ray_of_tile = threadIdx.x % Tile::kRays, part = threadIdx.x / Tile::kRays;
  const DrrPlace place = place_of<Tile>(blocks, op.images.height, op.images.width, ray_of_tile);
  load_camera(op, place.pose, camera);
  const auto [ray, march] = cast_ray<Tile>(op, camera, place, rays);
  float sum = 0, weight = 0;
  if (place.inside) {
    weight = march.weight_mm * device_rest<kHu>(op);
    sum = sum_stretch<kHu, Tile::kUnroll>(op, voxels, ray, march, stretch_of<Tile>(march, part));
  }
  if constexpr (Tile::kParts > 1) {
    sums[threadIdx.x] = sum;
    __syncthreads();
    if (part != 0) return;
    for (int other = 1; other < Tile::kParts; ++other) sum += sums[other * Tile::kRays + ray_of_tile];
  }
  if (place.inside) op.images.plane(place.pose, 0).at(place.row, place.column) = sum * weight;
}

}  // namespace fg::cuda
