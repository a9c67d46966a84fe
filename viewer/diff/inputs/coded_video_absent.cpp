// In place of coded_video.cpp where the program is built without the FFmpeg libraries.

#include "viewer/diff/inputs/video.h"
#include "viewer/error.h"

namespace fg {

std::unique_ptr<Video> open_coded_video(const std::filesystem::path& file, const WantedFrames&,
                                        const LookedThrough&) {
  throw unreadable(file,
                   "is compressed video, and this framegauge was built without the FFmpeg libraries that "
                   "decode it; build with -DFRAMEGAUGE_FFMPEG=ON (Debian: libavformat-dev, libavcodec-dev, "
                   "libavutil-dev), or convert it: ffmpeg -i VIDEO -strict -1 VIDEO.y4m");
}

}  // namespace fg
