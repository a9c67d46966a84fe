// SSIM on CPU: the image is cut into blocks of kBlockColumns x kBlockRows results; a job walks down its
// block, keeps the row moments of the last window of rows, and combines them into one row of results at a
// time.

#include "kernels/ssim/ssim2d.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/core/parallel_for.h"
#include "kernels/core/sum.h"
#include "kernels/ssim/ssim2d_lines.h"
#include "kernels/ssim/ssim2d_parts.h"
#include "kernels/ssim/ssim2d_rows.h"

namespace fg::cpu {
namespace {

constexpr int kBlockRows = 64;  // with 10 rows of halo, 16 % of the row filter is done twice

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
double score_block(const Ssim2d<T>& op, SsimPart part, const WindowTaps& window, std::int64_t plane,
                   int first_row, int first_column) {
  const PlaneView<const T> x = op.x.plane(plane), y = op.y.plane(plane);
  const PlaneView<float> map = op.map.plane(plane);
  const int radius = op.radius();
  // Result (r, c) looks at image rows r - above ... r - above + 2 radius, and columns alike.
  const int above = op.padding == Padding::same ? radius : 0;
  const int rows = std::min(kBlockRows, op.map_height() - first_row);
  const int columns = std::min(kBlockColumns, op.map_width() - first_column);

  RowRing<RowMoments> ring(op.window);
  SampleLine line;
  RowMoments windows;
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
    combine_rows(ring.oldest(), columns, window, windows);
    sum += score_row(windows, 0, columns, {op.c1, op.c2}, part, terms);
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
void ssim2d_part(const Ssim2d<T>& op, SsimPart part, Scratch scratch) {
  const Blocks blocks(op);
  const WindowTaps window = gaussian_window(op.radius());
  double* const sums = static_cast<double*>(scratch.data);  // [planes, blocks]
  parallel_for(op.x.planes() * blocks.per_plane, [&](std::int64_t job) {
    const std::int64_t block = job % blocks.per_plane;
    sums[job] = score_block(op, part, window, job / blocks.per_plane,
                            static_cast<int>(block / blocks.across) * kBlockRows,
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

template <class T>
void ssim2d(const Ssim2d<T>& op, Scratch scratch) {
  ssim2d_part(op, SsimPart::whole, scratch);
}

template std::size_t ssim2d_scratch_bytes(const Ssim2d<float>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<std::uint8_t>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<Half>&);
template std::size_t ssim2d_scratch_bytes(const Ssim2d<BFloat16>&);
template void ssim2d_part(const Ssim2d<float>&, SsimPart, Scratch);
template void ssim2d_part(const Ssim2d<std::uint8_t>&, SsimPart, Scratch);
template void ssim2d_part(const Ssim2d<Half>&, SsimPart, Scratch);
template void ssim2d_part(const Ssim2d<BFloat16>&, SsimPart, Scratch);
template void ssim2d_part(const Ssim2d<Folded>&, SsimPart, Scratch);
template void ssim2d(const Ssim2d<float>&, Scratch);
template void ssim2d(const Ssim2d<std::uint8_t>&, Scratch);
template void ssim2d(const Ssim2d<Half>&, Scratch);
template void ssim2d(const Ssim2d<BFloat16>&, Scratch);

}  // namespace fg::cpu
