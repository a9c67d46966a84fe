#include "plugin/vk/error.h"

namespace fg::vk {

const char* name_of(VkResult result) {
  switch (result) {
    // clang-format off
#define FG_NAME(code) case code: return #code;
    FG_NAME(VK_SUCCESS) FG_NAME(VK_NOT_READY) FG_NAME(VK_TIMEOUT) FG_NAME(VK_EVENT_SET)
    FG_NAME(VK_EVENT_RESET) FG_NAME(VK_INCOMPLETE) FG_NAME(VK_SUBOPTIMAL_KHR)
    FG_NAME(VK_ERROR_OUT_OF_HOST_MEMORY) FG_NAME(VK_ERROR_OUT_OF_DEVICE_MEMORY)
    FG_NAME(VK_ERROR_INITIALIZATION_FAILED) FG_NAME(VK_ERROR_DEVICE_LOST)
    FG_NAME(VK_ERROR_MEMORY_MAP_FAILED) FG_NAME(VK_ERROR_LAYER_NOT_PRESENT)
    FG_NAME(VK_ERROR_EXTENSION_NOT_PRESENT) FG_NAME(VK_ERROR_FEATURE_NOT_PRESENT)
    FG_NAME(VK_ERROR_INCOMPATIBLE_DRIVER) FG_NAME(VK_ERROR_TOO_MANY_OBJECTS)
    FG_NAME(VK_ERROR_FORMAT_NOT_SUPPORTED) FG_NAME(VK_ERROR_FRAGMENTED_POOL)
    FG_NAME(VK_ERROR_OUT_OF_POOL_MEMORY) FG_NAME(VK_ERROR_SURFACE_LOST_KHR)
    FG_NAME(VK_ERROR_NATIVE_WINDOW_IN_USE_KHR) FG_NAME(VK_ERROR_OUT_OF_DATE_KHR) FG_NAME(VK_ERROR_UNKNOWN)
    FG_NAME(VK_ERROR_INVALID_SHADER_NV)
#undef FG_NAME
    default: return "an unknown VkResult";
    // clang-format on
  }
}

VkResult check(VkResult result, const char* doing) {
  if (result == VK_ERROR_DEVICE_LOST)
    throw Error(result, std::string("the Vulkan device was lost, as shows while ") + doing +
                            "; destroy it and everything on it, and create it anew");
  if (result < 0) throw Error(result, std::string("Vulkan failed while ") + doing + ": " + name_of(result));
  return result;
}

}  // namespace fg::vk
