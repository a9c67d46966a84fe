#include "plugin/vk/buffer.h"

#include <algorithm>

#include "plugin/vk/error.h"
#include "plugin/vk/exported.h"

namespace fg::vk {

Buffer::Buffer(const Device& device, VkDeviceSize size_bytes, Residence residence,
               VkBufferUsageFlags extra_usage)
    : size_bytes_(std::max<VkDeviceSize>(size_bytes, 4)) {
  const bool exported = residence == Residence::exported;
  const bool on_device = exported || residence == Residence::device;
  const VkExternalMemoryBufferCreateInfo external{
      .sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO, .handleTypes = kExportedMemory};
  const VkBufferCreateInfo info{.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
                                .pNext = exported ? &external : nullptr,
                                .size = size_bytes_,
                                .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT |
                                         VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT |
                                         VK_BUFFER_USAGE_INDIRECT_BUFFER_BIT | extra_usage,
                                .sharingMode = VK_SHARING_MODE_EXCLUSIVE};
  VkBuffer buffer;
  check(device.CreateBuffer(device.handle, &info, nullptr, &buffer), "creating a buffer");
  buffer_ = UniqueBuffer(device, buffer);

  VkMemoryRequirements needs;
  device.GetBufferMemoryRequirements(device.handle, buffer, &needs);
  constexpr VkMemoryPropertyFlags kHost =
      VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  const VkMemoryPropertyFlags required = on_device ? +VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT : kHost;
  const VkMemoryPropertyFlags preferred =
      residence == Residence::readback ? +VK_MEMORY_PROPERTY_HOST_CACHED_BIT : 0;
  const bool has_address = extra_usage & VK_BUFFER_USAGE_SHADER_DEVICE_ADDRESS_BIT;
  const ExportInfo as_export({.buffer = buffer});
  const VkMemoryAllocateFlagsInfo with_address{.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_FLAGS_INFO,
                                               .pNext = exported ? as_export.chain() : nullptr,
                                               .flags = VK_MEMORY_ALLOCATE_DEVICE_ADDRESS_BIT};
  const VkMemoryAllocateInfo allocate{
      .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
      .pNext = has_address ? &with_address : with_address.pNext,
      .allocationSize = needs.size,
      .memoryTypeIndex = device.memory_type(needs.memoryTypeBits, required, preferred)};
  VkDeviceMemory memory;
  check(device.AllocateMemory(device.handle, &allocate, nullptr, &memory), "allocating memory for a buffer");
  memory_ = UniqueMemory(device, memory);
  memory_bytes_ = needs.size;
  check(device.BindBufferMemory(device.handle, buffer, memory, 0), "binding memory to a buffer");
  if (has_address) {
    const VkBufferDeviceAddressInfo of{.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO,
                                       .buffer = buffer};
    address_ = device.GetBufferDeviceAddress(device.handle, &of);
  }
  if (on_device) return;
  void* mapped = nullptr;
  check(device.MapMemory(device.handle, memory, 0, VK_WHOLE_SIZE, 0, &mapped), "mapping a buffer");
  mapped_ = static_cast<std::byte*>(mapped);
}

}  // namespace fg::vk
