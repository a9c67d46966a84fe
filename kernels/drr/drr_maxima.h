#pragma once
// Gradients of maxima, for C++ and CUDA: where on its ray each channel has its maximum, and how that sample changes.
//
// A maximum over samples changes as the one sample does that has it, the first one where several do. A sample of a ray is
// f(p(beta_n)), so its derivatives are those of a sum (drr_math.h) of this sample alone, with a weight of 1 that no
// movement of the ray changes. Where no sample is above 0 the maximum is 0, and does not change.
// Siddon's maximum is the number of one voxel; it does not change with the ray but where the ray comes to another voxel.

#include <cstdint>

#include "kernels/drr/drr_geometry.h"

namespace fg {

struct DrrMaximum {
  std::int64_t place;  // the sample's number; of Siddon (z height + y) width + x; kNoMaximum
  float value;
};
inline constexpr std::int64_t kNoMaximum = INT64_MIN;

// As the forward pass keeps the largest: the first of equals, and a NaN for good.
FG_HD void keep_larger(DrrMaximum& kept, float value, std::int64_t place) {
  if (value > kept.value || (value != value && kept.value == kept.value)) kept = {place, value};
}

// One for each number of the images, [B, C, h, w].
template <class T>
FG_HD std::int64_t maxima_count(const Drr<T>& op) {
  return op.images.planes() * op.images.height * op.images.width;
}

// What they need of the scratch of a gradient, where there are any.
template <class T>
std::size_t maxima_bytes(const Drr<T>& op) {
  return op.reduction == DrrReduction::maximum
             ? static_cast<std::size_t>(maxima_count(op)) * sizeof(DrrMaximum)
             : 0;
}

// The channels of one ray.
struct DrrRayMaxima {
  DrrMaximum* first;
  std::int64_t stride;

  template <class T>
  FG_HD DrrRayMaxima(const Drr<T>& op, DrrMaximum* all, std::int64_t pose, int row, int column)
      : first(all + ((pose * op.images.channels * op.images.height + row) * op.images.width + column)),
        stride(std::int64_t{op.images.height} * op.images.width) {}
  FG_HD DrrMaximum& of(std::int64_t channel) const { return first[channel * stride]; }
  FG_HD void clear(std::int64_t channels) const {
    for (std::int64_t c = 0; c < channels; ++c) of(c) = {kNoMaximum, 0};
  }
};

// Trilinear. weights.of(channel): the upstream gradient; corners(taps): attenuation around a sample; rest: what the
// numbers still lack.
template <class T, class Weights, class Corners>
FG_HD FgDrrSlope maxima_slope(const Drr<T>& op, const FgDrrRay& ray, const DrrRayMaxima& maxima,
                              const Weights& weights, const Corners& corners, float rest) {
  FgDrrMarch march = fg_drr_march(ray, op.grid(), op.sampling);
  march.weight_mm = 1 + fg_drr_not_finite(ray);
  FgDrrSums sums{0, {0, 0, 0}, {0, 0, 0}};  // value 0: nothing that grows with the distance of samples
  for (int c = 0; c < static_cast<int>(op.images.channels); ++c) {
    const float weight = weights.of(c);
    const std::int64_t place = maxima.of(c).place;
    if (weight == 0 || place == kNoMaximum) continue;
    const float beta = fg_drr_beta(march, static_cast<int>(place));
    const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, beta), op.grid());
    const FgDrrVec slope = fg_drr_sample(taps, corners(taps)).slope;
    sums.at.x += weight * slope.x;
    sums.at.y += weight * slope.y;
    sums.at.z += weight * slope.z;
    sums.along.x += weight * beta * slope.x;
    sums.along.y += weight * beta * slope.y;
    sums.along.z += weight * beta * slope.z;
  }
  return fg_drr_trilinear_slope(ray, march, op.sampling, sums, rest);
}

// add(z, y, x, share) for the voxels that a maximum is made of, each with how much it changes with the voxel's
// attenuation.
template <class T, class Add>
FG_HD void for_maximum_voxels(const Drr<T>& op, const FgDrrRay& ray, std::int64_t place, const Add& add) {
  if (place == kNoMaximum) return;
  const FgDrrGrid grid = op.grid();
  if (op.method == DrrMethod::siddon) {
    const std::int64_t row = place / grid.nx;
    add(static_cast<int>(row / grid.ny), static_cast<int>(row % grid.ny), static_cast<int>(place % grid.nx),
        1.0f);
    return;
  }
  const FgDrrMarch march = fg_drr_march(ray, grid, op.sampling);
  const FgDrrTaps t = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, static_cast<int>(place))), grid);
  const float fade = t.x.fade * t.y.fade * t.z.fade;
  if (fade > 0) for_shares(t, [&](int z, int y, int x, float share) { add(z, y, x, share * fade); });
}

}  // namespace fg
