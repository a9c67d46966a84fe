// Gradients of DRRs on CPU. By the rays: jobs of pixels add up their own sums, which are then added in order. By the
// volume: jobs of slices, each of which walks all rays through its own slices, so that no two write to the same voxel and
// the order of the additions is always the same.

#include "kernels/drr/drr.h"
#include "kernels/drr/drr_cast.h"
#include "kernels/drr/drr_maxima.h"
#include "kernels/drr/drr_slopes.h"

namespace fg::cpu {
namespace {

constexpr int kSlices = 8;  // of a job; a thinner slab spends more on finding where rays enter it

// The upstream gradient of one ray's channels.
template <class T>
class RayWeights {
 public:
  RayWeights(const DrrGradient<T>& op, std::int64_t pose, int row, int column)
      : view_(op.image_gradient), pose_(pose), row_(row), column_(column) {}
  float of(int channel) const { return channel < 0 ? 0.0f : view_.plane(pose_, channel).at(row_, column_); }
  bool all_zero() const {
    for (int c = 0; c < view_.channels; ++c)
      if (of(c) != 0.0f) return false;
    return true;
  }

 private:
  ImageView<const float> view_;
  std::int64_t pose_;
  int row_, column_;
};

template <class T>
FgDrrSlope slope_of(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray,
                    const RayWeights<T>& weights) {
  const auto weight = [&](int channel) { return weights.of(channel); };
  if (op.method == DrrMethod::siddon)
    return fg_drr_siddon_slope(ray, siddon_sums(op, voxels, ray, weight), rest_of(op));
  const FgDrrMarch march = fg_drr_march(ray, op.grid(), op.sampling);
  return fg_drr_trilinear_slope(ray, march, op.sampling, trilinear_sums(op, voxels, ray, march, weight),
                                rest_of(op));
}

// ---- maxima ----

template <class T>
void find_maxima(const Drr<T>& op, DrrMaximum* all) {
  const DrrJobs jobs = jobs_of(op);
  const DrrVoxels<T> voxels(op);
  const int channels = static_cast<int>(op.images.channels);
  parallel_for(jobs.count(), [&](std::int64_t index) {
    const DrrJobs::Job job = jobs.job(index);
    const DrrCamera camera = camera_of(op, job.pose);
    for (int column = job.first_column; column < job.end_column; ++column) {
      const FgDrrRay ray =
          ray_of(camera, line_of(op, camera, job.pose, job.row, column), op.grid(), op.sampling);
      const DrrRayMaxima maxima(op, all, job.pose, job.row, column);
      maxima.clear(channels);
      if (op.method == DrrMethod::siddon) {
        for_voxels(ray, op.grid(), [&](const FgDrrWalk& walk, float end) {
          const int channel =
              op.labels.given() ? op.labels.channel(op.labels.at(walk.z, walk.y, walk.x), channels) : 0;
          const std::int64_t row = std::int64_t{walk.z} * op.volume.height + walk.y;
          if (channel >= 0 && end > walk.beta)
            keep_larger(maxima.of(channel), mu_of(op, voxels.at(walk.z, walk.y, walk.x)),
                        row * op.volume.width + walk.x);
        });
        continue;
      }
      const FgDrrMarch march = fg_drr_march(ray, op.grid(), op.sampling);
      std::int64_t sample = march.first;
      for_blocks(op, voxels, ray, march, [&](DrrBlock& block, int count) {
        alignas(64) float seen[DrrBlock::kLanes];
        see(block, op.values, count, seen);
        for (int i = 0; i < count; ++i, ++sample) {
          const int channel = op.labels.given() ? channel_at(op, block.taps(i)) : 0;
          if (channel >= 0) keep_larger(maxima.of(channel), seen[i], sample);
        }
      });
    }
  });
}

template <class T>
FgDrrSlope slope_of_maxima(const Drr<T>& op, const DrrVoxels<T>& voxels, const FgDrrRay& ray,
                           const DrrRayMaxima& maxima, const RayWeights<T>& weights) {
  const auto corners = [&](const FgDrrTaps& taps) {
    const FgDrrCorners numbers = voxels.corners(taps);
    return op.values.hu != 0 ? fg_drr_mu_corners(op.values, numbers) : numbers;
  };
  return maxima_slope(op, ray, maxima, weights, corners, rest_of(op));
}

// ---- by the rays ----

// maxima: of DrrReduction::maximum, as find_maxima() leaves them.
template <class T>
void gradient_by_rays(const DrrGradient<T>& op, double* parts, DrrMaximum* maxima) {
  const Drr<T>& forward = op.forward;
  const DrrJobs jobs = jobs_of(forward);
  const DrrVoxels<T> voxels(forward);
  const bool points = forward.rays.targets.data != nullptr;
  parallel_for(jobs.count(), [&](std::int64_t index) {
    const DrrJobs::Job job = jobs.job(index);
    const DrrCamera camera = camera_of(forward, job.pose);
    double total[kDrrPoseSums] = {};
    for (int column = job.first_column; column < job.end_column; ++column) {
      const DrrLine line = line_of(forward, camera, job.pose, job.row, column);
      const FgDrrRay ray = ray_of(camera, line, forward.grid(), forward.sampling);
      const RayWeights<T> weights(op, job.pose, job.row, column);
      FgDrrSlope slope{{0, 0, 0}, {0, 0, 0}, 0};
      if (!weights.all_zero() && maxima != nullptr)
        slope = slope_of_maxima(forward, voxels, ray,
                                DrrRayMaxima(forward, maxima, job.pose, job.row, column), weights);
      else if (!weights.all_zero())
        slope = forward.slopes.data == nullptr
                    ? slope_of(forward, voxels, ray, weights)
                    : fg_drr_scaled(load_slope(forward.slopes, job.pose, job.row, column), weights.of(0));
      const DrrRaySums sums = ray_sums(camera, line, ray, slope);
      for (int i = 0; i < kDrrPoseSums; ++i) total[i] += sums.value(i, line, forward.rays.beam, points);
      store_ray_sums(op, job.pose, static_cast<std::int64_t>(job.row) * forward.images.width + column, sums);
    }
    std::copy(total, total + kDrrPoseSums, parts + index * kDrrPoseSums);
  });
  for (std::int64_t pose = 0; pose < jobs.poses; ++pose) {
    double total[kDrrPoseSums] = {};
    for (std::int64_t job = pose * jobs.of_pose(); job < (pose + 1) * jobs.of_pose(); ++job)
      for (int i = 0; i < kDrrPoseSums; ++i) total[i] += parts[job * kDrrPoseSums + i];
    for (int i = 0; i < kDrrPoseSums; ++i) store_pose_sum(op, pose, total, i);
  }
}

// ---- by the volume ----

struct Slab {
  int begin, end;  // slices
};

template <class T>
class VolumeGradient {
 public:
  VolumeGradient(const DrrGradient<T>& op, Slab slab) : op_(op.forward), gradient_(op.volume), slab_(slab) {}

  void clear() const {
    for (int z = slab_.begin; z < slab_.end; ++z)
      for (int y = 0; y < gradient_.height; ++y)
        for (int x = 0; x < gradient_.width; ++x) gradient_.at(z, y, x) = 0;
  }
  void add_trilinear(const FgDrrRay& ray, const RayWeights<T>& weights) const {
    const FgDrrGrid grid = op_.grid();
    const FgDrrMarch march = fg_drr_march(ray, grid, op_.sampling);
    FgDrrSlab reach = {march.enter, march.leave, -1, -1};
    reach = fg_drr_cut(reach, ray.at.z, ray.along.z, static_cast<float>(slab_.begin) - 1.0f,
                       static_cast<float>(slab_.end), 2);
    if (march.first > march.last || reach.leave < reach.enter) return;
    const float from = std::floor((reach.enter - march.start) / march.pace) - 1.0f,
                to = std::floor((reach.leave - march.start) / march.pace) + 2.0f;
    const int first = static_cast<int>(std::max(from, static_cast<float>(march.first)));
    const int last = static_cast<int>(std::min(to, static_cast<float>(march.last)));
    for (int n = first; n <= last; ++n) {
      const FgDrrTaps taps = fg_drr_taps(fg_drr_point(ray, fg_drr_beta(march, n)), grid);
      const float weight = weights.of(op_.labels.given() ? channel_at(op_, taps) : 0) * march.weight_mm;
      const float fade = taps.x.fade * taps.y.fade * taps.z.fade;
      if (fade > 0) add_corners(taps, weight * fade);
    }
  }
  void add_siddon(const FgDrrRay& ray, const RayWeights<T>& weights) const {
    FgDrrRay lower = ray;  // seen from the slab
    lower.at.z -= static_cast<float>(slab_.begin);
    FgDrrGrid grid = op_.grid();
    grid.nz = slab_.end - slab_.begin;
    for_voxels(lower, grid, [&](const FgDrrWalk& walk, float end) {
      const int z = walk.z + slab_.begin;
      const int channel = op_.labels.given() ? op_.labels.channel(op_.labels.at(z, walk.y, walk.x),
                                                                  static_cast<int>(op_.images.channels))
                                             : 0;
      if (end > walk.beta) add(z, walk.y, walk.x, weights.of(channel) * ray.length_mm * (end - walk.beta));
    });
  }
  void add_maxima(const FgDrrRay& ray, const DrrRayMaxima& maxima, const RayWeights<T>& weights) const {
    for (int c = 0; c < static_cast<int>(op_.images.channels); ++c)
      for_maximum_voxels(op_, ray, maxima.of(c).place, [&](int z, int y, int x, float share) {
        if (z >= slab_.begin && z < slab_.end) add(z, y, x, weights.of(c) * share);
      });
  }

 private:
  void add(int z, int y, int x, float weight) const {
    const float slope =
        op_.values.hu != 0 ? fg_drr_mu_slope(op_.values, to_float(op_.volume.at(z, y, x))) : op_.values.scale;
    gradient_.at(z, y, x) += weight * slope;
  }
  void add_corners(const FgDrrTaps& t, float weight) const {
    for_shares(t, [&](int z, int y, int x, float share) {
      if (z >= slab_.begin && z < slab_.end) add(z, y, x, weight * share);
    });
  }

  const Drr<T>& op_;
  const VolumeView<float>& gradient_;
  Slab slab_;
};

template <class T>
void gradient_by_volume(const DrrGradient<T>& op, DrrMaximum* maxima) {
  const Drr<T>& forward = op.forward;
  const int depth = forward.volume.depth;
  parallel_for((depth + kSlices - 1) / kSlices, [&](std::int64_t job) {
    const int begin = static_cast<int>(job) * kSlices;
    const VolumeGradient<T> gradient(op, {begin, std::min(begin + kSlices, depth)});
    gradient.clear();
    for (std::int64_t pose = 0; pose < forward.images.batch; ++pose) {
      const DrrCamera camera = camera_of(forward, pose);
      for (int row = 0; row < forward.images.height; ++row)
        for (int column = 0; column < forward.images.width; ++column) {
          const RayWeights<T> weights(op, pose, row, column);
          if (weights.all_zero()) continue;
          const FgDrrRay ray =
              ray_of(camera, line_of(forward, camera, pose, row, column), forward.grid(), forward.sampling);
          if (maxima != nullptr)
            gradient.add_maxima(ray, DrrRayMaxima(forward, maxima, pose, row, column), weights);
          else if (forward.method == DrrMethod::siddon)
            gradient.add_siddon(ray, weights);
          else
            gradient.add_trilinear(ray, weights);
        }
    }
  });
}

// The scratch: parts, then maxima.
template <class T>
std::size_t parts_bytes(const DrrGradient<T>& op) {
  return static_cast<std::size_t>(jobs_of(op.forward).count()) * kDrrPoseSums * sizeof(double);
}

}  // namespace

template <class T>
std::size_t drr_gradient_scratch_bytes(const DrrGradient<T>& op) {
  return parts_bytes(op) + maxima_bytes(op.forward);
}

template <class T>
void drr_gradient(const DrrGradient<T>& op, Scratch scratch) {
  DrrMaximum* maxima = nullptr;
  if (op.forward.reduction == DrrReduction::maximum) {
    maxima = reinterpret_cast<DrrMaximum*>(static_cast<std::byte*>(scratch.data) + parts_bytes(op));
    find_maxima(op.forward, maxima);
  }
  if (op.wants_rays()) gradient_by_rays(op, static_cast<double*>(scratch.data), maxima);
  if (op.volume.data != nullptr) gradient_by_volume(op, maxima);
}

template std::size_t drr_gradient_scratch_bytes(const DrrGradient<float>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<Half>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::int16_t>&);
template std::size_t drr_gradient_scratch_bytes(const DrrGradient<std::uint16_t>&);
template void drr_gradient(const DrrGradient<float>&, Scratch);
template void drr_gradient(const DrrGradient<Half>&, Scratch);
template void drr_gradient(const DrrGradient<std::int16_t>&, Scratch);
template void drr_gradient(const DrrGradient<std::uint16_t>&, Scratch);

}  // namespace fg::cpu
