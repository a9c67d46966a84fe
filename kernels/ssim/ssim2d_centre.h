#pragma once
// What the gradient of SSIM 2D on CPU subtracts from s and d of a block: cs and cd of ssim_math.h, near their means.
//
// The block is cut into tiles, and the centre is the median of the tiles' means. An outlier spoils the mean of its tile
// alone, and a line of outliers that of some, where it would move the mean of the block away from all of its other samples
// (ssim2d_gradient_cpu_test: "an outlier moves no gradient"). A median of samples would lie at one end of a texture of two
// values.

#include <algorithm>
#include <cmath>

#include "kernels/ssim/ssim2d_gradient_rows.h"

namespace fg::cpu {

class TileMeans {
 public:
  // A tile's sums; a tile without a sample that counts has no mean.
  void add(const CentreSums& sums, int begin, int end) {
    double s = 0, d = 0, samples = 0;
    for (int i = begin; i < end; ++i) {
      s += static_cast<double>(sums.s[i]);
      d += static_cast<double>(sums.d[i]);
      samples += static_cast<double>(sums.samples[i]);
      has_equal_ = has_equal_ || sums.equal[i] > 0;
    }
    if (samples == 0) return;
    s_[count_] = static_cast<float>(s / samples);
    d_[count_] = static_cast<float>(d / samples);
    ++count_;
  }

  Centre median() {
    if (count_ == 0) return {};
    return {median_of(s_), median_of(d_)};
  }
  // Is some sample the same in x and y?
  bool has_equal() const { return has_equal_; }

  static constexpr int kRows = 8, kColumns = 16, kMostRows = 64;

 private:
  float median_of(float* means) const {
    float* const middle = means + (count_ - 1) / 2;
    std::nth_element(means, middle, means + count_);
    return std::isfinite(*middle) ? *middle : 0.0f;
  }

  static constexpr int kMost = (kMostRows / kRows) * (kBlockColumns / kColumns);
  float s_[kMost], d_[kMost];
  int count_ = 0;
  bool has_equal_ = false;
};

// The nearest power of two.
inline float power_of_two_near(float value) {
  return value == 0 ? 0 : std::copysign(std::exp2(std::round(std::log2(std::fabs(value)))), value);
}

// Of a block of at most kMostRows x kBlockColumns; load(row) gives a row of it as a SampleLine.
template <class Load>
TileMeans tile_means(int rows, int columns, const Load& load) {
  TileMeans means;
  for (int top = 0; top < rows; top += TileMeans::kRows) {
    CentreSums sums{};
    for (int row = top; row < std::min(top + TileMeans::kRows, rows); ++row) {
      const SampleLine& line = load(row);
      add_to_centre(line.s, line.d, columns, sums);
    }
    for (int left = 0; left < columns; left += TileMeans::kColumns)
      means.add(sums, left, std::min(left + TileMeans::kColumns, columns));
  }
  return means;
}

}  // namespace fg::cpu
