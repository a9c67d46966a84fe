// fg_ssim2d: arguments checked once and completely, then one call of a kernel.

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/ssim/ssim2d.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

ImageShape check_ssim2d(const Checker& check, const FgSsim2d& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check.expect(op.window == 7 || op.window == 9 || op.window == 11,
               "window is " + std::to_string(op.window) + "; expected 7, 9 or 11 taps");
  const int padding = number_of(op.padding);
  check.expect(
      padding == FG_PADDING_SAME || padding == FG_PADDING_VALID,
      "padding is " + std::to_string(padding) + "; expected FG_PADDING_SAME (0) or FG_PADDING_VALID (1)");
  check_range(check, "data_range", op.data_range);
  check_range(check, "k1", op.k1);
  check_range(check, "k2", op.k2);
  for (const double k : {op.k1, op.k2}) {
    const double constant = k * op.data_range * k * op.data_range;
    // The formula multiplies two squares of the range; its smallest value is 4 c1 c2.
    check.expect(constant >= 1e-18 && op.data_range <= 1e8,
                 "data_range " + text(op.data_range) + " with k " + text(k) +
                     " leaves what float32 can hold; scale the images, to 0..1 for instance");
  }
  check.expect(op.padding == FG_PADDING_SAME || (shape.height >= op.window && shape.width >= op.window),
               "the images are " + std::to_string(shape.height) + " x " + std::to_string(shape.width) +
                   " (height x width), smaller than the window of " + std::to_string(op.window) +
                   " with FG_PADDING_VALID; take a smaller window or FG_PADDING_SAME",
               ErrorCode::size_mismatch);
  return shape;
}

void check_ssim2d_outputs(const Checker& check, const FgSsim2d& op, const ImageShape& shape) {
  check.expect(op.map != nullptr || op.scores != nullptr || op.mean != nullptr,
               "map, scores and mean are all NULL; ask for at least one of them");
  if (op.map != nullptr) {
    const std::int64_t less = op.padding == FG_PADDING_VALID ? op.window - 1 : 0;
    const std::int64_t height = shape.height - less, width = shape.width - less;
    std::vector<std::int64_t> expected = op.layout == FG_LAYOUT_NHWC
                                             ? std::vector{shape.batch, height, width, shape.channels}
                                             : std::vector{shape.batch, shape.channels, height, width};
    expected.erase(expected.begin(), expected.end() - op.x->ndim);  // as many dimensions as x
    check_output(check, "map", op.map, *op.x, is_float32, "float32", expected,
                 "the layout of x with the scored channels, for this window and padding");
  }
  if (op.scores != nullptr)
    check_output(check, "scores", op.scores, *op.x, is_float64, "float64", {shape.batch, shape.channels},
                 "images by scored channels");
  if (op.mean != nullptr)
    check_output(check, "mean", op.mean, *op.x, is_float64, "float64", {1}, "one number");
}

template <class T>
Ssim2d<T> ssim2d_of(const FgSsim2d& op, const ImageShape& shape, Purpose purpose) {
  // Codes are scored as they are: the score does not change when range and samples are scaled alike.
  const double range = std::is_same_v<T, std::uint8_t> ? 255 : op.data_range;
  Ssim2d<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  kernel.window = op.window;
  kernel.padding = op.padding == FG_PADDING_VALID ? Padding::valid : Padding::same;
  kernel.c1 = static_cast<float>(op.k1 * range * op.k1 * range);
  kernel.c2 = static_cast<float>(op.k2 * range * op.k2 * range);
  if (purpose == Purpose::scratch) return kernel;
  if (op.map != nullptr) kernel.map = image_view<float>(*op.map, op.layout, shape.channels);
  if (op.scores != nullptr) kernel.scores = table_view(*op.scores);
  if (op.mean != nullptr) kernel.mean = reinterpret_cast<double*>(first_byte(*op.mean));
  return kernel;
}

template <class T>
std::size_t ssim2d_scratch(const FgSsim2d& op, const ImageShape& shape) {
  const Ssim2d<T> kernel = ssim2d_of<T>(op, shape, Purpose::scratch);
  return op.x->device.device_type == kDLCPU ? cpu::ssim2d_scratch_bytes(kernel)
                                            : cuda::ssim2d_scratch_bytes(kernel);
}

template <class T>
void run_ssim2d(const Checker& check, const FgSsim2d& op, const ImageShape& shape, void* stream) {
  const ByteRange range = checked_scratch(check, op.scratch, op.scratch_bytes, ssim2d_scratch<T>(op, shape),
                                          "fg_ssim2d_scratch_bytes");
  check_overlaps(check, {{"x", op.x}, {"y", op.y}},
                 {{"map", op.map}, {"scores", op.scores}, {"mean", op.mean}}, range);
  const Ssim2d<T> kernel = ssim2d_of<T>(op, shape, Purpose::run);
  const Scratch scratch{op.scratch, op.scratch_bytes};
  if (op.x->device.device_type == kDLCPU)
    cpu::ssim2d(kernel, scratch);
  else
    cuda::ssim2d(kernel, scratch, op.x->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim2d_defaults(FgSsim2d* op) {
  if (op == nullptr) return;
  *op = FgSsim2d{};
  op->struct_size = sizeof(FgSsim2d);
  op->layout = FG_LAYOUT_NCHW;
  op->window = 11;
  op->padding = FG_PADDING_SAME;
  op->data_range = 1;
  op->k1 = 0.01;
  op->k2 = 0.03;
}

FgStatus fg_ssim2d_scratch_bytes(const FgSsim2d* op, size_t* bytes) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim2d_scratch_bytes");
    checked_struct(check, op, "FgSsim2d", "fg_ssim2d_defaults");
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    const ImageShape shape = check_ssim2d(check, *op, Purpose::scratch);
    *bytes = with_element(op->x->dtype, [&]<class T> { return ssim2d_scratch<T>(*op, shape); });
  });
}

FgStatus fg_ssim2d(const FgSsim2d* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim2d");
    checked_struct(check, op, "FgSsim2d", "fg_ssim2d_defaults");
    const ImageShape shape = check_ssim2d(check, *op, Purpose::run);
    check_ssim2d_outputs(check, *op, shape);
    with_element(op->x->dtype, [&]<class T> { run_ssim2d<T>(check, *op, shape, stream); });
  });
}

}  // extern "C"
