// fg_ssim2d_gradient: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim2d_gradient.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_ssim2d_gradient", "fg_ssim2d_gradient_scratch_bytes", "FgSsim2dGradient",
                         "fg_ssim2d_gradient_defaults"};

ImageShape check_ssim2d_gradient(const Checker& check, const FgSsim2dGradient& op, Purpose purpose) {
  const ImageShape shape = check_ssim2d(check, op, purpose);
  check_has_gradient(check, *op.x);
  check_loss_weight(check, "mean_weight", op.mean_weight);
  check_loss_weight(check, "l1_weight", op.l1_weight);
  return shape;
}

void check_gradient_tensors(const Checker& check, const FgSsim2dGradient& op, const ImageShape& shape) {
  check_wants_gradient(check, op, "fg_ssim2d");
  check_ssim2d_outputs(check, op, shape);
  if (op.l1 != nullptr) check_output(check, "l1", op.l1, *op.x, is_float64, "float64", {1}, "one number");
  check_gradients(check, *op.x, op.layout, op.x_gradient, op.y_gradient, shape);
  if (op.map_weight != nullptr)
    check_input(check, "map_weight", op.map_weight, *op.x, is_float32, "float32", ssim2d_map_shape(op, shape),
                kMapMeaning);
  check_score_weight(check, *op.x, op.score_weight, shape);
}

template <class T>
Ssim2dGradient<T> ssim2d_gradient_of(const FgSsim2dGradient& op, const ImageShape& shape, Purpose purpose) {
  Ssim2dGradient<T> kernel;
  kernel.forward = ssim2d_of<T>(op, shape, purpose);
  kernel.mean_weight = op.mean_weight;
  kernel.l1_weight = op.l1_weight;
  if (purpose == Purpose::scratch) return kernel;
  kernel.l1 = number_at(op.l1);
  if (op.map_weight != nullptr)
    kernel.map_weight = image_view<const float>(*op.map_weight, op.layout, shape.channels);
  if (op.score_weight != nullptr) kernel.score_weight = table_view<const double>(*op.score_weight);
  kernel.x_gradient = gradient_view(op.x_gradient, op.layout, shape);
  kernel.y_gradient = gradient_view(op.y_gradient, op.layout, shape);
  return kernel;
}

template <class T>
std::size_t ssim2d_gradient_scratch(const FgSsim2dGradient& op, const ImageShape& shape) {
  const Ssim2dGradient<T> kernel = ssim2d_gradient_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::ssim2d_gradient_scratch_bytes(kernel)
                          : cuda::ssim2d_gradient_scratch_bytes(kernel);
}

template <class T>
void run_ssim2d_gradient(const Checker& check, const FgSsim2dGradient& op, const ImageShape& shape,
                         void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, ssim2d_gradient_scratch<T>(op, shape),
                           kNames.question};
  const Scratch scratch = checked_gradient_memory(check, op, given);
  launch(*op.x, ssim2d_gradient_of<T>(op, shape, Purpose::run), scratch, stream, cpu::ssim2d_gradient<T>,
         cuda::ssim2d_gradient<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim2d_gradient_defaults(FgSsim2dGradient* op) { fg::abi::set_ssim_defaults(op); }

FgStatus fg_ssim2d_gradient_scratch_bytes(const FgSsim2dGradient* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgSsim2dGradient& given) {
    const ImageShape shape = check_ssim2d_gradient(check, given, Purpose::scratch);
    return with_float_element(given.x->dtype,
                              [&]<class T> { return ssim2d_gradient_scratch<T>(given, shape); });
  });
}

FgStatus fg_ssim2d_gradient(const FgSsim2dGradient* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgSsim2dGradient& given) {
    const ImageShape shape = check_ssim2d_gradient(check, given, Purpose::run);
    check_gradient_tensors(check, given, shape);
    with_float_element(given.x->dtype, [&]<class T> { run_ssim2d_gradient<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
