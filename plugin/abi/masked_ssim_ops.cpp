// fg_masked_ssim2d: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/masked_ssim.h"

#include <string>
#include <vector>

#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_masked_ssim2d", "fg_masked_ssim2d_scratch_bytes", "FgMaskedSsim2d",
                         "fg_masked_ssim2d_defaults"};

ImageShape check_masked_ssim2d(const Checker& check, const FgMaskedSsim2d& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check_window(check, op.window);
  check_constants(check, *op.x, op.data_range, op.k1, op.k2);
  check_loss_weight(check, "mean_weight", op.mean_weight);
  return shape;
}

void check_mask(const Checker& check, const FgMaskedSsim2d& op, const ImageShape& shape) {
  check.tensor("mask", op.mask, true);
  ImageShape single = shape;
  single.channels = 1;
  const std::vector<std::int64_t> for_all = shape_like(*op.x, op.layout, single);
  const bool is_for_all =
      op.mask->ndim == op.x->ndim &&
      std::vector<std::int64_t>(op.mask->shape, op.mask->shape + op.mask->ndim) == for_all;
  check_input(check, "mask", op.mask, *op.x, is_float32, "float32",
              is_for_all ? for_all : shape_like(*op.x, op.layout, shape),
              "the shape of x with the scored channels, or the same with 1 channel for all");
}

void check_masked_ssim2d_tensors(const Checker& check, const FgMaskedSsim2d& op, const ImageShape& shape) {
  check_mask(check, op, shape);
  const bool has_gradient = op.x_gradient != nullptr || op.y_gradient != nullptr;
  check.expect(op.map != nullptr || op.scores != nullptr || op.mean != nullptr || has_gradient,
               "map, scores, mean, x_gradient and y_gradient are all NULL; ask for at least one of them");
  if (op.map != nullptr)
    check_output(check, "map", op.map, *op.x, is_float32, "float32", shape_like(*op.x, op.layout, shape),
                 "the shape of x with the scored channels");
  check_score_outputs(check, *op.x, op.scores, op.mean, shape);
  if (has_gradient) check_has_gradient(check, *op.x);
  check_gradients(check, *op.x, op.layout, op.x_gradient, op.y_gradient, shape);
  check_score_weight(check, *op.x, op.score_weight, shape);
}

template <class T>
MaskedSsim2d<T> masked_ssim2d_of(const FgMaskedSsim2d& op, const ImageShape& shape, Purpose purpose) {
  MaskedSsim2d<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  set_formula<T>(kernel, op);
  kernel.mean_weight = op.mean_weight;
  if (purpose == Purpose::scratch) return kernel;
  const Checker none("");
  const bool is_for_all = image_shape(none, "", *op.mask, op.layout).channels == 1;
  kernel.mask = image_view<const float>(*op.mask, op.layout, shape.channels);
  if (is_for_all) kernel.mask.channel_stride = 0;
  kernel.map = gradient_view(op.map, op.layout, shape);
  set_scores(kernel, op);
  if (op.score_weight != nullptr) kernel.score_weight = table_view<const double>(*op.score_weight);
  kernel.x_gradient = gradient_view(op.x_gradient, op.layout, shape);
  kernel.y_gradient = gradient_view(op.y_gradient, op.layout, shape);
  return kernel;
}

template <class T>
std::size_t masked_ssim2d_scratch(const FgMaskedSsim2d& op, const ImageShape& shape) {
  const MaskedSsim2d<T> kernel = masked_ssim2d_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::masked_ssim2d_scratch_bytes(kernel)
                          : cuda::masked_ssim2d_scratch_bytes(kernel);
}

template <class T>
void run_masked_ssim2d(const Checker& check, const FgMaskedSsim2d& op, const ImageShape& shape,
                       void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, masked_ssim2d_scratch<T>(op, shape),
                           kNames.question};
  const Scratch scratch = checked_memory(
      check, *op.x, given, {{"x", op.x}, {"y", op.y}, {"mask", op.mask}, {"score_weight", op.score_weight}},
      {{"map", op.map},
       {"scores", op.scores},
       {"mean", op.mean},
       {"x_gradient", op.x_gradient},
       {"y_gradient", op.y_gradient}});
  launch(*op.x, masked_ssim2d_of<T>(op, shape, Purpose::run), scratch, stream, cpu::masked_ssim2d<T>,
         cuda::masked_ssim2d<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_masked_ssim2d_defaults(FgMaskedSsim2d* op) { fg::abi::set_ssim_defaults(op); }

FgStatus fg_masked_ssim2d_scratch_bytes(const FgMaskedSsim2d* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgMaskedSsim2d& given) {
    const ImageShape shape = check_masked_ssim2d(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return masked_ssim2d_scratch<T>(given, shape); });
  });
}

FgStatus fg_masked_ssim2d(const FgMaskedSsim2d* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgMaskedSsim2d& given) {
    const ImageShape shape = check_masked_ssim2d(check, given, Purpose::run);
    check_masked_ssim2d_tensors(check, given, shape);
    with_element(given.x->dtype, [&]<class T> { run_masked_ssim2d<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
