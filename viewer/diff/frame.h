#pragma once
// One picture as the metrics take it: an image file's or a video's.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "viewer/io/image.h"

namespace fg {

struct Rectangle {
  int x = 0, y = 0, width = 0, height = 0;  // pixels, from the top left
};

// "X,Y,W,H"; throws Failure(usage) that names the option.
Rectangle parse_rectangle(const std::string& text, const std::string& option);

// Samples of one channel, codes of 8 bits, or of more in two bytes, little-endian.
struct Plane {
  int width = 0, height = 0;
  std::vector<std::uint8_t> bytes;
};

struct Frame {
  enum class Kind {
    rgb8,   // codes of 8 bits
    rgb,    // floats
    planes  // Y alone, or Y, U, V
  };
  Kind kind = Kind::rgb8;
  int width = 0, height = 0;        // pixels; of the luma plane
  int bits = 8;                     // of a code; 16 and 32 for floats made of 16-bit codes and of OpenEXR
  bool scene_linear = false;        // floats without the sRGB curve
  std::vector<std::uint8_t> rgba8;  // [height][width][4], opaque
  std::vector<float> rgb;           // [height][width][3], 0..data range
  std::vector<Plane> planes;
  std::uint64_t not_finite = 0;  // NaN and Inf samples among the floats
};

struct FramePair {
  std::shared_ptr<const Frame> test, reference;
};

// How image files become frames. Transparent pixels are laid over the background; OpenEXR, PFM and HDR go through the sRGB curve
// and are clamped to 0..1 unless the values are wanted as they are.
struct ImageRules {
  std::array<float, 3> background = {0, 0, 0};
  bool scene_linear = false;  // values as they are, 0..data_range, not clamped
  std::optional<Rectangle> crop;
};

std::shared_ptr<const Frame> load_frame(const std::filesystem::path& file, const ImageRules& rules);

// 8-bit codes as floats, code / 255, so that they can be compared with deeper files.
Frame as_floats(const Frame& frame);

// name: for messages. Of planes, sides that the chroma planes cannot follow are Failure(usage).
Frame cropped(const Frame& frame, const Rectangle& crop, const std::string& name);

// What the video metrics score: the Y plane, or of RGB BT.601's luma of the full range, rounded to the frame's own
// depth (16 bits for floats, clamped to 0..1 first). data_range: of scene-linear floats.
Plane luma_of(const Frame& frame, double data_range);
int luma_bits(const Frame& frame);

// The picture in 8 bits, to be looked at: planes through BT.601 or, from 720 lines on, BT.709, of the limited range.
Image8 to_picture(const Frame& frame, double data_range);

}  // namespace fg
