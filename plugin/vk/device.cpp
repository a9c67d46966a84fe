#include "plugin/vk/device.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "plugin/vk/error.h"

namespace fg::vk {

bool offers_extension(const Dispatch& functions, VkPhysicalDevice physical, const char* name) {
  std::uint32_t count = 0;
  functions.EnumerateDeviceExtensionProperties(physical, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> offered(count);
  functions.EnumerateDeviceExtensionProperties(physical, nullptr, &count, offered.data());
  return std::any_of(offered.begin(), offered.end(),
                     [&](const VkExtensionProperties& p) { return std::strcmp(p.extensionName, name) == 0; });
}

Device::Device(const HostHandles& host)
    : instance(host.instance),
      physical(host.physical),
      handle(host.device),
      buffer_device_address(host.buffer_device_address) {
  load_instance(host.get_instance_proc_addr, host.instance);
  load_device(host.device);

  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceIDProperties id{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
                                  .pNext = &subgroup};
  VkPhysicalDeviceShaderSMBuiltinsPropertiesNV builtins{
      .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_SM_BUILTINS_PROPERTIES_NV};
  if (offers_extension(*this, physical, VK_NV_SHADER_SM_BUILTINS_EXTENSION_NAME)) subgroup.pNext = &builtins;
  VkPhysicalDeviceProperties2 all{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
  GetPhysicalDeviceProperties2(physical, &all);
  properties = all.properties;
  std::copy(std::begin(id.deviceUUID), std::end(id.deviceUUID), uuid.begin());
  subgroup_size = subgroup.subgroupSize;
  multiprocessors = builtins.shaderSMCount;
  GetPhysicalDeviceMemoryProperties(physical, &memory);
}

std::uint32_t Device::memory_type(std::uint32_t type_bits, VkMemoryPropertyFlags required,
                                  VkMemoryPropertyFlags preferred) const {
  for (const VkMemoryPropertyFlags wanted : {required | preferred, required})
    for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i)
      if ((type_bits >> i & 1) && (memory.memoryTypes[i].propertyFlags & wanted) == wanted) return i;
  throw Error(VK_ERROR_FEATURE_NOT_PRESENT,
              std::string(properties.deviceName) + " has no memory type for this use");
}

}  // namespace fg::vk
