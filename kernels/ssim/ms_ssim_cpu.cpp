// MS-SSIM on CPU, composed of SSIM by parts: down the pyramid for the means of each level, and, where a gradient
// is wanted, up again. A level's gradient is that of its own mean plus a quarter of the gradient of the coarser
// sample that it went into.

#include "kernels/ssim/ms_ssim.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/core/parallel_for.h"
#include "kernels/core/pieces.h"
#include "kernels/ssim/ms_ssim_math.h"
#include "kernels/ssim/ssim2d_lines.h"
#include "kernels/ssim/ssim2d_parts.h"

namespace fg::cpu {
namespace {

// Everything that lies in the scratch. Level 0 is the images themselves: its views here stay empty.
template <class T>
struct Pyramid {
  ImageView<float> sums[kMaxMsSsimLevels], differences[kMaxMsSsimLevels];  // x + y, x - y
  ImageView<float> x_gradient[kMaxMsSsimLevels], y_gradient[kMaxMsSsimLevels];
  double* means;          // [levels, planes]: v_l
  double* level_weights;  // [planes]: dL/dv_l of one level
  Scratch for_level;
  std::size_t size_bytes;

  Pyramid(const MsSsim<T>& op, void* data) {
    Pieces pieces(data);
    means = pieces.take<double>(op.levels * op.x.planes());
    level_weights = pieces.take<double>(op.x.planes());
    // No level needs more than the finest; float's size stands for every type's.
    Ssim2dGradient<float> finest;
    finest.forward.x.batch = op.x.batch;
    finest.forward.x.channels = op.x.channels;
    finest.forward.x.height = op.x.height;
    finest.forward.x.width = op.x.width;
    finest.forward.window = op.window;
    const std::size_t bytes =
        std::max(ssim2d_scratch_bytes(finest.forward), ssim2d_gradient_scratch_bytes(finest));
    for_level = {pieces.take<char>(static_cast<std::int64_t>(bytes)), bytes};
    int height = op.x.height, width = op.x.width;
    for (int level = 1; level < op.levels; ++level) {
      height = pooled_side(height);
      width = pooled_side(width);
      for (auto* images : {sums, differences, x_gradient, y_gradient})
        images[level] = pieces.take_images(op.x.batch, op.x.channels, height, width);
    }
    size_bytes = pieces.used_bytes();
  }
};

// The mean of 2 x 2 samples of x + y and of x - y; the first of them is sample 2 i - side % 2, zeros outside. Columns first,
// as on CUDA, where the levels have the same bits.
template <class T>
void pool(const ImageView<const T>& x, const ImageView<const T>& y, const ImageView<float>& sums,
          const ImageView<float>& differences) {
  const int up = x.height % 2, left = x.width % 2;
  parallel_for(sums.planes() * sums.height, [&](std::int64_t job) {
    const std::int64_t plane = job / sums.height;
    const int row = static_cast<int>(job % sums.height);
    const PlaneView<const T> from_x = x.plane(plane), from_y = y.plane(plane);
    float *to_s = sums.plane(plane).row(row), *to_d = differences.plane(plane).row(row);
    SampleLine upper, lower;
    for (int first = 0; first < sums.width; first += kBlockColumns / 2) {
      const int columns = std::min(kBlockColumns / 2, sums.width - first);
      const auto load = [&](int r, SampleLine& line) {
        if (r < 0 || r >= x.height)
          std::memset(&line, 0, sizeof(line));
        else
          load_line(from_x, from_y, r, 2 * first - left, 2 * columns, line);
      };
      load(2 * row - up, upper);
      load(2 * row - up + 1, lower);
      halve_rows(upper.s, lower.s, columns, to_s + first);
      halve_rows(upper.d, lower.d, columns, to_d + first);
    }
  });
}

// Adds to each sample a quarter of the coarser sample that it went into.
void add_spread(const ImageView<float>& coarse, const ImageView<float>& fine) {
  const int up = fine.height % 2, left = fine.width % 2;
  parallel_for(fine.planes() * fine.height, [&](std::int64_t job) {
    const PlaneView<float> to = fine.plane(job / fine.height);
    const int row = static_cast<int>(job % fine.height);
    const float* from = coarse.plane(job / fine.height).row((row + up) / 2);
    for (int column = 0; column < fine.width; ++column)
      to.at(row, column) += 0.25f * from[(column + left) / 2];
  });
}

template <class T>
SsimPart part_of_level(const MsSsim<T>& op, int level) {
  return level + 1 == op.levels ? SsimPart::last : SsimPart::contrast;
}

template <class T>
void measure_levels(const MsSsim<T>& op, const Pyramid<T>& pyramid) {
  const std::int64_t channels = op.x.channels;
  const auto measure = [&]<class E>(int level, const ImageView<const E>& x, const ImageView<const E>& y) {
    Ssim2d<E> forward = ms::ssim2d_of_level(op, x, y);
    forward.scores = {pyramid.means + level * op.x.planes(), op.x.batch, channels, channels, 1};
    ssim2d_part(forward, part_of_level(op, level), pyramid.for_level);
    if (level + 1 == op.levels) return;
    pool(x, y, pyramid.sums[level + 1], pyramid.differences[level + 1]);
  };
  measure(0, op.x, op.y);
  for (int level = 1; level < op.levels; ++level)
    measure(level, ms::folded(pyramid.sums[level]), ms::folded(pyramid.differences[level]));
}

// The gradients, from the coarsest level up.
template <class T>
void spread_gradient(const MsSsim<T>& op, const Pyramid<T>& pyramid) {
  const std::int64_t planes = op.x.planes(), channels = op.x.channels;
  const auto level_gradient = [&]<class E>(int level, const ImageView<const E>& x,
                                           const ImageView<const E>& y, const ImageView<float>& x_gradient,
                                           const ImageView<float>& y_gradient) {
    for (std::int64_t plane = 0; plane < planes; ++plane) {
      const double v = pyramid.means[level * planes + plane];
      double upstream = op.mean_weight / static_cast<double>(planes);
      if (op.score_weight.data != nullptr) upstream += op.score_weight.at(plane / channels, plane % channels);
      const double weight = op.weights[static_cast<std::size_t>(level)];
      const double score = ms::score_of(pyramid.means + plane, planes, op.weights.data(), op.levels);
      pyramid.level_weights[plane] = ms::level_weight(v, weight, score, upstream);
    }
    Ssim2dGradient<E> gradient;
    gradient.forward = ms::ssim2d_of_level(op, x, y);
    gradient.score_weight = {pyramid.level_weights, op.x.batch, channels, channels, 1};
    gradient.x_gradient = x_gradient;
    gradient.y_gradient = y_gradient;
    ssim2d_gradient_part(gradient, part_of_level(op, level), pyramid.for_level);
    if (level + 1 == op.levels) return;
    if (x_gradient.data != nullptr) add_spread(pyramid.x_gradient[level + 1], x_gradient);
    if (y_gradient.data != nullptr) add_spread(pyramid.y_gradient[level + 1], y_gradient);
  };
  const auto if_wanted = [](const ImageView<float>& output, const ImageView<float>& level) {
    return output.data == nullptr ? ImageView<float>() : level;
  };
  for (int level = op.levels - 1; level > 0; --level)
    level_gradient(level, ms::folded(pyramid.sums[level]), ms::folded(pyramid.differences[level]),
                   if_wanted(op.x_gradient, pyramid.x_gradient[level]),
                   if_wanted(op.y_gradient, pyramid.y_gradient[level]));
  level_gradient(0, op.x, op.y, op.x_gradient, op.y_gradient);
}

}  // namespace

template <class T>
std::size_t ms_ssim_scratch_bytes(const MsSsim<T>& op) {
  return Pyramid<T>(op, nullptr).size_bytes;
}

template <class T>
void ms_ssim(const MsSsim<T>& op, Scratch scratch) {
  const Pyramid<T> pyramid(op, scratch.data);
  measure_levels(op, pyramid);
  const std::int64_t planes = op.x.planes();
  double total = 0;
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const double score = ms::score_of(pyramid.means + plane, planes, op.weights.data(), op.levels);
    if (op.scores.data != nullptr) op.scores.at(plane / op.x.channels, plane % op.x.channels) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(planes);
  if constexpr (!std::is_same_v<T, std::uint8_t>)
    if (op.x_gradient.data != nullptr || op.y_gradient.data != nullptr) spread_gradient(op, pyramid);
}

template std::size_t ms_ssim_scratch_bytes(const MsSsim<float>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<std::uint8_t>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<Half>&);
template std::size_t ms_ssim_scratch_bytes(const MsSsim<BFloat16>&);
template void ms_ssim(const MsSsim<float>&, Scratch);
template void ms_ssim(const MsSsim<std::uint8_t>&, Scratch);
template void ms_ssim(const MsSsim<Half>&, Scratch);
template void ms_ssim(const MsSsim<BFloat16>&, Scratch);

}  // namespace fg::cpu
