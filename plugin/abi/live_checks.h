#pragma once
// Checks that the functions of framegauge/vulkan.h share.

#include <string>

#include "kernels/core/error.h"
#include "plugin/abi/tensor_checks.h"
#include "plugin/vk/device.h"

namespace fg::abi {

// Compares numbers: an enum that a C host set to anything must not be read as one.
template <class Enum>
bool is_between(const Enum& value, Enum first, Enum last) {
  return number_of(value) >= number_of(first) && number_of(value) <= number_of(last);
}

[[noreturn]] inline void reject(const std::string& sentence) {
  throw Error(ErrorCode::invalid_argument, sentence);
}

// Not for what is called every frame: the sentence is made whether or not it is needed.
inline void require_valid(bool holds, const std::string& sentence) {
  if (!holds) reject(sentence);
}

// The structs of that header have not grown since its first release, so that any other size is a struct that
// was not filled by its defaults function.
template <class Struct>
void require_struct(const Struct* s, const char* name, const char* defaults) {
  if (s == nullptr) reject(std::string(name) + " is NULL; pass a struct filled by " + defaults);
  if (s->struct_size != sizeof(Struct))
    reject(std::string(name) + ".struct_size is " + std::to_string(s->struct_size) + ", expected " +
           std::to_string(sizeof(Struct)) + "; fill the struct with " + defaults + " first");
}

// The device handles that every info struct has.
template <class Info>
vk::HostHandles checked_host(const Info& info) {
  require_valid(info.instance != VK_NULL_HANDLE,
                "info.instance is VK_NULL_HANDLE; pass the host's VkInstance");
  require_valid(info.physical_device != VK_NULL_HANDLE,
                "info.physical_device is VK_NULL_HANDLE; pass the host's VkPhysicalDevice");
  require_valid(info.device != VK_NULL_HANDLE, "info.device is VK_NULL_HANDLE; pass the host's VkDevice");
  require_valid(info.get_instance_proc_addr != nullptr,
                "info.get_instance_proc_addr is NULL; pass the loader's vkGetInstanceProcAddr");
  return {.instance = info.instance,
          .physical = info.physical_device,
          .device = info.device,
          .get_instance_proc_addr = info.get_instance_proc_addr};
}

}  // namespace fg::abi
