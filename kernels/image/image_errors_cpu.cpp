// Pixel errors on CPU: jobs are runs of rows of one plane; their sums are added by index.

#include <algorithm>
#include <cstdint>
#include <type_traits>

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

void add(ErrorSums& to, const ErrorSums& sums) {
  to.squares += sums.squares;
  to.magnitudes += sums.magnitudes;
  to.largest = std::max(to.largest, sums.largest);
}

// What the vector half reads: codes as they are, 16-bit floats widened.
template <class T>
using RowSample = std::conditional_t<std::is_same_v<T, std::uint8_t>, std::uint8_t, float>;

// `count` samples next to each other: the caller's, or a copy of them where they lie apart or have to be widened.
template <class T>
const RowSample<T>* side_by_side(const T* samples, std::int64_t stride, int count, RowSample<T>* copy) {
  if constexpr (std::is_same_v<T, RowSample<T>>)
    if (stride == 1) return samples;
  for (int i = 0; i < count; ++i) {
    if constexpr (std::is_same_v<T, std::uint8_t>)
      copy[i] = samples[i * stride];
    else
      copy[i] = to_float(samples[i * stride]);
  }
  return copy;
}

// Cut into runs whatever the strides, so that they do not change the order of the sums.
template <class T>
ErrorSums rows_errors(const PlaneView<const T>& x, const PlaneView<const T>& y, int first_row) {
  constexpr int kRun = 512;
  RowSample<T> x_copy[kRun], y_copy[kRun];
  ErrorSums sums;
  for (int row = first_row; row < std::min(first_row + kRowsPerJob, x.height); ++row)
    for (int column = 0; column < x.width; column += kRun) {
      const int count = std::min(kRun, x.width - column);
      add(sums, row_errors(side_by_side(&x.at(row, column), x.column_stride, count, x_copy),
                           side_by_side(&y.at(row, column), y.column_stride, count, y_copy), count));
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
template std::size_t image_errors_scratch_bytes(const ImageErrors<Half>&);
template std::size_t image_errors_scratch_bytes(const ImageErrors<BFloat16>&);
template void image_errors(const ImageErrors<float>&, Scratch);
template void image_errors(const ImageErrors<std::uint8_t>&, Scratch);
template void image_errors(const ImageErrors<Half>&, Scratch);
template void image_errors(const ImageErrors<BFloat16>&, Scratch);

}  // namespace fg::cpu
