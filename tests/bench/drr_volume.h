#pragma once
// The volume and the geometry that DRRs are timed with: 512 x 512 x 133 voxels of 0.703125 x 0.703125 x 2.5 mm, smooth
// with grain; the source 850 mm in front of the middle, SDD 1020, 200 x 200 pixels of 2 mm, 500 samples from source to
// detector, of which 163 a ray lie inside.

#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/drr/drr.h"
#include "tests/kernels/test_images.h"

namespace fg::bench {

inline constexpr int kNx = 512, kNy = 512, kNz = 133;

template <class T, class Convert>
std::vector<T> drr_volume(const Convert& convert) {
  std::vector<T> voxels(static_cast<std::size_t>(kNx) * kNy * kNz);
  std::vector<float> ripple(1024);
  for (std::size_t i = 0; i < ripple.size(); ++i)
    ripple[i] = 0.25f + 0.2f * std::sin(0.04f * static_cast<float>(i));
  std::size_t n = 0;
  for (int z = 0; z < kNz; ++z)
    for (int y = 0; y < kNy; ++y)
      for (int x = 0; x < kNx; ++x, ++n)
        voxels[n] =
            convert(0.0192f * (ripple[static_cast<std::size_t>(x)] + ripple[static_cast<std::size_t>(y)] +
                               ripple[static_cast<std::size_t>(4 * z)] +
                               0.2f * test::noise(static_cast<std::uint32_t>(n), 7, 1)));
  return voxels;
}

inline const double* drr_bench_pose() {
  static constexpr double kPose[12] = {-1, 0, 0, 0.3, 0, 0, -1, 850, 0, -1, 0, 0.4};
  return kPose;
}

// data: of the volume.
template <class T>
Drr<T> drr_of(const T* data, const double* poses, int batch, int side, float* images) {
  Drr<T> op;
  op.volume = {data, kNz, kNy, kNx, std::int64_t{kNx} * kNy, kNx, 1};
  const double affine[12] = {0.703125, 0,        0,   -0.5 * 0.703125 * (kNx - 1),
                             0,        0.703125, 0,   -0.5 * 0.703125 * (kNy - 1),
                             0,        0,        2.5, -0.5 * 2.5 * (kNz - 1)};
  invert_affine(affine, op.world_to_voxel);
  op.poses = {poses, true, {batch, 3, 4}, {12, 4, 1}};
  op.rays.height = op.rays.width = side;
  op.rays.intrinsics = {1020, 400.0 / side, 400.0 / side, 0, 0};
  op.images = {images, batch, 1, side, side, std::int64_t{side} * side, std::int64_t{side} * side, side, 1};
  return op;
}

}  // namespace fg::bench
