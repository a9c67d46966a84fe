#pragma once
// DLTensors that own their shape and memory, for the tests of the C interface.

#include <framegauge/framegauge.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/kernels/test_images.h"

namespace fg::test {

template <class T>
struct Tensor {
  std::vector<std::int64_t> shape, strides;
  std::vector<T> memory;
  DLTensor tensor{};

  explicit Tensor(std::vector<std::int64_t> extents, T value = {}, std::vector<std::int64_t> steps = {},
                  std::size_t elements = 0)
      : shape(std::move(extents)), strides(std::move(steps)) {
    std::size_t count = 1;
    for (const std::int64_t e : shape) count *= static_cast<std::size_t>(e);
    memory.assign(elements == 0 ? count : elements, value);
    tensor.data = memory.data();
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<int>(shape.size());
    tensor.dtype = {static_cast<std::uint8_t>(std::is_floating_point_v<T> ? kDLFloat : kDLUInt),
                    8 * sizeof(T), 1};
    tensor.shape = shape.data();
    tensor.strides = strides.empty() ? nullptr : strides.data();
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;

  T& operator[](std::size_t i) { return memory[i]; }
  DLTensor* operator&() { return &tensor; }
};

// Scratch of the right size, asked for and given.
inline FgStatus run(FgSsim2d& op, std::vector<double>& scratch) {
  std::size_t bytes = 0;
  const FgStatus status = fg_ssim2d_scratch_bytes(&op, &bytes);
  if (status != FG_STATUS_OK) return status;
  scratch.resize(bytes / sizeof(double));
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return fg_ssim2d(&op, nullptr);
}
inline FgStatus run(FgSsim2d& op) {
  std::vector<double> scratch;
  return run(op, scratch);
}
// Any op, by its two functions.
template <class Op>
FgStatus run_with(Op& op, FgStatus (*scratch_bytes)(const Op*, std::size_t*),
                  FgStatus (*call)(const Op*, void*)) {
  std::size_t bytes = 0;
  const FgStatus status = scratch_bytes(&op, &bytes);
  if (status != FG_STATUS_OK) return status;
  std::vector<double> scratch(bytes / sizeof(double));
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return call(&op, nullptr);
}
inline FgStatus run(FgImageErrors& op) {
  return run_with(op, fg_image_errors_scratch_bytes, fg_image_errors);
}
inline FgStatus run(FgSsim2dGradient& op) {
  return run_with(op, fg_ssim2d_gradient_scratch_bytes, fg_ssim2d_gradient);
}
inline FgStatus run(FgMsSsim& op) { return run_with(op, fg_ms_ssim_scratch_bytes, fg_ms_ssim); }
inline FgStatus run(FgMaskedSsim2d& op) {
  return run_with(op, fg_masked_ssim2d_scratch_bytes, fg_masked_ssim2d);
}

// A tensor [N, C, H, W] by formula.
inline void fill(Tensor<float>& t, const PixelFormula& formula) {
  const std::int64_t width = t.shape[3], height = t.shape[2], channels = t.shape[1];
  for (std::size_t i = 0; i < t.memory.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    t[i] = static_cast<float>(formula(static_cast<int>(at / (width * height * channels)),
                                      static_cast<int>(at / (width * height) % channels),
                                      static_cast<int>(at / width % height), static_cast<int>(at % width)));
  }
}
// The same for an op that is named by its two functions.
template <class Op>
FgStatus run_with_scratch(Op& op, FgStatus (*question)(const Op*, std::size_t*),
                          FgStatus (*function)(const Op*, void*)) {
  std::size_t bytes = 0;
  const FgStatus status = question(&op, &bytes);
  if (status != FG_STATUS_OK) return status;
  std::vector<std::max_align_t> scratch(bytes / sizeof(std::max_align_t) + 1);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return function(&op, nullptr);
}
inline FgStatus run(FgVmafSsim& op) { return run_with_scratch(op, fg_vmaf_ssim_scratch_bytes, fg_vmaf_ssim); }
inline FgStatus run(FgVmafFloatSsim& op) {
  return run_with_scratch(op, fg_vmaf_float_ssim_scratch_bytes, fg_vmaf_float_ssim);
}
inline FgStatus run(FgVmafMsSsim& op) {
  return run_with_scratch(op, fg_vmaf_ms_ssim_scratch_bytes, fg_vmaf_ms_ssim);
}

}  // namespace fg::test
