#pragma once
// Host memory as the C interface takes it.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "viewer/device/status.h"

namespace fg {

// A DLTensor over memory that outlives the call; compact unless strides are given.
struct HostTensor {
  std::vector<std::int64_t> shape, strides;
  DLTensor tensor{};

  HostTensor(const void* data, DLDataTypeCode code, std::uint8_t bits, std::vector<std::int64_t> extents,
             std::vector<std::int64_t> steps = {})
      : shape(std::move(extents)), strides(std::move(steps)) {
    tensor.data = const_cast<void*>(data);
    tensor.device = {kDLCPU, 0};
    tensor.ndim = static_cast<int>(shape.size());
    tensor.dtype = {static_cast<std::uint8_t>(code), bits, 1};
    tensor.shape = shape.data();
    tensor.strides = strides.empty() ? nullptr : strides.data();
  }
  HostTensor(const HostTensor&) = delete;
  HostTensor& operator=(const HostTensor&) = delete;
};

// Gives the op the scratch that it asks for; keep what is returned until the op has run.
template <class Op>
std::vector<std::max_align_t> scratch_for(Op& op, FgStatus (*ask)(const Op*, size_t*)) {
  std::size_t bytes = 0;
  expect_ok(ask(&op, &bytes));
  std::vector<std::max_align_t> scratch(bytes / sizeof(std::max_align_t) + 1);
  op.scratch = scratch.data();
  op.scratch_bytes = bytes;
  return scratch;
}

}  // namespace fg
