#include "kernels/drr/photons.h"

#include "kernels/drr/drr_cast.h"
#include "kernels/drr/photons_math.h"

namespace fg::cpu {

void photon_counts(const PhotonCounts& op) {
  const DrrJobs jobs{op.input.planes(), op.input.height, op.input.width};
  const std::int64_t first_plane = op.first_image * op.input.channels;
  parallel_for(jobs.count(), [&](std::int64_t index) {
    const DrrJobs::Job job = jobs.job(index);
    const PlaneView<const float> input = op.input.plane(job.pose);
    const PlaneView<float> output = op.output.plane(job.pose);
    for (int x = job.first_column; x < job.end_column; ++x) {
      const std::int64_t pixel = std::int64_t{job.row} * op.input.width + x;
      output.at(job.row, x) = photon_count(
          op.i0, input.at(job.row, x),
          {op.seed, static_cast<std::uint64_t>(first_plane + job.pose), static_cast<std::uint64_t>(pixel)});
    }
  });
}

}  // namespace fg::cpu
