#pragma once
// What kernels must know of a view's format, because they read what is stored, and shaders because hardware decodes
// sRGB coarsely.

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

// Uncompressed colours that a view hands out as floats. VkFormat lists the kinds of a layout in one order: UNORM, SNORM,
// USCALED, SSCALED, UINT, SINT, and SRGB or SFLOAT where there are such.
constexpr bool is_float_color(int format) {
  const auto is_integer = [=](int first, int kinds) {
    const int kind = (format - first) % kinds;
    return kind == 4 || kind == 5;
  };
  if (format < VK_FORMAT_R4G4_UNORM_PACK8) return false;
  if (format < VK_FORMAT_R8_UNORM) return true;  // packed into 8 or 16 bits
  if (format < VK_FORMAT_A2R10G10B10_UNORM_PACK32) return !is_integer(VK_FORMAT_R8_UNORM, 7);
  if (format < VK_FORMAT_R16_UNORM) return !is_integer(VK_FORMAT_A2R10G10B10_UNORM_PACK32, 6);
  if (format < VK_FORMAT_R32_UINT) return !is_integer(VK_FORMAT_R16_UNORM, 7);
  switch (format) {
    case VK_FORMAT_R32_SFLOAT:
    case VK_FORMAT_R32G32_SFLOAT:
    case VK_FORMAT_R32G32B32_SFLOAT:
    case VK_FORMAT_R32G32B32A32_SFLOAT:
    case VK_FORMAT_B10G11R11_UFLOAT_PACK32:
    case VK_FORMAT_E5B9G9R9_UFLOAT_PACK32:
    case VK_FORMAT_A4R4G4B4_UNORM_PACK16:
    case VK_FORMAT_A4B4G4R4_UNORM_PACK16:
      return true;
    default:
      return false;
  }
}
static_assert(is_float_color(VK_FORMAT_A2B10G10R10_UNORM_PACK32) && is_float_color(VK_FORMAT_B8G8R8A8_SRGB) &&
              is_float_color(VK_FORMAT_R16G16B16A16_SFLOAT) && !is_float_color(VK_FORMAT_R8G8B8A8_UINT) &&
              !is_float_color(VK_FORMAT_A2B10G10R10_SINT_PACK32) &&
              !is_float_color(VK_FORMAT_R16G16B16A16_UINT));

}  // namespace fg
