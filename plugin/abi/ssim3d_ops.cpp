// fg_ssim3d: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim3d.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim3d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_ssim3d", "fg_ssim3d_scratch_bytes", "FgSsim3d", "fg_ssim3d_defaults"};

template <class T>
std::size_t ssim3d_scratch(const FgSsim3d& op, const VolumeShape& shape) {
  const Ssim3d<T> kernel = ssim3d_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::ssim3d_scratch_bytes(kernel) : cuda::ssim3d_scratch_bytes(kernel);
}

template <class T>
void run_ssim3d(const Checker& check, const FgSsim3d& op, const VolumeShape& shape, void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, ssim3d_scratch<T>(op, shape), kNames.question};
  const Scratch scratch = checked_memory(check, *op.x, given, {{"x", op.x}, {"y", op.y}},
                                         {{"map", op.map}, {"scores", op.scores}, {"mean", op.mean}});
  launch(*op.x, ssim3d_of<T>(op, shape, Purpose::run), scratch, stream, cpu::ssim3d<T>, cuda::ssim3d<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim3d_defaults(FgSsim3d* op) { fg::abi::set_ssim_defaults(op); }

FgStatus fg_ssim3d_scratch_bytes(const FgSsim3d* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgSsim3d& given) {
    const VolumeShape shape = check_ssim3d(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return ssim3d_scratch<T>(given, shape); });
  });
}

FgStatus fg_ssim3d(const FgSsim3d* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgSsim3d& given) {
    const VolumeShape shape = check_ssim3d(check, given, Purpose::run);
    check.expect(given.map != nullptr || given.scores != nullptr || given.mean != nullptr,
                 "map, scores and mean are all NULL; ask for at least one of them");
    check_ssim3d_outputs(check, given, shape);
    with_element(given.x->dtype, [&]<class T> { run_ssim3d<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
