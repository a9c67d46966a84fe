#include "viewer/bench/tick_format.h"

#include <array>
#include <cstring>

#include "kernels/core/half.h"
#include "viewer/error.h"

namespace fg {
namespace {

constexpr std::array kFormats{
    TickFormat{"rgba8", "R8G8B8A8_UNORM", VK_FORMAT_R8G8B8A8_UNORM, 4},
    TickFormat{"srgb8", "R8G8B8A8_SRGB", VK_FORMAT_R8G8B8A8_SRGB, 4},
    TickFormat{"rgb10a2", "A2B10G10R10_UNORM_PACK32", VK_FORMAT_A2B10G10R10_UNORM_PACK32, 4},
    TickFormat{"rgba16f", "R16G16B16A16_SFLOAT", VK_FORMAT_R16G16B16A16_SFLOAT, 8},
    TickFormat{"rgba32f", "R32G32B32A32_SFLOAT", VK_FORMAT_R32G32B32A32_SFLOAT, 16},
};

std::uint32_t code_of(std::uint32_t codes, int channel) { return codes >> (8 * channel) & 0xFFu; }

std::uint32_t packed_10(std::uint32_t codes) {
  std::uint32_t texel = code_of(codes, 3) >> 6 << 30;
  for (int c = 0; c < 3; ++c) texel |= (code_of(codes, c) * 1023 + 127) / 255 << (10 * c);
  return texel;
}

// With each code through `convert`.
template <class Convert>
std::vector<std::byte> channels_of(const std::vector<std::uint32_t>& codes, const Convert& convert) {
  using Value = decltype(convert(0.0f));
  std::vector<Value> values;
  values.reserve(4 * codes.size());
  for (const std::uint32_t texel : codes)
    for (int c = 0; c < 4; ++c) values.push_back(convert(static_cast<float>(code_of(texel, c)) / 255.0f));
  std::vector<std::byte> bytes(values.size() * sizeof(Value));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace

const TickFormat& tick_format(const std::string& option) {
  std::string known;
  for (const TickFormat& format : kFormats) {
    if (option == format.option) return format;
    known += std::string(known.empty() ? "" : &format == &kFormats.back() ? " or " : ", ") + format.option;
  }
  throw Failure(ExitCode::usage, "--format '" + option + "': expected " + known);
}

std::vector<std::byte> texels_in(const TickFormat& format, const std::vector<std::uint32_t>& codes) {
  if (format.format == VK_FORMAT_R16G16B16A16_SFLOAT)
    return channels_of(codes, [](float v) { return to_half(v); });
  if (format.format == VK_FORMAT_R32G32B32A32_SFLOAT) return channels_of(codes, [](float v) { return v; });
  std::vector<std::byte> bytes(4 * codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const bool packed = format.format == VK_FORMAT_A2B10G10R10_UNORM_PACK32;
    const std::uint32_t texel = packed ? packed_10(codes[i]) : codes[i];
    std::memcpy(bytes.data() + 4 * i, &texel, sizeof(texel));
  }
  return bytes;
}

}  // namespace fg
