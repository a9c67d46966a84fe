#pragma once
// Memory of the processor or of one CUDA device, and the stream of its work, by way of the C interface alone.

#include <dlpack/dlpack.h>

#include <cstddef>
#include <memory>
#include <string>

namespace fg {

class ComputeDevice {
 public:
  // "cpu", "cuda" or "cuda:N", or "auto": CUDA device 0 where there is one, else the processor. Throws Failure(usage) for
  // another word and Failure(internal) with the reason where the device that was asked for is not there.
  explicit ComputeDevice(const std::string& wanted);

  // The same device with a stream of its own.
  ComputeDevice another() const;

  DLDevice dlpack() const { return device_; }
  void* stream() const { return stream_.get(); }  // what ops take
  std::string name() const { return name_; }
  std::string word() const;  // "cpu", "cuda:0": what the constructor takes for it

  // Freed with the last copy of the pointer. Throws OutOfMemory (status.h).
  std::shared_ptr<void> allocate(std::size_t bytes) const;
  // Between host and device memory, either way. Host memory must stay until wait().
  void copy(void* to, const void* from, std::size_t bytes) const;
  void wait() const;  // until all work of the stream has ended

 private:
  void open_cuda(int index);
  void create_stream();

  DLDevice device_{kDLCPU, 0};
  std::shared_ptr<void> stream_;
  std::string name_ = "CPU";
};

}  // namespace fg
