#pragma once
// What Vulkan exported, as CUDA sees it. No CUDA type shows: pointers are device memory, streams are cudaStream_t,
// surfaces are cudaSurfaceObject_t. Functions throw Error; destructors are silent where CUDA is gone already.
//
// Order of destruction: these objects go before the Vulkan objects whose memory they map, and after the work that uses
// them has ended.

#include <string>

#include "plugin/interop/external.h"

namespace fg::interop {

#ifdef FRAMEGAUGE_HAS_CUDA
inline constexpr bool kHasCuda = true;
#else
inline constexpr bool kHasCuda = false;
#endif

// The CUDA device that is the Vulkan device of this UUID; throws Error (unavailable) where there is none, or no CUDA.
int cuda_device_of(const DeviceUuid& uuid);

// Linear memory behind a Vulkan buffer. CUDA owns the file descriptor from then on.
class ImportedBuffer {
 public:
  ImportedBuffer() = default;
  ImportedBuffer(int device, ExternalMemory memory, std::size_t buffer_bytes);
  ImportedBuffer(ImportedBuffer&& other) noexcept { swap(other); }
  ImportedBuffer& operator=(ImportedBuffer&& other) noexcept {
    ImportedBuffer(std::move(other)).swap(*this);
    return *this;
  }
  ~ImportedBuffer();
  void* data() const { return data_; }

 private:
  void swap(ImportedBuffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(data_, other.data_);
  }
  void* memory_ = nullptr;
  void* data_ = nullptr;
};

// A Vulkan image with storage usage, written through a surface.
class ImportedImage {
 public:
  ImportedImage() = default;
  ImportedImage(int device, ExternalMemory memory, const ImageShape& shape);
  ImportedImage(ImportedImage&& other) noexcept { swap(other); }
  ImportedImage& operator=(ImportedImage&& other) noexcept {
    ImportedImage(std::move(other)).swap(*this);
    return *this;
  }
  ~ImportedImage();
  std::uint64_t surface() const { return surface_; }  // cudaSurfaceObject_t
  void* array() const { return array_; }              // cudaArray_t
  // The whole image from rows of device memory, on the stream.
  struct Rows {
    const void* first;
    std::size_t distance_bytes;  // from row to row
    std::size_t bytes;           // of a row's pixels
    std::size_t count;
  };
  void write(const Rows& rows, void* stream) const;

 private:
  void swap(ImportedImage& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(mipmapped_, other.mipmapped_);
    std::swap(array_, other.array_);
    std::swap(surface_, other.surface_);
  }
  void release() noexcept;
  void* memory_ = nullptr;
  void* mipmapped_ = nullptr;
  void* array_ = nullptr;
  std::uint64_t surface_ = 0;
};

// A Vulkan timeline semaphore.
class ImportedSemaphore {
 public:
  ImportedSemaphore() = default;
  ImportedSemaphore(int device, UniqueFd fd);
  ImportedSemaphore(ImportedSemaphore&& other) noexcept
      : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
  ImportedSemaphore& operator=(ImportedSemaphore&& other) noexcept {
    std::swap(semaphore_, other.semaphore_);
    return *this;
  }
  ~ImportedSemaphore();
  // The stream goes on once the semaphore has reached the value, and brings it to the value.
  void wait(std::uint64_t value, void* stream) const;
  void signal(std::uint64_t value, void* stream) const;

 private:
  void* semaphore_ = nullptr;
};

}  // namespace fg::interop
