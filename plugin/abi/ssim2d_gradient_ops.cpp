// fg_ssim2d_gradient: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim2d_gradient.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

ImageShape check_ssim2d_gradient(const Checker& check, const FgSsim2dGradient& op, Purpose purpose) {
  const ImageShape shape = check_ssim2d(check, op, purpose);
  check_has_gradient(check, *op.x);
  check_finite(check, "mean_weight", op.mean_weight);
  check_finite(check, "l1_weight", op.l1_weight);
  return shape;
}

void check_gradient_tensors(const Checker& check, const FgSsim2dGradient& op, const ImageShape& shape) {
  check.expect(op.x_gradient != nullptr || op.y_gradient != nullptr,
               "x_gradient and y_gradient are both NULL; ask for at least one of them, or call fg_ssim2d() "
               "for the value alone");
  check_ssim2d_outputs(check, op, shape);
  if (op.l1 != nullptr) check_output(check, "l1", op.l1, *op.x, is_float64, "float64", {1}, "one number");
  check_gradients(check, *op.x, op.layout, op.x_gradient, op.y_gradient, shape);
  if (op.map_weight != nullptr)
    check_input(check, "map_weight", op.map_weight, *op.x, is_float32, "float32", ssim2d_map_shape(op, shape),
                kMapMeaning);
  if (op.score_weight != nullptr)
    check_input(check, "score_weight", op.score_weight, *op.x, is_float64, "float64",
                {shape.batch, shape.channels}, "images by scored channels");
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
  if (op.x_gradient != nullptr)
    kernel.x_gradient = image_view<float>(*op.x_gradient, op.layout, shape.channels);
  if (op.y_gradient != nullptr)
    kernel.y_gradient = image_view<float>(*op.y_gradient, op.layout, shape.channels);
  return kernel;
}

template <class T>
std::size_t ssim2d_gradient_scratch(const FgSsim2dGradient& op, const ImageShape& shape) {
  const Ssim2dGradient<T> kernel = ssim2d_gradient_of<T>(op, shape, Purpose::scratch);
  return op.x->device.device_type == kDLCPU ? cpu::ssim2d_gradient_scratch_bytes(kernel)
                                            : cuda::ssim2d_gradient_scratch_bytes(kernel);
}

template <class T>
void run_ssim2d_gradient(const Checker& check, const FgSsim2dGradient& op, const ImageShape& shape,
                         void* stream) {
  const ByteRange range =
      checked_scratch(check, op.scratch, op.scratch_bytes, ssim2d_gradient_scratch<T>(op, shape),
                      "fg_ssim2d_gradient_scratch_bytes");
  check_overlaps(check,
                 {{"x", op.x}, {"y", op.y}, {"map_weight", op.map_weight}, {"score_weight", op.score_weight}},
                 {{"x_gradient", op.x_gradient},
                  {"y_gradient", op.y_gradient},
                  {"map", op.map},
                  {"scores", op.scores},
                  {"mean", op.mean},
                  {"l1", op.l1}},
                 range);
  const Ssim2dGradient<T> kernel = ssim2d_gradient_of<T>(op, shape, Purpose::run);
  const Scratch scratch{op.scratch, op.scratch_bytes};
  if (op.x->device.device_type == kDLCPU)
    cpu::ssim2d_gradient(kernel, scratch);
  else
    cuda::ssim2d_gradient(kernel, scratch, op.x->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim2d_gradient_defaults(FgSsim2dGradient* op) {
  if (op == nullptr) return;
  *op = FgSsim2dGradient{};
  op->struct_size = sizeof(FgSsim2dGradient);
  op->layout = FG_LAYOUT_NCHW;
  op->window = 11;
  op->padding = FG_PADDING_SAME;
  op->data_range = 1;
  op->k1 = 0.01;
  op->k2 = 0.03;
  op->mean_weight = -1;
}

FgStatus fg_ssim2d_gradient_scratch_bytes(const FgSsim2dGradient* op, size_t* bytes) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim2d_gradient_scratch_bytes");
    checked_struct(check, op, "FgSsim2dGradient", "fg_ssim2d_gradient_defaults");
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    const ImageShape shape = check_ssim2d_gradient(check, *op, Purpose::scratch);
    *bytes =
        with_float_element(op->x->dtype, [&]<class T> { return ssim2d_gradient_scratch<T>(*op, shape); });
  });
}

FgStatus fg_ssim2d_gradient(const FgSsim2dGradient* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim2d_gradient");
    checked_struct(check, op, "FgSsim2dGradient", "fg_ssim2d_gradient_defaults");
    const ImageShape shape = check_ssim2d_gradient(check, *op, Purpose::run);
    check_gradient_tensors(check, *op, shape);
    with_float_element(op->x->dtype, [&]<class T> { run_ssim2d_gradient<T>(check, *op, shape, stream); });
  });
}

}  // extern "C"
