#pragma once
#include <stdexcept>
#include <string>

#include "plugin/vk/dispatch.h"

namespace fg::vk {

// A Vulkan call failed, or the device lacks what is needed. what() is one sentence for a person.
class Error : public std::runtime_error {
 public:
  Error(VkResult code, const std::string& sentence) : std::runtime_error(sentence), result(code) {}
  const VkResult result;
};

const char* name_of(VkResult result);  // "VK_ERROR_DEVICE_LOST"

// Throws unless result is VK_SUCCESS (or another non-negative code, which is returned).
VkResult check(VkResult result, const char* doing);  // check(vkX(...), "creating the tile buffer")

}  // namespace fg::vk
