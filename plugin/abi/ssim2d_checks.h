#pragma once
// What the ops on pairs of images by SSIM share: the checks of their common fields, and the kernel's arguments.
// Op is any descriptor struct whose fields have the names and meanings of FgSsim2d's.

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/ssim/ssim2d.h"
#include "kernels/ssim/ssim_math.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {

void check_window(const Checker& check, std::int32_t window);
void check_padding(const Checker& check, const FgPadding& padding);
// The constants that the formula makes of these for images like x are numbers that float32 can work with.
void check_constants(const Checker& check, const DLTensor& x, double data_range, double k1, double k2);
void check_holds_a_window(const Checker& check, const ImageShape& shape, std::int32_t window);

template <class Op>
ImageShape check_ssim2d(const Checker& check, const Op& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check_window(check, op.window);
  check_padding(check, op.padding);
  check_constants(check, *op.x, op.data_range, op.k1, op.k2);
  if (op.padding == FG_PADDING_VALID) check_holds_a_window(check, shape, op.window);
  return shape;
}

// [N, C, H, W] in the layout of x, with as many dimensions as x.
std::vector<std::int64_t> shape_like(const DLTensor& x, FgLayout layout, const ImageShape& shape);

template <class Op>
std::vector<std::int64_t> ssim2d_map_shape(const Op& op, ImageShape shape) {
  const std::int64_t less = op.padding == FG_PADDING_VALID ? op.window - 1 : 0;
  shape.height -= less;
  shape.width -= less;
  return shape_like(*op.x, op.layout, shape);
}
inline constexpr char kMapMeaning[] = "the layout of x with the scored channels, for this window and padding";

// scores and mean, where they are given.
void check_score_outputs(const Checker& check, const DLTensor& x, const DLTensor* scores,
                         const DLTensor* mean, const ImageShape& shape);

// Images that a gradient can be made for.
void check_has_gradient(const Checker& check, const DLTensor& x);

// The gradients, where they are given.
void check_gradients(const Checker& check, const DLTensor& x, FgLayout layout, const DLTensor* x_gradient,
                     const DLTensor* y_gradient, const ImageShape& shape);

// Of the ops that make a gradient and nothing without one; `value` is the op for the value alone.
template <class Op>
void check_wants_gradient(const Checker& check, const Op& op, const char* value) {
  check.expect(
      op.x_gradient != nullptr || op.y_gradient != nullptr,
      std::string("x_gradient and y_gradient are both NULL; ask for at least one of them, or call ") + value +
          "() for the value alone");
}
template <class Op>
Scratch checked_gradient_memory(const Checker& check, const Op& op, const GivenScratch& scratch) {
  std::vector<NamedTensor> outputs{{"x_gradient", op.x_gradient},
                                   {"y_gradient", op.y_gradient},
                                   {"map", op.map},
                                   {"scores", op.scores},
                                   {"mean", op.mean}};
  if constexpr (requires { op.l1; }) outputs.push_back({"l1", op.l1});
  return checked_memory(
      check, *op.x, scratch,
      {{"x", op.x}, {"y", op.y}, {"map_weight", op.map_weight}, {"score_weight", op.score_weight}}, outputs);
}

void check_score_weight(const Checker& check, const DLTensor& x, const DLTensor* score_weight,
                        const ImageShape& shape);

template <class Op>
void check_ssim2d_outputs(const Checker& check, const Op& op, const ImageShape& shape) {
  if (op.map != nullptr)
    check_output(check, "map", op.map, *op.x, is_float32, "float32", ssim2d_map_shape(op, shape),
                 kMapMeaning);
  check_score_outputs(check, *op.x, op.scores, op.mean, shape);
}

// What all ops by SSIM have, after set_defaults().
template <class Op>
void set_ssim_defaults(Op* op) {
  set_defaults(op);
  if (op == nullptr) return;
  op->layout = FG_LAYOUT_NCHW;
  op->window = 11;
  op->data_range = 1;
  op->k1 = 0.01;
  op->k2 = 0.03;
  if constexpr (requires { op->padding; }) op->padding = FG_PADDING_SAME;
  if constexpr (requires { op->mean_weight; }) op->mean_weight = -1;
}

// (k L)^2. Codes are scored as they are: the score does not change when range and samples are scaled alike.
template <class T>
FgSsimConstants constants_for(double data_range, double k1, double k2) {
  const double range = std::is_same_v<T, std::uint8_t> ? 255 : data_range;
  return {static_cast<float>(k1 * range * k1 * range), static_cast<float>(k2 * range * k2 * range)};
}

// What the kernels of images and of volumes take alike.
template <class T, class Kernel, class Op>
void set_formula(Kernel& kernel, const Op& op) {
  kernel.window = op.window;
  const FgSsimConstants constants = constants_for<T>(op.data_range, op.k1, op.k2);
  kernel.c1 = constants.c1;
  kernel.c2 = constants.c2;
  if constexpr (requires { op.padding; })
    kernel.padding = op.padding == FG_PADDING_VALID ? Padding::valid : Padding::same;
}
template <class Kernel, class Op>
void set_scores(Kernel& kernel, const Op& op) {
  if (op.scores != nullptr) kernel.scores = table_view(*op.scores);
  kernel.mean = number_at(op.mean);
}

template <class T, class Op>
Ssim2d<T> ssim2d_of(const Op& op, const ImageShape& shape, Purpose purpose) {
  Ssim2d<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  set_formula<T>(kernel, op);
  if (purpose == Purpose::scratch) return kernel;
  if (op.map != nullptr) kernel.map = image_view<float>(*op.map, op.layout, shape.channels);
  set_scores(kernel, op);
  return kernel;
}

}  // namespace fg::abi
