// Two kernels. The first walks over the images as the forward does, and leaves the weighted partials of each window in
// scratch beside the score; the second spreads them back over the samples. Planes are taken in groups whose partials fit
// kPartialBytes, so that scratch does not grow with the batch.

#include "kernels/ssim/ssim2d_gradient.h"

#include <algorithm>
#include <cstdint>

#include "kernels/ssim/ssim2d_spread.h"
#include "kernels/ssim/ssim2d_strips.cuh"

namespace fg::cuda {
namespace {

constexpr std::size_t kPartialBytes = std::size_t{1} << 30;
constexpr int kSpreadBlocksPerSm = 5;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kScratchAlignmentBytes - 1) / kScratchAlignmentBytes * kScratchAlignmentBytes;
}

// Where everything lies in scratch.
template <class T>
struct Layout {
  Strips map_strips, image_strips;  // of all planes
  bool both;
  std::int32_t pitch;
  std::int64_t plane_floats;  // of one partial of one plane
  std::int64_t planes_at_once;
  std::size_t l1_at, partials_at, bytes;

  explicit Layout(const Ssim2dGradient<T>& op)
      : map_strips(op.forward.map_height(), op.forward.map_width(), op.forward.x.planes(),
                   op.forward.radius()),
        image_strips(op.forward.x.height, op.forward.x.width, op.forward.x.planes(), op.forward.radius()),
        both(op.x_gradient.data != nullptr && op.y_gradient.data != nullptr),
        pitch((op.forward.map_width() + 3) / 4 * 4),
        plane_floats(std::int64_t{pitch} * op.forward.map_height()) {
    const std::int64_t plane_bytes = plane_floats * partials() * static_cast<std::int64_t>(sizeof(float));
    planes_at_once = std::clamp<std::int64_t>(static_cast<std::int64_t>(kPartialBytes) / plane_bytes, 1,
                                              std::min(op.forward.x.planes(), kMaxGridYZ));
    l1_at = aligned(StripSums::bytes(map_strips));
    partials_at = l1_at + aligned(StripSums::bytes(image_strips));
    bytes = partials_at + static_cast<std::size_t>(plane_bytes * planes_at_once);
  }

  int partials() const { return both ? 4 : 3; }
};

// The partials of plane `local` of the group at work.
__device__ inline strip::PartialPlanes partials_of_plane(float* memory, unsigned local,
                                                         std::int64_t plane_floats, int count,
                                                         std::int32_t height, std::int32_t width,
                                                         std::int32_t pitch) {
  float* const first = memory + std::int64_t{local} * count * plane_floats;
  return {first,
          first + plane_floats,
          first + 2 * plane_floats,
          count == 4 ? first + 3 * plane_floats : nullptr,
          height,
          width,
          pitch};
}

// The means of s and d over a grid of 16 x 8 samples of the plane, the same in every block. Infinite and NaN samples are
// left out: they spoil the windows that they lie in, not the whole gradient.
template <class T>
__device__ strip::Sample centre_of_plane(const PlaneView<const T>& x, const PlaneView<const T>& y) {
  static_assert(strip::kThreads == 128);
  __shared__ float of_warp[2][4];
  const int thread = threadIdx.x;
  const int row = static_cast<int>((2 * (thread / 16) + 1) * std::int64_t{x.height} / 16);
  const int column = static_cast<int>((2 * (thread % 16) + 1) * std::int64_t{x.width} / 32);
  const strip::Sample sample = strip::sample_of(x.at(row, column), y.at(row, column));
  float s = isfinite(sample.s) ? sample.s : 0.0f, d = isfinite(sample.d) ? sample.d : 0.0f;
#pragma unroll
  for (int step = 16; step > 0; step /= 2) {
    s += __shfl_down_sync(0xFFFFFFFFu, s, step);
    d += __shfl_down_sync(0xFFFFFFFFu, d, step);
  }
  if (thread % 32 == 0) {
    of_warp[0][thread / 32] = s;
    of_warp[1][thread / 32] = d;
  }
  __syncthreads();
  const float share = 1.0f / strip::kThreads;
  return {(of_warp[0][0] + of_warp[0][1] + (of_warp[0][2] + of_warp[0][3])) * share,
          (of_warp[1][0] + of_warp[1][1] + (of_warp[1][2] + of_warp[1][3])) * share};
}

template <class T>
struct Work {
  Ssim2dGradient<T> op;
  WindowTaps window;
  Strips strips;
  StripSums sums;
  float* partials;
  std::int64_t plane_floats;
  std::int32_t pitch;
  float mean_weight, l1_weight;  // of one window, of one sample
  double pixels;
  unsigned first_plane;  // of the group
};

// One block a strip of the map: x across, y down, z planes of the group.
template <int kRadius, bool kBoth, class Offset, class T>
__global__ void __launch_bounds__(strip::kThreads, kBlocksPerSm) ssim2d_partials(Work<T> work) {
  __shared__ strip::Shared buffers[2];  // 35.6 KB
  const Ssim2d<T>& op = work.op.forward;
  const unsigned plane = work.first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const unsigned n = plane / channels, c = plane % channels;
  const PlaneView<const T> x = op.x.plane(n, c), y = op.y.plane(n, c);
  const PlaneView<float> map = op.map.plane(n, c);
  const PlaneView<const float> map_weight = work.op.map_weight.plane(n, c);
  const std::int32_t inset = op.padding == Padding::valid ? kRadius : 0;
  const std::int32_t height = x.height - 2 * inset, width = x.width - 2 * inset;
  const strip::Place place = place_of_block(work.strips, height, width, inset);
  const strip::PartialPlanes partials = partials_of_plane(work.partials, blockIdx.z, work.plane_floats,
                                                          kBoth ? 4 : 3, height, width, work.pitch);
  float plane_weight = work.mean_weight;
  if (work.op.score_weight.data != nullptr)
    plane_weight += static_cast<float>(work.op.score_weight.at(n, c) / work.pixels);
  const bool of_x = kBoth || work.op.x_gradient.data != nullptr;
  const strip::Sample centre = centre_of_plane(x, y);
  const FgSsimConstants constants{op.c1, op.c2};

  double thread_sum = 0;
  walk_strip<kRadius, Offset>(
      x, y, place, work.window, buffers, [&](const FgSsimMoments* moments, const strip::Group& group) {
        thread_sum += strip::score_group(moments, constants, group, map);
        float first[strip::kGroupColumns], B[strip::kGroupColumns], E[strip::kGroupColumns],
            second[strip::kGroupColumns];
        float weights[strip::kGroupColumns];
        if (map_weight.data != nullptr)
          strip::load_group(&map_weight.at(group.row, group.column), map_weight.column_stride, group.count,
                            weights);
#pragma unroll
        for (int i = 0; i < strip::kGroupColumns; ++i) {
          const FgSsimPartials p = fg_ssim_partials(moments[i], constants, centre.s, centre.d);
          const float weight = plane_weight + (map_weight.data != nullptr ? weights[i] : 0.0f);
          first[i] = weight * (of_x ? p.X : p.Y);
          B[i] = weight * p.B;
          E[i] = weight * p.E;
          if (kBoth) second[i] = weight * p.Y;
        }
        const std::int64_t at = std::int64_t{group.row} * partials.pitch + group.column;
        strip::store_group(first, group.count, partials.first + at, 1);
        strip::store_group(B, group.count, partials.B + at, 1);
        strip::store_group(E, group.count, partials.E + at, 1);
        if (kBoth) strip::store_group(second, group.count, partials.second + at, 1);
      });
  const double sum = block_reduce<strip::kThreads>(thread_sum);
  if (threadIdx.x == 0) work.sums.leave(plane, sum);
}

// One block a strip of the image.
template <int kRadius, bool kBoth, class T>
__global__ void __launch_bounds__(strip::kThreads, kSpreadBlocksPerSm) ssim2d_spread(Work<T> work) {
  __shared__ strip::SharedPartials buffers[2];  // 35.6 KB
  const int thread = threadIdx.x;
  const Ssim2d<T>& op = work.op.forward;
  const unsigned plane = work.first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const unsigned n = plane / channels, c = plane % channels;
  const PlaneView<const T> x = op.x.plane(n, c), y = op.y.plane(n, c);
  const PlaneView<float> x_gradient = work.op.x_gradient.plane(n, c),
                         y_gradient = work.op.y_gradient.plane(n, c);
  const std::int32_t inset = op.padding == Padding::valid ? kRadius : 0;
  const strip::Place place = place_of_block(work.strips, x.height, x.width, inset);
  const strip::PartialPlanes partials =
      partials_of_plane(work.partials, blockIdx.z, work.plane_floats, kBoth ? 4 : 3, x.height - 2 * inset,
                        x.width - 2 * inset, work.pitch);
  const strip::Sample centre = centre_of_plane(x, y);
  const strip::GradientTerms terms{centre.s, centre.d, work.l1_weight,
                                   work.op.x_gradient.data != nullptr ? 1.0f : -1.0f};

  strip::PartialColumn<kRadius, kBoth> column =
      strip::start_partials<kRadius, kBoth>(thread, partials, place);
  double thread_sum = 0;
  int turn = 0;
  for (std::int32_t row = 0; row < place.rows; row += strip::kRunRows, turn ^= 1) {
    strip::Partial* const shared = buffers[turn].partials;
    if (strip::has_columns<kRadius>(thread, place)) {
      strip::spread_columns<kRadius, kBoth>(thread, column, work.window, shared);
      if (row + strip::kRunRows < place.rows)
        strip::load_partials<strip::kRunRows>(column, partials, column.next);
    }
    __syncthreads();
    const strip::Group group = strip::group_of(thread, place, row);
    if (group.count <= 0) continue;
    strip::PartialSums<strip::kGroupColumns, kBoth> sums;
    strip::spread_rows<kRadius, kBoth>(thread, shared, work.window, sums);
    thread_sum += strip::finish_gradient(sums, group, terms, x, y, inset, x_gradient, y_gradient);
  }
  if (work.op.l1 == nullptr) return;
  const double sum = block_reduce<strip::kThreads>(thread_sum);
  if (thread == 0) work.sums.leave(plane, sum);
}

template <int kRadius, bool kBoth, class T>
void launch(const Ssim2dGradient<T>& op, const Layout<T>& layout, char* scratch, cudaStream_t stream) {
  const double pixels = static_cast<double>(op.forward.map_height()) * op.forward.map_width();
  const double windows = pixels * static_cast<double>(op.forward.x.planes());
  const StripSums scores(scratch, layout.map_strips), l1(scratch + layout.l1_at, layout.image_strips);
  Work<T> work{op,
               gaussian_window(kRadius),
               layout.map_strips,
               scores,
               reinterpret_cast<float*>(scratch + layout.partials_at),
               layout.plane_floats,
               layout.pitch,
               static_cast<float>(op.mean_weight / windows),
               static_cast<float>(op.l1_weight / windows),
               pixels,
               0};
  const bool near =
      strip::reached_by_32_bits(op.forward.x.plane(0)) && strip::reached_by_32_bits(op.forward.y.plane(0));
  const auto partials = near ? ssim2d_partials<kRadius, kBoth, std::int32_t, T>
                             : ssim2d_partials<kRadius, kBoth, std::int64_t, T>;
  for (std::int64_t plane = 0; plane < layout.map_strips.planes; plane += layout.planes_at_once) {
    const auto planes =
        static_cast<unsigned>(std::min(layout.planes_at_once, layout.map_strips.planes - plane));
    const auto blocks = [&](const Strips& strips) {
      return dim3(static_cast<unsigned>(strips.across), static_cast<unsigned>(strips.down), planes);
    };
    work.first_plane = static_cast<unsigned>(plane);
    work.strips = layout.map_strips;
    work.sums = scores;
    partials<<<blocks(work.strips), strip::kThreads, 0, stream>>>(work);
    check(cudaGetLastError(), "launching the first half of SSIM's gradient");
    work.strips = layout.image_strips;
    work.sums = l1;
    ssim2d_spread<kRadius, kBoth><<<blocks(work.strips), strip::kThreads, 0, stream>>>(work);
    check(cudaGetLastError(), "launching the second half of SSIM's gradient");
  }
  if (op.forward.scores.data != nullptr || op.forward.mean != nullptr)
    finish_sums(scores, layout.map_strips, op.forward.x.channels, pixels, op.forward.scores, op.forward.mean,
                stream);
  if (op.l1 != nullptr)
    finish_sums(l1, layout.image_strips, op.forward.x.channels, pixels, {}, op.l1, stream);
}

template <int kRadius, class T>
void launch_gradient(const Ssim2dGradient<T>& op, const Layout<T>& layout, char* scratch,
                     cudaStream_t stream) {
  layout.both ? launch<kRadius, true>(op, layout, scratch, stream)
              : launch<kRadius, false>(op, layout, scratch, stream);
}

}  // namespace

template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>& op) {
  return Layout<T>(op).bytes;
}

template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>& op, Scratch scratch, int device, void* stream) {
  const Layout<T> layout(op);
  layout.map_strips.check();
  layout.image_strips.check();
  const CurrentDevice current(device);
  char* const memory = static_cast<char*>(scratch.data);
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  if (op.forward.radius() == 5)
    launch_gradient<5>(op, layout, memory, cuda_stream);
  else if (op.forward.radius() == 4)
    launch_gradient<4>(op, layout, memory, cuda_stream);
  else
    launch_gradient<3>(op, layout, memory, cuda_stream);
}

template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<float>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<Half>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<BFloat16>&);
template void ssim2d_gradient(const Ssim2dGradient<float>&, Scratch, int, void*);
template void ssim2d_gradient(const Ssim2dGradient<Half>&, Scratch, int, void*);
template void ssim2d_gradient(const Ssim2dGradient<BFloat16>&, Scratch, int, void*);

}  // namespace fg::cuda
