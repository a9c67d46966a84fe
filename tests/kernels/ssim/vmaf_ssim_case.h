#pragma once
// Runs libvmaf's float SSIMs on test planes.

#include <cstdint>
#include <vector>

#include "kernels/ssim/vmaf_ssim.h"
#include "tests/kernels/ssim/integer_ssim_case.h"
#include "tests/kernels/test_images.h"
#include "tests/oracle/vmaf_ssim_oracle.h"

namespace fg::test {

struct VmafOutput {
  std::vector<double> scores, lcs;
  double mean = 0;
};

// The op on host memory, without scratch and outputs.
template <class T>
VmafSsim<T> make_vmaf_op(const TestImage<T>& x, const TestImage<T>& y, int bits, int levels, int scale = 1) {
  VmafSsim<T> op;
  op.x = x.const_view();
  op.y = y.const_view();
  op.bits = bits;
  op.levels = levels;
  op.scale = scale;
  return op;
}

template <class T>
VmafOutput run_vmaf_cpu(const TestImage<T>& x, const TestImage<T>& y, int bits, int levels, int scale = 1) {
  VmafSsim<T> op = make_vmaf_op(x, y, bits, levels, scale);
  const std::int64_t planes = op.x.planes(), columns = 3 * levels;
  VmafOutput out{std::vector<double>(static_cast<std::size_t>(planes)),
                 std::vector<double>(static_cast<std::size_t>(planes * columns)), 0};
  op.scores = {out.scores.data(), planes, 1, 1, 1};
  op.lcs = {out.lcs.data(), planes, columns, columns, 1};
  op.mean = &out.mean;
  std::vector<double> scratch(cpu::vmaf_ssim_scratch_bytes(op) / sizeof(double) + 1);
  cpu::vmaf_ssim(op, {scratch.data(), scratch.size() * sizeof(double)});
  return out;
}

}  // namespace fg::test
