#pragma once
// Where a benchmark runs: memory, copies and the clock of the CPU or of one CUDA device.

#include <dlpack/dlpack.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "viewer/device/compute_device.h"

namespace fg {

class BenchDevice {
 public:
  virtual ~BenchDevice() = default;

  virtual std::string id() const = 0;      // as --device takes it: "cpu", "cuda:0"
  virtual std::string name() const = 0;    // "NVIDIA H200"
  virtual std::string driver() const = 0;  // "580.159.04"; "" where there is none or it is not known
  virtual DLDevice dlpack() const = 0;
  virtual void* stream() const = 0;  // what ops take
  virtual int default_runs() const = 0;

  // Freed when the last copy of the pointer goes. Throws NotMeasured when the device has not as much left.
  virtual std::shared_ptr<void> allocate(std::size_t bytes) = 0;
  // Between host and device memory, either way; returns when it is done.
  virtual void copy(void* to, const void* from, std::size_t bytes) = 0;

  // Microseconds of each of `runs` runs of the body, which puts its work on the stream, after some that warm up.
  // On CUDA nothing of the tensors is left in the L2 cache when a run begins.
  virtual std::vector<double> time(int runs, const std::function<void()>& body) = 0;

  // What a copy of 2^27 (CPU) or 2^30 bytes (CUDA) within the device's memory reads and writes in a second: the
  // speed of light of an op that does nothing but read and write. 10^9 bytes a second.
  virtual double copy_gb_per_s() = 0;
};

// A measurement that this device or build does not offer, or that does not fit it; no error of the program.
struct NotMeasured {
  std::string reason;
};

// Memory of a device. Throws NotMeasured when it has not as much left.
std::shared_ptr<void> allocate_or_leave(const ComputeDevice& device, std::size_t bytes);

// "auto": the CPU, and CUDA device 0 where there is one; "cpu"; "cuda" or "cuda:N". Throws Failure(usage) for another
// word and Failure(internal) with the reason when the device that was asked for is not there.
std::vector<std::unique_ptr<BenchDevice>> bench_devices(const std::string& wanted);

double median(std::vector<double> values);

}  // namespace fg
