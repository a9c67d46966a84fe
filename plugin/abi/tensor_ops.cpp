// The ops on tensors: arguments in, checked once and completely, then one call of a kernel.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "kernels/image/image_errors.h"
#include "kernels/ssim/ssim2d.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/tensor_checks.h"

namespace fg::abi {
namespace {

enum class Purpose { scratch, run };  // a question about scratch needs shapes, not memory

std::string text(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof(buffer), "%g", value);
  return buffer;
}

template <class Op>
const Op& checked_struct(const Checker& check, const Op* op, const char* type, const char* defaults) {
  check.expect(op != nullptr,
               std::string("op is NULL; pass the address of an ") + type + " filled by " + defaults + "()");
  check.expect(op->struct_size == sizeof(Op),
               std::string("struct_size is ") + std::to_string(op->struct_size) + ", this library has an " +
                   type + " of " + std::to_string(sizeof(Op)) + " bytes; call " + defaults +
                   "() first and build against the library's own header");
  return *op;
}

// The pair of images: alike in shape, dtype and device. Returns their shape, cut to the scored channels.
ImageShape checked_pair(const Checker& check, const DLTensor* x, const DLTensor* y, const FgLayout& layout,
                        std::int32_t channels, Purpose purpose) {
  const int layout_number = number_of(layout);
  check.expect(
      layout_number == FG_LAYOUT_NCHW || layout_number == FG_LAYOUT_NHWC,
      "layout is " + std::to_string(layout_number) + "; expected FG_LAYOUT_NCHW (0) or FG_LAYOUT_NHWC (1)");
  check.tensor("x", x, purpose == Purpose::run);
  check.tensor("y", y, purpose == Purpose::run);
  check.expect(is_float32(x->dtype) || is_uint8(x->dtype),
               "x has dtype " + dtype_name(x->dtype) + "; expected float32 or uint8");
  check.expect(
      x->dtype.code == y->dtype.code && x->dtype.bits == y->dtype.bits && x->dtype.lanes == y->dtype.lanes,
      "y has dtype " + dtype_name(y->dtype) + ", x has " + dtype_name(x->dtype) + "; convert one of them");
  check.expect(same_device(x->device, y->device), "y is on " + device_name(y->device) + ", x on " +
                                                      device_name(x->device) + "; bring both to one device");
  ImageShape shape = image_shape(check, "x", *x, layout);
  const ImageShape other = image_shape(check, "y", *y, layout);
  check.expect(x->ndim == y->ndim && shape == other,
               "y has shape " + shape_name(*y) + ", x has " + shape_name(*x) + "; both must be the same",
               ErrorCode::size_mismatch);
  check.expect(channels >= 0 && channels <= shape.channels,
               "channels is " + std::to_string(channels) + ", the images have " +
                   std::to_string(shape.channels) + "; pass 0 for all, or at most that many");
  if (channels != 0) shape.channels = channels;
  return shape;
}

void check_range(const Checker& check, const char* name, double value) {
  check.expect(std::isfinite(value) && value > 0,
               std::string(name) + " is " + text(value) + "; expected a finite number above 0");
}

struct NamedTensor {
  const char* name;
  const DLTensor* tensor;  // NULL: not given
};

// Outputs share no byte with an input, with each other or with scratch.
void check_overlaps(const Checker& check, const std::vector<NamedTensor>& inputs,
                    const std::vector<NamedTensor>& outputs, const ByteRange& scratch) {
  const auto apart = [&](const ByteRange& a, const char* a_name, const ByteRange& b, const char* b_name) {
    check.expect(!a.overlaps(b), std::string(a_name) + " and " + b_name +
                                     " overlap in memory; what is written needs memory of its own");
  };
  for (const NamedTensor& input : inputs)
    if (scratch.begin != scratch.end) apart(scratch, "scratch", range_of(*input.tensor), input.name);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].tensor == nullptr) continue;
    const ByteRange range = range_of(*outputs[i].tensor);
    for (const NamedTensor& input : inputs)
      apart(range, outputs[i].name, range_of(*input.tensor), input.name);
    for (std::size_t j = 0; j < i; ++j)
      if (outputs[j].tensor != nullptr)
        apart(range, outputs[i].name, range_of(*outputs[j].tensor), outputs[j].name);
    if (scratch.begin != scratch.end) apart(range, outputs[i].name, scratch, "scratch");
  }
}

// An output: on the images' device, of this dtype and shape.
void check_output(const Checker& check, const char* name, const DLTensor* t, const DLTensor& image,
                  bool (*is_expected)(DLDataType), const char* expected_dtype,
                  const std::vector<std::int64_t>& expected, const char* meaning) {
  check.tensor(name, t, true);
  const std::string who = name;
  check.expect(is_expected(t->dtype),
               who + " has dtype " + dtype_name(t->dtype) + "; expected " + expected_dtype);
  check.expect(same_device(t->device, image.device), who + " is on " + device_name(t->device) +
                                                         ", the images on " + device_name(image.device) +
                                                         "; bring it there");
  const int rank = static_cast<int>(expected.size());
  check.expect(t->ndim == rank && std::equal(expected.begin(), expected.end(), t->shape),
               who + " has shape " + shape_name(*t) + "; expected " + shape_name(expected.data(), rank) +
                   ", " + meaning,
               ErrorCode::size_mismatch);
  check.output(name, *t);
}

ByteRange checked_scratch(const Checker& check, const void* scratch, std::size_t given, std::size_t needed,
                          const char* question) {
  if (needed == 0) return {};
  const std::string ask = std::string("; pass as many bytes as ") + question + "() says";
  check.expect(scratch != nullptr,
               "scratch is NULL but " + std::to_string(needed) + " bytes are needed" + ask);
  check.expect(given >= needed, "scratch_bytes is " + std::to_string(given) + " but " +
                                    std::to_string(needed) + " bytes are needed" + ask);
  check.expect(reinterpret_cast<std::uintptr_t>(scratch) % kScratchAlignmentBytes == 0,
               "scratch is not aligned to " + std::to_string(kScratchAlignmentBytes) + " bytes; move it");
  return {static_cast<const char*>(scratch), static_cast<const char*>(scratch) + needed};
}

// ---- SSIM ----

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
  const double range = sizeof(T) == 1 ? 255 : op.data_range;
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

// ---- pixel errors ----

template <class T>
ImageErrors<T> image_errors_of(const FgImageErrors& op, const ImageShape& shape, Purpose purpose) {
  ImageErrors<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  kernel.data_range = sizeof(T) == 1 ? 255 : op.data_range;
  if (purpose == Purpose::run) kernel.errors = table_view(*op.errors);
  return kernel;
}

template <class T>
std::size_t image_errors_scratch(const FgImageErrors& op, const ImageShape& shape) {
  const ImageErrors<T> kernel = image_errors_of<T>(op, shape, Purpose::scratch);
  return op.x->device.device_type == kDLCPU ? cpu::image_errors_scratch_bytes(kernel)
                                            : cuda::image_errors_scratch_bytes(kernel);
}

template <class T>
void run_image_errors(const Checker& check, const FgImageErrors& op, const ImageShape& shape, void* stream) {
  const ByteRange range =
      checked_scratch(check, op.scratch, op.scratch_bytes, image_errors_scratch<T>(op, shape),
                      "fg_image_errors_scratch_bytes");
  check_overlaps(check, {{"x", op.x}, {"y", op.y}}, {{"errors", op.errors}}, range);
  const ImageErrors<T> kernel = image_errors_of<T>(op, shape, Purpose::run);
  const Scratch scratch{op.scratch, op.scratch_bytes};
  if (op.x->device.device_type == kDLCPU)
    cpu::image_errors(kernel, scratch);
  else
    cuda::image_errors(kernel, scratch, op.x->device.device_id, stream);
}

ImageShape check_image_errors(const Checker& check, const FgImageErrors& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check_range(check, "data_range", op.data_range);
  return shape;
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
    *bytes =
        is_uint8(op->x->dtype) ? ssim2d_scratch<std::uint8_t>(*op, shape) : ssim2d_scratch<float>(*op, shape);
  });
}

FgStatus fg_ssim2d(const FgSsim2d* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim2d");
    checked_struct(check, op, "FgSsim2d", "fg_ssim2d_defaults");
    const ImageShape shape = check_ssim2d(check, *op, Purpose::run);
    check_ssim2d_outputs(check, *op, shape);
    if (is_uint8(op->x->dtype))
      run_ssim2d<std::uint8_t>(check, *op, shape, stream);
    else
      run_ssim2d<float>(check, *op, shape, stream);
  });
}

void fg_image_errors_defaults(FgImageErrors* op) {
  if (op == nullptr) return;
  *op = FgImageErrors{};
  op->struct_size = sizeof(FgImageErrors);
  op->layout = FG_LAYOUT_NCHW;
  op->data_range = 1;
}

FgStatus fg_image_errors_scratch_bytes(const FgImageErrors* op, size_t* bytes) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_image_errors_scratch_bytes");
    checked_struct(check, op, "FgImageErrors", "fg_image_errors_defaults");
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    const ImageShape shape = check_image_errors(check, *op, Purpose::scratch);
    *bytes = is_uint8(op->x->dtype) ? image_errors_scratch<std::uint8_t>(*op, shape)
                                    : image_errors_scratch<float>(*op, shape);
  });
}

FgStatus fg_image_errors(const FgImageErrors* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_image_errors");
    checked_struct(check, op, "FgImageErrors", "fg_image_errors_defaults");
    const ImageShape shape = check_image_errors(check, *op, Purpose::run);
    check_output(check, "errors", op->errors, *op->x, is_float64, "float64", {shape.batch, FG_ERROR_COLUMNS},
                 "images by FG_ERROR_COLUMNS");
    if (is_uint8(op->x->dtype))
      run_image_errors<std::uint8_t>(check, *op, shape, stream);
    else
      run_image_errors<float>(check, *op, shape, stream);
  });
}

}  // extern "C"
