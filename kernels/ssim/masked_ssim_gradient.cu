// Value and gradient of masked SSIM in one pass (masked_ssim_strip.h).

#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/ssim/masked_ssim.cuh"
#include "kernels/ssim/strip_centre.cuh"

namespace fg::cuda::masked {
namespace {

// The means of s and d over the samples that are seen of 16 x 8 of the strip. For d the power of two below: multiplying by
// it is exact, so that where windows see identical samples the two terms with cd cancel exactly (ssim2d_gradient_cpu.cpp,
// centre_of()).
template <class T>
__device__ strip::Sample centre_of_seen(const PlaneView<const T>& x, const PlaneView<const T>& y,
                                        const PlaneView<const float>& mask, const strip::Place& place) {
  const std::int32_t row = centre_row(place), column = centre_column(place);
  const bool is_seen = fg::masked::weight_of(mask.at(row, column)) > 0;
  const strip::Sample sum =
      sum_of_finite(is_seen ? strip::sample_of(x.at(row, column), y.at(row, column)) : strip::Sample{0, 0});
  const float share = 1.0f / static_cast<float>(max(__syncthreads_count(is_seen), 1));
  return {sum.s * share, __uint_as_float(__float_as_uint(sum.d * share) & 0xFF800000u)};
}

// dL/dscore of a plane and 1 / sum m; for all threads.
struct Upstream {
  float scale, share;
};
template <class T>
__device__ Upstream upstream_of(const Work<T>& work, unsigned n, unsigned c) {
  const std::int64_t mask_plane = n * work.mask_channels + (work.mask_channels == 1 ? 0 : c);
  const double* const parts = work.mask_parts + mask_plane * kMaskParts;
  double sum = 0;
  for (int i = threadIdx.x; i < kMaskParts; i += strip::kThreads) sum += parts[i];
  sum = block_reduce<strip::kThreads>(sum);
  __shared__ Upstream upstream;
  if (threadIdx.x == 0) {
    const MaskedSsim2d<T>& op = work.op;
    const double loss =
        work.plane_weight + (op.score_weight.data == nullptr ? 0.0 : op.score_weight.at(n, c));
    upstream = {static_cast<float>(loss), sum == 0 ? 0.0f : static_cast<float>(1 / sum)};
  }
  __syncthreads();
  return upstream;
}

// One block a strip of samples: x across, y down, z planes.
template <int kRadius, bool kBoth, class Offset, class T>
__global__ void __launch_bounds__(strip::kThreads, kGradientBlocksPerSm)
    masked_ssim2d_gradient_strips(const __grid_constant__ Work<T> work, unsigned first_plane) {
  __shared__ fg::masked::Shared columns_or_spread;                      // 22.2 KB
  __shared__ strip::Partial partials[strip::kRunRows * strip::kPitch];  // 17.8 KB
  strip::Partial* const spread = reinterpret_cast<strip::Partial*>(columns_or_spread.moments);
  const int thread = threadIdx.x;
  const MaskedSsim2d<T>& op = work.op;
  const auto [plane, n, c, x, y, mask] = ThisPlane<T>(op, first_plane);
  const bool first_is_y = !kBoth && op.x_gradient.data == nullptr;
  const PlaneView<float> first_gradient = (first_is_y ? op.y_gradient : op.x_gradient).plane(n, c);
  const PlaneView<float> second_gradient = op.y_gradient.plane(n, c);
  const strip::GradientPlace<kRadius> place(place_of_block(work.strips, x.height, x.width, 0));
  const strip::Sample centre = centre_of_seen(x, y, mask, place.samples);
  const strip::PartialTerms partial_terms{{op.c1, op.c2}, centre, 1.0f, first_is_y};
  const Upstream upstream = upstream_of(work, n, c);
  const fg::masked::GradientTerms terms{centre, first_is_y ? -1.0f : 1.0f, upstream.scale, upstream.share};

  fg::masked::Column<kRadius, Offset, T> column =
      fg::masked::start_column<kRadius, Offset>(thread, x, y, mask, place.windows, work.units.weight);
  strip::SpreadColumn<kRadius, kBoth> spread_column{};
  fg::masked::Totals totals;
  for (std::int32_t row = 0; row < place.windows.rows; row += strip::kRunRows) {
    if (strip::has_columns<kRadius>(thread, place.windows))
      fg::masked::filter_columns<kRadius>(thread, column, x, y, mask, work.window, work.units,
                                          columns_or_spread);
    __syncthreads();
    const strip::Group windows = strip::group_of(thread, place.windows, row);
    if (windows.count > 0) {
      FgSsimMoments moments[strip::kGroupColumns];
      float inverse_weights[strip::kGroupColumns];
      fg::masked::filter_rows<kRadius>(thread, windows, columns_or_spread, work.window, work.units.least,
                                       moments, inverse_weights);
      fg::masked::partial_group<kRadius, kBoth>(thread, moments, inverse_weights, windows, partial_terms,
                                                place, mask, work.units.weight, op.map.plane(n, c), partials,
                                                totals);
    }
    __syncthreads();
    if (strip::has_columns<kRadius>(thread, place.windows) && row + strip::kRunRows < place.windows.rows)
      fg::masked::load_next_rows(column, x, y, mask);  // they travel while partials are spread
    if (strip::filtered_column(thread) < place.samples.columns)
      strip::spread_rows<kRadius, kBoth>(thread, partials, work.window, spread);
    __syncthreads();
    if (thread < place.samples.columns)
      fg::masked::spread_columns<Offset>(thread, spread_column, spread, work.window, place.samples,
                                         row - 2 * kRadius, terms, x, y, mask, first_gradient,
                                         second_gradient);
  }
  leave(work, plane, totals);
}

}  // namespace

template <class T>
void launch_gradient_strips(const Work<T>& work, cudaStream_t stream) {
  const auto launch = [&]<int kRadius, bool kBoth> {
    const auto kernel = is_near(work.op) ? masked_ssim2d_gradient_strips<kRadius, kBoth, std::int32_t, T>
                                         : masked_ssim2d_gradient_strips<kRadius, kBoth, std::int64_t, T>;
    for_planes(work.strips, [&](dim3 blocks, unsigned first_plane) {
      kernel<<<blocks, strip::kThreads, 0, stream>>>(work, first_plane);
    });
  };
  const auto with_radius = [&]<int kRadius> {
    const bool both = work.op.x_gradient.data != nullptr && work.op.y_gradient.data != nullptr;
    both ? launch.template operator()<kRadius, true>() : launch.template operator()<kRadius, false>();
  };
  if (work.window.radius == 5)
    with_radius.template operator()<5>();
  else if (work.window.radius == 4)
    with_radius.template operator()<4>();
  else
    with_radius.template operator()<3>();
}

template void launch_gradient_strips(const Work<float>&, cudaStream_t);
template void launch_gradient_strips(const Work<Half>&, cudaStream_t);
template void launch_gradient_strips(const Work<BFloat16>&, cudaStream_t);

}  // namespace fg::cuda::masked
