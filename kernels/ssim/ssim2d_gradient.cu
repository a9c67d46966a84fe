// One kernel: value and gradient in one pass (ssim2d_gradient_strip.h).
//
// What bounds it, 5 x 5 x 1080 x 1920 on an H200, 833 us: instructions as well, with 12 warps a multiprocessor. It issues on
// 75 % of the cycles, the FMA pipe is busy 61 %, DRAM 13 %. A sixth of the columns is halo (20 of 128); blocks of 160, 192, 256,
// 320 and 384 threads, which have less, took 973, 849, 965, 966 and 871 us, since registers (168 a thread) leave room for
// fewer warps or for a single block.

#include "kernels/ssim/ssim2d_gradient.h"

#include <cstdint>

#include "kernels/ssim/ssim2d_gradient_strip.h"
#include "kernels/ssim/ssim2d_strips.cuh"
#include "kernels/ssim/strip_centre.cuh"

namespace fg::cuda {
namespace {

constexpr int kGradientBlocksPerSm = 3;  // 168 registers a thread; with four blocks and 128, some spill

// Strips of samples; the longest are taller than the forward's, since a strip makes 2 radius rows of windows more.
template <class T>
Strips strips_of(const Ssim2dGradient<T>& op) {
  const int radius = op.forward.radius();
  return {op.forward.x.height,
          op.forward.x.width,
          op.forward.x.planes(),
          {.columns = strip::kThreads - 4 * radius,
           .at_once = kGradientBlocksPerSm,
           .halo_rows = 2 * radius,
           .most_rows = 240}};
}

// Where the sums of the scores and those of |x - y| lie in scratch.
template <class T>
struct Layout {
  Strips strips;

  explicit Layout(const Ssim2dGradient<T>& op) : strips(strips_of(op)) {}
  std::size_t l1_at() const { return StripSums::bytes(strips); }
  std::size_t bytes() const { return 2 * StripSums::bytes(strips); }
};

template <class T>
struct Work {
  Ssim2dGradient<T> op;
  WindowTaps window;
  Strips strips;
  StripSums scores, l1;
  float mean_weight, l1_weight;  // of one window, of one sample
  double pixels;
};

// One block a strip of samples: x across, y down, z planes.
template <int kRadius, bool kBoth, class Offset, class T>
__global__ void __launch_bounds__(strip::kThreads, kGradientBlocksPerSm)
    ssim2d_gradient_strips(Work<T> work, unsigned first_plane) {
  __shared__ strip::Moments moments_or_spread[strip::kRunRows * strip::kPitch];  // 17.8 KB
  __shared__ strip::Partial partials[strip::kRunRows * strip::kPitch];           // 17.8 KB
  strip::Partial* const spread = reinterpret_cast<strip::Partial*>(moments_or_spread);
  const int thread = threadIdx.x;
  const Ssim2d<T>& op = work.op.forward;
  const unsigned plane = first_plane + blockIdx.z, channels = static_cast<unsigned>(op.x.channels);
  const unsigned n = plane / channels, c = plane % channels;
  const PlaneView<const T> x = op.x.plane(n, c), y = op.y.plane(n, c);
  const PlaneView<float> map = op.map.plane(n, c);
  const PlaneView<const float> map_weight = work.op.map_weight.plane(n, c);
  const std::int32_t inset = op.padding == Padding::valid ? kRadius : 0;
  const strip::GradientPlace<kRadius> place(place_of_block(work.strips, x.height, x.width, inset));
  const std::int32_t map_height = x.height - 2 * inset, map_width = x.width - 2 * inset;

  const bool first_is_y = !kBoth && work.op.x_gradient.data == nullptr;
  const PlaneView<float> first_gradient = (first_is_y ? work.op.y_gradient : work.op.x_gradient).plane(n, c);
  const PlaneView<float> y_gradient = work.op.y_gradient.plane(n, c);
  float plane_weight = work.mean_weight;
  if (work.op.score_weight.data != nullptr)
    plane_weight += static_cast<float>(work.op.score_weight.at(n, c) / work.pixels);
  const strip::Sample centre = centre_of_strip(x, y, place.samples);
  const strip::PartialTerms partial_terms{{op.c1, op.c2}, centre, plane_weight, first_is_y};
  const strip::GradientTerms terms{centre, work.l1_weight, first_is_y ? -1.0f : 1.0f,
                                   work.op.l1 != nullptr || work.l1_weight != 0};

  strip::Column<kRadius, Offset, T> column =
      strip::start_column<kRadius, Offset>(thread, x, y, place.windows);
  strip::SpreadColumn<kRadius, kBoth> spread_column{};
  double score = 0, magnitudes = 0;
  for (std::int32_t row = 0; row < place.windows.rows; row += strip::kRunRows) {
    if (strip::has_columns<kRadius>(thread, place.windows))
      strip::filter_columns<kRadius>(thread, column, work.window, moments_or_spread);
    __syncthreads();
    const strip::Group windows = strip::group_of(thread, place.windows, row);
    if (windows.count > 0) {
      FgSsimMoments moments[strip::kGroupColumns];
      strip::filter_rows<kRadius>(thread, moments_or_spread, work.window, moments);
      score += strip::partial_group<kRadius, kBoth>(thread, moments, windows, partial_terms, place,
                                                    map_height, map_width, map_weight, map, partials);
    }
    __syncthreads();
    if (strip::has_columns<kRadius>(thread, place.windows) && row + strip::kRunRows < place.windows.rows)
      strip::load_next_rows(column, x, y);  // they travel while partials are spread
    if (strip::filtered_column(thread) < place.samples.columns)
      strip::spread_rows<kRadius, kBoth>(thread, partials, work.window, spread);
    __syncthreads();
    if (thread < place.samples.columns)
      magnitudes += strip::spread_columns<Offset>(thread, spread_column, spread, work.window, place.samples,
                                                  row - 2 * kRadius, terms, x, y, first_gradient,
                                                  kBoth ? y_gradient : first_gradient);
  }
  score = block_reduce<strip::kThreads>(score);
  magnitudes = block_reduce<strip::kThreads>(magnitudes);
  if (thread != 0) return;
  work.scores.leave(plane, score);
  work.l1.leave(plane, magnitudes);
}

template <int kRadius, bool kBoth, class T>
void launch(const Ssim2dGradient<T>& op, const Layout<T>& layout, char* scratch, cudaStream_t stream) {
  const Ssim2d<T>& forward = op.forward;
  const double pixels = static_cast<double>(forward.map_height()) * forward.map_width();
  const double windows = pixels * static_cast<double>(forward.x.planes());
  const Work<T> work{op,
                     gaussian_window(kRadius),
                     layout.strips,
                     StripSums(scratch, layout.strips),
                     StripSums(scratch + layout.l1_at(), layout.strips),
                     static_cast<float>(op.mean_weight / windows),
                     static_cast<float>(op.l1_weight / windows),
                     pixels};
  const auto near_or_none = [](const auto& view) {
    return view.data == nullptr || strip::reached_by_32_bits(view.plane(0));
  };
  const bool near = near_or_none(forward.x) && near_or_none(forward.y) && near_or_none(op.x_gradient) &&
                    near_or_none(op.y_gradient);
  const auto kernel = near ? ssim2d_gradient_strips<kRadius, kBoth, std::int32_t, T>
                           : ssim2d_gradient_strips<kRadius, kBoth, std::int64_t, T>;
  for_planes(layout.strips, [&](dim3 blocks, unsigned first_plane) {
    kernel<<<blocks, strip::kThreads, 0, stream>>>(work, first_plane);
  });
  if (forward.scores.data != nullptr || forward.mean != nullptr)
    launch_scores(work.scores, forward.x.channels, pixels, forward.scores, forward.mean, stream);
  if (op.l1 != nullptr) launch_scores(work.l1, forward.x.channels, pixels, {}, op.l1, stream);
}

template <int kRadius, class T>
void launch_gradient(const Ssim2dGradient<T>& op, const Layout<T>& layout, char* scratch,
                     cudaStream_t stream) {
  const bool both = op.x_gradient.data != nullptr && op.y_gradient.data != nullptr;
  both ? launch<kRadius, true>(op, layout, scratch, stream)
       : launch<kRadius, false>(op, layout, scratch, stream);
}

}  // namespace

template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>& op) {
  return Layout<T>(op).bytes();
}

template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>& op, Scratch scratch, int device, void* stream) {
  const Layout<T> layout(op);
  layout.strips.check();
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
