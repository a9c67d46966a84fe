#pragma once
// A CUDA renderer for tests: fills an image with a grey. No Vulkan in it.

#include <cstdint>
#include <memory>

namespace fg::test {

class CudaWriter {
 public:
  // Of RGBA8 images.
  CudaWriter(int device, std::uint32_t width, std::uint32_t height);
  ~CudaWriter();
  void* stream() const;
  // Enqueues: every byte of the cudaArray_t gets the grey.
  void fill(void* cuda_array, std::uint8_t grey) const;
  void wait() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fg::test
