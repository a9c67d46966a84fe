#pragma once
// Frames of raw video files: .yuv, whose size and format the user names, and .y4m, which says both itself. A frame is
// read when it is asked for; the file never lies in memory.

#include <memory>
#include <optional>

#include "viewer/diff/inputs/frame.h"
#include "viewer/diff/inputs/look_through.h"
#include "viewer/diff/inputs/pixel_format.h"
#include "viewer/io/file.h"

namespace fg {

struct RawVideoLayout {
  ImageSize size;
  PixelFormat format;
};

// By content (.y4m) or by the name's ending (.yuv, .y4m).
bool is_raw_video(const std::filesystem::path& file);

class RawVideo {
 public:
  // layout: of a .yuv; a .y4m has its own. Throws Failure(usage) for a .yuv without one.
  RawVideo(const std::filesystem::path& file, const std::optional<RawVideoLayout>& layout,
           const LookedThrough& looked = {});

  const RawVideoLayout& layout() const { return layout_; }
  std::size_t frames() const { return frames_; }
  std::optional<bool> full_range() const { return full_range_; }  // where the file says it
  // Bytes after the last whole frame: the file was cut short, or size and format are not its own.
  std::uint64_t surplus_bytes() const { return surplus_bytes_; }

  // Any number of threads at once.
  Frame read(std::size_t index) const;

 private:
  void find_y4m_frames(std::uint64_t first, const LookedThrough& looked);

  InputFile file_;
  RawVideoLayout layout_;
  std::optional<bool> full_range_;
  std::uint64_t frame_bytes_ = 0;
  std::vector<std::uint64_t> offsets_;  // of .y4m frames, whose header lines may differ in length
  std::size_t frames_ = 0;
  std::uint64_t surplus_bytes_ = 0;
};

}  // namespace fg
