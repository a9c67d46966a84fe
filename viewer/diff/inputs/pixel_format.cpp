#include "viewer/diff/inputs/pixel_format.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "viewer/error.h"

namespace fg {
namespace {

constexpr int kLargestSide = 32768;  // pixels, as of images

bool take(std::string& text, const std::string& start) {
  if (text.rfind(start, 0) != 0) return false;
  text.erase(0, start.size());
  return true;
}

}  // namespace

PixelFormat parse_pixel_format(const std::string& name) {
  const Failure unknown(
      ExitCode::usage, fmt::format("--format {}: expected a planar format such as yuv420p, yuv422p, yuv444p, "
                                   "yuv420p10le, yuv444p12le, gray or gray10le",
                                   name));
  PixelFormat format;
  std::string rest = name;
  if (take(rest, "yuv420p"))
    format = {.chroma_across = 2, .chroma_down = 2};
  else if (take(rest, "yuv422p"))
    format = {.chroma_across = 2, .chroma_down = 1};
  else if (take(rest, "yuv444p"))
    format = {.chroma_across = 1, .chroma_down = 1};
  else if (take(rest, "gray"))
    format.grey = true;
  else
    throw unknown;
  if (rest.empty()) return format;
  char* end = nullptr;
  const long bits = std::strtol(rest.c_str(), &end, 10);
  const std::string order = end;
  if (bits < 9 || bits > 16 || (order != "le" && !order.empty())) throw unknown;
  format.bits = static_cast<int>(bits);
  return format;
}

std::string pixel_format_name(const PixelFormat& format) {
  const std::string depth = format.bits == 8 ? "" : fmt::format("{}le", format.bits);
  if (format.grey) return "gray" + depth;
  return fmt::format("yuv4{}p{}",
                     format.chroma_across == 1 ? "44"
                     : format.chroma_down == 1 ? "22"
                                               : "20",
                     depth);
}

ImageSize parse_size(const std::string& text, const std::string& option) {
  ImageSize size;
  char extra = 0;
  if (std::sscanf(text.c_str(), "%dx%d%c", &size.width, &size.height, &extra) != 2 || size.width < 1 ||
      size.height < 1 || size.width > kLargestSide || size.height > kLargestSide)
    throw Failure(ExitCode::usage,
                  fmt::format("{} {}: expected WIDTHxHEIGHT in pixels, 1 to {} each, such as "
                              "1920x1080",
                              option, text, kLargestSide));
  return size;
}

ImageSize chroma_size(const PixelFormat& format, ImageSize size) {
  if (format.grey) return {};
  return {(size.width + format.chroma_across - 1) / format.chroma_across,
          (size.height + format.chroma_down - 1) / format.chroma_down};
}

std::uint64_t frame_bytes(const PixelFormat& format, ImageSize size) {
  const ImageSize chroma = chroma_size(format, size);
  return (std::uint64_t(size.width) * size.height + 2 * std::uint64_t(chroma.width) * chroma.height) *
         static_cast<std::uint64_t>(format.sample_bytes());
}

}  // namespace fg
