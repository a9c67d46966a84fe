// fg_image_errors: arguments checked once and completely, then one call of a kernel.

#include <cstdint>
#include <string>
#include <type_traits>

#include "kernels/image/image_errors.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

template <class T>
ImageErrors<T> image_errors_of(const FgImageErrors& op, const ImageShape& shape, Purpose purpose) {
  ImageErrors<T> kernel;
  kernel.x = image_view<const T>(*op.x, op.layout, shape.channels);
  kernel.y = image_view<const T>(*op.y, op.layout, shape.channels);
  kernel.data_range = std::is_same_v<T, std::uint8_t> ? 255 : op.data_range;
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
    *bytes = with_element(op->x->dtype, [&]<class T> { return image_errors_scratch<T>(*op, shape); });
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
    with_element(op->x->dtype, [&]<class T> { run_image_errors<T>(check, *op, shape, stream); });
  });
}

}  // extern "C"
