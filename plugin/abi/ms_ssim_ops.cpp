// fg_ms_ssim: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ms_ssim.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "plugin/abi/guard.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

static_assert(FG_MS_SSIM_MAX_LEVELS == kMaxMsSsimLevels);

void check_levels(const Checker& check, const FgMsSsim& op, const ImageShape& shape) {
  check.expect(
      op.levels >= 1 && op.levels <= FG_MS_SSIM_MAX_LEVELS,
      "levels is " + std::to_string(op.levels) + "; expected 1 to " + std::to_string(FG_MS_SSIM_MAX_LEVELS));
  for (int level = 0; level < op.levels; ++level)
    check.expect(std::isfinite(op.weights[level]) && op.weights[level] >= 0,
                 "weights[" + std::to_string(level) + "] is " + text(op.weights[level]) +
                     "; expected a finite number, 0 or more");
  int height = static_cast<int>(shape.height), width = static_cast<int>(shape.width);
  for (int level = 1; level < op.levels; ++level) {
    height = pooled_side(height);
    width = pooled_side(width);
  }
  check.expect(height >= op.window && width >= op.window,
               "the images are " + std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                   " (height x width), which leaves " + std::to_string(height) + " x " +
                   std::to_string(width) + " at the last of " + std::to_string(op.levels) +
                   " levels, smaller than the window of " + std::to_string(op.window) +
                   "; take fewer levels or a smaller window",
               ErrorCode::size_mismatch);
}

ImageShape check_ms_ssim(const Checker& check, const FgMsSsim& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check_window(check, op.window);
  check_constants(check, op.data_range, op.k1, op.k2);
  check_levels(check, op, shape);
  check_finite(check, "mean_weight", op.mean_weight);
  return shape;
}

void check_ms_ssim_tensors(const Checker& check, const FgMsSsim& op, const ImageShape& shape) {
  const bool has_gradient = op.x_gradient != nullptr || op.y_gradient != nullptr;
  check.expect(op.scores != nullptr || op.mean != nullptr || has_gradient,
               "scores, mean, x_gradient and y_gradient are all NULL; ask for at least one of them");
  check_score_outputs(check, *op.x, op.scores, op.mean, shape);
  if (has_gradient) check_has_gradient(check, *op.x);
  check_gradients(check, *op.x, op.layout, op.x_gradient, op.y_gradient, shape);
  check_score_weight(check, *op.x, op.score_weight, shape);
}

template <class T>
MsSsim<T> ms_ssim_of(const FgMsSsim& op, const ImageShape& shape, Purpose purpose) {
  MsSsim<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  kernel.window = op.window;
  const FgSsimConstants constants = constants_for<T>(op.data_range, op.k1, op.k2);
  kernel.c1 = constants.c1;
  kernel.c2 = constants.c2;
  kernel.levels = op.levels;
  std::copy_n(op.weights, op.levels, kernel.weights.begin());
  kernel.mean_weight = op.mean_weight;
  if (purpose == Purpose::scratch) {  // which gradients are wanted decides how much
    kernel.x_gradient.batch = op.x_gradient == nullptr ? 0 : shape.batch;
    kernel.y_gradient.batch = op.y_gradient == nullptr ? 0 : shape.batch;
    return kernel;
  }
  kernel.mean = number_at(op.mean);
  if (op.scores != nullptr) kernel.scores = table_view(*op.scores);
  if (op.score_weight != nullptr) kernel.score_weight = table_view<const double>(*op.score_weight);
  kernel.x_gradient = gradient_view(op.x_gradient, op.layout, shape);
  kernel.y_gradient = gradient_view(op.y_gradient, op.layout, shape);
  return kernel;
}

template <class T>
std::size_t ms_ssim_scratch(const FgMsSsim& op, const ImageShape& shape) {
  const MsSsim<T> kernel = ms_ssim_of<T>(op, shape, Purpose::scratch);
  return op.x->device.device_type == kDLCPU ? cpu::ms_ssim_scratch_bytes(kernel)
                                            : cuda::ms_ssim_scratch_bytes(kernel);
}

template <class T>
void run_ms_ssim(const Checker& check, const FgMsSsim& op, const ImageShape& shape, void* stream) {
  const ByteRange range = checked_scratch(check, op.scratch, op.scratch_bytes, ms_ssim_scratch<T>(op, shape),
                                          "fg_ms_ssim_scratch_bytes");
  check_overlaps(check, {{"x", op.x}, {"y", op.y}, {"score_weight", op.score_weight}},
                 {{"scores", op.scores},
                  {"mean", op.mean},
                  {"x_gradient", op.x_gradient},
                  {"y_gradient", op.y_gradient}},
                 range);
  const MsSsim<T> kernel = ms_ssim_of<T>(op, shape, Purpose::run);
  const Scratch scratch{op.scratch, op.scratch_bytes};
  if (op.x->device.device_type == kDLCPU)
    cpu::ms_ssim(kernel, scratch);
  else
    cuda::ms_ssim(kernel, scratch, op.x->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ms_ssim_defaults(FgMsSsim* op) {
  if (op == nullptr) return;
  *op = FgMsSsim{};
  op->struct_size = sizeof(FgMsSsim);
  op->layout = FG_LAYOUT_NCHW;
  op->window = 11;
  op->data_range = 1;
  op->k1 = 0.01;
  op->k2 = 0.03;
  op->levels = 5;
  const fg::MsSsim<float> defaults;
  std::copy(defaults.weights.begin(), defaults.weights.end(), op->weights);
  op->mean_weight = -1;
}

FgStatus fg_ms_ssim_scratch_bytes(const FgMsSsim* op, size_t* bytes) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ms_ssim_scratch_bytes");
    checked_struct(check, op, "FgMsSsim", "fg_ms_ssim_defaults");
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    const ImageShape shape = check_ms_ssim(check, *op, Purpose::scratch);
    *bytes = with_element(op->x->dtype, [&]<class T> { return ms_ssim_scratch<T>(*op, shape); });
  });
}

FgStatus fg_ms_ssim(const FgMsSsim* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ms_ssim");
    checked_struct(check, op, "FgMsSsim", "fg_ms_ssim_defaults");
    const ImageShape shape = check_ms_ssim(check, *op, Purpose::run);
    check_ms_ssim_tensors(check, *op, shape);
    with_element(op->x->dtype, [&]<class T> { run_ms_ssim<T>(check, *op, shape, stream); });
  });
}

}  // extern "C"
