// The integer SSIM on CPU, band by band: blocks of a band write their terms into scratch on all threads, then
// the band's terms are added in raster order (ordered_sum.h).

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/core/ordered_sum.h"
#include "kernels/core/parallel_for.h"
#include "kernels/ssim/integer_ssim.h"
#include "kernels/ssim/integer_ssim_rows.h"

namespace fg::cpu {
namespace {

using namespace integer_rows;
using integer_ssim::kRadius;

constexpr int kBlockRows = 64;                              // with 8 rows of halo
constexpr std::int64_t kBandTerms = std::int64_t{1} << 20;  // 8 MB

template <class T>
std::int64_t band_rows(const IntegerSsim<T>& op) {
  const std::int64_t blocks = std::max<std::int64_t>(1, kBandTerms / op.x.width / kBlockRows);
  return std::min<std::int64_t>(op.x.height, blocks * kBlockRows);
}

template <class T>
void load_line(const PlaneView<const T>& x, const PlaneView<const T>& y, int row, int first, int count,
               Line& line) {
  std::memset(&line, 0, sizeof(line));
  const int begin = std::max(first, 0), end = std::min(first + count, x.width);
  const T *px = x.row(row), *py = y.row(row);
  for (int column = begin; column < end; ++column) {
    line.x[column - first] = px[column * x.column_stride];
    line.y[column - first] = py[column * y.column_stride];
  }
}

// The terms of one block; terms points to the plane's row first_row, column first_column.
template <class T>
void block_terms(const PlaneView<const T>& x, const PlaneView<const T>& y, integer_ssim::Constants constants,
                 int first_row, int rows, int first_column, double* terms) {
  const int columns = std::min(kColumns, x.width - first_column);
  RowMoments ring[kWindow];  // 9 x 5 KB: row r of the image lies in ring[(r + kWindow) % kWindow]
  Line line;
  double column_weights[kColumns];
  for (int i = 0; i < columns; ++i) column_weights[i] = integer_ssim::weight_along(first_column + i, x.width);
  for (int row = first_row - kRadius; row < first_row + rows + kRadius; ++row) {
    RowMoments& moments = ring[(row + kWindow) % kWindow];
    if (row >= 0 && row < x.height) {
      load_line(x, y, row, first_column - kRadius, columns + 2 * kRadius, line);
      filter_row(line, columns, moments);
    } else {
      std::memset(&moments, 0, sizeof(moments));
    }
    const int centre = row - kRadius;
    if (centre < first_row) continue;
    const RowMoments* window[kWindow];
    for (int k = 0; k < kWindow; ++k) window[k] = &ring[(centre - kRadius + k + kWindow) % kWindow];
    alignas(64) double line_terms[kColumns];
    combine_rows(window, columns, column_weights, integer_ssim::weight_along(centre, x.height), constants,
                 line_terms);
    std::memcpy(terms + std::int64_t{centre - first_row} * x.width, line_terms,
                static_cast<std::size_t>(columns) * sizeof(double));
  }
}

template <class T>
double score_plane(const IntegerSsim<T>& op, std::int64_t plane, double* terms) {
  const PlaneView<const T> x = op.x.plane(plane), y = op.y.plane(plane);
  const integer_ssim::Constants constants = integer_ssim::constants(op.bits);
  const std::int64_t across = (x.width + kColumns - 1) / kColumns, band = band_rows(op);
  double sum = 0;
  for (std::int64_t top = 0; top < x.height; top += band) {
    const std::int64_t rows = std::min<std::int64_t>(band, x.height - top);
    parallel_for((rows + kBlockRows - 1) / kBlockRows * across, [&](std::int64_t block) {
      const std::int64_t row = block / across * kBlockRows, column = block % across * kColumns;
      block_terms(x, y, constants, static_cast<int>(top + row),
                  static_cast<int>(std::min<std::int64_t>(kBlockRows, rows - row)), static_cast<int>(column),
                  terms + row * x.width + column);
    });
    sum = ordered_sum(sum, terms, rows * x.width);
  }
  return sum / integer_ssim::weight_sum(x.height, x.width);
}

}  // namespace

template <class T>
std::size_t integer_ssim_scratch_bytes(const IntegerSsim<T>& op) {
  return static_cast<std::size_t>(band_rows(op)) * static_cast<std::size_t>(op.x.width) * sizeof(double);
}

template <class T>
void integer_ssim(const IntegerSsim<T>& op, Scratch scratch) {
  double total = 0;
  for (std::int64_t plane = 0; plane < op.x.planes(); ++plane) {
    const double score = score_plane(op, plane, static_cast<double*>(scratch.data));
    if (op.scores.data != nullptr) op.scores.at(plane, 0) = score;
    total += score;
  }
  if (op.mean != nullptr) *op.mean = total / static_cast<double>(op.x.planes());
}

template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint8_t>&);
template std::size_t integer_ssim_scratch_bytes(const IntegerSsim<std::uint16_t>&);
template void integer_ssim(const IntegerSsim<std::uint8_t>&, Scratch);
template void integer_ssim(const IntegerSsim<std::uint16_t>&, Scratch);

}  // namespace fg::cpu
