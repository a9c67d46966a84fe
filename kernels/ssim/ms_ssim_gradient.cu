// Values and gradients of the levels of MS-SSIM, in one pass each (ssim2d_gradient_strip.h), and the gradient of the
// images out of them.

#include <cstdint>

#include "kernels/core/half.h"
#include "kernels/ssim/ms_ssim.cuh"
#include "kernels/ssim/ssim2d_gradient_strip.h"
#include "kernels/ssim/strip_centre.cuh"

namespace fg::cuda::ms {
namespace {

constexpr int kCombineThreads = 128;

// One block a strip of samples: x strips of all levels, y planes.
template <int kRadius, bool kBoth, class Offset, class T, int kLevels>
__global__ void __launch_bounds__(strip::kThreads, kGradientBlocksPerSm)
    ms_ssim_gradient_strips(const __grid_constant__ Levels<T, kLevels> levels, unsigned first_plane) {
  constexpr bool kFinest = kLevels == 1;
  __shared__ strip::Moments moments_or_spread[strip::kRunRows * strip::kPitch];  // 17.8 KB
  __shared__ strip::Partial partials[strip::kRunRows * strip::kPitch];           // 17.8 KB
  __shared__ pool::Pairs pairs;                                                  // 4.1 KB
  strip::Partial* const spread = reinterpret_cast<strip::Partial*>(moments_or_spread);
  const int thread = threadIdx.x;
  const ThisStrip<T> at(levels, first_plane);
  const Level<T>& level = at.level;
  const std::int32_t height = at.x.height, width = at.x.width;
  const strip::GradientPlace<kRadius> place(at.place(height, width, kRadius));
  const bool first_is_y = !kBoth && level.x_gradient.data == nullptr;
  const PlaneView<float> first_gradient =
      (first_is_y ? level.y_gradient : level.x_gradient).plane(at.n, at.c);
  const PlaneView<float> y_gradient = level.y_gradient.plane(at.n, at.c);
  const bool is_last = !kFinest && level.part == SsimPart::last;
  const strip::Sample centre = centre_of_strip(at.x, at.y, place.samples);
  const strip::PartialTerms partial_terms{levels.constants, centre, 1.0f, first_is_y};
  const strip::GradientTerms terms{centre, 0.0f, first_is_y ? -1.0f : 1.0f, false};

  strip::Column<kRadius, Offset, T> column =
      strip::start_column<kRadius, Offset>(thread, at.x, at.y, place.windows);
  strip::SpreadColumn<kRadius, kBoth> spread_column{};
  const pool::Place pool_place = pool::place_of_samples<kRadius>(place.samples, height, width);
  pool::Sample before{};
  if constexpr (kFinest)
    before = pool::sample_at(at.x, at.y, place.samples.row - 1, pool_place.column + thread);
  double score = 0;
  for (std::int32_t row = 0; row < place.windows.rows; row += strip::kRunRows) {
    if (strip::has_columns<kRadius>(thread, place.windows)) {
      if constexpr (kFinest)
        pool::pair_rows(thread, column.next_x, column.next_y, pool_place.odd_rows(), before, pairs.pair);
      strip::filter_columns<kRadius>(thread, column, levels.window, moments_or_spread);
    }
    __syncthreads();
    if constexpr (kFinest)
      pool::pool_pairs(thread, pairs.pair, place.samples.row + row, pool_place,
                       levels.next_s.plane(at.n, at.c), levels.next_d.plane(at.n, at.c));
    const strip::Group windows = strip::group_of(thread, place.windows, row);
    if (windows.count > 0) {
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(thread, moments_or_spread, levels.window, moments);
      const auto make_partials = [&]<SsimPart kPart> {
        return strip::partial_group<kRadius, kBoth, kPart>(thread, moments, windows, partial_terms, place,
                                                           height - 2 * kRadius, width - 2 * kRadius, {}, {},
                                                           partials);
      };
      score += is_last ? make_partials.template operator()<SsimPart::last>()
                       : make_partials.template operator()<SsimPart::contrast>();
    }
    __syncthreads();
    if (strip::has_columns<kRadius>(thread, place.windows) && row + strip::kRunRows < place.windows.rows)
      strip::load_next_rows(column, at.x, at.y);  // they travel while partials are spread
    if (strip::filtered_column(thread) < place.samples.columns)
      strip::spread_rows<kRadius, kBoth>(thread, partials, levels.window, spread);
    __syncthreads();
    if (thread < place.samples.columns)
      strip::spread_columns<Offset>(thread, spread_column, spread, levels.window, place.samples,
                                    row - 2 * kRadius, terms, at.x, at.y, first_gradient,
                                    kBoth ? y_gradient : first_gradient);
  }
  score = block_reduce<strip::kThreads>(score);
  if (thread == 0) at.leave(score, levels.finished);
}

// What an image's gradient is made of.
struct Combine {
  ImageView<float> level[kMaxMsSsimLevels];
  const float* factors;  // [levels, planes]
  int levels;
};

// One thread a column of two rows of the image: columns along x, pairs of rows along y, planes along z.
__global__ void __launch_bounds__(kCombineThreads)
    ms_ssim_combine(const __grid_constant__ Combine work, unsigned first_plane) {
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.x * kCombineThreads + threadIdx.x);
  const ImageView<float>& image = work.level[0];
  if (column >= image.width) return;
  const unsigned plane = first_plane + blockIdx.z, channels = static_cast<unsigned>(image.channels);
  pool::LevelGradients gradients;
  gradients.levels = work.levels;
#pragma unroll
  for (int i = 0; i < kMaxMsSsimLevels; ++i) {
    if (i >= work.levels) break;
    gradients.level[i] = work.level[i].plane(plane / channels, plane % channels);
    gradients.factor[i] = work.factors[i * image.planes() + plane];
  }
  for (std::int32_t row = blockIdx.y; row < pooled_side(image.height); row += gridDim.y)
    pool::combine_rows(gradients, row, column);
}

template <class T>
void combine(const ImageView<float>& image, const ImageView<float>* levels, const Plan<T>& plan, int count,
             cudaStream_t stream) {
  if (image.data == nullptr) return;
  Combine work{};
  work.level[0] = image;
  for (int i = 1; i < count; ++i) work.level[i] = levels[i];
  work.factors = plan.factors;
  work.levels = count;
  const unsigned across = (static_cast<unsigned>(image.width) + kCombineThreads - 1) / kCombineThreads;
  const auto down = static_cast<unsigned>(std::min<std::int64_t>(pooled_side(image.height), kMaxGridYZ));
  for (std::int64_t plane = 0; plane < image.planes(); plane += kMaxGridYZ) {
    const dim3 blocks(across, down, static_cast<unsigned>(std::min(image.planes() - plane, kMaxGridYZ)));
    ms_ssim_combine<<<blocks, kCombineThreads, 0, stream>>>(work, static_cast<unsigned>(plane));
    check(cudaGetLastError(), "launching the gradient of MS-SSIM");
  }
}

}  // namespace

template <class T, int kLevels>
void launch_gradient_strips(const Levels<T, kLevels>& levels, cudaStream_t stream) {
  const auto launch = [&]<int kRadius, bool kBoth> {
    const auto kernel = are_near(levels) ? ms_ssim_gradient_strips<kRadius, kBoth, std::int32_t, T, kLevels>
                                         : ms_ssim_gradient_strips<kRadius, kBoth, std::int64_t, T, kLevels>;
    for_planes(levels, [&](dim3 blocks, unsigned first_plane) {
      kernel<<<blocks, strip::kThreads, 0, stream>>>(levels, first_plane);
    });
  };
  const auto with_radius = [&]<int kRadius> {
    const Level<T>& level = levels.level[0];
    const bool both = level.x_gradient.data != nullptr && level.y_gradient.data != nullptr;
    both ? launch.template operator()<kRadius, true>() : launch.template operator()<kRadius, false>();
  };
  if (levels.window.radius == 5)
    with_radius.template operator()<5>();
  else if (levels.window.radius == 4)
    with_radius.template operator()<4>();
  else
    with_radius.template operator()<3>();
}

template <class T>
void combine_gradients(const MsSsim<T>& op, const Plan<T>& plan, cudaStream_t stream) {
  combine(op.x_gradient, plan.x_gradient, plan, op.levels, stream);
  combine(op.y_gradient, plan.y_gradient, plan, op.levels, stream);
}

template void launch_gradient_strips(const Levels<float, 1>&, cudaStream_t);
template void launch_gradient_strips(const Levels<Half, 1>&, cudaStream_t);
template void launch_gradient_strips(const Levels<BFloat16, 1>&, cudaStream_t);
template void launch_gradient_strips(const Levels<Folded, kCoarseLevels>&, cudaStream_t);
template void combine_gradients(const MsSsim<float>&, const Plan<float>&, cudaStream_t);
template void combine_gradients(const MsSsim<Half>&, const Plan<Half>&, cudaStream_t);
template void combine_gradients(const MsSsim<BFloat16>&, const Plan<BFloat16>&, cudaStream_t);

}  // namespace fg::cuda::ms
