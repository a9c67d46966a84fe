#pragma once
// One picture as the metrics take it: an image file's or a video's.

#include <array>
#include <cstdint>
#include <filesystem>
#include <glm/mat4x4.hpp>
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

// What Y, U and V of a video mean, as far as its file says.
struct FrameColour {
  double kr = 0, kb = 0;  // luma weights of red and blue; 0: those of BT.601, or of BT.709 from 720 lines on
  bool full_range = false;  // Y from 0 to the highest code; otherwise 16 to 235 of 8 bits
  bool known = true;        // the file names a matrix that is none of red and blue differences
};

struct Frame {
  enum class Kind {
    rgb8,    // codes of 8 bits
    rgb,     // floats
    planes,  // Y alone, or Y, U, V
    volume   // voxels
  };
  Kind kind = Kind::rgb8;
  int width = 0, height = 0;  // pixels; of the luma plane
  int bits = 8;               // of a code; 32 for floats that are made of no codes: OpenEXR, planes as RGB
  bool scene_linear = false;  // floats without the sRGB curve
  std::vector<std::uint8_t> rgba8;  // [height][width][4], opaque
  std::vector<float> rgb;           // [height][width][3], 0..data range
  std::vector<float>
      light;  // [height][width][3], of a scene-linear file before the sRGB curve; when it is kept
  std::vector<Plane> planes;
  FrameColour colour;              // of planes
  int depth = 1;                   // slices
  std::vector<float> voxels;       // [depth][height][width]
  glm::dmat4 voxel_to_world{1.0};  // indices to RAS millimetres
  float lowest = 0, highest = 0;   // of the reference's voxels
  std::uint64_t not_finite = 0;    // NaN and Inf samples among the floats
  std::vector<std::string> notes;  // what a user should know of the file, one sentence each
};

struct FramePair {
  std::shared_ptr<const Frame> test, reference;
};

// How image files become frames. Transparent pixels are laid over the background; OpenEXR, PFM and HDR go through the sRGB curve
// and are clamped to 0..1 unless the values are wanted as they are.
struct ImageRules {
  std::array<float, 3> background = {0, 0, 0};
  bool scene_linear = false;  // values as they are, 0..data_range, not clamped
  bool keep_light = false;    // Frame::light
  std::optional<Rectangle> crop;
};

std::shared_ptr<const Frame> load_frame(const std::filesystem::path& file, const ImageRules& rules);

// Codes of 8 bits, laid over the background where they are transparent.
Frame frame_of_codes(Image8 image, const std::array<float, 3>& background);

// What a user should know of the two pictures together, one sentence each, without their names: of a thousand pairs it is
// said once.
std::vector<std::string> notes_on(const FramePair& pair);

// 8-bit codes as floats, code / 255, so that they can be compared with deeper files.
Frame as_floats(const Frame& frame);

// Planes as floats of R, G, B, clamped to 0..1, not rounded: matrix and range of its colour, each chroma sample for its
// block of pixels. Throws Failure(unreadable_input) where the matrix is not known.
Frame as_rgb(const Frame& frame, const std::string& name);

// name: for messages. Of planes, sides that the chroma planes cannot follow are Failure(usage).
Frame cropped(const Frame& frame, const Rectangle& crop, const std::string& name);

// Its codes, which floats hold exactly.
std::vector<float> floats_of(const Plane& plane, int bits);

// The byte at which the plane has a code that its depth cannot have, or the number of bytes.
std::size_t find_high_code(const Plane& plane, int bits);

// What the video metrics score: the Y plane, or of RGB BT.601's luma of the full range, rounded to the frame's own
// depth (16 bits for floats, clamped to 0..1 first). data_range: of scene-linear floats.
Plane luma_of(const Frame& frame, double data_range);
int luma_bits(const Frame& frame);

// The picture in 8 bits, to be looked at: planes through the matrix and range of their colour.
Image8 to_picture(const Frame& frame, double data_range);

}  // namespace fg
