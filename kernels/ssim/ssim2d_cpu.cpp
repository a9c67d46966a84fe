// SSIM on CPU: the image is cut into blocks of kBlockColumns x kBlockRows results; a job walks down its
// block, keeps the row moments of the last window of rows, and combines them into one row of results at a
// time.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim2d_rows.h"

namespace fg::cpu {
namespace {

constexpr int kBlockRows = 64;  // with 10 rows of halo, 16 % of the row filter is done twice

// The last `window` rows of moments, next to each other in memory whatever row is the newest: each is kept
// twice.
class RowRing {
 public:
  explicit RowRing(int window) : window_(window) {}

  RowMoments& newest() { return rows_[newest_]; }
  void publish() {
    std::memcpy(&rows_[newest_ + window_], &rows_[newest_], sizeof(RowMoments));
    newest_ = (newest_ + 1) % window_;
  }
  const RowMoments* oldest() const { return &rows_[newest_]; }

 private:
  int window_, newest_ = 0;
  RowMoments rows_[2 * (2 * kMaxWindowRadius + 1)];  // 22 x 2 KB: on the job's stack
};

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
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, std::uint8_t>)
    if (x.column_stride == 1 && y.column_stride == 1) return load_contiguous(px, py, end - begin, s, d);
  if constexpr (sizeof(T) == 1)
    if (x.column_stride == 4 && y.column_stride == 4) return load_every_fourth(px, py, end - begin, s, d);
  load_strided(px, x.column_stride, py, y.column_stride, end - begin, s, d);
}

struct Blocks {
  std::int64_t across, down, per_plane;

  template <class T>
  explicit Blocks(const Ssim2d<T>& op)
      : across((op.map_width() + kBlockColumns - 1) / kBlockColumns),
        down((op.map_height() + kBlockRows - 1) / kBlockRows),
        per_plane(across * down) {}
};

// One block: the sum of its terms.
template <class T>
double score_block(const Ssim2d<T>& op, const WindowTaps& window, std::int64_t plane, int first_row,
                   int first_column) {
  const PlaneView<const T> x = op.x.plane(plane), y = op.y.plane(plane);
  const PlaneView<float> map = op.map.plane(plane);
  const int radius = op.radius();
  // Result (r, c) looks at image rows r - above ... r - above + 2 radius, and columns alike.
  const int above = op.padding == Padding::same ? radius : 0;
  const int rows = std::min(kBlockRows, op.map_height() - first_row);
  const int columns = std::min(kBlockColumns, op.map_width() - first_column);

  RowRing ring(op.window);
  SampleLine line;
  alignas(64) float terms[kBlockColumns];
  double sum = 0;
  for (int step = 0; step < rows + 2 * radius; ++step) {
    const int row = first_row - above + step;
    RowMoments& moments = ring.newest();
    if (row >= 0 && row < x.height) {
      load_line(x, y, row, first_column - above, columns + 2 * radius, line);
      filter_row(line, columns, window, moments);
    } else {
      std::memset(&moments, 0, sizeof(moments));
    }
    ring.publish();
    if (step < 2 * radius) continue;
    sum += combine_rows(ring.oldest(), columns, window, {op.c1, op.c2}, terms);
    if (map.data == nullptr) continue;
    float* to = map.row(first_row + step - 2 * radius) + first_column * map.column_stride;
    for (int i = 0; i < columns; ++i) to[i * map.column_stride] = terms[i];
  }
  return sum;
}

}  // namespace

template <class T>
std::size_t ssim2d_scratch_bytes(const Ssim2d<T>& op) {
  return static_cast<std::size_t>(op.x.planes() * Blocks(op).per_plane) * sizeof(double);
}

template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch) {
  const Blocks blocks(op);
  const WindowTaps window = gaussian_window(op.radius());
  double* const sums = static_cast<double*>(scratch.data);  // [planes, blocks]
  parallel_for(op.x.planes() * blocks.per_plane, [&](std::int64_t job) {
    const std::int64_t block = job % blocks.per_plane;
    sums[job] =
        score_block(op, window, job / blocks.per_plane, static_cast<int>(block / blocks.across) * kBlockRows,
                    static_cast<int>(block % blocks.across) * kBlockColumns);
  });

  const double pixels = static_cast<double>(op.map_height()) * op.map_width();
  double total = 0;
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    const double score = sum_in_order(sums + plane * blocks.per_plane, blocks.per_plane) / pixels;
    if (op.scores.data != nullptr) op.scores.at(plane / op.x.channels, plane % op.x.channels) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(op.x.planes());
}

template std::size_t ssim2d_scratch_bytes(const Ssim2d<float>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<std::uint8_t>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<Half>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<BFloat16>&);
template void ssim2d(const Ssim2d<float>&, Scratch);
template void ssim2d(const Ssim2d<std::uint8_t>&, Scratch);
template void ssim2d(const Ssim2d<Half>&, Scratch);
template void ssim2d(const Ssim2d<BFloat16>&, Scratch);

}  // namespace fg::cpu
