// fg_ssim2d: arguments checked once and completely, then one call of a kernel.

#include "kernels/ssim/ssim2d.h"
#include "plugin/abi/op_checks.h"
#include "plugin/abi/ssim2d_checks.h"

namespace fg::abi {
namespace {

constexpr OpNames kNames{"fg_ssim2d", "fg_ssim2d_scratch_bytes", "FgSsim2d", "fg_ssim2d_defaults"};

template <class T>
std::size_t ssim2d_scratch(const FgSsim2d& op, const ImageShape& shape) {
  const Ssim2d<T> kernel = ssim2d_of<T>(op, shape, Purpose::scratch);
  return is_on_cpu(*op.x) ? cpu::ssim2d_scratch_bytes(kernel) : cuda::ssim2d_scratch_bytes(kernel);
}

template <class T>
void run_ssim2d(const Checker& check, const FgSsim2d& op, const ImageShape& shape, void* stream) {
  const GivenScratch given{op.scratch, op.scratch_bytes, ssim2d_scratch<T>(op, shape), kNames.question};
  const Scratch scratch = checked_memory(check, *op.x, given, {{"x", op.x}, {"y", op.y}},
                                         {{"map", op.map}, {"scores", op.scores}, {"mean", op.mean}});
  launch(*op.x, ssim2d_of<T>(op, shape, Purpose::run), scratch, stream, cpu::ssim2d<T>, cuda::ssim2d<T>);
}

}  // namespace
}  // namespace fg::abi

extern "C" {

void fg_ssim2d_defaults(FgSsim2d* op) { fg::abi::set_ssim_defaults(op); }

FgStatus fg_ssim2d_scratch_bytes(const FgSsim2d* op, size_t* bytes) {
  using namespace fg::abi;
  return answer_scratch(kNames, op, bytes, [](const Checker& check, const FgSsim2d& given) {
    const ImageShape shape = check_ssim2d(check, given, Purpose::scratch);
    return with_element(given.x->dtype, [&]<class T> { return ssim2d_scratch<T>(given, shape); });
  });
}

FgStatus fg_ssim2d(const FgSsim2d* op, void* stream) {
  using namespace fg::abi;
  return answer(kNames, op, [&](const Checker& check, const FgSsim2d& given) {
    const ImageShape shape = check_ssim2d(check, given, Purpose::run);
    check.expect(given.map != nullptr || given.scores != nullptr || given.mean != nullptr,
                 "map, scores and mean are all NULL; ask for at least one of them");
    check_ssim2d_outputs(check, given, shape);
    with_element(given.x->dtype, [&]<class T> { run_ssim2d<T>(check, given, shape, stream); });
  });
}

}  // extern "C"
