#pragma once
// An image of CUDA's own layout, as a texture that gives 8-bit values as 0..1 at normalised coordinates, and as a surface.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/gpu/kernels/device_memory.h"

namespace fg::test {

class CudaImage {
 public:
  CudaImage() = default;
  CudaImage(int width, int height, const cudaChannelFormatDesc& format, const void* pixels = nullptr,
            std::size_t row_bytes = 0)
      : width_(width),
        height_(height),
        texel_bytes_(static_cast<std::size_t>(format.x + format.y + format.z + format.w) / 8) {
    cuda(cudaMallocArray(&array_, &format, static_cast<std::size_t>(width), static_cast<std::size_t>(height),
                         cudaArraySurfaceLoadStore));
    if (pixels != nullptr)
      cuda(cudaMemcpy2DToArray(array_, 0, 0, pixels, row_bytes,
                               texel_bytes_ * static_cast<std::size_t>(width),
                               static_cast<std::size_t>(height), cudaMemcpyHostToDevice));
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array_;
    cudaTextureDesc description{};
    description.addressMode[0] = description.addressMode[1] = cudaAddressModeClamp;
    description.filterMode = cudaFilterModePoint;
    description.readMode = format.x == 8 ? cudaReadModeNormalizedFloat : cudaReadModeElementType;
    description.normalizedCoords = 1;
    cuda(cudaCreateTextureObject(&texture_, &resource, &description, nullptr));
    cuda(cudaCreateSurfaceObject(&surface_, &resource));
  }
  CudaImage(CudaImage&& other) noexcept { *this = std::move(other); }
  CudaImage& operator=(CudaImage&& other) noexcept {
    std::swap(array_, other.array_);
    std::swap(texture_, other.texture_);
    std::swap(surface_, other.surface_);
    width_ = other.width_;
    height_ = other.height_;
    texel_bytes_ = other.texel_bytes_;
    return *this;
  }
  ~CudaImage() {
    if (array_ == nullptr) return;
    cudaDestroySurfaceObject(surface_);
    cudaDestroyTextureObject(texture_);
    cudaFreeArray(array_);
  }

  std::uint64_t texture() const { return texture_; }
  std::uint64_t surface() const { return surface_; }
  template <class T>
  std::vector<T> read() const {
    std::vector<T> pixels(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_));
    const std::size_t row_bytes = sizeof(T) * static_cast<std::size_t>(width_);
    cuda(cudaMemcpy2DFromArray(pixels.data(), row_bytes, array_, 0, 0, row_bytes,
                               static_cast<std::size_t>(height_), cudaMemcpyDeviceToHost));
    return pixels;
  }

 private:
  int width_ = 0, height_ = 0;
  std::size_t texel_bytes_ = 0;
  cudaArray_t array_ = nullptr;
  cudaTextureObject_t texture_ = 0;
  cudaSurfaceObject_t surface_ = 0;
};

}  // namespace fg::test
