#include "plugin/vk/dispatch.h"

#include "plugin/vk/error.h"

namespace fg::vk {

void Dispatch::load_instance(PFN_vkGetInstanceProcAddr get_instance_proc_addr, VkInstance instance) {
  if (!get_instance_proc_addr) throw Error(VK_ERROR_INITIALIZATION_FAILED, "vkGetInstanceProcAddr is null");
  GetInstanceProcAddr = get_instance_proc_addr;
#define FG_VK_OPTIONAL(name) name = reinterpret_cast<PFN_vk##name>(GetInstanceProcAddr(instance, "vk" #name));
#define FG_VK_REQUIRED(name)                    \
  FG_VK_OPTIONAL(name)                          \
  if (!name)                                    \
    throw Error(VK_ERROR_INITIALIZATION_FAILED, \
                "the Vulkan instance has no vk" #name "; create it with an apiVersion of 1.2 or newer");
  FG_VK_INSTANCE_FUNCTIONS(FG_VK_REQUIRED)
  FG_VK_OPTIONAL_INSTANCE_FUNCTIONS(FG_VK_OPTIONAL)
#undef FG_VK_OPTIONAL
#undef FG_VK_REQUIRED
}

void Dispatch::load_device(VkDevice device) {
#define FG_VK_OPTIONAL(name) name = reinterpret_cast<PFN_vk##name>(GetDeviceProcAddr(device, "vk" #name));
#define FG_VK_REQUIRED(name) \
  FG_VK_OPTIONAL(name)       \
  if (!name) throw Error(VK_ERROR_INITIALIZATION_FAILED, "the Vulkan device has no vk" #name);
  FG_VK_DEVICE_FUNCTIONS(FG_VK_REQUIRED)
  FG_VK_OPTIONAL_DEVICE_FUNCTIONS(FG_VK_OPTIONAL)
#undef FG_VK_OPTIONAL
#undef FG_VK_REQUIRED
}

}  // namespace fg::vk
