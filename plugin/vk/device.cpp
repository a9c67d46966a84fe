#include "plugin/vk/device.h"

#include "plugin/vk/error.h"

namespace fg::vk {

Device::Device(const HostHandles& host)
    : instance(host.instance), physical(host.physical), handle(host.device) {
  load_instance(host.get_instance_proc_addr, host.instance);
  load_device(host.device);

  VkPhysicalDeviceSubgroupProperties subgroup{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES};
  VkPhysicalDeviceProperties2 all{.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                  .pNext = &subgroup};
  GetPhysicalDeviceProperties2(physical, &all);
  properties = all.properties;
  subgroup_size = subgroup.subgroupSize;
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
