#include "viewer/io/image.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image_formats.h"

namespace fg {

namespace {

constexpr std::int64_t kLargestSide = 32768;                            // pixels
constexpr std::int64_t kLargestDecoded = std::int64_t{1} << 30;         // bytes
constexpr std::int64_t kUnquestionedDecoded = std::int64_t{128} << 20;  // bytes
constexpr std::int64_t kLargestExpansion = 4096;  // deflate reaches 1032, JPEG some 2000; flat WebP more

bool starts_with(Bytes bytes, std::size_t offset, std::string_view magic) {
  return bytes.size() >= offset + magic.size() &&
         std::memcmp(bytes.data() + offset, magic.data(), magic.size()) == 0;
}

Failure unknown_format(const std::filesystem::path& file, Bytes bytes) {
  if (bytes.empty())
    return unreadable(file, "is empty; expected a PNG, JPEG, WebP, OpenEXR, PFM or Radiance HDR image");
  const char* looks_like = nullptr;
  if (starts_with(bytes, 0, "GIF8")) looks_like = "a GIF";
  if (starts_with(bytes, 0, "BM")) looks_like = "a BMP";
  if (starts_with(bytes, 0, {"II*\0", 4}) || starts_with(bytes, 0, {"MM\0*", 4})) looks_like = "a TIFF";
  if (starts_with(bytes, 128, "DICM")) looks_like = "DICOM, which is read as an X-ray beside a CT";
  if (starts_with(bytes, 0, "\x93NUMPY")) looks_like = "a NumPy array, which is read as an X-ray beside a CT";
  if (starts_with(bytes, 4, "ftypavif")) looks_like = "an AVIF";
  if (starts_with(bytes, 4, "ftyphei") || starts_with(bytes, 4, "ftypmif1")) looks_like = "a HEIC";
  if (starts_with(bytes, 0, "\xff\x0a") || starts_with(bytes, 4, "JXL ")) looks_like = "a JPEG XL";
  if (starts_with(bytes, 0, "version https://git-lfs")) looks_like = "a Git LFS pointer (run git lfs pull)";
  if (!looks_like)
    return unreadable(
        file,
        "byte 0: not an image in a known format; expected PNG, JPEG, WebP, OpenEXR, PFM or Radiance HDR");
  return unreadable(
      file, std::string("is ") + looks_like + "; expected PNG, JPEG, WebP, OpenEXR, PFM or Radiance HDR");
}

}  // namespace

ImageFormat image_format(Bytes start) {
  if (starts_with(start, 0, "\x89PNG\r\n\x1a\n")) return ImageFormat::png;
  if (starts_with(start, 0, "\xff\xd8\xff")) return ImageFormat::jpeg;
  if (starts_with(start, 0, "RIFF") && starts_with(start, 8, "WEBP")) return ImageFormat::webp;
  if (starts_with(start, 0, "\x76\x2f\x31\x01")) return ImageFormat::exr;
  const bool white = start.size() > 2 && (start[2] == '\n' || start[2] == '\r' || start[2] == ' ');
  if (white && (starts_with(start, 0, "PF") || starts_with(start, 0, "Pf"))) return ImageFormat::pfm;
  if (starts_with(start, 0, "#?RADIANCE") || starts_with(start, 0, "#?RGBE")) return ImageFormat::radiance;
  return ImageFormat::unknown;
}

void check_image_size(const std::filesystem::path& file, std::int64_t width, std::int64_t height,
                      std::int64_t bytes_per_pixel, std::uint64_t file_bytes) {
  const std::string claim = "claims " + std::to_string(width) + "x" + std::to_string(height) + " pixels";
  if (width < 1 || height < 1) throw unreadable(file, claim + "; expected at least 1x1");
  if (width > kLargestSide || height > kLargestSide)
    throw unreadable(file, claim + "; the limit is " + std::to_string(kLargestSide) + " a side");
  const std::int64_t decoded = width * height * bytes_per_pixel;
  if (decoded > kLargestDecoded)
    throw unreadable(file, claim + ", " + std::to_string(decoded >> 20) + " MiB decoded; the limit is " +
                               std::to_string(kLargestDecoded >> 20) + " MiB");
  if (decoded > kUnquestionedDecoded && decoded / kLargestExpansion > static_cast<std::int64_t>(file_bytes))
    throw unreadable(file, claim + " in a file of " + std::to_string(file_bytes) + " bytes; it is damaged");
}

bool Image8::opaque() const {
  for (std::size_t i = 3; i < rgba.size(); i += 4)
    if (rgba[i] != 255) return false;
  return true;
}

float srgb_encode(float linear) {
  if (std::isnan(linear)) return linear;
  if (linear <= 0.0f) return 0.0f;
  if (linear >= 1.0f) return 1.0f;
  return linear <= 0.0031308f ? 12.92f * linear : 1.055f * std::pow(linear, 1.0f / 2.4f) - 0.055f;
}

namespace {

// Scene-linear values through the sRGB curve, rounded; NaN as 0.
Image8 display_codes(const ImageF& values) {
  Image8 image{values.width, values.height, {}};
  image.rgba.reserve(values.values.size());
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    const float code = i % 4 == 3 ? values.values[i] : srgb_encode(values.values[i]);
    image.rgba.push_back(std::isnan(code) ? 0 : static_cast<std::uint8_t>(std::lround(code * 255.0f)));
  }
  return image;
}

Image8 decode_image(const std::filesystem::path& file, Bytes bytes) {
  switch (image_format(bytes)) {
    case ImageFormat::png:
      return decode_png(file, bytes);
    case ImageFormat::jpeg:
      return decode_jpeg(file, bytes);
    case ImageFormat::webp:
      return decode_webp(file, bytes);
    case ImageFormat::exr:
      return decode_exr(file, bytes);
    case ImageFormat::pfm:
      return display_codes(decode_pfm(file, bytes));
    case ImageFormat::radiance:
      return display_codes(decode_radiance(file, bytes));
    case ImageFormat::unknown:
      break;
  }
  throw unknown_format(file, bytes);
}

}  // namespace

Image8 load_image(const std::filesystem::path& file) { return decode_image(file, read_file(file)); }

DeepImage load_deep_image(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  const ImageFormat format = image_format(bytes);
  if (format == ImageFormat::exr)
    return {.bits = 32, .scene_linear = true, .values = decode_exr_values(file, bytes)};
  if (format == ImageFormat::pfm)
    return {.bits = 32, .scene_linear = true, .values = decode_pfm(file, bytes)};
  if (format == ImageFormat::radiance)
    return {.bits = 32, .scene_linear = true, .values = decode_radiance(file, bytes)};
  if (format == ImageFormat::png && png_has_16_bits(file, bytes))
    return {.bits = 16, .values = decode_png_values(file, bytes)};
  return {.orientation = format == ImageFormat::jpeg ? jpeg_orientation(file, bytes) : 1,
          .codes = decode_image(file, bytes)};
}

ImageSize peek_image_size(const std::filesystem::path& file) {
  // A JPEG's size may stand behind a long colour profile or preview; the other formats need 30 bytes to a few
  // hundred.
  constexpr std::size_t kStart = 64 << 10, kLongStart = 16 << 20;
  std::vector<std::uint8_t> bytes = read_file_start(file, kStart);
  switch (image_format(bytes)) {
    case ImageFormat::png:
      return png_size(file, bytes);
    case ImageFormat::webp:
      return webp_size(file, bytes);
    case ImageFormat::exr:
      return exr_size(file, bytes);
    case ImageFormat::pfm:
      return pfm_size(file, bytes);
    case ImageFormat::radiance:
      return radiance_size(file, bytes);
    case ImageFormat::jpeg:
      try {
        return jpeg_size(file, bytes);
      } catch (const Failure&) {
        if (bytes.size() < kStart) throw;
        return jpeg_size(file, read_file_start(file, kLongStart));
      }
    case ImageFormat::unknown:
      break;
  }
  throw unknown_format(file, bytes);
}

Image8 composite_over(const Image8& image, const float background[3]) {
  Image8 result = image;
  float base[3];  // codes
  for (int c = 0; c < 3; ++c) base[c] = 255.0f * std::clamp(background[c], 0.0f, 1.0f);
  for (std::size_t i = 0; i + 3 < result.rgba.size(); i += 4) {
    std::uint8_t* pixel = &result.rgba[i];
    if (pixel[3] == 255) continue;
    const float alpha = static_cast<float>(pixel[3]) / 255.0f;
    for (int c = 0; c < 3; ++c)
      pixel[c] = static_cast<std::uint8_t>(std::lround(alpha * pixel[c] + (1.0f - alpha) * base[c]));
    pixel[3] = 255;
  }
  return result;
}

Image8 downscale(const Image8& image, int factor) {
  if (factor < 1)
    throw Failure(ExitCode::usage,
                  "downscale: expected a factor of 1 or more, got " + std::to_string(factor));
  if (factor == 1 || image.empty()) return image;
  Image8 result;
  result.width = (image.width - 1) / factor + 1;
  result.height = (image.height - 1) / factor + 1;
  result.rgba.resize(static_cast<std::size_t>(result.width) * result.height * 4);
  for (int v = 0; v < result.height; ++v) {
    const int top = v * factor, bottom = std::min(image.height, top + factor);
    for (int u = 0; u < result.width; ++u) {
      const int left = u * factor, right = std::min(image.width, left + factor);
      // Colour is weighted by alpha, so that what hides under alpha 0 does not bleed into the edges.
      std::uint64_t colour[3] = {0, 0, 0}, alpha = 0;
      for (int y = top; y < bottom; ++y) {
        const std::uint8_t* pixel = &image.rgba[(static_cast<std::size_t>(y) * image.width + left) * 4];
        for (int x = left; x < right; ++x, pixel += 4) {
          for (int c = 0; c < 3; ++c) colour[c] += std::uint64_t{pixel[c]} * pixel[3];
          alpha += pixel[3];
        }
      }
      const auto count = static_cast<std::uint64_t>(bottom - top) * static_cast<std::uint64_t>(right - left);
      std::uint8_t* out = &result.rgba[(static_cast<std::size_t>(v) * result.width + u) * 4];
      for (int c = 0; c < 3; ++c)
        out[c] = alpha == 0 ? 0 : static_cast<std::uint8_t>((colour[c] + alpha / 2) / alpha);
      out[3] = static_cast<std::uint8_t>((alpha + count / 2) / count);
    }
  }
  return result;
}

}  // namespace fg
