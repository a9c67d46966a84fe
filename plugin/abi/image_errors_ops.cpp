// fg_image_errors: arguments checked once and completely, then one call of a kernel.

#include <cstdint>
#include <string>
#include <type_traits>

#include "kernels/image/image_errors.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_image_errors", "fg_image_errors_scratch_bytes", "FgImageErrors",
                         "fg_image_errors_defaults"};

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
  return is_on_cpu(*op.x) ? cpu::image_errors_scratch_bytes(kernel)
                          : cuda::image_errors_scratch_bytes(kernel);
}

template <class T>
void run_image_errors(const Checker& check, const FgImageErrors& op, const ImageShape& shape, void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, image_errors_scratch<T>(op, shape), kNames.question};
  const Scratch scratch =
      checked_memory(check, *op.x, given, {{"x", op.x}, {"y", op.y}}, {{"errors", op.errors}});
  launch(*op.x, image_errors_of<T>(op, shape, Purpose::run), scratch, stream, cpu::image_errors<T>,
         cuda::image_errors<T>);
}

ImageShape check_image_errors(const Checker& check, const FgImageErrors& op, Purpose purpose) {
  const ImageShape shape = checked_pair(check, op.x, op.y, op.layout, op.channels, purpose);
  check_range(check, "data_range", op.data_range);
  // Differences are squared in float32, and what is left of them divided by the square of the range.
  check.expect(is_uint8(op.x->dtype) || (op.data_range >= 1e-12 && op.data_range <= 1e18),
               "data_range " + text(op.data_range) +
                   " leaves what float32 can hold; scale the images, to 0..1 for instance");
  return shape;
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_image_errors_defaults(FgImageErrors* op) {
  fg::abi::set_defaults(op);
  if (op == nullptr) return;
  op->layout = FG_LAYOUT_NCHW;
  op->data_range = 1;
}

FgStatus fg_image_errors_scratch_bytes(const FgImageErrors* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgImageErrors& given) {
    const ImageShape shape = check_image_errors(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return image_errors_scratch<T>(given, shape); });
  });
}

FgStatus fg_image_errors(const FgImageErrors* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgImageErrors& given) {
    const ImageShape shape = check_image_errors(check, given, Purpose::run);
    check_output(check, "errors", given.errors, *given.x, is_float64, "float64",
                 {shape.batch, FG_ERROR_COLUMNS}, "images by FG_ERROR_COLUMNS");
    with_element(given.x->dtype, [&]<class T> { run_image_errors<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
