#include "kernels/ssim/masked_ssim.h"

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "kernels/ssim/masked_ssim.cuh"

namespace fg::cuda {
namespace masked {
namespace {

constexpr int kMaskThreads = 128;

// One block a strip: x across, y down, z planes.
template <int kRadius, class Offset, class T>
__global__ void __launch_bounds__(strip::kThreads, kBlocksPerSm)
    masked_ssim2d_strips(const __grid_constant__ Work<T> work, unsigned first_plane) {
  __shared__ fg::masked::Shared buffers[2];  // 44.5 KB
  const int thread = threadIdx.x;
  const MaskedSsim2d<T>& op = work.op;
  const auto [plane, n, c, x, y, mask] = ThisPlane<T>(op, first_plane);
  const strip::Place place = place_of_block(work.strips, x.height, x.width, 0);
  fg::masked::Column<kRadius, Offset, T> column =
      fg::masked::start_column<kRadius, Offset>(thread, x, y, mask, place, work.units.weight);
  fg::masked::Totals totals;
  int turn = 0;
  for (std::int32_t row = 0; row < place.rows; row += strip::kRunRows, turn ^= 1) {
    if (strip::has_columns<kRadius>(thread, place)) {
      fg::masked::filter_columns<kRadius>(thread, column, x, y, mask, work.window, work.units, buffers[turn]);
      // The next rows travel while these are worked on.
      if (row + strip::kRunRows < place.rows) fg::masked::load_next_rows(column, x, y, mask);
    }
    __syncthreads();
    const strip::Group group = strip::group_of(thread, place, row);
    if (group.count <= 0) continue;
    float weights[strip::kGroupColumns], inverse_weights[strip::kGroupColumns];
    fg::masked::load_weights(group, mask, work.units.weight, weights);
    FgSsimMoments moments[strip::kGroupColumns];
    fg::masked::filter_rows<kRadius>(thread, group, buffers[turn], work.window, work.units.least, moments,
                                     inverse_weights);
    fg::masked::score_group(moments, weights, {op.c1, op.c2}, group, op.map.plane(n, c), totals);
  }
  leave(work, plane, totals);
}

template <class T>
void launch_strips(const Work<T>& work, cudaStream_t stream) {
  const auto launch = [&]<int kRadius> {
    const auto kernel = is_near(work.op) ? masked_ssim2d_strips<kRadius, std::int32_t, T>
                                         : masked_ssim2d_strips<kRadius, std::int64_t, T>;
    for_planes(work.strips, [&](dim3 blocks, unsigned first_plane) {
      kernel<<<blocks, strip::kThreads, 0, stream>>>(work, first_plane);
    });
  };
  if (work.window.radius == 5)
    launch.template operator()<5>();
  else if (work.window.radius == 4)
    launch.template operator()<4>();
  else
    launch.template operator()<3>();
}

// Parts of the sum of the mask, which gradients are divided by: every kMaskParts-th row. Parts along x, planes of the mask
// along y.
__global__ void __launch_bounds__(kMaskThreads)
    masked_ssim2d_mask(ImageView<const float> mask, std::int64_t first_plane, double* parts) {
  const std::int64_t index = first_plane + blockIdx.y;
  const PlaneView<const float> plane = mask.plane(index);
  double sum = 0;
  for (std::int64_t row = blockIdx.x; row < plane.height; row += kMaskParts)
    for (std::int32_t column = threadIdx.x; column < plane.width; column += kMaskThreads)
      sum += static_cast<double>(fg::masked::weight_of(plane.at(static_cast<std::int32_t>(row), column)));
  sum = block_reduce<kMaskThreads>(sum);
  if (threadIdx.x == 0) parts[index * kMaskParts + blockIdx.x] = sum;
}

template <class T>
void launch_mask(const Work<T>& work, double* parts, cudaStream_t stream) {
  ImageView<const float> mask = work.op.mask;
  mask.channels = work.mask_channels;
  for (std::int64_t plane = 0; plane < mask.planes(); plane += kMaxGridYZ) {
    const dim3 blocks(static_cast<unsigned>(kMaskParts),
                      static_cast<unsigned>(std::min(mask.planes() - plane, kMaxGridYZ)));
    masked_ssim2d_mask<<<blocks, kMaskThreads, 0, stream>>>(mask, plane, parts);
    check(cudaGetLastError(), "launching the sum of the mask");
  }
}

// One block a plane: adds its strips; the block that finishes last adds the planes.
__global__ void __launch_bounds__(kFinishThreads)
    masked_ssim2d_finish(StripSums weights, StripSums terms, std::int64_t channels, TableView<double> scores,
                         double* mean) {
  const std::int64_t plane = blockIdx.x;
  double sums[2] = {};
  for (std::int64_t i = threadIdx.x; i < terms.parts; i += kFinishThreads) {
    sums[0] += weights.of_part[plane * terms.parts + i];
    sums[1] += terms.of_part[plane * terms.parts + i];
  }
  const double weight = block_reduce<kFinishThreads>(sums[0]), term = block_reduce<kFinishThreads>(sums[1]);
  double score = 1;  // where nothing is seen
  if (threadIdx.x == 0) {
    if (weight != 0) score = term / weight;
    if (scores.data != nullptr) scores.at(plane / channels, plane % channels) = score;
  }
  add_to_mean<kFinishThreads>(score, terms.of_image, terms.finished, mean);
}

template <class T>
constexpr bool kHasGradient = !std::is_same_v<T, std::uint8_t>;

}  // namespace
}  // namespace masked

template <class T>
std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<T>& op) {
  return std::max(masked::Layout<T>(op, false, nullptr).bytes, masked::Layout<T>(op, true, nullptr).bytes);
}

template <class T>
void masked_ssim2d(const MaskedSsim2d<T>& op, Scratch scratch, int device, void* stream) {
  const bool has_gradient = op.x_gradient.data != nullptr || op.y_gradient.data != nullptr;
  const masked::Layout<T> layout(op, has_gradient, scratch.data);
  layout.strips.check();
  const CurrentDevice current(device);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  const masked::Work<T> work(op, layout);
  if constexpr (masked::kHasGradient<T>)
    if (has_gradient) {
      masked::launch_mask(work, layout.mask_parts, cuda_stream);
      masked::launch_gradient_strips(work, cuda_stream);
    }
  if (!has_gradient) masked::launch_strips(work, cuda_stream);
  if (op.scores.data == nullptr && op.mean == nullptr) return;
  masked::
      masked_ssim2d_finish<<<static_cast<unsigned>(layout.strips.planes), kFinishThreads, 0, cuda_stream>>>(
          layout.weights, layout.terms, op.x.channels, op.scores, op.mean);
  check(cudaGetLastError(), "launching the masked SSIM sum");
}

template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<float>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<std::uint8_t>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<Half>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<BFloat16>&);
template void masked_ssim2d(const MaskedSsim2d<float>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<std::uint8_t>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<Half>&, Scratch, int, void*);
template void masked_ssim2d(const MaskedSsim2d<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
