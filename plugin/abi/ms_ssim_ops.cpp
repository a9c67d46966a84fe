// fg_ms_ssim: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ms_ssim.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_ms_ssim", "fg_ms_ssim_scratch_bytes", "FgMsSsim", "fg_ms_ssim_defaults"};

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
  check_constants(check, *op.x, op.data_range, op.k1, op.k2);
  check_levels(check, op, shape);
  check_loss_weight(check, "mean_weight", op.mean_weight);
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
  set_formula<T>(kernel, op);
  kernel.levels = op.levels;
  std::copy_n(op.weights, op.levels, kernel.weights.begin());
  kernel.mean_weight = op.mean_weight;
  if (purpose == Purpose::scratch) {  // which gradients are wanted decides how much
    kernel.x_gradient.batch = op.x_gradient == nullptr ? 0 : shape.batch;
    kernel.y_gradient.batch = op.y_gradient == nullptr ? 0 : shape.batch;
    return kernel;
  }
  set_scores(kernel, op);
  if (op.score_weight != nullptr) kernel.score_weight = table_view<const double>(*op.score_weight);
  kernel.x_gradient = gradient_view(op.x_gradient, op.layout, shape);
  kernel.y_gradient = gradient_view(op.y_gradient, op.layout, shape);
  return kernel;
}

template <class T>
std::size_t ms_ssim_scratch(const FgMsSsim& op, const ImageShape& shape) {
  const MsSsim<T> kernel = ms_ssim_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::ms_ssim_scratch_bytes(kernel) : cuda::ms_ssim_scratch_bytes(kernel);
}

template <class T>
void run_ms_ssim(const Checker& check, const FgMsSsim& op, const ImageShape& shape, void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, ms_ssim_scratch<T>(op, shape), kNames.question};
  const Scratch scratch =
      checked_memory(check, *op.x, given, {{"x", op.x}, {"y", op.y}, {"score_weight", op.score_weight}},
                     {{"scores", op.scores},
                      {"mean", op.mean},
                      {"x_gradient", op.x_gradient},
                      {"y_gradient", op.y_gradient}});
  launch(*op.x, ms_ssim_of<T>(op, shape, Purpose::run), scratch, stream, cpu::ms_ssim<T>, cuda::ms_ssim<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ms_ssim_defaults(FgMsSsim* op) {
  fg::abi::set_ssim_defaults(op);
  if (op == nullptr) return;
  op->levels = 5;
  const fg::MsSsim<float> defaults;
  std::copy(defaults.weights.begin(), defaults.weights.end(), op->weights);
}

FgStatus fg_ms_ssim_scratch_bytes(const FgMsSsim* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgMsSsim& given) {
    const ImageShape shape = check_ms_ssim(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return ms_ssim_scratch<T>(given, shape); });
  });
}

FgStatus fg_ms_ssim(const FgMsSsim* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgMsSsim& given) {
    const ImageShape shape = check_ms_ssim(check, given, Purpose::run);
    check_ms_ssim_tensors(check, given, shape);
    with_element(given.x->dtype, [&]<class T> { run_ms_ssim<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
