// DRRs on CPU: a job is a run of pixels, rays are cast one after the other.

#include <cmath>

#include "kernels/drr/drr.h"
#include "kernels/drr/drr_cast.h"
#include "kernels/drr/drr_slopes.h"
#include "kernels/drr/exposure_math.h"

namespace fg {

bool invert_affine(const double* m, double* inverse) {
  double cofactor[9], determinant = 0, size = 1;
  for (int i = 0; i < 12; ++i)
    if (!std::isfinite(m[i])) return false;
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 3; ++c) {
      const int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;
      cofactor[r * 3 + c] = m[r1 * 4 + c1] * m[r2 * 4 + c2] - m[r1 * 4 + c2] * m[r2 * 4 + c1];
    }
  for (int c = 0; c < 3; ++c) {
    determinant += m[c] * cofactor[c];
    size *= std::sqrt(m[c] * m[c] + m[4 + c] * m[4 + c] + m[8 + c] * m[8 + c]);
  }
  // The volume of a voxel against that of a box of its sides: how flat it is, whatever the unit.
  if (!(std::abs(determinant) > 1e-9 * size)) return false;
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) inverse[r * 4 + c] = cofactor[c * 3 + r] / determinant;
    inverse[r * 4 + 3] = 0;
    for (int c = 0; c < 3; ++c) inverse[r * 4 + 3] -= inverse[r * 4 + c] * m[c * 4 + 3];
  }
  for (int i = 0; i < 12; ++i)
    if (!std::isfinite(inverse[i])) return false;
  return true;
}

namespace cpu {
namespace {

void combine(float& total, float value, DrrReduction reduction) {
  total = reduction == DrrReduction::sum ? total + value : value > total || value != value ? value : total;
}

// What the channels of a ray see; `totals` are 0 at first.
template <class T>
void cast_trilinear(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray, float* totals) {
  const FgDrrMarch march = fg_drr_march(ray, op.grid(), op.sampling);
  const bool sum = op.reduction == DrrReduction::sum;
  if (sum && !op.labels.given()) {
    alignas(64) float lanes[DrrBlock::kLanes] = {};
    for_blocks(op, voxels, ray, march,
               [&](DrrBlock& block, int count) { add_seen(block, op.values, count, lanes); });
    totals[0] = lanes_sum(lanes);
  } else {
    for_blocks(op, voxels, ray, march, [&](DrrBlock& block, int count) {
      alignas(64) float seen[DrrBlock::kLanes];
      see(block, op.values, count, seen);
      for (int i = 0; i < count; ++i) {
        const int channel = op.labels.given() ? channel_at(op, block.taps(i)) : 0;
        if (channel >= 0) combine(totals[channel], seen[i], op.reduction);
      }
    });
  }
  const float rest = rest_of(op), invalid = fg_drr_not_finite(ray);
  for (std::int64_t c = 0; c < op.images.channels; ++c)
    totals[c] = sum ? totals[c] * (march.weight_mm * rest) : totals[c] * rest + invalid;
}

template <class T>
void cast_siddon(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray, float* totals) {
  const bool sum = op.reduction == DrrReduction::sum;
  for_voxels(ray, op.grid(), [&](const FgDrrWalk& walk, float end) {
    const int channel = op.labels.given() ? op.labels.channel(op.labels.at(walk.z, walk.y, walk.x),
                                                              static_cast<int>(op.images.channels))
                                          : 0;
    if (channel < 0 || !(end > walk.beta)) return;
    const float mu = mu_of(op, voxels.at(walk.z, walk.y, walk.x));
    combine(totals[channel], sum ? mu * (end - walk.beta) : mu, op.reduction);
  });
  const float scale = rest_of(op) * (sum ? ray.length_mm : 1.0f), invalid = fg_drr_not_finite(ray);
  for (std::int64_t c = 0; c < op.images.channels; ++c) totals[c] = totals[c] * scale + invalid;
}

// The line integral, and how it changes with the ray.
template <class T>
float cast_with_slope(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray, FgDrrSlope& slope) {
  const auto weight = [](int) { return 1.0f; };
  const float rest = rest_of(op);
  if (op.method == DrrMethod::siddon) {
    const FgDrrSums sums = siddon_sums(op, voxels, ray, weight);
    slope = fg_drr_siddon_slope(ray, sums, rest);
    return sums.value * (rest * ray.length_mm) + fg_drr_not_finite(ray);
  }
  const FgDrrMarch march = fg_drr_march(ray, op.grid(), op.sampling);
  const FgDrrSums sums = trilinear_sums(op, voxels, ray, march, weight);
  slope = fg_drr_trilinear_slope(ray, march, op.sampling, sums, rest);
  return sums.value * (march.weight_mm * rest);
}

}  // namespace

template <class T>
void drr(const Drr<T>& op) {
  const DrrJobs jobs = jobs_of(op);
  const DrrVoxels<T> voxels(op);
  parallel_for(jobs.count(), [&](std::int64_t index) {
    const DrrJobs::Job job = jobs.job(index);
    const DrrCamera camera = camera_of(op, job.pose);
    std::vector<float> totals(static_cast<std::size_t>(op.images.channels));
    for (int column = job.first_column; column < job.end_column; ++column) {
      const FgDrrRay ray =
          ray_of(camera, line_of(op, camera, job.pose, job.row, column), op.grid(), op.sampling);
      std::fill(totals.begin(), totals.end(), 0.0f);
      if (op.slopes.data != nullptr) {
        FgDrrSlope slope;
        totals[0] = cast_with_slope(op, voxels, ray, slope);
        store_slope(op.slopes, job.pose, job.row, column, slope);
      } else if (op.method == DrrMethod::siddon)
        cast_siddon(op, voxels, ray, totals.data());
      else
        cast_trilinear(op, voxels, ray, totals.data());
      for (std::int64_t c = 0; c < op.images.channels; ++c)
        op.images.plane(job.pose, c).at(job.row, column) = totals[static_cast<std::size_t>(c)];
    }
  });
}

template void drr(const Drr<float>&);
template void drr(const Drr<Half>&);
template void drr(const Drr<std::int16_t>&);
template void drr(const Drr<std::uint16_t>&);

void exposure(const Exposure& op) {
  const DrrJobs jobs{op.input.planes(), op.input.height, op.input.width};
  parallel_for(jobs.count(), [&](std::int64_t index) {
    const DrrJobs::Job job = jobs.job(index);
    const PlaneView<const float> input = op.input.plane(job.pose), gradient = op.gradient.plane(job.pose);
    const PlaneView<float> output = op.output.plane(job.pose);
    for (int x = job.first_column; x < job.end_column; ++x)
      output.at(job.row, x) =
          exposed(op, input.at(job.row, x), gradient.data == nullptr ? nullptr : &gradient.at(job.row, x));
  });
}

}  // namespace cpu
}  // namespace fg
