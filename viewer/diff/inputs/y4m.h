#pragma once
// The headers of YUV4MPEG2 files (.y4m), from bytes alone.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "viewer/diff/inputs/pixel_format.h"

namespace fg {

constexpr std::size_t kLongestY4mLine = 4096;  // bytes of a header line; a longer one is refused

struct Y4mHeader {
  ImageSize size;
  PixelFormat format;
  std::optional<bool> full_range;  // where FFmpeg wrote it: XCOLORRANGE
  std::size_t bytes = 0;           // with the newline; the first frame follows
};

bool is_y4m(std::span<const std::uint8_t> start);

// start: the first kLongestY4mLine bytes of the file, or all of it. Both throw Failure(unreadable_input); file and
// offset are for its sentence.
Y4mHeader parse_y4m_header(std::span<const std::uint8_t> start, const std::filesystem::path& file);

// The length of a frame's header line, with the newline.
std::size_t parse_y4m_frame_header(std::span<const std::uint8_t> start, const std::filesystem::path& file,
                                   std::uint64_t offset);

}  // namespace fg
