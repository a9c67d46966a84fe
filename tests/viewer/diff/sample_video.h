#pragma once
// Small videos for tests, encoded here with the FFmpeg libraries.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "viewer/diff/inputs/frame.h"

namespace fg::test {

struct SampleVideo {
  std::string codec = "ffv1";            // FFmpeg's name of the encoder
  std::string pixel_format = "yuv420p";  // and of what it stores
  std::optional<int> rotation_degrees;   // clockwise
  // Each coded packet before it is stored, with its number: where damage is done.
  std::function<void(std::size_t, std::span<std::uint8_t>)> packet;
};

// Frames of planes for a planar pixel format, of rgb8 for rgb24. The container is that of the file's ending.
// Frames may differ in size where each is coded by itself (png, mjpeg).
void write_video(const std::filesystem::path& file, const std::vector<Frame>& frames,
                 const SampleVideo& video = {});

}  // namespace fg::test
