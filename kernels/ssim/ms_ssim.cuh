#pragma once
// What the value and the gradient of MS-SSIM on CUDA share: the plan of a call, and the launches that both need.
// Included by .cu files alone.
//
// A call is a handful of launches, whatever the number of channels:
//   strips of level 0, which make level 1 on the way       ms_ssim.cu, or with gradients ms_ssim_gradient.cu
//   levels 2, 3, ... out of level 1, three at a time
//   strips of all other levels, in one launch
//   the sums of the strips: v_l, scores, their mean, and the factors of the gradients
//   the gradient of the images out of those of the levels
// The gradients of the levels are made unweighted, since their weights depend on the means of all levels: that way the
// windows of a level are filtered once, for the value and the gradient.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>

#include "kernels/core/pieces.h"
#include "kernels/ssim/ms_ssim.h"
#include "kernels/ssim/ms_ssim_math.h"
#include "kernels/ssim/ms_ssim_pool.h"
#include "kernels/ssim/ssim2d_strips.cuh"
#include "kernels/ssim/ssim_parts.h"

namespace fg::cuda::ms {

inline constexpr int kCoarseLevels = kMaxMsSsimLevels - 1;

// One level of a launch of strips.
template <class T>
struct Level {
  ImageView<const T> x, y;
  ImageView<float> x_gradient, y_gradient;  // optional: of the sum of the level's terms
  Strips strips;
  unsigned first_block;  // of a plane's
  double* sums;          // [planes, strips]
  SsimPart part;
};

// The levels of a launch of strips: the finest alone, or the others.
template <class T, int kLevels>
struct Levels {
  Level<T> level[kLevels];
  int count;
  unsigned blocks;  // of a plane
  std::int64_t planes;
  WindowTaps window;
  FgSsimConstants constants;
  ImageView<float> next_s, next_d;  // finest alone: level 1, which is made of it
  unsigned* finished;               // set to 0 for the kernel that adds the sums

  // The level and the strip of this block. A single level's fields stay constants.
  __device__ const Level<T>& of_block(unsigned& strip) const {
    int i = 0;
    if constexpr (kLevels > 1)
      while (i + 1 < count && blockIdx.x >= level[i + 1].first_block) ++i;
    strip = blockIdx.x - level[i].first_block;
    return level[i];
  }
};

// The strip of this block, and the planes that it lies in.
template <class T>
struct ThisStrip {
  unsigned plane, index;
  const Level<T>& level;
  unsigned n, c;
  PlaneView<const T> x, y;

  template <int kLevels>
  __device__ ThisStrip(const Levels<T, kLevels>& levels, unsigned first_plane)
      : plane(first_plane + blockIdx.y), level(levels.of_block(index)) {
    const unsigned channels = static_cast<unsigned>(level.x.channels);
    n = plane / channels;
    c = plane % channels;
    x = level.x.plane(n, c);
    y = level.y.plane(n, c);
  }
  // The strip of a map of height x width.
  __device__ strip::Place place(std::int32_t height, std::int32_t width, std::int32_t inset) const {
    const unsigned across = static_cast<unsigned>(level.strips.across);
    return place_of_strip(level.strips, index % across, index / across, height, width, inset);
  }
  // Called by one thread of each block.
  __device__ void leave(double sum, unsigned* finished) const {
    level.sums[plane * level.strips.per_plane + index] = sum;
    *finished = 0;  // every block writes the same
  }
};

// Makes the next level of the samples that a strip reads.
struct PoolBeside {
  PlaneView<float> to_s, to_d;
  pool::Place place;
  pool::Sample before;
  pool::Pairs* pairs;  // as many as turns
  std::int32_t first_row;

  template <class Column>
  __device__ void arrived(const Column& column, int turn) {
    pool::pair_rows(threadIdx.x, column.next_x, column.next_y, place.odd_rows(), before, pairs[turn].pair);
  }
  __device__ void passed(std::int32_t row, int turn) const {
    pool::pool_pairs(threadIdx.x, pairs[turn].pair, first_row + row, place, to_s, to_d);
  }
};

// Shapes of strips as in ssim2d.cu and ssim2d_gradient.cu.
inline constexpr int kGradientBlocksPerSm = 3;
inline StripShape strip_shape(int radius, bool has_gradient) {
  if (has_gradient)
    return {.columns = strip::kThreads - 4 * radius,
            .at_once = kGradientBlocksPerSm,
            .halo_rows = 2 * radius,
            .most_rows = 240};
  return {.columns = strip::kThreads - 2 * radius, .at_once = kBlocksPerSm, .halo_rows = 0, .most_rows = 120};
}

// How a call is cut, and where everything lies in scratch.
template <class T>
struct Plan {
  Levels<T, 1> finest{};
  Levels<Folded, kCoarseLevels> coarse{};
  ImageView<float> sums[kMaxMsSsimLevels],
      differences[kMaxMsSsimLevels];  // [0] stays empty, as in all of these
  ImageView<float> x_gradient[kMaxMsSsimLevels], y_gradient[kMaxMsSsimLevels];
  double* scores;  // [planes]
  float* factors;  // [levels, planes]: dL / d(sum of a level's terms), times 1/4 for each pooling above
  Scratch single;  // of the op that a single level is left to
  double* single_scores;
  bool has_gradient;
  std::size_t bytes;

  Plan(const MsSsim<T>& op, void* scratch, std::size_t single_bytes)
      : has_gradient(op.x_gradient.batch > 0 || op.y_gradient.batch > 0) {
    Pieces pieces(scratch);
    const std::int64_t planes = op.x.planes();
    finest.finished = coarse.finished = pieces.take<unsigned>(1);
    scores = pieces.take<double>(planes);
    factors = pieces.take<float>(has_gradient ? op.levels * planes : 0);
    finest.planes = coarse.planes = planes;
    finest.window = coarse.window = gaussian_window(op.window / 2);
    finest.constants = coarse.constants = {op.c1, op.c2};
    if (op.levels == 1) {
      single_scores = pieces.take<double>(planes);
      single = {pieces.take<char>(static_cast<std::int64_t>(single_bytes)), single_bytes};
      bytes = pieces.used_bytes();
      return;
    }
    finest.count = 1;
    finest.level[0].x = op.x;
    finest.level[0].y = op.y;
    finest.level[0].x_gradient = op.x_gradient;
    finest.level[0].y_gradient = op.y_gradient;
    finest.level[0].part = SsimPart::contrast;
    const StripShape shape = strip_shape(op.window / 2, has_gradient);
    finest.level[0].strips = strips_of(op.x, op.window, shape);
    add(finest, finest.level[0], pieces);
    coarse.count = op.levels - 1;
    std::int64_t rows = 0;
    for (int i = 1; i < op.levels; ++i) {
      const std::int32_t height = pooled_side(i == 1 ? op.x.height : sums[i - 1].height);
      const std::int32_t width = pooled_side(i == 1 ? op.x.width : sums[i - 1].width);
      const auto take = [&] { return pieces.take_images(op.x.batch, op.x.channels, height, width); };
      sums[i] = take();
      differences[i] = take();
      if (op.x_gradient.batch > 0) x_gradient[i] = take();
      if (op.y_gradient.batch > 0) y_gradient[i] = take();
      Level<Folded>& level = coarse.level[i - 1];
      level.x = fg::ms::folded(sums[i]);
      level.y = fg::ms::folded(differences[i]);
      level.x_gradient = x_gradient[i];
      level.y_gradient = y_gradient[i];
      level.part = i + 1 == op.levels ? SsimPart::last : SsimPart::contrast;
      level.strips = strips_of(level.x, op.window, shape);
      rows += level.strips.across * (height + strip::kRunRows);
    }
    // The strips of these levels fill the multiprocessors together: as long as those of one image that has them all one
    // below the other.
    const Strips together(static_cast<std::int32_t>(std::min(rows, kMaxExtent)), shape.columns, planes,
                          shape);
    for (int i = 0; i < coarse.count; ++i) {
      const std::int32_t height = coarse.level[i].x.height - less(op.window);
      coarse.level[i].strips.set_down((height + together.rows() - 1) / together.rows(), height);
      add(coarse, coarse.level[i], pieces);
    }
    finest.next_s = sums[1];
    finest.next_d = differences[1];
    bytes = pieces.used_bytes();
  }

 private:
  // Strips of samples where there are gradients, of windows where there are none.
  int less(int window) const { return has_gradient ? 0 : window - 1; }
  template <class E>
  Strips strips_of(const ImageView<const E>& images, int window, const StripShape& shape) const {
    return {images.height - less(window), images.width - less(window), images.planes(), shape};
  }
  template <class E, int kLevels>
  static void add(Levels<E, kLevels>& levels, Level<E>& level, Pieces& pieces) {
    level.first_block = levels.blocks;
    level.sums = pieces.take<double>(levels.planes * level.strips.per_plane);
    levels.blocks += static_cast<unsigned>(level.strips.per_plane);
  }
};

// launch(blocks, first_plane) for all planes of a launch of strips: x are a plane's strips, y planes.
template <class T, int kLevels, class Launch>
void for_planes(const Levels<T, kLevels>& levels, const Launch& launch) {
  for (std::int64_t plane = 0; plane < levels.planes; plane += kMaxGridYZ) {
    launch(dim3(levels.blocks, static_cast<unsigned>(std::min(levels.planes - plane, kMaxGridYZ))),
           static_cast<unsigned>(plane));
    check(cudaGetLastError(), "launching the MS-SSIM kernel");
  }
}

// Does std::int32_t reach every element of these planes?
template <class... Views>
bool are_near(const Views&... views) {
  return (... && (views.data == nullptr || strip::reached_by_32_bits(views.plane(0))));
}
template <class T, int kLevels>
bool are_near(const Levels<T, kLevels>& levels) {
  for (int i = 0; i < levels.count; ++i) {
    const Level<T>& level = levels.level[i];
    if (!are_near(level.x, level.y, level.x_gradient, level.y_gradient)) return false;
  }
  return true;
}

// Values and unweighted gradients of the levels, in ms_ssim_gradient.cu.
template <class T, int kLevels>
void launch_gradient_strips(const Levels<T, kLevels>& levels, cudaStream_t stream);

// The images' gradients out of the levels'.
template <class T>
void combine_gradients(const MsSsim<T>& op, const Plan<T>& plan, cudaStream_t stream);

}  // namespace fg::cuda::ms
