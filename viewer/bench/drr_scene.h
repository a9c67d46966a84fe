#pragma once
// What radiographs are timed with: a volume by formula, a camera in front of it, and how much of the volume its rays see.

#include <array>
#include <cstdint>
#include <vector>

namespace fg {

using DrrBenchPose = std::array<double, 12>;  // upper rows of a camera_to_world

// An axis-aligned volume about the origin of the world, float32, 1/mm.
struct DrrBenchVolume {
  std::int64_t width, height, depth;  // voxels along x, y, z
  double x_mm, y_mm, z_mm;            // between them

  std::vector<float> voxels() const;  // smooth with grain, the same in every run
  std::array<double, 16> voxel_to_world() const;
};

// A chest CT's: 512 x 512 x 133 voxels of 0.703125 x 0.703125 x 2.5 mm. Quick: a quarter as many a side, four times as far
// apart.
DrrBenchVolume drr_bench_volume(bool quick);

// The source 850 mm in front of the middle; pose by pose two degrees further around the body's axis.
std::vector<DrrBenchPose> drr_bench_poses(int count);

// A square detector of 400 mm, 1020 mm from the source.
struct DrrBenchCamera {
  int side = 200;     // pixels
  int samples = 500;  // from source to detector, both ends included
  static constexpr double kSddMm = 1020, kDetectorMm = 400;

  double pixel_mm() const { return kDetectorMm / side; }
};

// Means over all rays of all poses.
struct DrrBenchRays {
  double mm_per_sample;   // of trilinear rays
  double samples_inside;  // a ray: those that see a voxel, up to one voxel beyond the outermost centres
  double voxels_crossed;  // a ray: the boxes that Siddon's rays go through
  double path_mm;         // a ray's way through these boxes
};
DrrBenchRays count_rays(const DrrBenchVolume& volume, const std::vector<DrrBenchPose>& poses,
                        const DrrBenchCamera& camera);

}  // namespace fg
