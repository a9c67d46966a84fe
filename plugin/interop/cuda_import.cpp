#include "plugin/interop/cuda_import.h"

#include <cstring>

#include "kernels/core/cuda_launch.h"
#include "kernels/core/cuda_memory.h"

namespace fg::interop {
namespace {

using cuda::check;

cudaExternalMemory_t import_memory(ExternalMemory& memory) {
  cudaExternalMemoryHandleDesc desc{};
  desc.type = cudaExternalMemoryHandleTypeOpaqueFd;
  desc.handle.fd = memory.fd.get();
  desc.size = memory.size_bytes;
  desc.flags = cudaExternalMemoryDedicated;
  cudaExternalMemory_t imported = nullptr;
  check(cudaImportExternalMemory(&imported, &desc), "importing Vulkan memory into CUDA");
  memory.fd.release();  // CUDA's now
  return imported;
}

cudaChannelFormatDesc channels_of(TexelFormat format) {
  switch (format) {
    case TexelFormat::r32f:
      return cudaCreateChannelDesc(32, 0, 0, 0, cudaChannelFormatKindFloat);
    case TexelFormat::rgba8:
      return cudaCreateChannelDesc(8, 8, 8, 8, cudaChannelFormatKindUnsigned);
    case TexelFormat::rgba16f:
      return cudaCreateChannelDesc(16, 16, 16, 16, cudaChannelFormatKindFloat);
    case TexelFormat::rgba32f:
      break;
  }
  return cudaCreateChannelDesc(32, 32, 32, 32, cudaChannelFormatKindFloat);
}

}  // namespace

int cuda_device_of(const DeviceUuid& uuid) {
  const int count = cuda::device_count();
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties;
    if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) continue;
    if (std::memcmp(properties.uuid.bytes, uuid.data(), uuid.size()) == 0) return device;
  }
  throw Error(ErrorCode::unavailable,
              "none of the " + std::to_string(count) +
                  " CUDA devices is this Vulkan device (their UUIDs differ); see CUDA_VISIBLE_DEVICES");
}

ImportedBuffer::ImportedBuffer(int device, ExternalMemory memory, std::size_t buffer_bytes) {
  const cuda::CurrentDevice current(device);
  const cudaExternalMemory_t imported = import_memory(memory);
  cudaExternalMemoryBufferDesc desc{};
  desc.size = buffer_bytes;
  const cudaError_t result = cudaExternalMemoryGetMappedBuffer(&data_, imported, &desc);
  if (result != cudaSuccess) cudaDestroyExternalMemory(imported);
  check(result, "mapping a Vulkan buffer into CUDA");
  memory_ = imported;
}

ImportedBuffer::~ImportedBuffer() {
  if (!memory_) return;
  cudaFree(data_);
  cudaDestroyExternalMemory(static_cast<cudaExternalMemory_t>(memory_));
}

ImportedImage::ImportedImage(int device, ExternalMemory memory, const ImageShape& shape) {
  const cuda::CurrentDevice current(device);
  try {
    memory_ = import_memory(memory);
    cudaExternalMemoryMipmappedArrayDesc desc{};
    desc.formatDesc = channels_of(shape.format);
    desc.extent = {shape.width, shape.height, 0};  // depth 0: a 2D image
    desc.flags = cudaArraySurfaceLoadStore;
    desc.numLevels = 1;
    cudaMipmappedArray_t mipmapped;
    check(cudaExternalMemoryGetMappedMipmappedArray(&mipmapped, static_cast<cudaExternalMemory_t>(memory_),
                                                    &desc),
          "mapping a Vulkan image into CUDA");
    mipmapped_ = mipmapped;
    cudaArray_t array;
    check(cudaGetMipmappedArrayLevel(&array, mipmapped, 0), "taking the only mip of a Vulkan image");
    array_ = array;
    cudaResourceDesc resource{};
    resource.resType = cudaResourceTypeArray;
    resource.res.array.array = array;
    cudaSurfaceObject_t surface;
    check(cudaCreateSurfaceObject(&surface, &resource), "making a surface of a Vulkan image");
    surface_ = surface;
  } catch (...) {
    release();
    throw;
  }
}

ImportedImage::~ImportedImage() { release(); }

void ImportedImage::write(const Rows& rows, void* stream) const {
  check(cudaMemcpy2DToArrayAsync(static_cast<cudaArray_t>(array_), 0, 0, rows.first, rows.distance_bytes,
                                 rows.bytes, rows.count, cudaMemcpyDeviceToDevice,
                                 static_cast<cudaStream_t>(stream)),
        "copying pixels into a shared image");
}

void ImportedImage::release() noexcept {
  if (surface_) cudaDestroySurfaceObject(surface_);
  if (mipmapped_) cudaFreeMipmappedArray(static_cast<cudaMipmappedArray_t>(mipmapped_));
  if (memory_) cudaDestroyExternalMemory(static_cast<cudaExternalMemory_t>(memory_));
}

ImportedSemaphore::ImportedSemaphore(int device, UniqueFd fd) {
  const cuda::CurrentDevice current(device);
  cudaExternalSemaphoreHandleDesc desc{};
  desc.type = cudaExternalSemaphoreHandleTypeTimelineSemaphoreFd;
  desc.handle.fd = fd.get();
  cudaExternalSemaphore_t semaphore;
  check(cudaImportExternalSemaphore(&semaphore, &desc), "importing a Vulkan semaphore into CUDA");
  fd.release();  // CUDA's now
  semaphore_ = semaphore;
}

ImportedSemaphore::~ImportedSemaphore() {
  if (semaphore_) cudaDestroyExternalSemaphore(static_cast<cudaExternalSemaphore_t>(semaphore_));
}

void ImportedSemaphore::wait(std::uint64_t value, void* stream) const {
  const auto semaphore = static_cast<cudaExternalSemaphore_t>(semaphore_);
  cudaExternalSemaphoreWaitParams params{};
  params.params.fence.value = value;
  check(cudaWaitExternalSemaphoresAsync(&semaphore, &params, 1, static_cast<cudaStream_t>(stream)),
        "waiting for Vulkan on a CUDA stream");
}

void ImportedSemaphore::signal(std::uint64_t value, void* stream) const {
  const auto semaphore = static_cast<cudaExternalSemaphore_t>(semaphore_);
  cudaExternalSemaphoreSignalParams params{};
  params.params.fence.value = value;
  check(cudaSignalExternalSemaphoresAsync(&semaphore, &params, 1, static_cast<cudaStream_t>(stream)),
        "telling Vulkan of the end of CUDA work");
}

}  // namespace fg::interop
