#pragma once
// What the forward and the gradient of DRRs share on CPU: jobs of rays, and one ray's way through the volume.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/core/parallel_for.h"
#include "kernels/drr/drr_geometry.h"
#include "kernels/drr/drr_rows.h"

namespace fg::cpu {

// A run of pixels of one row of one pose's image.
struct DrrJobs {
  static constexpr int kColumns = 256;
  std::int64_t poses;
  int height, width;

  std::int64_t across() const { return (width + kColumns - 1) / kColumns; }
  std::int64_t of_pose() const { return height * across(); }
  std::int64_t count() const { return poses * of_pose(); }

  struct Job {
    std::int64_t pose;
    int row, first_column, end_column;
  };
  Job job(std::int64_t index) const {
    const std::int64_t within = index % of_pose();
    const int first = static_cast<int>(within % across()) * kColumns;
    return {index / of_pose(), static_cast<int>(within / across()), first, std::min(first + kColumns, width)};
  }
};

template <class T>
DrrJobs jobs_of(const Drr<T>& op) {
  return {op.images.batch, op.images.height, op.images.width};
}

// The volume as rays see it.
template <class T>
class DrrVoxels {
 public:
  explicit DrrVoxels(const Drr<T>& op)
      : volume_(op.volume),
        step_x_(op.volume.width > 1 ? op.volume.column_stride : 0),
        step_y_(op.volume.height > 1 ? op.volume.row_stride : 0),
        step_z_(op.volume.depth > 1 ? op.volume.slice_stride : 0) {}

  float at(int z, int y, int x) const { return to_float(volume_.at(z, y, x)); }
  FgDrrCorners corners(const FgDrrTaps& t) const {
    const T* const near = &volume_.at(t.z.base, t.y.base, t.x.base);
    const T* const far = near + step_z_;
    return {to_float(near[0]),       to_float(near[step_x_]),
            to_float(near[step_y_]), to_float(near[step_y_ + step_x_]),
            to_float(far[0]),        to_float(far[step_x_]),
            to_float(far[step_y_]),  to_float(far[step_y_ + step_x_])};
  }
  void fill(DrrBlock& block) const {
    for (int i = 0; i < DrrBlock::kLanes; ++i) {
      const T* const near = &volume_.at(block.z[i], block.y[i], block.x[i]);
      const T* const far = near + step_z_;
      block.corner[0][i] = to_float(near[0]);
      block.corner[1][i] = to_float(near[step_x_]);
      block.corner[2][i] = to_float(near[step_y_]);
      block.corner[3][i] = to_float(near[step_y_ + step_x_]);
      block.corner[4][i] = to_float(far[0]);
      block.corner[5][i] = to_float(far[step_x_]);
      block.corner[6][i] = to_float(far[step_y_]);
      block.corner[7][i] = to_float(far[step_y_ + step_x_]);
    }
  }

 private:
  VolumeView<const T> volume_;
  std::int64_t step_x_, step_y_, step_z_;
};

template <class T>
float mu_of(const Drr<T>& op, float number) {
  return op.values.hu != 0 ? fg_drr_mu(op.values, number) : number;
}
// What numbers that are attenuation already still lack.
template <class T>
float rest_of(const Drr<T>& op) {
  return op.values.hu != 0 ? 1.0f : op.values.scale;
}

// The channel of a sample's label; outside the voxels the label is 0.
template <class T>
int channel_at(const Drr<T>& op, const FgDrrTaps& taps) {
  const int label = fg_drr_labelled(taps)
                        ? op.labels.at(fg_drr_nearest(taps.z), fg_drr_nearest(taps.y), fg_drr_nearest(taps.x))
                        : 0;
  return op.labels.channel(label, static_cast<int>(op.images.channels));
}

inline float lanes_sum(const float* lanes) {
  float sums[DrrBlock::kLanes];
  std::copy(lanes, lanes + DrrBlock::kLanes, sums);
  for (int half = DrrBlock::kLanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) sums[i] += sums[i + half];
  return sums[0];
}

// body(block, count) for each block of samples of the ray.
template <class T, class Body>
void for_blocks(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray, const FgDrrMarch& march,
                const Body& body) {
  DrrBlock block;
  for (int first = march.first; first <= march.last; first += DrrBlock::kLanes) {
    locate(ray, march, op.grid(), first, block);
    voxels.fill(block);
    body(block, std::min(march.last - first + 1, DrrBlock::kLanes));
  }
}

// body(walk, end) for each voxel on the ray's way; returns the walk where it ended.
template <class Body>
FgDrrWalk for_voxels(const FgDrrRay& ray, const FgDrrGrid& grid, const Body& body) {
  FgDrrWalk walk = fg_drr_walk_begin(ray, grid);
  while (walk.inside) {
    body(walk, std::min(fg_drr_walk_end(walk), walk.leave));
    walk = fg_drr_walk_on(walk, ray, grid);
  }
  return walk;
}

// The sums that a ray's value and derivatives are made of; weight(channel) is what a channel counts.
template <class T, class Weight>
FgDrrSums trilinear_sums(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray,
                         const FgDrrMarch& march, const Weight& weight) {
  DrrLanes lanes;
  alignas(64) float weights[DrrBlock::kLanes];
  std::fill(weights, weights + DrrBlock::kLanes, op.labels.given() ? 0.0f : weight(0));
  for_blocks(op, voxels, ray, march, [&](DrrBlock& block, int count) {
    if (op.labels.given())
      for (int i = 0; i < DrrBlock::kLanes; ++i) weights[i] = weight(channel_at(op, block.taps(i)));
    add_slopes(block, op.values, count, weights, lanes);
  });
  return {lanes_sum(lanes.value),
          {lanes_sum(lanes.at_x), lanes_sum(lanes.at_y), lanes_sum(lanes.at_z)},
          {lanes_sum(lanes.along_x), lanes_sum(lanes.along_y), lanes_sum(lanes.along_z)}};
}

template <class T, class Weight>
FgDrrSums siddon_sums(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray,
                      const Weight& weight) {
  FgDrrSums sums{fg_drr_not_finite(ray), {0, 0, 0}, {0, 0, 0}};
  float before = 0;  // what the ray came through last
  const FgDrrWalk end = for_voxels(ray, op.grid(), [&](const FgDrrWalk& walk, float leave) {
    const int channel = op.labels.given() ? op.labels.channel(op.labels.at(walk.z, walk.y, walk.x),
                                                              static_cast<int>(op.images.channels))
                                          : 0;
    const float mu = mu_of(op, voxels.at(walk.z, walk.y, walk.x)) * weight(channel);
    sums = fg_drr_add_crossing(sums, walk, mu - before);
    if (leave > walk.beta) sums.value += mu * (leave - walk.beta);
    before = mu;
  });
  return fg_drr_add_crossing(sums, end, -before);
}

}  // namespace fg::cpu
