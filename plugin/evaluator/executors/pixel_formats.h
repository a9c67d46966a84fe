#pragma once
// What kernels must know of a view's format, because they read what is stored.

#include "plugin/vk/dispatch.h"

namespace fg {

// Four channels of 8 bits whose values are codes / 255.
constexpr bool is_unorm8(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8G8B8A8_UNORM:
    case VK_FORMAT_B8G8R8A8_UNORM:
    case VK_FORMAT_A8B8G8R8_UNORM_PACK32:
      return true;
    default:
      return false;
  }
}

// Codes of 8 bits on the sRGB curve, which the view decodes to linear light.
constexpr bool is_srgb(VkFormat format) {
  switch (format) {
    case VK_FORMAT_R8_SRGB:
    case VK_FORMAT_R8G8_SRGB:
    case VK_FORMAT_R8G8B8_SRGB:
    case VK_FORMAT_B8G8R8_SRGB:
    case VK_FORMAT_R8G8B8A8_SRGB:
    case VK_FORMAT_B8G8R8A8_SRGB:
    case VK_FORMAT_A8B8G8R8_SRGB_PACK32:
      return true;
    default:
      return false;
  }
}

}  // namespace fg
