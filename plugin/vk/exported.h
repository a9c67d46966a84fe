#pragma once
// Memory and semaphores that another API of this process imports, as file descriptors: what VK_KHR_external_memory_fd
// and VK_KHR_external_semaphore_fd are for. Each exported buffer and image has memory of its own, dedicated to it.

#include "plugin/interop/external.h"
#include "plugin/vk/buffer.h"
#include "plugin/vk/image.h"

namespace fg::vk {

inline constexpr VkExternalMemoryHandleTypeFlagBits kExportedMemory =
    VK_EXTERNAL_MEMORY_HANDLE_TYPE_OPAQUE_FD_BIT;

// What an allocation is told that will be exported. Its chain points into it.
class ExportInfo {
 public:
  struct For {  // one of the two
    VkImage image = VK_NULL_HANDLE;
    VkBuffer buffer = VK_NULL_HANDLE;
  };
  explicit ExportInfo(const For& what);
  ExportInfo(const ExportInfo&) = delete;
  const void* chain() const { return &export_; }

 private:
  VkMemoryDedicatedAllocateInfo dedicated_;
  VkExportMemoryAllocateInfo export_;
};

// New file descriptors of the memory; whoever imports one owns it then.
interop::ExternalMemory export_memory(const Device& device, const Buffer& buffer);
interop::ExternalMemory export_memory(const Device& device, const Image& image);

// A timeline semaphore, at 0, that can be exported; the device has the feature timelineSemaphore enabled.
UniqueSemaphore make_exported_timeline(const Device& device);
interop::UniqueFd export_semaphore(const Device& device, VkSemaphore semaphore);

// Why the functions of an extension are not there, one sentence.
std::string why_not_enabled(const Device& device, const char* extension);

// "" where images and buffers can be exported: the extension is enabled and the driver offers opaque file descriptors
// for the format; else why not, one sentence.
std::string why_not_exportable(const Device& device, VkFormat format, VkImageUsageFlags usage);

}  // namespace fg::vk
