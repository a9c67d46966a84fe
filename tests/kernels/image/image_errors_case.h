#pragma once
// Runs an implementation of the pixel errors on test images; what the oracle says about them.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/image/image_errors.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/errors_oracle.h"

namespace fg::test {

using ErrorTable = std::vector<double>;  // [N, kErrorColumns]

template <class T>
ImageErrors<T> make_errors_op(const TestImage<T>& x, const TestImage<T>& y) {
  ImageErrors<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.data_range = std::is_same_v<T, std::uint8_t> ? 255 : 1;
  return op;
}

template <class T>
ErrorTable run_errors_cpu(const TestImage<T>& x, const TestImage<T>& y) {
  ImageErrors<T> op = make_errors_op(x, y);
  ErrorTable table(static_cast<std::size_t>(x.shape.batch * kErrorColumns));
  op.errors = {table.data(), x.shape.batch, kErrorColumns, kErrorColumns, 1};
  std::vector<double> scratch(cpu::image_errors_scratch_bytes(op) / sizeof(double));
  cpu::image_errors(op, {scratch.data(), scratch.size() * sizeof(double)});
  return table;
}

// Each difference of floats is rounded once (relative 6e-8), codes are exact; `relative` covers the sums.
template <class T>
void expect_errors_like_oracle(const TestImage<T>& x, const TestImage<T>& y, const ErrorTable& table,
                               double relative) {
  for (int n = 0; n < x.shape.batch; ++n) {
    std::vector<oracle::Plane> px, py;
    for (int c = 0; c < x.shape.channels; ++c) {
      px.push_back(x.plane(n, c));
      py.push_back(y.plane(n, c));
    }
    const auto expected = oracle::image_errors(px, py, std::is_same_v<T, std::uint8_t> ? 255 : 1);
    const double* row = table.data() + n * kErrorColumns;
    EXPECT_NEAR(row[kColumnMse], expected.mse, relative * expected.mse);
    EXPECT_NEAR(row[kColumnMae], expected.mae, relative * expected.mae);
    EXPECT_NEAR(row[kColumnMax], expected.max, relative * expected.max);
    if (std::isinf(expected.psnr))
      EXPECT_EQ(row[kColumnPsnr], expected.psnr);
    else
      EXPECT_NEAR(row[kColumnPsnr], expected.psnr, 5 * relative);  // 10 / ln 10 * relative
  }
}

}  // namespace fg::test
