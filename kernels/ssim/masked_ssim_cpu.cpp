// Masked SSIM and its gradient on CPU: the walk of ssim2d_gradient_cpu.cpp with weighted moments. The gradient is that
// of SSIM with the weight of a window divided by W, times the weight of the sample:
//   d mean / d xq = w mq / W    d variance / d xq = 2 w mq (xq - mean) / W

#include "kernels/ssim/masked_ssim.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/masked_ssim_math.h"
#include "kernels/ssim/masked_ssim_rows.h"
#include "kernels/ssim/ssim2d_centre.h"
#include "kernels/ssim/ssim2d_gradient_rows.h"
#include "kernels/ssim/ssim2d_lines.h"

namespace fg::cpu {
namespace {

constexpr int kMaskedRows = 64;
static_assert(kMaskedRows <= TileMeans::kMostRows);

template <class T>
struct MaskedBlocks {
  int columns;
  std::int64_t across, down, per_plane;

  explicit MaskedBlocks(const MaskedSsim2d<T>& op)
      : columns(kBlockColumns - 2 * (op.window / 2)),
        across((op.x.width + columns - 1) / columns),
        down((op.x.height + kMaskedRows - 1) / kMaskedRows),
        per_plane(across * down) {}
};

// All that is in the scratch: per block and per plane, sums of m and of m ssim.
template <class T>
struct MaskedScratch {
  double *block_weights, *block_terms;  // [planes, blocks]
  double* weights;                      // [planes]
  std::size_t size_bytes;

  MaskedScratch(const MaskedSsim2d<T>& op, void* data) {
    const std::int64_t blocks = op.x.planes() * MaskedBlocks<T>(op).per_plane;
    block_weights = static_cast<double*>(data);
    block_terms = block_weights + blocks;
    weights = block_terms + blocks;
    size_bytes = static_cast<std::size_t>(2 * blocks + op.x.planes()) * sizeof(double);
  }
};

struct MaskedBlock {
  std::int64_t plane;
  int row, column, rows, columns;
};

template <class T>
class MaskedBlockScore {
 public:
  MaskedBlockScore(const MaskedSsim2d<T>& op, const WindowTaps& window, const MaskedBlock& block, float scale,
                   float share)
      : op_(op),
        block_(block),
        window_(window),
        radius_(window.radius),
        x_(op.x.plane(block.plane)),
        y_(op.y.plane(block.plane)),
        mask_(op.mask.plane(block.plane)),
        map_(op.map.plane(block.plane)),
        x_gradient_(op.x_gradient.plane(block.plane)),
        y_gradient_(op.y_gradient.plane(block.plane)),
        wanted_{x_gradient_.data != nullptr, y_gradient_.data != nullptr},
        scale_(scale),
        share_(share),
        sums_(op.window),
        spread_(op.window) {}

  // The sum of m ssim over the block.
  double run() {
    const bool has_gradient = wanted_.x || wanted_.y;
    if (has_gradient) find_centre();
    std::memset(&partials_, 0, sizeof(partials_));
    const int strip = block_.columns + 2 * radius_;
    const int halo = has_gradient ? radius_ : 0;  // rows of windows beyond the block
    const int steps = block_.rows + 2 * (radius_ + halo);
    for (int step = 0; step < steps; ++step) {
      const int row = block_.row - radius_ - halo + step;
      SampleLine& samples = lines_[step % (2 * radius_ + 1)];
      MaskedSums& sums = sums_.newest();
      if (row >= 0 && row < x_.height) {
        load(row, block_.column - 2 * radius_, strip + 2 * radius_, samples);
        filter_masked_row(weighted_, strip, window_, sums);
      } else {
        std::memset(&sums, 0, sizeof(sums));
        std::memset(&samples, 0, sizeof(samples));
      }
      sums_.publish();
      if (step < 2 * radius_) continue;
      make_row_of_windows(row - radius_, has_gradient);
      if (!has_gradient || step < 4 * radius_) continue;
      write_row(row - 2 * radius_, lines_[(step - 2 * radius_) % (2 * radius_ + 1)]);
    }
    return total_;
  }

 private:
  float mask_at(int row, int column) const {
    if (row < 0 || row >= mask_.height || column < 0 || column >= mask_.width) return 0;
    return masked::weight_of(mask_.at(row, column));
  }
  void load_mask(int row, int first, int count) {
    for (int i = 0; i < count; ++i) weight_[i] = mask_at(row, first + i);
  }
  void load(int row, int first, int count, SampleLine& samples) {
    load_line(x_, y_, row, first, count, samples);
    load_mask(row, first, count);
    weigh_line(weight_, count, samples, weighted_);
  }

  // Of what is seen. A power of two for d: what the mask hides counts as equal here (ssim2d_gradient_cpu.cpp, centre_of()).
  void find_centre() {
    SampleLine& line = lines_[0];
    centre_ = tile_means(block_.rows, block_.columns, [&](int row) -> const SampleLine& {
                load(block_.row + row, block_.column, block_.columns, line);
                for (int i = 0; i < block_.columns; ++i)
                  if (weight_[i] == 0) line.s[i] = std::numeric_limits<float>::quiet_NaN();  // does not count
                return line;
              }).median();
    centre_.d = power_of_two_near(centre_.d);
  }

  void make_row_of_windows(int row, bool has_gradient) {
    SpreadRow& spread = spread_.newest();
    const int strip = block_.columns + 2 * radius_, left = block_.column - radius_;
    if (row < 0 || row >= x_.height) {
      std::memset(&spread, 0, sizeof(spread));
    } else {
      combine_masked_rows(sums_.oldest(), strip, window_, windows_, inverse_weight_);
      load_mask(row, left, strip);
      if (row >= block_.row && row < block_.row + block_.rows) score(row);
      if (has_gradient) {
        for (int i = 0; i < strip; ++i) weight_[i] *= inverse_weight_[i];
        make_partials(windows_, 0, strip, {op_.c1, op_.c2}, SsimPart::whole, centre_, weight_, partials_);
        // A window that counts for nothing spoils nothing, a NaN in it included.
        for (int i = 0; i < strip; ++i)
          if (weight_[i] == 0) partials_.X[i] = partials_.Y[i] = partials_.B[i] = partials_.E[i] = 0;
        spread_along_row(partials_, block_.columns, window_, wanted_, spread);
      }
    }
    if (has_gradient) spread_.publish();
  }

  void score(int row) {
    score_row(windows_, radius_, radius_ + block_.columns, {op_.c1, op_.c2}, SsimPart::whole, terms_);
    for (int i = radius_; i < radius_ + block_.columns; ++i)
      if (weight_[i] > 0) total_ += static_cast<double>(weight_[i]) * static_cast<double>(terms_[i]);
    if (map_.data == nullptr) return;
    for (int i = 0; i < block_.columns; ++i) map_.at(row, block_.column + i) = terms_[radius_ + i];
  }

  void write_row(int row, const SampleLine& samples) {
    gather_gradients(spread_.oldest(), samples.s + 2 * radius_, samples.d + 2 * radius_, block_.columns,
                     window_, centre_, scale_, wanted_, to_x_, to_y_);
    const auto store = [&](const PlaneView<float>& gradient, const float* values) {
      for (int i = 0; gradient.data != nullptr && i < block_.columns; ++i) {
        const float m = mask_at(row, block_.column + i);
        // Its part of the weights: a loss that is divided by a small sum of them may leave float's range.
        gradient.at(row, block_.column + i) = m > 0 ? share_ * m * values[i] : 0.0f;
      }
    };
    store(x_gradient_, to_x_);
    store(y_gradient_, to_y_);
  }

  const MaskedSsim2d<T>& op_;
  const MaskedBlock block_;
  const WindowTaps window_;
  const int radius_;
  const PlaneView<const T> x_, y_;
  const PlaneView<const float> mask_;
  const PlaneView<float> map_, x_gradient_, y_gradient_;
  const WantedPlanes wanted_;
  const float scale_, share_;  // dL/dscore, and 1 / sum m
  Centre centre_;
  double total_ = 0;

  // Some 200 KB on the job's stack.
  RowRing<MaskedSums> sums_;
  RowRing<SpreadRow> spread_;
  SampleLine lines_[2 * kMaxWindowRadius + 1];
  MaskedLine weighted_{};
  RowMoments windows_;
  PartialLine partials_;
  float weight_[kBlockColumns + 2 * kMaxWindowRadius];
  alignas(64) float terms_[kBlockColumns], inverse_weight_[kBlockColumns];
  alignas(64) float to_x_[kBlockColumns], to_y_[kBlockColumns];
};

template <class T>
MaskedBlock block_of(const MaskedSsim2d<T>& op, const MaskedBlocks<T>& blocks, std::int64_t job) {
  MaskedBlock b;
  b.plane = job / blocks.per_plane;
  b.row = static_cast<int>(job % blocks.per_plane / blocks.across) * kMaskedRows;
  b.column = static_cast<int>(job % blocks.across) * blocks.columns;
  b.rows = std::min(kMaskedRows, op.x.height - b.row);
  b.columns = std::min(blocks.columns, op.x.width - b.column);
  return b;
}

template <class T>
double sum_of_mask(const MaskedSsim2d<T>& op, const MaskedBlock& block) {
  const PlaneView<const float> mask = op.mask.plane(block.plane);
  double sum = 0;
  for (int row = block.row; row < block.row + block.rows; ++row)
    for (int column = block.column; column < block.column + block.columns; ++column)
      sum += static_cast<double>(masked::weight_of(mask.at(row, column)));
  return sum;
}

// dL/dscore of a plane.
template <class T>
float scale_of(const MaskedSsim2d<T>& op, std::int64_t plane) {
  double upstream = op.mean_weight / static_cast<double>(op.x.planes());
  if (op.score_weight.data != nullptr)
    upstream += op.score_weight.at(plane / op.x.channels, plane % op.x.channels);
  return static_cast<float>(upstream);
}

}  // namespace

template <class T>
std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<T>& op) {
  return MaskedScratch<T>(op, nullptr).size_bytes;
}

template <class T>
void masked_ssim2d(const MaskedSsim2d<T>& op, Scratch scratch) {
  const MaskedBlocks<T> blocks(op);
  const MaskedScratch<T> sums(op, scratch.data);
  const WindowTaps window = gaussian_window(op.window / 2);
  const std::int64_t planes = op.x.planes(), jobs = planes * blocks.per_plane;
  parallel_for(
      jobs, [&](std::int64_t job) { sums.block_weights[job] = sum_of_mask(op, block_of(op, blocks, job)); });
  for (std::int64_t plane = 0; plane < planes; ++plane)
    sums.weights[plane] = sum_in_order(sums.block_weights + plane * blocks.per_plane, blocks.per_plane);
  parallel_for(jobs, [&](std::int64_t job) {
    const MaskedBlock block = block_of(op, blocks, job);
    const double weight = sums.weights[block.plane];
    const float share = weight == 0 ? 0 : static_cast<float>(1 / weight);
    sums.block_terms[job] = MaskedBlockScore<T>(op, window, block, scale_of(op, block.plane), share).run();
  });
  double total = 0;
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    const double terms = sum_in_order(sums.block_terms + plane * blocks.per_plane, blocks.per_plane);
    const double score = sums.weights[plane] == 0 ? 1 : terms / sums.weights[plane];
    if (op.scores.data != nullptr) op.scores.at(plane / op.x.channels, plane % op.x.channels) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(planes);
}

template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<float>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<std::uint8_t>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<Half>&);
template std::size_t masked_ssim2d_scratch_bytes(const MaskedSsim2d<BFloat16>&);
template void masked_ssim2d(const MaskedSsim2d<float>&, Scratch);
template void masked_ssim2d(const MaskedSsim2d<std::uint8_t>&, Scratch);
template void masked_ssim2d(const MaskedSsim2d<Half>&, Scratch);
template void masked_ssim2d(const MaskedSsim2d<BFloat16>&, Scratch);

}  // namespace fg::cpu
