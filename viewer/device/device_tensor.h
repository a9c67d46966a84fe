#pragma once
// Tensors and scratch in the memory of a ComputeDevice.

#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "viewer/device/compute_device.h"

namespace fg {

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

// Memory that grows to what is asked for; what was in it is lost then.
class DeviceScratch {
 public:
  void* of(const ComputeDevice& device, std::size_t bytes) {
    if (bytes > bytes_) {
      memory_.reset();  // first, so that the two are never there at once
      bytes_ = 0;
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
