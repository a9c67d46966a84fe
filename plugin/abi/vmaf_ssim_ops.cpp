// fg_vmaf_ssim, fg_vmaf_float_ssim, fg_vmaf_ms_ssim: arguments checked once and completely, then one call of a
// kernel.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ssim/integer_ssim.h"
#include "kernels/ssim/vmaf_ssim.h"
#include "plugin/abi/op_checks.h"

namespace fg::abi {
namespace {

bool is_uint16(DLDataType type) { return is_type(type, kDLUInt, 16); }

// Luma planes [N, H, W] or [H, W].
struct Planes {
  std::int64_t count = 1, height = 1, width = 1;
  int bits = 8;
};

Planes checked_planes(const Checker& check, const DLTensor* x, const DLTensor* y, std::int32_t bits,
                      Purpose purpose) {
  check_alike(check, x, y, {is_uint8, is_uint16}, "uint8 or uint16", purpose);
  check.expect(x->ndim == 2 || x->ndim == 3,
               "x has " + std::to_string(x->ndim) + " dimensions; expected luma planes [N, H, W] or [H, W]");
  check.expect(x->ndim == y->ndim && std::equal(x->shape, x->shape + x->ndim, y->shape),
               "y has shape " + shape_name(*y) + ", x has " + shape_name(*x) + "; both must be the same",
               ErrorCode::size_mismatch);
  const int most = x->dtype.bits;
  check.expect(bits == 0 || (bits >= 8 && bits <= most),
               "bits is " + std::to_string(bits) + "; expected 0 for all " + std::to_string(most) +
                   " bits of " + dtype_name(x->dtype) + ", or 8 to " + std::to_string(most));
  Planes planes;
  if (x->ndim == 3) planes.count = x->shape[0];
  planes.height = x->shape[x->ndim - 2];
  planes.width = x->shape[x->ndim - 1];
  planes.bits = bits == 0 ? most : bits;
  return planes;
}

// The scores [N] or the columns of each plane [N, C]; rank 1 becomes a table of one column.
TableView<double> table_of(const DLTensor* t) {
  if (t == nullptr) return {};
  const std::vector<std::int64_t> strides = strides_of(*t);
  const bool columns = t->ndim == 2;
  return {reinterpret_cast<double*>(first_byte(*t)), t->shape[0], columns ? t->shape[1] : 1, strides[0],
          columns ? strides[1] : 1};
}

double* number_in(const DLTensor* t) {
  return t == nullptr ? nullptr : reinterpret_cast<double*>(first_byte(*t));
}

template <class Op>
void check_scores(const Checker& check, const Op& op, const Planes& planes) {
  if (op.scores != nullptr)
    check_output(check, "scores", op.scores, *op.x, is_float64, "float64", {planes.count},
                 "one of each plane");
  if (op.mean != nullptr)
    check_output(check, "mean", op.mean, *op.x, is_float64, "float64", {1}, "one number");
}

template <class Body>
auto with_code(DLDataType type, const Body& body) {
  return is_uint8(type) ? body.template operator()<std::uint8_t>()
                        : body.template operator()<std::uint16_t>();
}

template <class T, class Kernel, class Op>
void set_planes(Kernel& kernel, const Op& op, const Planes& planes) {
  kernel.x = image_view<const T>(*op.x, FG_LAYOUT_NCHW, planes.count);
  kernel.y = image_view<const T>(*op.y, FG_LAYOUT_NCHW, planes.count);
  kernel.bits = planes.bits;
}

// ---- integer ----

void check_extent(const Checker& check, const Planes& planes) {
  check.expect(planes.height <= kMaxIntegerSsimPixels / planes.width,
               "x has planes of " + std::to_string(planes.height) + " x " + std::to_string(planes.width) +
                   " (height x width); at most " + std::to_string(kMaxIntegerSsimPixels) +
                   " pixels keep the sum of the weights exact",
               ErrorCode::unsupported);
}

template <class T>
IntegerSsim<T> kernel_of(const FgVmafSsim& op, const Planes& planes, Purpose purpose) {
  IntegerSsim<T> kernel;
  set_planes<T>(kernel, op, planes);
  if (purpose == Purpose::scratch) return kernel;
  kernel.scores = table_of(op.scores);
  kernel.mean = number_in(op.mean);
  return kernel;
}

template <class T>
std::size_t scratch_of(const IntegerSsim<T>& kernel, bool on_cpu) {
  return on_cpu ? cpu::integer_ssim_scratch_bytes(kernel) : cuda::integer_ssim_scratch_bytes(kernel);
}
template <class T>
void run_on(const DLTensor& x, const IntegerSsim<T>& kernel, Scratch scratch, void* stream) {
  launch(x, kernel, scratch, stream, cpu::integer_ssim<T>, cuda::integer_ssim<T>);
}

// ---- float ----

template <class T>
std::size_t scratch_of(const VmafSsim<T>& kernel, bool on_cpu) {
  return on_cpu ? cpu::vmaf_ssim_scratch_bytes(kernel) : cuda::vmaf_ssim_scratch_bytes(kernel);
}
template <class T>
void run_on(const DLTensor& x, const VmafSsim<T>& kernel, Scratch scratch, void* stream) {
  launch(x, kernel, scratch, stream, cpu::vmaf_ssim<T>, cuda::vmaf_ssim<T>);
}

int resolved_scale(const FgVmafFloatSsim& op, const Planes& planes) {
  return op.scale != 0 ? op.scale
                       : vmaf::automatic_scale(static_cast<std::int32_t>(planes.height),
                                               static_cast<std::int32_t>(planes.width));
}

template <class T>
VmafSsim<T> kernel_of(const FgVmafFloatSsim& op, const Planes& planes, Purpose purpose) {
  VmafSsim<T> kernel;
  set_planes<T>(kernel, op, planes);
  kernel.scale = resolved_scale(op, planes);
  if (purpose == Purpose::scratch) return kernel;
  kernel.scores = table_of(op.scores);
  kernel.lcs = table_of(op.lcs);
  kernel.mean = number_in(op.mean);
  return kernel;
}

template <class T>
VmafSsim<T> kernel_of(const FgVmafMsSsim& op, const Planes& planes, Purpose purpose) {
  VmafSsim<T> kernel;
  set_planes<T>(kernel, op, planes);
  kernel.levels = vmaf::kLevels;
  if (purpose == Purpose::scratch) return kernel;
  kernel.scores = table_of(op.scores);
  kernel.lcs = table_of(op.lcs);
  kernel.mean = number_in(op.mean);
  return kernel;
}

std::string size_name(const Planes& planes) {
  return "the planes are " + std::to_string(planes.height) + " x " + std::to_string(planes.width) +
         " (height x width)";
}

Planes check_op(const Checker& check, const FgVmafSsim& op, Purpose purpose) {
  const Planes planes = checked_planes(check, op.x, op.y, op.bits, purpose);
  check_extent(check, planes);
  return planes;
}

Planes check_op(const Checker& check, const FgVmafFloatSsim& op, Purpose purpose) {
  const Planes planes = checked_planes(check, op.x, op.y, op.bits, purpose);
  check_extent(check, planes);
  check.expect(op.scale >= 0 && op.scale <= 10,
               "scale is " + std::to_string(op.scale) + "; expected 0 (sides of about 256), or 1 to 10");
  const int scale = resolved_scale(op, planes);
  const std::int64_t height = vmaf::decimated(static_cast<std::int32_t>(planes.height), scale),
                     width = vmaf::decimated(static_cast<std::int32_t>(planes.width), scale);
  check.expect(height >= vmaf::kWindow && width >= vmaf::kWindow,
               size_name(planes) + ", at scale " + std::to_string(scale) + " smaller than the window of " +
                   std::to_string(vmaf::kWindow) + "; take larger planes or a smaller scale",
               ErrorCode::size_mismatch);
  return planes;
}

Planes check_op(const Checker& check, const FgVmafMsSsim& op, Purpose purpose) {
  const Planes planes = checked_planes(check, op.x, op.y, op.bits, purpose);
  check_extent(check, planes);
  check.expect(planes.height >= vmaf::kLeastMultiScale && planes.width >= vmaf::kLeastMultiScale,
               size_name(planes) + "; five scales with a window of " + std::to_string(vmaf::kWindow) +
                   " need at least " + std::to_string(vmaf::kLeastMultiScale) + " each way",
               ErrorCode::size_mismatch);
  return planes;
}

void check_outputs(const Checker& check, const FgVmafSsim& op, const Planes& planes) {
  check.expect(op.scores != nullptr || op.mean != nullptr,
               "scores and mean are both NULL; ask for at least one of them");
  check_scores(check, op, planes);
}

template <class Op>
void check_float_outputs(const Checker& check, const Op& op, const Planes& planes, int levels) {
  check.expect(op.scores != nullptr || op.lcs != nullptr || op.mean != nullptr,
               "scores, lcs and mean are all NULL; ask for at least one of them");
  check_scores(check, op, planes);
  if (op.lcs != nullptr)
    check_output(check, "lcs", op.lcs, *op.x, is_float64, "float64", {planes.count, 3 * levels},
                 levels == 1 ? "l, c and s of each plane" : "l, c and s of each scale of each plane");
}
void check_outputs(const Checker& check, const FgVmafFloatSsim& op, const Planes& planes) {
  check_float_outputs(check, op, planes, 1);
}
void check_outputs(const Checker& check, const FgVmafMsSsim& op, const Planes& planes) {
  check_float_outputs(check, op, planes, vmaf::kLevels);
}

std::vector<NamedTensor> outputs_of(const FgVmafSsim& op) {
  return {{"scores", op.scores}, {"mean", op.mean}};
}
template <class Op>
std::vector<NamedTensor> outputs_of(const Op& op) {
  return {{"scores", op.scores}, {"lcs", op.lcs}, {"mean", op.mean}};
}

template <class T, class Op>
void run(const Checker& check, const Op& op, const Planes& planes, const char* question, void* stream) {
  const auto kernel = kernel_of<T>(op, planes, Purpose::run);
  const GivenScratch given{op.scratch, op.scratch_bytes, scratch_of(kernel, is_on_cpu(*op.x)), question};
  const Scratch scratch = checked_memory(check, *op.x, given, {{"x", op.x}, {"y", op.y}}, outputs_of(op));
  run_on(*op.x, kernel, scratch, stream);
}

template <class Op>
std::size_t scratch_bytes(const Checker& check, const Op& op) {
  const Planes planes = check_op(check, op, Purpose::scratch);
  return with_code(op.x->dtype, [&]<class T> {
    return scratch_of(kernel_of<T>(op, planes, Purpose::scratch), is_on_cpu(*op.x));
  });
}

template <class Op>
void check_and_run(const Checker& check, const Op& op, const char* question, void* stream) {
  const Planes planes = check_op(check, op, Purpose::run);
  check_outputs(check, op, planes);
  with_code(op.x->dtype, [&]<class T> { run<T>(check, op, planes, question, stream); });
}

template <class Op>
FgStatus scratch_bytes_of(const OpNames& names, const Op* op, std::size_t* bytes) {
  return answer_scratch(names, op, bytes,
                        [](const Checker& check, const Op& given) { return scratch_bytes(check, given); });
}

template <class Op>
FgStatus score(const OpNames& names, const Op* op, void* stream) {
  return answer(names, op, [&](const Checker& check, const Op& given) {
    check_and_run(check, given, names.question, stream);
  });
}

constexpr OpNames kInteger{"fg_vmaf_ssim", "fg_vmaf_ssim_scratch_bytes", "FgVmafSsim",
                           "fg_vmaf_ssim_defaults"};
constexpr OpNames kFloat{"fg_vmaf_float_ssim", "fg_vmaf_float_ssim_scratch_bytes", "FgVmafFloatSsim",
                         "fg_vmaf_float_ssim_defaults"};
constexpr OpNames kMultiScale{"fg_vmaf_ms_ssim", "fg_vmaf_ms_ssim_scratch_bytes", "FgVmafMsSsim",
                              "fg_vmaf_ms_ssim_defaults"};

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_vmaf_ssim_defaults(FgVmafSsim* op) { fg::abi::set_defaults(op); }
FgStatus fg_vmaf_ssim_scratch_bytes(const FgVmafSsim* op, size_t* bytes) {
  return fg::abi::scratch_bytes_of(fg::abi::kInteger, op, bytes);
}
FgStatus fg_vmaf_ssim(const FgVmafSsim* op, void* stream) {
  return fg::abi::score(fg::abi::kInteger, op, stream);
}

void fg_vmaf_float_ssim_defaults(FgVmafFloatSsim* op) { fg::abi::set_defaults(op); }
FgStatus fg_vmaf_float_ssim_scratch_bytes(const FgVmafFloatSsim* op, size_t* bytes) {
  return fg::abi::scratch_bytes_of(fg::abi::kFloat, op, bytes);
}
FgStatus fg_vmaf_float_ssim(const FgVmafFloatSsim* op, void* stream) {
  return fg::abi::score(fg::abi::kFloat, op, stream);
}

void fg_vmaf_ms_ssim_defaults(FgVmafMsSsim* op) { fg::abi::set_defaults(op); }
FgStatus fg_vmaf_ms_ssim_scratch_bytes(const FgVmafMsSsim* op, size_t* bytes) {
  return fg::abi::scratch_bytes_of(fg::abi::kMultiScale, op, bytes);
}
FgStatus fg_vmaf_ms_ssim(const FgVmafMsSsim* op, void* stream) {
  return fg::abi::score(fg::abi::kMultiScale, op, stream);
}

}  // extern "C"
