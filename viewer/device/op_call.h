#pragma once
// One call of an op whose tensors are wanted in host memory: on the processor the op works on that memory itself, on a CUDA
// device on copies of it.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "viewer/device/device_tensor.h"
#include "viewer/device/host_tensor.h"

namespace fg {

// A device, its stream, and memory that one call after the other uses again. Of one thread at a time; several on the same
// device do not wait for each other.
class OpDevice {
 public:
  // always: on the processor too, to test what happens on a CUDA device where there is none.
  enum class Copies { where_needed, always };
  explicit OpDevice(ComputeDevice device = ComputeDevice("cpu"), Copies copies = Copies::where_needed)
      : device_(std::move(device)),
        copies_(copies == Copies::always || device_.dlpack().device_type != kDLCPU) {}

  const ComputeDevice& device() const { return device_; }
  bool copies() const { return copies_; }

  // Host memory on the device, for several calls. Each call of keep() ends what the one before kept. Null where nothing is
  // copied.
  struct Kept {
    const void *first = nullptr, *second = nullptr;
  };
  Kept keep(const void* first, const void* second, std::size_t bytes_each);

 private:
  friend class OpCall;
  ComputeDevice device_;
  bool copies_;
  DeviceScratch kept_, call_;
};

class OpCall {
 public:
  explicit OpCall(OpDevice& on) : on_(on) {}
  OpCall(const OpCall&) = delete;
  OpCall& operator=(const OpCall&) = delete;

  // Compact unless strides are given, which are not negative. kept: where the data is on the device already, or null.
  const DLTensor* input(const void* data, DLDataTypeCode code, std::uint8_t bits,
                        std::vector<std::int64_t> shape, std::vector<std::int64_t> strides = {},
                        const void* kept = nullptr);
  // Compact. Null where data is null: an output that is not wanted.
  DLTensor* output(void* data, DLDataTypeCode code, std::uint8_t bits, std::vector<std::int64_t> shape);

  // Gives the op its scratch, calls it, and returns when the outputs are in host memory. Throws Failure.
  template <class Op>
  void run(Op& op, FgStatus (*ask)(const Op*, std::size_t*), FgStatus (*call)(const Op*, void*)) {
    if (!on_.copies()) {
      const auto scratch = scratch_for(op, ask);
      expect_ok(call(&op, nullptr));
      return;
    }
    std::size_t bytes = 0;
    expect_ok(ask(&op, &bytes));
    op.scratch = place_tensors(bytes);
    op.scratch_bytes = bytes;
    expect_ok(call(&op, on_.device_.stream()));
    fetch_outputs();
  }

 private:
  struct Argument : HostTensor {
    using HostTensor::HostTensor;
    const void* from = nullptr;  // host memory to copy to the device, or null
    void* to = nullptr;          // host memory to copy from it, or null
    std::size_t bytes = 0;
  };

  Argument& add(const void* data, DLDataTypeCode code, std::uint8_t bits, std::vector<std::int64_t> shape,
                std::vector<std::int64_t> strides);
  void* place_tensors(std::size_t scratch_bytes);  // and the inputs' values in them; returns the scratch
  void fetch_outputs();

  OpDevice& on_;
  std::deque<Argument> arguments_;  // they stay where they are
};

}  // namespace fg
