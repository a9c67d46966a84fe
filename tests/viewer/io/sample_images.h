#pragma once
// Writers of small image files for tests, through the formats' own encoders.

#include <filesystem>
#include <vector>

#include "viewer/io/image.h"

namespace fg {

// Every pixel another colour; smooth, so that lossy formats keep it. alpha: 255, or falling from left to
// right.
Image8 gradient(int width, int height, bool opaque = true);

struct PngKind {
  int colour_type, bit_depth;  // as in the header: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA
  bool interlaced;
};
// Codes: one a channel and pixel, 0 to 2^bit_depth - 1. A palette file gets the colours (i, 255 - i, i / 2),
// alpha 255 - i.
void write_png(const std::filesystem::path& file, int width, int height, PngKind kind,
               const std::vector<std::uint16_t>& codes);

enum class JpegKind { colour, grey, progressive, cmyk };
void write_jpeg(const std::filesystem::path& file, const Image8& image, JpegKind kind = JpegKind::colour,
                int quality = 100);

void write_lossless_webp(const std::filesystem::path& file, const Image8& image);
void write_lossy_webp(const std::filesystem::path& file, const Image8& image, float quality);

}  // namespace fg
