#pragma once
// A renderer in CUDA that knows nothing of Vulkan: it samples a zone plate at random places, a few more with every frame,
// so that the picture starts noisy and becomes smooth.

#include <cstdint>
#include <memory>

class Painter {
 public:
  // seed: pictures of different seeds differ in their noise alone.
  Painter(int cuda_device, std::uint32_t width, std::uint32_t height, std::uint32_t seed);
  ~Painter();

  // Adds samples to each pixel, then writes the picture so far to a surface of RGBA8. All on the stream; nothing waits.
  void paint(std::uint64_t surface, std::uint32_t samples);
  void* stream() const;  // cudaStream_t

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
