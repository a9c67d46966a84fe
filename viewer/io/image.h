#pragma once
// Images in host memory, and their files.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace fg {

// Display-referred 8-bit codes (what a PNG holds), rows from the top, RGBA interleaved, straight alpha.
struct Image8 {
  int width = 0, height = 0;  // pixels
  std::vector<std::uint8_t> rgba;

  bool empty() const { return rgba.empty(); }
  bool opaque() const;
};

// Float values as they are, rows from the top, channels interleaved.
struct ImageF {
  int width = 0, height = 0, channels = 1;
  std::vector<float> values;
};

// PNG (8 or 16 bit, grey or colour, palette, interlaced), JPEG, WebP, OpenEXR, PFM, Radiance HDR, told apart by content,
// not by name. 16-bit codes are rounded to 8 bit; the last three are taken as scene-linear and goes through the sRGB curve,
// clamped to 0..1, NaN as 0. Throws Failure(unreadable_input).
Image8 load_image(const std::filesystem::path& file);

// The same files without any rounding.
struct DeepImage {
  int bits = 8;               // 8; 16: a 16-bit PNG; 32: OpenEXR (half or float), PFM, Radiance HDR
  bool scene_linear = false;  // those three; otherwise display-referred
  int orientation = 1;        // of a JPEG, by its EXIF, 1 to 8; pixels are not turned by it
  Image8 codes;               // of 8-bit files
  ImageF values;  // of the others: RGBA, straight alpha, code / 65535 or the file's values, NaN and Inf kept
};
DeepImage load_deep_image(const std::filesystem::path& file);

// IEC 61966-2-1, the encoding direction: 0..1 to 0..1, what lies outside is clamped; NaN stays.
float srgb_encode(float linear);

// Width and height alone, without decoding the pixels.
struct ImageSize {
  int width = 0, height = 0;
};
ImageSize peek_image_size(const std::filesystem::path& file);

// All savers write a temporary beside the target and rename it, so that a full disk or Ctrl-C leaves no half
// file.
void save_png(const std::filesystem::path& file,
              const Image8& image);                         // RGBA, or RGB where alpha is 255 throughout
std::vector<std::uint8_t> encode_png(const Image8& image);  // the same in memory
void save_exr(const std::filesystem::path& file, const ImageF& image);  // 32-bit float
void save_npy(const std::filesystem::path& file,
              const ImageF& image);  // float32 [H, W], or [H, W, C] for C > 1
void save_npy(const std::filesystem::path& file, std::span<const int> shape,  // of two axes or more
              std::span<const float> values);  // float32, the last axis fastest
// float32, float64 or whole numbers of 8, 16 or 32 bits, as they are; [H, W] or [H, W, C]
ImageF load_npy(const std::filesystem::path& file);

// Each channel composited over a background colour, 0..1; alpha becomes 255.
Image8 composite_over(const Image8& image, const float background[3]);

// Box-filtered by an integer factor; a remainder at the right and bottom is averaged over what is there.
Image8 downscale(const Image8& image, int factor);

}  // namespace fg
