#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {

void check_window(const Checker& check, std::int32_t window) {
  check.expect(window == 7 || window == 9 || window == 11,
               "window is " + std::to_string(window) + "; expected 7, 9 or 11 taps");
}

void check_padding(const Checker& check, const FgPadding& padding) {
  checked_enum(check, "padding", padding, FG_PADDING_VALID, "FG_PADDING_SAME (0) or FG_PADDING_VALID (1)");
}

void check_constants(const Checker& check, const DLTensor& x, double data_range, double k1, double k2) {
  check_range(check, "data_range", data_range);
  check_range(check, "k1", k1);
  check_range(check, "k2", k2);
  const double range = is_uint8(x.dtype) ? 255 : data_range;  // that constants_for() takes
  for (const double k : {k1, k2}) {
    const double constant = k * range * k * range;
    // The formula multiplies two squares of the range; its smallest value is 4 c1 c2, and its gradient divides by the
    // square of c2. At the other end the two squares, of samples or constants, must not overflow.
    check.expect(constant >= 1e-18 && constant <= 1e18 && range <= 1e8,
                 "data_range " + text(range) + " with k " + text(k) +
                     " leaves what float32 can hold; scale the images, to 0..1 for instance");
  }
}

void check_holds_a_window(const Checker& check, const ImageShape& shape, std::int32_t window) {
  check.expect(shape.height >= window && shape.width >= window,
               "the images are " + std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                   " (height x width), smaller than the window of " + std::to_string(window) +
                   " with FG_PADDING_VALID; take a smaller window or FG_PADDING_SAME",
               ErrorCode::size_mismatch);
}

std::vector<std::int64_t> shape_like(const DLTensor& x, FgLayout layout, const ImageShape& shape) {
  std::vector<std::int64_t> like = layout == FG_LAYOUT_NHWC
                                       ? std::vector{shape.batch, shape.height, shape.width, shape.channels}
                                       : std::vector{shape.batch, shape.channels, shape.height, shape.width};
  like.erase(like.begin(), like.end() - x.ndim);
  return like;
}

void check_score_outputs(const Checker& check, const DLTensor& x, const DLTensor* scores,
                         const DLTensor* mean, const ImageShape& shape) {
  if (scores != nullptr)
    check_output(check, "scores", scores, x, is_float64, "float64", {shape.batch, shape.channels},
                 "images by scored channels");
  if (mean != nullptr) check_output(check, "mean", mean, x, is_float64, "float64", {1}, "one number");
}

void check_has_gradient(const Checker& check, const DLTensor& x) {
  check.expect(
      !is_uint8(x.dtype),
      "x has dtype uint8, and codes have no gradient; convert the images to float32, float16 or bfloat16");
}

void check_gradients(const Checker& check, const DLTensor& x, FgLayout layout, const DLTensor* x_gradient,
                     const DLTensor* y_gradient, const ImageShape& shape) {
  const auto one = [&](const char* name, const DLTensor* t) {
    if (t != nullptr)
      check_output(check, name, t, x, is_float32, "float32", shape_like(x, layout, shape),
                   "the shape of x with the scored channels");
  };
  one("x_gradient", x_gradient);
  one("y_gradient", y_gradient);
}

void check_score_weight(const Checker& check, const DLTensor& x, const DLTensor* score_weight,
                        const ImageShape& shape) {
  if (score_weight != nullptr)
    check_input(check, "score_weight", score_weight, x, is_float64, "float64", {shape.batch, shape.channels},
                "images by scored channels");
}

}  // namespace fg::abi
