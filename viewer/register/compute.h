#pragma once
// Memory of the processor or of one CUDA device, and tensors in it, by way of the C interface alone.

#include <dlpack/dlpack.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "framegauge/framegauge.h"

namespace fg {

class ComputeDevice {
 public:
  // "cpu", "cuda" or "cuda:N", or "auto": CUDA device 0 where there is one, else the processor. Throws Failure(usage) for
  // another word and Failure(internal) with the reason where the device that was asked for is not there.
  explicit ComputeDevice(const std::string& wanted);

  DLDevice dlpack() const { return device_; }
  void* stream() const { return stream_.get(); }  // what ops take
  std::string name() const { return name_; }

  std::shared_ptr<void> allocate(std::size_t bytes) const;  // freed with the last copy of the pointer
  // Between host and device memory, either way. Host memory must stay until wait().
  void copy(void* to, const void* from, std::size_t bytes) const;
  void wait() const;  // until all work of the stream has ended

 private:
  void open_cuda(int index);

  DLDevice device_{kDLCPU, 0};
  std::shared_ptr<void> stream_;
  std::string name_ = "CPU";
};

// Throws what fg_last_error() says: Failure(internal).
void expect_success(FgStatus status);

// Compact, row-major.
template <class T>
class DeviceTensor {
 public:
  DeviceTensor() = default;
  DeviceTensor(const ComputeDevice& device, std::vector<std::int64_t> shape) : shape_(std::move(shape)) {
    elements_ = 1;
    for (const std::int64_t extent : shape_) elements_ *= static_cast<std::size_t>(extent);
    memory_ = device.allocate(elements_ * sizeof(T));
    tensor_.data = memory_.get();
    tensor_.device = device.dlpack();
    tensor_.ndim = static_cast<int>(shape_.size());
    tensor_.dtype = {static_cast<std::uint8_t>(std::is_floating_point_v<T> ? kDLFloat : kDLUInt),
                     8 * sizeof(T), 1};
  }

  DLTensor* get() {
    tensor_.shape = shape_.data();
    return &tensor_;
  }
  // The same memory, of which fewer of the first axis are used.
  DLTensor* first(std::int64_t count) {
    shape_[0] = count;
    return get();
  }
  T* data() const { return static_cast<T*>(memory_.get()); }
  std::size_t elements() const { return elements_; }
  bool empty() const { return memory_ == nullptr; }

 private:
  std::vector<std::int64_t> shape_;
  std::size_t elements_ = 0;  // allocated
  std::shared_ptr<void> memory_;
  DLTensor tensor_{};
};

// Scratch that grows to what is asked for.
class DeviceScratch {
 public:
  void* of(const ComputeDevice& device, std::size_t bytes) {
    if (bytes > bytes_) {
      memory_ = device.allocate(bytes);
      bytes_ = bytes;
    }
    return memory_.get();
  }

 private:
  std::shared_ptr<void> memory_;
  std::size_t bytes_ = 0;
};

}  // namespace fg
