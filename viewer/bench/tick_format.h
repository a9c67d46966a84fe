#pragma once
// The formats in which `bench tick` has its frames: those that renderers present.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <vulkan/vulkan_core.h>

namespace fg {

struct TickFormat {
  const char* option;  // "rgba16f"
  const char* name;    // "R16G16B16A16_SFLOAT"
  VkFormat format;
  std::size_t texel_bytes;
};

// "rgba8", "srgb8", "rgb10a2", "rgba16f" or "rgba32f". Throws Failure(usage).
const TickFormat& tick_format(const std::string& option);

// Texels of four codes of 8 bits, red first, in the format: a code / 255, and the code itself where it is sRGB.
std::vector<std::byte> texels_in(const TickFormat& format, const std::vector<std::uint32_t>& codes);

}  // namespace fg
