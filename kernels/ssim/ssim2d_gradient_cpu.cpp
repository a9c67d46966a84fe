// SSIM and its gradient on CPU, in one pass. A job makes the gradient of a block of samples: it walks down the
// block with two rings, the row moments of the last window of rows, and the partials of the last rows of
// windows, spread along the row. What the neighbouring blocks make too, a halo of 2 radius for the moments and
// of 1 radius for the partials, is made again: nothing larger than a block is ever stored.

#include "kernels/ssim/ssim2d_gradient.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/ssim2d_centre.h"
#include "kernels/ssim/ssim2d_gradient_rows.h"
#include "kernels/ssim/ssim2d_lines.h"
#include "kernels/ssim/ssim2d_parts.h"

namespace fg::cpu {
namespace {

constexpr int kGradientRows = 64;  // with 20 rows of halo, 31 % of the row filter is done twice
static_assert(kGradientRows <= TileMeans::kMostRows);

struct BlockSums {
  double terms, magnitudes;  // of the SSIM map and of |x - y|, over the windows centred in the block
};

// The samples that a job makes the gradient of.
struct Block {
  std::int64_t plane;
  int row, column, rows, columns;
};

template <class T>
struct GradientBlocks {
  int columns;  // the strip of windows around them fills a row of moments
  std::int64_t across, down, per_plane;

  explicit GradientBlocks(const Ssim2d<T>& op)
      : columns(kBlockColumns - 2 * op.radius()),
        across((op.x.width + columns - 1) / columns),
        down((op.x.height + kGradientRows - 1) / kGradientRows),
        per_plane(across * down) {}

  Block block(const Ssim2d<T>& op, std::int64_t job) const {
    Block b;
    b.plane = job / per_plane;
    b.row = static_cast<int>(job % per_plane / across) * kGradientRows;
    b.column = static_cast<int>(job % across) * columns;
    b.rows = std::min(kGradientRows, op.x.height - b.row);
    b.columns = std::min(columns, op.x.width - b.column);
    return b;
  }
};

// For d it is a power of two where a sample of the block is the same in x and y: multiplying by a power of two is
// exact, so that the two terms with cd cancel exactly where all windows around a sample are identical
// (ssim2d_gradient_cpu_test: "the identical part of an image has no gradient").
template <class T>
Centre centre_of(const PlaneView<const T>& x, const PlaneView<const T>& y, const Block& block,
                 SampleLine& line) {
  TileMeans means = tile_means(block.rows, block.columns, [&](int row) -> const SampleLine& {
    load_line(x, y, block.row + row, block.column, block.columns, line);
    return line;
  });
  Centre centre = means.median();
  if (means.has_equal()) centre.d = power_of_two_near(centre.d);
  return centre;
}

template <class T>
class BlockGradient {
 public:
  BlockGradient(const Ssim2dGradient<T>& op, SsimPart part, const WindowTaps& window, const Block& block)
      : op_(op),
        ssim_part_(part),
        block_(block),
        window_(window),
        radius_(window.radius),
        inset_(op.forward.padding == Padding::valid ? radius_ : 0),
        x_(op.forward.x.plane(block.plane)),
        y_(op.forward.y.plane(block.plane)),
        map_(op.forward.map.plane(block.plane)),
        weights_(op.map_weight.plane(block.plane)),
        x_gradient_(op.x_gradient.plane(block.plane)),
        y_gradient_(op.y_gradient.plane(block.plane)),
        wanted_{x_gradient_.data != nullptr, y_gradient_.data != nullptr},
        moments_(op.forward.window),
        spread_(op.forward.window) {
    const double pixels = static_cast<double>(op.forward.map_height()) * op.forward.map_width();
    const double images = static_cast<double>(op.forward.x.planes());
    double uniform = op.mean_weight / (images * pixels);
    if (op.score_weight.data != nullptr)
      uniform +=
          op.score_weight.at(block.plane / op.forward.x.channels, block.plane % op.forward.x.channels) /
          pixels;
    // A weight that all windows share is multiplied last, so that partials stay far from float's smallest.
    (weights_.data == nullptr ? scale_ : shared_weight_) = static_cast<float>(uniform);
    l1_scale_ = static_cast<float>(op.l1_weight / (images * pixels));
  }

  BlockSums run() {
    centre_ = centre_of(x_, y_, block_, lines_[0]);
    std::memset(&partials_, 0, sizeof(partials_));
    const int strip = block_.columns + 2 * radius_;
    for (int step = 0; step < block_.rows + 4 * radius_; ++step) {
      const int row = block_.row - 2 * radius_ + step;
      SampleLine& line = lines_[step % (2 * radius_ + 1)];
      RowMoments& moments = moments_.newest();
      if (row >= 0 && row < x_.height) {
        load_line(x_, y_, row, block_.column - 2 * radius_, strip + 2 * radius_, line);
        filter_row(line, strip, window_, moments);
      } else {
        std::memset(&moments, 0, sizeof(moments));
      }
      moments_.publish();
      if (step < 2 * radius_) continue;
      make_row_of_windows(row - radius_);
      if (step < 4 * radius_) continue;
      write_row(row - 2 * radius_, lines_[(step - 2 * radius_) % (2 * radius_ + 1)]);
    }
    return sums_;
  }

 private:
  // The part of [begin, begin + count) in which windows are centred, as [first, last) from begin.
  struct Part {
    int first, last;
  };
  Part with_windows(int begin, int count, int extent) const {
    const int first = std::max(inset_ - begin, 0);
    return {first, std::max(first, std::min(count, extent - inset_ - begin))};
  }

  // Windows centred in image row `row`: their terms, and their partials spread along the row.
  void make_row_of_windows(int row) {
    SpreadRow& spread = spread_.newest();
    const int strip = block_.columns + 2 * radius_, left = block_.column - radius_;
    const Part part = with_windows(left, strip, x_.width);
    if (row < inset_ || row >= x_.height - inset_ || part.first == part.last) {
      std::memset(&spread, 0, sizeof(spread));
    } else {
      combine_rows(moments_.oldest(), strip, window_, windows_);
      if (row >= block_.row && row < block_.row + block_.rows) score(row);
      const float* weights = nullptr;
      if (weights_.data != nullptr) {
        const float* from = weights_.row(row - inset_) + (left - inset_) * weights_.column_stride;
        for (int i = part.first; i < part.last; ++i)
          weight_[i] = from[i * weights_.column_stride] + shared_weight_;
        weights = weight_;
      }
      make_partials(windows_, part.first, part.last, {op_.forward.c1, op_.forward.c2}, ssim_part_, centre_,
                    weights, partials_);
      spread_along_row(partials_, block_.columns, window_, wanted_, spread);
    }
    spread_.publish();
  }

  // Terms of the windows that belong to this block.
  void score(int row) {
    const bool is_wanted = map_.data != nullptr || op_.forward.scores.data != nullptr || op_.forward.mean;
    if (!is_wanted) return;
    const Part own = with_windows(block_.column, block_.columns, x_.width);
    const int first = radius_ + own.first, last = radius_ + own.last;  // in the strip
    sums_.terms += score_row(windows_, first, last, {op_.forward.c1, op_.forward.c2}, ssim_part_, terms_);
    if (map_.data == nullptr) return;
    float* to = map_.row(row - inset_) + (block_.column - radius_ - inset_) * map_.column_stride;
    for (int i = first; i < last; ++i) to[i * map_.column_stride] = terms_[i];
  }

  void write_row(int row, const SampleLine& line) {
    const float *s = line.s + 2 * radius_, *d = line.d + 2 * radius_;
    gather_gradients(spread_.oldest(), s, d, block_.columns, window_, centre_, scale_, wanted_, to_x_, to_y_);
    const Part part = with_windows(block_.column, block_.columns, x_.width);
    const int count = part.last - part.first;
    if (row >= inset_ && row < x_.height - inset_) {
      if (op_.l1 != nullptr) sums_.magnitudes += sum_of_magnitudes(d + part.first, count);
      if (l1_scale_ != 0 && wanted_.x) add_signs(d + part.first, count, l1_scale_, to_x_ + part.first);
      if (l1_scale_ != 0 && wanted_.y) add_signs(d + part.first, count, -l1_scale_, to_y_ + part.first);
    }
    store(x_gradient_, row, to_x_);
    store(y_gradient_, row, to_y_);
  }
  void store(const PlaneView<float>& gradient, int row, const float* values) const {
    if (gradient.data == nullptr) return;
    float* to = gradient.row(row) + block_.column * gradient.column_stride;
    if (gradient.column_stride == 1)
      std::memcpy(to, values, static_cast<std::size_t>(block_.columns) * sizeof(float));
    else
      for (int i = 0; i < block_.columns; ++i) to[i * gradient.column_stride] = values[i];
  }

  const Ssim2dGradient<T>& op_;
  const SsimPart ssim_part_;
  const Block block_;
  const WindowTaps window_;
  const int radius_, inset_;
  const PlaneView<const T> x_, y_;
  const PlaneView<float> map_;
  const PlaneView<const float> weights_;
  const PlaneView<float> x_gradient_, y_gradient_;
  const WantedPlanes wanted_;
  Centre centre_;
  float scale_ = 1, shared_weight_ = 0, l1_scale_ = 0;
  BlockSums sums_{};

  // Some 110 KB on the job's stack.
  RowRing<RowMoments> moments_;
  RowRing<SpreadRow> spread_;
  SampleLine lines_[2 * kMaxWindowRadius + 1];
  RowMoments windows_;
  PartialLine partials_;
  alignas(64) float terms_[kBlockColumns], weight_[kBlockColumns], to_x_[kBlockColumns], to_y_[kBlockColumns];
};

}  // namespace

template <class T>
std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<T>& op) {
  const std::int64_t blocks = op.forward.x.planes() * GradientBlocks<T>(op.forward).per_plane;
  return static_cast<std::size_t>(blocks) * sizeof(BlockSums);
}

template <class T>
void ssim2d_gradient_part(const Ssim2dGradient<T>& op, SsimPart part, Scratch scratch) {
  const Ssim2d<T>& forward = op.forward;
  const GradientBlocks<T> blocks(forward);
  const WindowTaps window = gaussian_window(forward.radius());
  BlockSums* const sums = static_cast<BlockSums*>(scratch.data);  // [planes, blocks]
  parallel_for(forward.x.planes() * blocks.per_plane, [&](std::int64_t job) {
    sums[job] = BlockGradient<T>(op, part, window, blocks.block(forward, job)).run();
  });

  const double pixels = static_cast<double>(forward.map_height()) * forward.map_width();
  double total = 0, magnitudes = 0;
  for (std::int64_t plane = 0; plane < forward.x.planes(); ++plane) {
    double terms = 0;
    for (std::int64_t i = 0; i < blocks.per_plane; ++i) {
      terms += sums[plane * blocks.per_plane + i].terms;
      magnitudes += sums[plane * blocks.per_plane + i].magnitudes;
    }
    const double score = terms / pixels;
    if (forward.scores.data != nullptr)
      forward.scores.at(plane / forward.x.channels, plane % forward.x.channels) = score;
    total += score;
  }
  const double planes = static_cast<double>(forward.x.planes());
  if (forward.mean != nullptr) *forward.mean = total / planes;
  if (op.l1 != nullptr) *op.l1 = magnitudes / (planes * pixels);
}

template <class T>
void ssim2d_gradient(const Ssim2dGradient<T>& op, Scratch scratch) {
  ssim2d_gradient_part(op, SsimPart::whole, scratch);
}

template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<float>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<Half>&);
template std::size_t ssim2d_gradient_scratch_bytes(const Ssim2dGradient<BFloat16>&);
template void ssim2d_gradient_part(const Ssim2dGradient<float>&, SsimPart, Scratch);
template void ssim2d_gradient_part(const Ssim2dGradient<Half>&, SsimPart, Scratch);
template void ssim2d_gradient_part(const Ssim2dGradient<BFloat16>&, SsimPart, Scratch);
template void ssim2d_gradient_part(const Ssim2dGradient<Folded>&, SsimPart, Scratch);
template void ssim2d_gradient(const Ssim2dGradient<float>&, Scratch);
template void ssim2d_gradient(const Ssim2dGradient<Half>&, Scratch);
template void ssim2d_gradient(const Ssim2dGradient<BFloat16>&, Scratch);

}  // namespace fg::cpu
