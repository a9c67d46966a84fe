#pragma once
// Layouts of raw planar video, by the names that FFmpeg gives them.

#include <cstdint>
#include <string>

#include "viewer/io/image.h"

namespace fg {

struct PixelFormat {
  int bits = 8;                            // of a code; above 8 a sample has two bytes, little-endian
  int chroma_across = 2, chroma_down = 2;  // luma samples a chroma sample
  bool grey = false;                       // no chroma planes

  int sample_bytes() const { return bits <= 8 ? 1 : 2; }
};

// "yuv420p", "yuv422p10le", "yuv444p12", "gray", "gray10le". Throws Failure(usage).
PixelFormat parse_pixel_format(const std::string& name);
std::string pixel_format_name(const PixelFormat& format);

// "1920x1080". Throws Failure(usage) that names the option.
ImageSize parse_size(const std::string& text, const std::string& option);

// Of one frame; odd sides round up in the chroma planes.
std::uint64_t frame_bytes(const PixelFormat& format, ImageSize size);
ImageSize chroma_size(const PixelFormat& format, ImageSize size);

}  // namespace fg
