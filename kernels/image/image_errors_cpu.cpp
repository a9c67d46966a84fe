// Pixel errors on CPU: jobs are runs of rows of one plane; their sums are added by index.

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "kernels/core/parallel_for.h"
#include "kernels/image/image_errors.h"
#include "kernels/image/image_errors_math.h"
#include "kernels/image/image_errors_rows.h"

namespace fg::cpu {
namespace {

constexpr int kRowsPerJob = 64;

template <class T>
std::int64_t jobs_per_plane(const ImageErrors<T>& op) {
  return (op.x.height + kRowsPerJob - 1) / kRowsPerJob;
}

template <class T>
ErrorSums strided_errors(const T* x, std::int64_t x_stride, const T* y, std::int64_t y_stride, int count) {
  ErrorSums sums;
  for (int i = 0; i < count; ++i) {
    const double magnitude =
        std::abs(static_cast<float>(x[i * x_stride]) - static_cast<float>(y[i * y_stride]));
    sums.squares += magnitude * magnitude;
    sums.magnitudes += magnitude;
    sums.largest = std::max(sums.largest, magnitude);
  }
  return sums;
}

void add(ErrorSums& to, const ErrorSums& sums) {
  to.squares += sums.squares;
  to.magnitudes += sums.magnitudes;
  to.largest = std::max(to.largest, sums.largest);
}

template <class T>
ErrorSums rows_errors(const PlaneView<const T>& x, const PlaneView<const T>& y, int first_row) {
  ErrorSums sums;
  for (int row = first_row; row < std::min(first_row + kRowsPerJob, x.height); ++row) {
    if (x.column_stride == 1 && y.column_stride == 1)
      add(sums, row_errors(x.row(row), y.row(row), x.width));
    else
      add(sums, strided_errors(x.row(row), x.column_stride, y.row(row), y.column_stride, x.width));
  }
  return sums;
}

}  // namespace

template <class T>
std::size_t image_errors_scratch_bytes(const ImageErrors<T>& op) {
  return static_cast<std::size_t>(op.x.planes() * jobs_per_plane(op)) * sizeof(ErrorSums);
}

template <class T>
void image_errors(const ImageErrors<T>& op, Scratch scratch) {
  const std::int64_t per_plane = jobs_per_plane(op), per_image = per_plane * op.x.channels;
  ErrorSums* const parts = static_cast<ErrorSums*>(scratch.data);  // [N, C, jobs]
  parallel_for(op.x.batch * per_image, [&](std::int64_t job) {
    const std::int64_t plane = job / per_plane;
    parts[job] =
        rows_errors(op.x.plane(plane), op.y.plane(plane), static_cast<int>(job % per_plane) * kRowsPerJob);
  });

  const double samples = static_cast<double>(op.x.height) * op.x.width * static_cast<double>(op.x.channels);
  for (std::int64_t image = 0; image < op.x.batch; ++image) {
    ErrorSums sums;
    for (std::int64_t job = 0; job < per_image; ++job) add(sums, parts[image * per_image + job]);
    const ErrorRow row = error_row(sums.squares, sums.magnitudes, sums.largest, samples, op.data_range);
    for (int column = 0; column < kErrorColumns; ++column) op.errors.at(image, column) = row.value[column];
  }
}

template std::size_t image_errors_scratch_bytes(const ImageErrors<float>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<std::uint8_t>&);
template void image_errors(const ImageErrors<float>&, Scratch);
template void image_errors(const ImageErrors<std::uint8_t>&, Scratch);

}  // namespace fg::cpu
