#pragma once
// CUDA kernels in a Vulkan command buffer, through VK_NVX_binary_import: the driver loads what nvcc built, and no
// CUDA library is needed.

#include <cstddef>
#include <cstdint>
#include <span>

#include "plugin/vk/unique.h"

namespace fg::vk {

// Kernels as nvcc -fatbin leaves them: code for some architectures, PTX for later ones.
class CudaModule {
 public:
  CudaModule() = default;
  // Throws Error with the driver's result where it refuses the module.
  CudaModule(const Device& device, std::span<const std::byte> fatbin);
  VkCuModuleNVX get() const { return module_.get(); }

 private:
  UniqueCuModule module_;
};

struct CudaGrid {
  std::uint32_t blocks[3] = {1, 1, 1};
  std::uint32_t threads = 1;  // of a block, along x
};

// One extern "C" __global__ function that takes one argument, a struct by value. Its module outlives it.
class CudaKernel {
 public:
  CudaKernel() = default;
  CudaKernel(const Device& device, const CudaModule& module, const char* entry);

  // argument: the struct, copied before return. Vulkan names no stage for the launch: barriers around it are of
  // ALL_COMMANDS (full_barrier).
  void record(VkCommandBuffer cmd, const CudaGrid& grid, const void* argument) const;

 private:
  const Device* device_ = nullptr;
  UniqueCuFunction function_;
};

// The cudaTextureObject_t of a view read through a sampler with normalised coordinates, and the
// cudaSurfaceObject_t of a view with storage usage; as kernel arguments of 64 bits. They hold as long as the view
// and the sampler do.
std::uint64_t texture_handle(const Device& device, VkImageView view, VkSampler sampler);
std::uint64_t surface_handle(const Device& device, VkImageView view);

}  // namespace fg::vk
