#pragma once
// The scores of the last ticks, for the plot.

#include <array>
#include <cstddef>
#include <cstdint>

namespace fg {

struct HistoryPoint {
  std::uint64_t tick = 0;
  float ssim = 0, psnr = 0, mae = 0;
  bool new_view = false;  // another camera than the point before: the plot breaks its line here
};

class History {
 public:
  static constexpr std::size_t kLength = 600;

  void push(const HistoryPoint& point) {
    points_[(first_ + size_) % kLength] = point;
    if (size_ < kLength)
      ++size_;
    else
      first_ = (first_ + 1) % kLength;
  }
  void clear() { first_ = size_ = 0; }
  std::size_t size() const { return size_; }
  const HistoryPoint& operator[](std::size_t i) const {
    return points_[(first_ + i) % kLength];
  }  // 0 is the oldest

 private:
  std::array<HistoryPoint, kLength> points_{};
  std::size_t first_ = 0, size_ = 0;
};

// The range of a plot: the finite values with some air, never narrower than at_least, within limits.
struct PlotRange {
  float low = 0, high = 1;
};
PlotRange plot_range(const History& history, float HistoryPoint::*value, float at_least, float floor,
                     float ceiling);

}  // namespace fg
