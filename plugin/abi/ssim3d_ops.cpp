// fg_ssim3d: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim3d.h"
#include "plugin/abi/guard.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim3d_checks.h"

namespace fg::abi {
namespace {

template <class T>
std::size_t ssim3d_scratch(const FgSsim3d& op, const VolumeShape& shape) {
  const Ssim3d<T> kernel = ssim3d_of<T>(op, shape, Purpose::scratch);
  return op.x->device.device_type == kDLCPU ? cpu::ssim3d_scratch_bytes(kernel)
                                            : cuda::ssim3d_scratch_bytes(kernel);
}

template <class T>
void run_ssim3d(const Checker& check, const FgSsim3d& op, const VolumeShape& shape, void* stream) {
  const ByteRange range = checked_scratch(check, op.scratch, op.scratch_bytes, ssim3d_scratch<T>(op, shape),
                                          "fg_ssim3d_scratch_bytes");
  check_overlaps(check, {{"x", op.x}, {"y", op.y}},
                 {{"map", op.map}, {"scores", op.scores}, {"mean", op.mean}}, range);
  const Ssim3d<T> kernel = ssim3d_of<T>(op, shape, Purpose::run);
  const Scratch scratch{op.scratch, op.scratch_bytes};
  if (op.x->device.device_type == kDLCPU)
    cpu::ssim3d(kernel, scratch);
  else
    cuda::ssim3d(kernel, scratch, op.x->device.device_id, stream);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim3d_defaults(FgSsim3d* op) {
  if (op == nullptr) return;
  *op = FgSsim3d{};
  op->struct_size = sizeof(FgSsim3d);
  op->layout = FG_LAYOUT_NCHW;
  op->window = 11;
  op->padding = FG_PADDING_SAME;
  op->data_range = 1;
  op->k1 = 0.01;
  op->k2 = 0.03;
}

FgStatus fg_ssim3d_scratch_bytes(const FgSsim3d* op, size_t* bytes) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim3d_scratch_bytes");
    checked_struct(check, op, "FgSsim3d", "fg_ssim3d_defaults");
    check.expect(bytes != nullptr, "bytes is NULL; pass the address of a size_t");
    const VolumeShape shape = check_ssim3d(check, *op, Purpose::scratch);
    *bytes = with_element(op->x->dtype, [&]<class T> { return ssim3d_scratch<T>(*op, shape); });
  });
}

FgStatus fg_ssim3d(const FgSsim3d* op, void* stream) {
  using namespace fg::abi;
  return guard([&] {
    const Checker check("fg_ssim3d");
    checked_struct(check, op, "FgSsim3d", "fg_ssim3d_defaults");
    const VolumeShape shape = check_ssim3d(check, *op, Purpose::run);
    check.expect(op->map != nullptr || op->scores != nullptr || op->mean != nullptr,
                 "map, scores and mean are all NULL; ask for at least one of them");
    check_ssim3d_outputs(check, *op, shape);
    with_element(op->x->dtype, [&]<class T> { run_ssim3d<T>(check, *op, shape, stream); });
  });
}

}  // extern "C"
