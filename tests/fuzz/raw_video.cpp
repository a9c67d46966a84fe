// Frames of a .yuv, with size and format as the command line has them.

#include "viewer/diff/inputs/raw_video.h"
#include "tests/fuzz/fuzz_file.h"
#include "viewer/diff/inputs/frame_range.h"

namespace fg {

void fuzz::run(Input input) {
  using namespace fuzz;
  const Parts parts = split(input);
  std::string words[5];  // size, format, frames, crop
  std::size_t n = 0;
  for (const char c : text_of(parts.first))
    if (c == '\n')
      n = std::min<std::size_t>(n + 1, 4);
    else
      words[n] += c;
  FrameRange range;
  parse_frames(words[2], range);
  const Rectangle crop = parse_rectangle(words[3], "--crop");
  const RawVideoLayout layout{parse_size(words[0], "--size"), parse_pixel_format(words[1])};
  const RawVideo video(write("a.yuv", parts.second), layout);
  for (std::size_t i = 0; i < std::min<std::size_t>(video.frames(), 4); ++i)
    cropped(video.read(i), crop, "a.yuv");
}

}  // namespace fg
