#pragma once
// Memory of ops that score a pair of images, with gradients to both.

#include <vector>

#include "tests/kernels/ssim/ssim2d_case.h"

namespace fg::test {

// Connects an op to the images and to host memory for all that the options want. `options` outlives the op.
template <class Op, class T, class Options, class Output>
void connect(Op& op, const TestImage<T>& x, const TestImage<T>& y, const Options& options, Output& out) {
  op.x = x.const_view();
  op.y = y.const_view();
  op.window = options.window;
  op.c1 = static_cast<float>(1e-4 * range_of<T>() * range_of<T>());
  op.c2 = static_cast<float>(9e-4 * range_of<T>() * range_of<T>());
  out.scores.resize(static_cast<std::size_t>(x.shape.batch * x.shape.channels));
  op.scores = {out.scores.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
  op.mean = &out.mean;
  op.mean_weight = options.mean_weight;
  if (!options.score_weight.empty())
    op.score_weight = {options.score_weight.data(), x.shape.batch, x.shape.channels, x.shape.channels, 1};
  if (options.wants_x) op.x_gradient = out.x_gradient.view;
  if (options.wants_y) op.y_gradient = out.y_gradient.view;
}

template <class Options>
Options values_alone(Options options) {
  options.wants_x = options.wants_y = false;
  return options;
}

// The gradients of the plane are exactly 0.
inline void expect_no_gradient(const TestImage<float>& x_gradient, const TestImage<float>& y_gradient, int n,
                               int c) {
  for (int row = 0; row < x_gradient.shape.height; ++row)
    for (int column = 0; column < x_gradient.shape.width; ++column) {
      ASSERT_EQ(x_gradient.at(n, c, row, column), 0.0f);
      ASSERT_EQ(y_gradient.at(n, c, row, column), 0.0f);
    }
}

}  // namespace fg::test
