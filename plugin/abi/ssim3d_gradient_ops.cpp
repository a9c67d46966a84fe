// fg_ssim3d_gradient: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim3d_gradient.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim3d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_ssim3d_gradient", "fg_ssim3d_gradient_scratch_bytes", "FgSsim3dGradient",
                         "fg_ssim3d_gradient_defaults"};

VolumeShape check_ssim3d_gradient(const Checker& check, const FgSsim3dGradient& op, Purpose purpose) {
  const VolumeShape shape = check_ssim3d(check, op, purpose);
  check_has_gradient(check, *op.x);
  check_loss_weight(check, "mean_weight", op.mean_weight);
  return shape;
}

void check_gradient_tensors(const Checker& check, const FgSsim3dGradient& op, const VolumeShape& shape) {
  check_wants_gradient(check, op, "fg_ssim3d");
  check_ssim3d_outputs(check, op, shape);
  for (const NamedTensor& gradient :
       {NamedTensor{"x_gradient", op.x_gradient}, NamedTensor{"y_gradient", op.y_gradient}})
    if (gradient.tensor != nullptr)
      check_output(check, gradient.name, gradient.tensor, *op.x, is_float32, "float32",
                   shape_like(*op.x, op.layout, shape), "the shape of x with the scored channels");
  if (op.map_weight != nullptr)
    check_input(check, "map_weight", op.map_weight, *op.x, is_float32, "float32", ssim3d_map_shape(op, shape),
                kMapMeaning);
  if (op.score_weight != nullptr)
    check_input(check, "score_weight", op.score_weight, *op.x, is_float64, "float64",
                {shape.batch, shape.channels}, "volumes by scored channels");
}

template <class T>
Ssim3dGradient<T> ssim3d_gradient_of(const FgSsim3dGradient& op, const VolumeShape& shape, Purpose purpose) {
  Ssim3dGradient<T> kernel;
  kernel.forward = ssim3d_of<T>(op, shape, purpose);
  kernel.mean_weight = op.mean_weight;
  if (purpose == Purpose::scratch) {
    // What is wanted decides how much; both, as long as neither is named.
    const bool neither = op.x_gradient == nullptr && op.y_gradient == nullptr;
    kernel.x_gradient.batch = neither || op.x_gradient != nullptr ? shape.batch : 0;
    kernel.y_gradient.batch = neither || op.y_gradient != nullptr ? shape.batch : 0;
    return kernel;
  }
  if (op.map_weight != nullptr)
    kernel.map_weight = volume_view<const float>(*op.map_weight, op.layout, shape.channels);
  if (op.score_weight != nullptr) kernel.score_weight = table_view<const double>(*op.score_weight);
  if (op.x_gradient != nullptr)
    kernel.x_gradient = volume_view<float>(*op.x_gradient, op.layout, shape.channels);
  if (op.y_gradient != nullptr)
    kernel.y_gradient = volume_view<float>(*op.y_gradient, op.layout, shape.channels);
  return kernel;
}

template <class T>
std::size_t ssim3d_gradient_scratch(const FgSsim3dGradient& op, const VolumeShape& shape) {
  const Ssim3dGradient<T> kernel = ssim3d_gradient_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::ssim3d_gradient_scratch_bytes(kernel)
                          : cuda::ssim3d_gradient_scratch_bytes(kernel);
}

template <class T>
void run_ssim3d_gradient(const Checker& check, const FgSsim3dGradient& op, const VolumeShape& shape,
                         void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, ssim3d_gradient_scratch<T>(op, shape),
                           kNames.question};
  const Scratch scratch = checked_gradient_memory(check, op, given);
  launch(*op.x, ssim3d_gradient_of<T>(op, shape, Purpose::run), scratch, stream, cpu::ssim3d_gradient<T>,
         cuda::ssim3d_gradient<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim3d_gradient_defaults(FgSsim3dGradient* op) { fg::abi::set_ssim_defaults(op); }

FgStatus fg_ssim3d_gradient_scratch_bytes(const FgSsim3dGradient* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgSsim3dGradient& given) {
    const VolumeShape shape = check_ssim3d_gradient(check, given, Purpose::scratch);
    return with_float_element(given.x->dtype,
                              [&]<class T> { return ssim3d_gradient_scratch<T>(given, shape); });
  });
}

FgStatus fg_ssim3d_gradient(const FgSsim3dGradient* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgSsim3dGradient& given) {
    const VolumeShape shape = check_ssim3d_gradient(check, given, Purpose::run);
    check_gradient_tensors(check, given, shape);
    with_float_element(given.x->dtype, [&]<class T> { run_ssim3d_gradient<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
