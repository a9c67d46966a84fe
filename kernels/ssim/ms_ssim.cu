#include "kernels/ssim/ms_ssim.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/ssim/ms_ssim.cuh"
#include "kernels/ssim/ms_ssim_math.h"
#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_gradient.h"

namespace fg::cuda {
namespace ms {
namespace {

constexpr int kPoolThreads = 128;

// One block a strip: x strips of all levels, y planes.
template <int kRadius, class Offset, class T, int kLevels>
__global__ void __launch_bounds__(strip::kThreads, kBlocksPerSm)
    ms_ssim_strips(const __grid_constant__ Levels<T, kLevels> levels, unsigned first_plane) {
  constexpr bool kFinest = kLevels == 1;
  __shared__ strip::Shared buffers[2];            // 35.6 KB
  __shared__ pool::Pairs pairs[kFinest ? 2 : 1];  // 8.2 KB
  const ThisStrip<T> at(levels, first_plane);
  const std::int32_t height = at.x.height, width = at.x.width;
  const strip::Place place = at.place(height - 2 * kRadius, width - 2 * kRadius, kRadius);
  double thread_sum = 0;
  if constexpr (kFinest) {
    const PlaneView<float> next_s = levels.next_s.plane(at.n, at.c), next_d = levels.next_d.plane(at.n, at.c);
    const std::int32_t first_row = place.row + 2 * kRadius;
    PoolBeside beside{
        next_s,
        next_d,
        pool::place_of_windows<kRadius>(place, height, width),
        pool::sample_at(at.x, at.y, first_row - 1, place.column + static_cast<std::int32_t>(threadIdx.x)),
        pairs,
        first_row};
    if (place.row == 0) pool::pool_top<kRadius>(threadIdx.x, at.x, at.y, beside.place, next_s, next_d);
    walk_strip<kRadius, Offset>(
        at.x, at.y, place, levels.window, buffers,
        [&](const FgSsimMoments* moments, const strip::Group& group) {
          thread_sum += strip::score_group<SsimPart::contrast>(moments, levels.constants, group, {});
        },
        beside);
  } else {
    const bool is_last = at.level.part == SsimPart::last;
    walk_strip<kRadius, Offset>(
        at.x, at.y, place, levels.window, buffers,
        [&](const FgSsimMoments* moments, const strip::Group& group) {
          thread_sum += is_last
                            ? strip::score_group<SsimPart::last>(moments, levels.constants, group, {})
                            : strip::score_group<SsimPart::contrast>(moments, levels.constants, group, {});
        });
  }
  const double sum = block_reduce<strip::kThreads>(thread_sum);
  if (threadIdx.x == 0) at.leave(sum, levels.finished);
}

template <class T, int kLevels>
void launch_strips(const Levels<T, kLevels>& levels, cudaStream_t stream) {
  const auto launch = [&]<int kRadius> {
    const auto kernel = are_near(levels) ? ms_ssim_strips<kRadius, std::int32_t, T, kLevels>
                                         : ms_ssim_strips<kRadius, std::int64_t, T, kLevels>;
    for_planes(levels, [&](dim3 blocks, unsigned first_plane) {
      kernel<<<blocks, strip::kThreads, 0, stream>>>(levels, first_plane);
    });
  };
  if (levels.window.radius == 5)
    launch.template operator()<5>();
  else if (levels.window.radius == 4)
    launch.template operator()<4>();
  else
    launch.template operator()<3>();
}

// Neighbouring levels, sums and differences: the first is there, the others are made.
struct Tree {
  ImageView<float> image[2][pool::kTreeDepth + 1];
};

// One thread a sample of the coarsest: columns along x, rows along y, planes of sums and differences along z.
template <int kDepth>
__global__ void __launch_bounds__(kPoolThreads)
    ms_ssim_pool(const __grid_constant__ Tree tree, unsigned first_plane) {
  const std::int32_t column = static_cast<std::int32_t>(blockIdx.x * kPoolThreads + threadIdx.x);
  const ImageView<float>* const image = tree.image[blockIdx.z % 2];
  if (column >= image[kDepth].width) return;
  const unsigned plane = first_plane + blockIdx.z / 2, channels = static_cast<unsigned>(image[0].channels);
  PlaneView<float> level[kDepth + 1];
#pragma unroll
  for (int i = 0; i <= kDepth; ++i) level[i] = image[i].plane(plane / channels, plane % channels);
  for (std::int32_t row = blockIdx.y; row < level[kDepth].height; row += gridDim.y)
    pool::pool_tree<kDepth>(level, row, column);
}

// Levels first + 1 to first + depth out of level `first`.
template <class T>
void launch_pool(const Plan<T>& plan, int first, int depth, cudaStream_t stream) {
  Tree tree;
  for (int i = 0; i <= depth; ++i) {
    tree.image[0][i] = plan.sums[first + i];
    tree.image[1][i] = plan.differences[first + i];
  }
  const auto kernel = depth == 3 ? ms_ssim_pool<3> : depth == 2 ? ms_ssim_pool<2> : ms_ssim_pool<1>;
  const ImageView<float>& last = tree.image[0][depth];
  for (std::int64_t plane = 0; plane < last.planes(); plane += kMaxGridYZ / 2) {
    const std::int64_t planes = std::min(last.planes() - plane, kMaxGridYZ / 2);
    const dim3 blocks((static_cast<unsigned>(last.width) + kPoolThreads - 1) / kPoolThreads,
                      static_cast<unsigned>(std::min<std::int64_t>(last.height, kMaxGridYZ)),
                      static_cast<unsigned>(2 * planes));
    kernel<<<blocks, kPoolThreads, 0, stream>>>(tree, static_cast<unsigned>(plane));
    check(cudaGetLastError(), "launching the pooling of MS-SSIM");
  }
}

// What the last sums are made of.
struct Finish {
  struct LevelSums {
    const double* sums;   // [planes, strips]
    std::int64_t strips;  // of a plane
    double pixels;        // of the level's map
  };
  LevelSums level[kMaxMsSsimLevels];
  int levels;
  double weights[kMaxMsSsimLevels];
  std::int64_t channels;
  TableView<double> scores;
  double *plane_scores, *mean;
  unsigned* finished;
  TableView<const double> score_weight;
  double plane_weight;  // dL/dscore of every plane
  float* factors;       // [levels, planes], or null
};

// One block a plane; the block that finishes last adds the planes.
__global__ void __launch_bounds__(kFinishThreads) ms_ssim_finish(const __grid_constant__ Finish work) {
  const std::int64_t plane = blockIdx.x;
  __shared__ double means[kMaxMsSsimLevels];
  for (int i = 0; i < work.levels; ++i) {
    const Finish::LevelSums& level = work.level[i];
    const double* const sums = level.sums + plane * level.strips;
    double sum = 0;
    for (std::int64_t k = threadIdx.x; k < level.strips; k += kFinishThreads) sum += sums[k];
    sum = block_reduce<kFinishThreads>(sum);
    if (threadIdx.x == 0) means[i] = sum / level.pixels;
  }
  double score = 0;
  if (threadIdx.x == 0) {
    const std::int64_t n = plane / work.channels, c = plane % work.channels;
    score = fg::ms::score_of(means, 1, work.weights, work.levels);
    if (work.scores.data != nullptr) work.scores.at(n, c) = score;
    if (work.factors != nullptr) {
      const double upstream =
          work.plane_weight + (work.score_weight.data == nullptr ? 0.0 : work.score_weight.at(n, c));
      double share = 1;
      for (int i = 0; i < work.levels; ++i, share *= 0.25)
        work.factors[i * std::int64_t{gridDim.x} + plane] = static_cast<float>(
            fg::ms::level_weight(means[i], work.weights[i], score, upstream) / work.level[i].pixels * share);
    }
  }
  add_to_mean<kFinishThreads>(score, work.plane_scores, work.finished, work.mean);
}

template <class T>
void finish(const MsSsim<T>& op, const Plan<T>& plan, cudaStream_t stream) {
  Finish work{};
  const auto pixels = [&](int height, int width) {
    return static_cast<double>(height - op.window + 1) * (width - op.window + 1);
  };
  if (op.levels == 1) {
    work.level[0] = {plan.single_scores, 1, 1};  // means already
  } else {
    const Level<T>& level = plan.finest.level[0];
    work.level[0] = {level.sums, level.strips.per_plane, pixels(op.x.height, op.x.width)};
  }
  for (int i = 1; i < op.levels; ++i) {
    const Level<Folded>& level = plan.coarse.level[i - 1];
    work.level[i] = {level.sums, level.strips.per_plane, pixels(level.x.height, level.x.width)};
  }
  work.levels = op.levels;
  std::copy_n(op.weights.begin(), op.levels, work.weights);
  work.channels = op.x.channels;
  work.scores = op.scores;
  work.plane_scores = plan.scores;
  work.mean = op.mean;
  work.finished = plan.finest.finished;
  work.score_weight = op.score_weight;
  work.plane_weight = op.mean_weight / static_cast<double>(op.x.planes());
  work.factors = plan.has_gradient ? plan.factors : nullptr;
  ms_ssim_finish<<<static_cast<unsigned>(op.x.planes()), kFinishThreads, 0, stream>>>(work);
  check(cudaGetLastError(), "launching the MS-SSIM sum");
}

template <class T>
constexpr bool kHasGradient = !std::is_same_v<T, std::uint8_t>;

// A single level is SSIM itself.
template <class T>
Ssim2d<T> single_forward(const MsSsim<T>& op) {
  return fg::ms::ssim2d_of_level(op, op.x, op.y);
}

// Its gradient, of the mean of each plane.
template <class T>
Ssim2dGradient<T> single_gradient(const MsSsim<T>& op) {
  Ssim2dGradient<T> gradient;
  gradient.forward = single_forward(op);
  gradient.mean_weight = static_cast<double>(op.x.planes());
  gradient.x_gradient = op.x_gradient;
  gradient.y_gradient = op.y_gradient;
  return gradient;
}

template <class T>
Plan<T> plan_of(const MsSsim<T>& op, void* scratch) {
  std::size_t single_bytes = 0;
  if (op.levels == 1) {
    single_bytes = ssim2d_scratch_bytes(single_forward(op));
    if constexpr (kHasGradient<T>)
      single_bytes = std::max(single_bytes, ssim2d_gradient_scratch_bytes(single_gradient(op)));
  }
  return Plan<T>(op, scratch, single_bytes);
}

template <class T>
void launch_single(const MsSsim<T>& op, const Plan<T>& plan, int device, cudaStream_t stream) {
  const TableView<double> scores{plan.single_scores, op.x.batch, op.x.channels, op.x.channels, 1};
  if constexpr (kHasGradient<T>)
    if (plan.has_gradient) {
      Ssim2dGradient<T> gradient = single_gradient(op);
      gradient.forward.scores = scores;
      ssim2d_gradient(gradient, plan.single, device, stream);
    }
  if (!plan.has_gradient) {
    Ssim2d<T> forward = single_forward(op);
    forward.scores = scores;
    ssim2d(forward, plan.single, device, stream);
  }
  check(cudaMemsetAsync(plan.finest.finished, 0, sizeof(unsigned), stream), "MS-SSIM");
}

template <class T>
void launch_levels(const MsSsim<T>& op, const Plan<T>& plan, cudaStream_t stream) {
  const auto launch = [&](const auto& levels) {
    if constexpr (kHasGradient<T>)
      if (plan.has_gradient) return launch_gradient_strips(levels, stream);
    launch_strips(levels, stream);
  };
  launch(plan.finest);
  for (int first = 1; first + 1 < op.levels; first += pool::kTreeDepth)
    launch_pool(plan, first, std::min(pool::kTreeDepth, op.levels - 1 - first), stream);
  launch(plan.coarse);
}

}  // namespace
}  // namespace ms

template <class T>
std::size_t ms_ssim_scratch_bytes(const MsSsim<T>& op) {
  return ms::plan_of(op, nullptr).bytes;
}

template <class T>
void ms_ssim(const MsSsim<T>& op, Scratch scratch, int device, void* stream) {
  const ms::Plan<T> plan = ms::plan_of(op, scratch.data);
  require(op.x.planes() <= std::numeric_limits<std::int32_t>::max(), ErrorCode::unsupported,
          "the batch has more channels than a CUDA launch reaches; score it in parts");
  if (op.levels > 1) {
    plan.finest.level[0].strips.check();
    for (int i = 0; i < plan.coarse.count; ++i) plan.coarse.level[i].strips.check();
  }
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.levels == 1)
    ms::launch_single(op, plan, device, cuda_stream);
  else
    ms::launch_levels(op, plan, cuda_stream);
  ms::finish(op, plan, cuda_stream);
  if constexpr (ms::kHasGradient<T>)
    if (plan.has_gradient) ms::combine_gradients(op, plan, cuda_stream);
}

template std::size_t ms_ssim_scratch_bytes(const MsSsim<float>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<std::uint8_t>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<Half>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<BFloat16>&);
template void ms_ssim(const MsSsim<float>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<std::uint8_t>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<Half>&, Scratch, int, void*);
template void ms_ssim(const MsSsim<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
