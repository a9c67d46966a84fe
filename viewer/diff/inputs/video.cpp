#include "viewer/diff/inputs/video.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

#include "viewer/error.h"
#include "viewer/io/animation.h"
#include "viewer/io/lower_case.h"

namespace fg {
namespace {

using namespace std::string_view_literals;

class RawVideoFile : public Video {
 public:
  RawVideoFile(const std::filesystem::path& file, const std::optional<RawVideoLayout>& layout,
               const LookedThrough& looked)
      : path_(file), layout_(layout), video_(std::make_unique<const RawVideo>(file, layout, looked)) {
    frames_ = video_->frames();
    const RawVideoLayout& raw = video_->layout();
    format_ = {.size = raw.size,
               .bits = raw.format.bits,
               .chroma = chroma_size(raw.format, raw.size),
               .name = pixel_format_name(raw.format)};
    description = {{"file", file.string()}, {"container", "none: raw video"}, {"pixel_format", format_.name}};
    if (const std::optional<bool> full = video_->full_range()) {
      format_.range = *full ? "full" : "limited";
      description["range"] = *full ? "pc" : "tv";  // FFmpeg's words, as of coded video
    }
    if (const std::uint64_t bytes = video_->surplus_bytes())
      notes.push_back(
          fmt::format("{}: {} bytes after frame {} are no whole frame; is it cut short, or has it "
                      "another size or format?",
                      file.string(), bytes, video_->frames() - 1));
  }
  const VideoFormat& format() const override { return format_; }
  std::size_t frames() const override { return frames_; }
  Frame read(std::size_t index) const override {
    const RawVideo& video = opened();
    if (index >= video.frames())
      throw unreadable(
          path_, fmt::format("frame {} expected, it has {}; it has become shorter", index, video.frames()));
    return video.read(index);
  }
  std::unique_ptr<Video> another() const override {
    return std::unique_ptr<Video>(new RawVideoFile(*this, Closed{}));
  }

 private:
  struct Closed {};
  RawVideoFile(const RawVideoFile& like, Closed)
      : path_(like.path_), layout_(like.layout_), format_(like.format_), frames_(like.frames_) {}

  const RawVideo& opened() const {
    const std::lock_guard lock(mutex_);
    if (!video_) video_ = std::make_unique<const RawVideo>(path_, layout_);
    return *video_;
  }

  std::filesystem::path path_;
  std::optional<RawVideoLayout> layout_;
  VideoFormat format_;
  std::size_t frames_ = 0;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const RawVideo> video_;  // null until it is read
};

// How files of containers start: bytes at an offset.
struct Magic {
  std::size_t offset;
  std::string_view bytes;
};
constexpr Magic kContainers[] = {{4, "ftyp"},  // MP4, QuickTime
                                 {4, "moov"},
                                 {0, "\x1a\x45\xdf\xa3"},  // Matroska, WebM
                                 {8, "AVI "},
                                 {0, "FLV\x01"},
                                 {0, "OggS"},
                                 {0, "DKIF"},                          // IVF
                                 {0, "\x30\x26\xb2\x75\x8e\x66\xcf"},  // ASF, WMV
                                 {0, "\x06\x0e\x2b\x34\x02\x05\x01"},  // MXF
                                 {0, "nut/multimedia container"},
                                 {0, "\0\0\1\xba"sv},  // MPEG program stream
                                 {0, "\0\0\1\xb3"sv},  // MPEG-1 and -2 video
                                 {0, "GIF8"}};

// Of formats without such a start, and of names that say it before the file is found to be damaged.
constexpr const char* kEndings[] = {".mp4",  ".m4v",  ".mov",  ".mkv", ".webm", ".avi",  ".ts",  ".mts",
                                    ".m2ts", ".mpg",  ".mpeg", ".vob", ".m2v",  ".flv",  ".wmv", ".asf",
                                    ".ogv",  ".mxf",  ".nut",  ".ivf", ".3gp",  ".h264", ".264", ".h265",
                                    ".265",  ".hevc", ".obu",  ".gif", ".dv"};

bool has_coded_ending(const std::filesystem::path& file) {
  return std::find(std::begin(kEndings), std::end(kEndings), lower_ending(file)) != std::end(kEndings);
}

enum class Kind { other, animated, coded };

Kind kind_of(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) return Kind::other;
  const std::vector<std::uint8_t> bytes = read_file_start(file, 32);
  if (is_animated_webp(bytes)) return Kind::animated;
  const std::string_view start(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const auto& [offset, magic] : kContainers)
    if (start.size() > offset && start.substr(offset).starts_with(magic)) return Kind::coded;
  return has_coded_ending(file) ? Kind::coded : Kind::other;
}

}  // namespace

bool is_video_name(const std::filesystem::path& file) {
  const std::string ending = lower_ending(file);
  return ending == ".yuv" || ending == ".y4m" || has_coded_ending(file);
}

bool is_video(const std::filesystem::path& file) {
  return is_raw_video(file) || kind_of(file) != Kind::other;
}

std::unique_ptr<Video> open_video(const std::filesystem::path& file,
                                  const std::optional<RawVideoLayout>& layout, const WantedFrames& wanted,
                                  const std::array<float, 3>& background, const LookedThrough& looked) {
  switch (is_raw_video(file) ? Kind::other : kind_of(file)) {
    case Kind::animated:
      return open_animated_video(file, wanted, background);
    case Kind::coded:
      return open_coded_video(file, wanted, looked);
    case Kind::other:
      break;
  }
  return std::make_unique<RawVideoFile>(file, layout, looked);
}

}  // namespace fg
