#pragma once
// A Vulkan device as our code sees it: handles that somebody else owns, entry points, and the facts we ask
// for often. Copying is disabled because everything created from a Device keeps a pointer to it.

#include <array>
#include <cstdint>
#include <string>

#include "plugin/vk/dispatch.h"

namespace fg::vk {

struct HostHandles {
  VkInstance instance = VK_NULL_HANDLE;
  VkPhysicalDevice physical = VK_NULL_HANDLE;
  VkDevice device = VK_NULL_HANDLE;
  PFN_vkGetInstanceProcAddr get_instance_proc_addr = nullptr;
  bool buffer_device_address = false;  // the feature is enabled on the device; there is no way to ask
};

inline constexpr std::uint32_t kNvidiaVendor = 0x10DE;  // PCI-SIG's number

bool offers_extension(const Dispatch& functions, VkPhysicalDevice physical, const char* name);

class Device : public Dispatch {
 public:
  explicit Device(const HostHandles& host);  // borrows all handles
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  VkInstance instance;
  VkPhysicalDevice physical;
  VkDevice handle;

  VkPhysicalDeviceProperties properties;
  VkPhysicalDeviceMemoryProperties memory;
  std::array<std::uint8_t, VK_UUID_SIZE> uuid{};  // CUDA knows the device by the same
  std::uint32_t subgroup_size = 0;                // lavapipe 8, NVIDIA 32, AMD 32 or 64
  std::uint32_t multiprocessors = 0;              // 0: the driver does not say
  bool buffer_device_address;                     // enabled, by the word of whoever opened the device

  bool is_nvidia() const { return properties.vendorID == kNvidiaVendor; }
  bool is_cpu() const { return properties.deviceType == VK_PHYSICAL_DEVICE_TYPE_CPU; }

  // Index of a memory type allowed by type_bits that has all of required and, if one exists, all of
  // preferred.
  std::uint32_t memory_type(std::uint32_t type_bits, VkMemoryPropertyFlags required,
                            VkMemoryPropertyFlags preferred = 0) const;
};

}  // namespace fg::vk
