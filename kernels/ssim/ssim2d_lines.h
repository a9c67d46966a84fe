#pragma once
// How SSIM on CPU reads its images: a row of s = x + y and d = x - y with zeros outside the image, and the
// ring of the last rows of whatever is made of them.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/core/half.h"
#include "kernels/core/tensor_view.h"
#include "kernels/ssim/ssim2d_rows.h"

namespace fg::cpu {

// The last `window` rows, next to each other in memory whatever row is the newest: each is kept twice.
template <class Row>
class RowRing {
 public:
  explicit RowRing(int window) : window_(window) {}

  Row& newest() { return rows_[newest_]; }
  void publish() {
    std::memcpy(&rows_[newest_ + window_], &rows_[newest_], sizeof(Row));
    newest_ = (newest_ + 1) % window_;
  }
  const Row* oldest() const { return &rows_[newest_]; }

 private:
  int window_, newest_ = 0;
  Row rows_[2 * (2 * kMaxWindowRadius + 1)];  // 22 x 2 KB: on the job's stack
};

// Levels lie row after row.
inline void load_strided(const Folded* sums, std::int64_t, const Folded* differences, std::int64_t, int count,
                         float* s, float* d) {
  std::memcpy(s, sums, static_cast<std::size_t>(count) * sizeof(float));
  std::memcpy(d, differences, static_cast<std::size_t>(count) * sizeof(float));
}

template <class T>
void load_strided(const T* x, std::int64_t x_stride, const T* y, std::int64_t y_stride, int count, float* s,
                  float* d) {
  for (int i = 0; i < count; ++i) {
    const float vx = to_float(x[i * x_stride]), vy = to_float(y[i * y_stride]);
    s[i] = vx + vy;
    d[i] = vx - vy;
  }
}

// s and d of image row `row`, from column `first` on, zeros where the image ends.
template <class T>
void load_line(const PlaneView<const T>& x, const PlaneView<const T>& y, int row, int first, int count,
               SampleLine& line) {
  std::memset(&line, 0, sizeof(line));
  const int begin = std::max(first, 0), end = std::min(first + count, x.width);
  if (begin >= end) return;
  float *s = line.s + (begin - first), *d = line.d + (begin - first);
  const T *px = x.row(row) + begin * x.column_stride, *py = y.row(row) + begin * y.column_stride;
  if constexpr (!std::is_same_v<T, Folded>)
    if (x.column_stride == 1 && y.column_stride == 1) return load_contiguous(px, py, end - begin, s, d);
  if constexpr (sizeof(T) == 1)
    if (x.column_stride == 4 && y.column_stride == 4) return load_every_fourth(px, py, end - begin, s, d);
  load_strided(px, x.column_stride, py, y.column_stride, end - begin, s, d);
}

}  // namespace fg::cpu
