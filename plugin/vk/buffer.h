#pragma once
#include <cstddef>
#include <span>

#include "plugin/vk/unique.h"

namespace fg::vk {

enum class Residence {
  device,    // fastest for the GPU; the host cannot see it
  exported,  // the same, and another API may import its memory (exported.h)
  upload,    // the host writes through mapped(), coherent
  readback,  // the host reads through mapped(), coherent, cached where the device offers it
};

// A buffer with memory of its own. Usable as storage, transfer source and destination, and indirect
// arguments; with VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT among extra_usage it has an address too, on devices
// with bufferDeviceAddress.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Device& device, VkDeviceSize size_bytes, Residence residence,
         VkBufferUsageFlags extra_usage = 0);

  VkBuffer get() const { return buffer_.get(); }
  VkDeviceSize size_bytes() const { return size_bytes_; }
  VkDeviceMemory memory() const { return memory_.get(); }
  VkDeviceSize memory_bytes() const { return memory_bytes_; }  // what the device has set aside
  explicit operator bool() const { return static_cast<bool>(buffer_); }

  VkDeviceAddress address() const { return address_; }  // 0 unless it was asked for
  // Null for Residence::device and ::exported; valid as long as the buffer.
  std::byte* mapped() const { return mapped_; }
  template <class T>
  std::span<T> as() const {
    return {reinterpret_cast<T*>(mapped_), size_bytes_ / sizeof(T)};
  }

 private:
  UniqueMemory memory_;
  UniqueBuffer buffer_;
  VkDeviceSize size_bytes_ = 0, memory_bytes_ = 0;
  VkDeviceAddress address_ = 0;
  std::byte* mapped_ = nullptr;
};

}  // namespace fg::vk
