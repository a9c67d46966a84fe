#pragma once
// Inside viewer/io: one decoder a format. Each takes the whole file in memory and the name for messages.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "viewer/io/image.h"

namespace fg {

enum class ImageFormat { unknown, png, jpeg, webp, exr, pfm, radiance };

using Bytes = std::span<const std::uint8_t>;

// By magic bytes; the first 12 are enough.
ImageFormat image_format(Bytes start);

// Refuses a size that no photo has before anything is allocated for it: no side above 32768, at most 1 GiB
// decoded, and above 128 MiB no more than 4096 decoded bytes for each byte of the file.
void check_image_size(const std::filesystem::path& file, std::int64_t width, std::int64_t height,
                      std::int64_t bytes_per_pixel, std::uint64_t file_bytes);

Image8 decode_png(const std::filesystem::path& file, Bytes bytes);
Image8 decode_jpeg(const std::filesystem::path& file, Bytes bytes);
Image8 decode_webp(const std::filesystem::path& file, Bytes bytes);
Image8 decode_exr(const std::filesystem::path& file, Bytes bytes);

// The common kinds alone, faster; nothing where the file is of another kind or damaged. The size must have been checked.
std::optional<Image8> decode_simple_png(Bytes bytes);

// As EXIF numbers them, 1 to 8; 1: the first row is the top, the first column the left. Nothing here turns pixels by it.
int jpeg_orientation(const std::filesystem::path& file, Bytes bytes);

// Without rounding, RGBA: 16-bit codes / 65535; the values of OpenEXR, PFM and Radiance files as they are.
bool png_has_16_bits(const std::filesystem::path& file, Bytes bytes);
ImageF decode_png_values(const std::filesystem::path& file, Bytes bytes);
ImageF decode_exr_values(const std::filesystem::path& file, Bytes bytes);
ImageF decode_pfm(const std::filesystem::path& file, Bytes bytes);
ImageF decode_radiance(const std::filesystem::path& file, Bytes bytes);

// Sizes from the header alone; bytes is the start of the file, or all of it.
ImageSize png_size(const std::filesystem::path& file, Bytes bytes);
ImageSize jpeg_size(const std::filesystem::path& file, Bytes bytes);
ImageSize webp_size(const std::filesystem::path& file, Bytes bytes);
ImageSize exr_size(const std::filesystem::path& file, Bytes bytes);
ImageSize pfm_size(const std::filesystem::path& file, Bytes bytes);
ImageSize radiance_size(const std::filesystem::path& file, Bytes bytes);

}  // namespace fg
