#pragma once
// Tensors for benchmarks, and the measurement of an op of the C interface.

#include <memory>
#include <string>
#include <vector>

#include "framegauge/framegauge.h"
#include "viewer/bench/bench_device.h"
#include "viewer/bench/bench_row.h"

namespace fg {

constexpr DLDataType kBenchFloat32{kDLFloat, 32, 1}, kBenchFloat64{kDLFloat, 64, 1},
    kBenchUint8{kDLUInt, 8, 1};

// Compact, row-major, with memory of its own on a device.
class BenchTensor {
 public:
  BenchTensor(BenchDevice& device, BenchShape shape, DLDataType dtype);
  BenchTensor(const BenchTensor&) = delete;
  BenchTensor& operator=(const BenchTensor&) = delete;

  DLTensor* get() { return &tensor_; }
  std::size_t elements() const;
  std::size_t bytes() const { return elements() * (tensor_.dtype.bits / 8); }

 private:
  BenchShape shape_;
  std::shared_ptr<void> memory_;
  DLTensor tensor_{};
};

// The tensors that an op reads and writes, each once.
class BenchTensors {
 public:
  explicit BenchTensors(BenchDevice& device) : device_(device) {}
  BenchDevice& device() const { return device_; }
  BenchTensor& add(BenchShape shape, DLDataType dtype);
  std::size_t bytes() const;

 private:
  BenchDevice& device_;
  std::vector<std::unique_ptr<BenchTensor>> all_;
};

std::string name_of(DLDataType dtype);  // "float32"

enum class BenchContents { noise, picture };

// float32 in 0..1 or uint8. Noise: x white noise, y the mean of x and of other white noise, so that no score is at an
// end of its range. Picture: y smooth waves, x the same with a little noise. The same numbers in every run.
void fill_pair(BenchDevice& device, BenchTensor& x, BenchTensor& y, BenchContents contents);

// Throws NotMeasured for what this device or build does not offer or has no memory for and for sizes that an op does
// not take, Failure(internal) for the rest.
void expect_offered(FgStatus status);

// Runs the op with scratch of its size, and with a mean, which is left as the score.
template <class Op>
BenchMeasurement measure_op(const BenchTensors& tensors, int runs, Op& op,
                            FgStatus (*scratch_bytes)(const Op*, size_t*),
                            FgStatus (*call)(const Op*, void*)) {
  BenchDevice& device = tensors.device();
  BenchTensor mean(device, {1}, kBenchFloat64);
  op.mean = mean.get();
  expect_offered(scratch_bytes(&op, &op.scratch_bytes));
  const std::shared_ptr<void> scratch = device.allocate(op.scratch_bytes);
  op.scratch = scratch.get();
  BenchMeasurement measured;
  measured.microseconds = device.time(runs, [&] { expect_offered(call(&op, device.stream())); });
  measured.bytes = static_cast<double>(tensors.bytes() + mean.bytes());
  device.copy(&measured.score, mean.get()->data, sizeof(measured.score));
  return measured;
}

}  // namespace fg
