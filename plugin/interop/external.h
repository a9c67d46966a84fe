#pragma once
// The seam between Vulkan and CUDA: what one exports and the other imports, in terms of neither. No file sees both APIs'
// headers.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace fg::interop {

// Owns a file descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// An allocation that belongs to one buffer or image (a dedicated one), whole.
struct ExternalMemory {
  UniqueFd fd;
  std::size_t size_bytes = 0;  // of the allocation, which may be more than pixels need
};

// Of an image with one mip and one layer, optimal tiling. The kinds that both APIs know.
enum class TexelFormat { r32f, rgba8, rgba16f, rgba32f };
struct ImageShape {
  std::uint32_t width = 0, height = 0;  // pixels
  TexelFormat format = TexelFormat::rgba8;
};

// VkPhysicalDeviceIDProperties::deviceUUID and cudaDeviceProp::uuid are the same 16 bytes for the same device.
using DeviceUuid = std::array<std::uint8_t, 16>;

}  // namespace fg::interop
