// What a build without CUDA says of memory that Vulkan would share with it.

#include "kernels/core/error.h"
#include "plugin/interop/cuda_import.h"

namespace fg::interop {
namespace {

[[noreturn]] void refuse() {
  throw Error(
      ErrorCode::unsupported,
      "this library was built without CUDA; configure with a CUDA toolkit of 12.4 or newer to have it");
}

}  // namespace

int cuda_device_of(const DeviceUuid&) { refuse(); }
ImportedBuffer::ImportedBuffer(int, ExternalMemory, std::size_t) { refuse(); }
ImportedBuffer::~ImportedBuffer() = default;
ImportedImage::ImportedImage(int, ExternalMemory, const ImageShape&) { refuse(); }
ImportedImage::~ImportedImage() = default;
void ImportedImage::release() noexcept {}
void ImportedImage::write(const Rows&, void*) const { refuse(); }
ImportedSemaphore::ImportedSemaphore(int, UniqueFd) { refuse(); }
ImportedSemaphore::~ImportedSemaphore() = default;
void ImportedSemaphore::wait(std::uint64_t, void*) const { refuse(); }
void ImportedSemaphore::signal(std::uint64_t, void*) const { refuse(); }

}  // namespace fg::interop
