// fg_resample: arguments checked once and completely, then one call of a kernel.

#include <string>
#include <vector>

#include "framegauge/drr.h"
#include "kernels/registration/resample.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kResample{"fg_resample", "", "FgResample", "fg_resample_defaults"};

void run_resample(const Checker& check, const FgResample& op, void* stream) {
  check.tensor("input", op.input, true);
  check.expect(is_float32(op.input->dtype),
               "input has dtype " + dtype_name(op.input->dtype) + "; expected float32");
  const ImageShape from = image_shape(check, "input", *op.input, FG_LAYOUT_NCHW);
  check.tensor("output", op.output, true);
  check_device(check, "output", *op.output, "input", *op.input);
  const ImageShape to = image_shape(check, "output", *op.output, FG_LAYOUT_NCHW);
  check_intrinsics(check, "input_intrinsics.", op.input_intrinsics);
  check_intrinsics(check, "output_intrinsics.", op.output_intrinsics);
  std::vector<std::int64_t> extents(op.input->shape, op.input->shape + op.input->ndim);
  extents[extents.size() - 2] = to.height;
  extents.back() = to.width;
  check_output(check, "output", op.output, *op.input, is_float32, "float32", extents,
               "that of input but for height and width");
  checked_memory(check, *op.input, {}, {{"input", op.input}}, {{"output", op.output}});
  const FgIntrinsics &a = op.input_intrinsics, &b = op.output_intrinsics;
  Resample kernel;
  kernel.input = image_view<const float>(*op.input, FG_LAYOUT_NCHW, from.channels);
  kernel.output = image_view<float>(*op.output, FG_LAYOUT_NCHW, to.channels);
  const double stretch = a.sdd_mm / b.sdd_mm;
  kernel.rows = resample_axis({a.dely_mm, a.y0_mm, static_cast<double>(from.height)},
                              {b.dely_mm, b.y0_mm, static_cast<double>(to.height)}, stretch);
  kernel.columns = resample_axis({a.delx_mm, a.x0_mm, static_cast<double>(from.width)},
                                 {b.delx_mm, b.x0_mm, static_cast<double>(to.width)}, stretch);
  if (is_on_cpu(*op.input))
    cpu::resample(kernel);
  else
    cuda::resample(kernel, op.input->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_resample_defaults(FgResample* op) {
  fg::abi::set_defaults(op);
  if (op != nullptr) op->input_intrinsics = op->output_intrinsics = {1020, 2, 2, 0, 0};
}

FgStatus fg_resample(const FgResample* op, void* stream) {
  using namespace fg::abi;
  return answer(kResample, op,
                [&](const Checker& check, const FgResample& given) { run_resample(check, given, stream); });
}

}  // extern "C"
