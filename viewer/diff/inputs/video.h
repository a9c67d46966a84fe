#pragma once
// Frames of a video file: raw (.yuv, .y4m), compressed in a container, which the FFmpeg libraries decode, or animated WebP.

#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/inputs/raw_video.h"

namespace fg {

// What its first frame is like. A later one may differ, and is then compared or refused by itself.
struct VideoFormat {
  Frame::Kind kind = Frame::Kind::planes;
  ImageSize size;
  int bits = 8;              // of a code
  ImageSize chroma;          // of a chroma plane; 0x0 without
  std::string name;          // "yuv420p10le"
  std::string matrix;        // "bt709"; empty where the file does not say
  std::string range;         // "limited" or "full"; likewise
  int rotation_degrees = 0;  // that the file asks players for, clockwise
};

class Video {
 public:
  virtual ~Video() = default;
  virtual const VideoFormat& format() const = 0;
  virtual std::size_t frames() const = 0;
  // From any number of threads. Fast where the frames are asked for in nearly ascending order.
  // Throws Failure(unreadable_input).
  virtual Frame read(std::size_t index) const = 0;
  // For another pass through the frames: no file is open before the first is asked for, and where numbering them takes time it
  // is not done anew. Without notes and description.
  virtual std::unique_ptr<Video> another() const = 0;

  std::vector<std::string> notes;      // for standard error
  nlohmann::ordered_json description;  // for the settings of a report
};

// Which frames will be asked for: first, first + every, ... up to end.
struct WantedFrames {
  std::size_t first = 0, end = SIZE_MAX, every = 1;
  unsigned at_once = 2;  // readers

  bool has(std::size_t index) const { return index >= first && index < end && (index - first) % every == 0; }
};

// By content or by the name's ending; nothing is opened that is no regular file.
bool is_video(const std::filesystem::path& file);
bool is_video_name(const std::filesystem::path& file);  // by its ending

// layout: of a .yuv. background: of an animation's transparent pixels. Throws Failure.
std::unique_ptr<Video> open_video(const std::filesystem::path& file,
                                  const std::optional<RawVideoLayout>& layout, const WantedFrames& wanted,
                                  const std::array<float, 3>& background = {},
                                  const LookedThrough& looked = {});

// Inside viewer/diff: coded_video.cpp, or a sentence where the program was built without the FFmpeg libraries.
std::unique_ptr<Video> open_coded_video(const std::filesystem::path& file, const WantedFrames& wanted,
                                        const LookedThrough& looked);
// animated_video.cpp.
std::unique_ptr<Video> open_animated_video(const std::filesystem::path& file, const WantedFrames& wanted,
                                           const std::array<float, 3>& background);

}  // namespace fg
