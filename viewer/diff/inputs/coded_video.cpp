// Compressed video: decoded in order, frame by frame, as the readers ask for them.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>

#include "viewer/diff/inputs/coded_frame.h"
#include "viewer/diff/inputs/passed_frames.h"
#include "viewer/diff/inputs/video.h"
#include "viewer/diff/inputs/video_decoder.h"
#include "viewer/error.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace fg {
namespace {

// Which frame of the file a decoded picture is. By its time, where every packet has one: then a frame that cannot be
// decoded leaves a gap, and those after it keep their numbers. Otherwise by counting what the decoder gives.
class Timeline {
 public:
  explicit Timeline(std::vector<std::int64_t> times) : times_(std::move(times)) {
    constexpr std::int64_t kMostReordered = 64;  // frames; a time further away is a jump, not reordering
    const std::vector<std::int64_t> as_stored = times_;
    std::sort(times_.begin(), times_.end());
    by_time_ = !times_.empty() && times_.front() != AV_NOPTS_VALUE &&
               std::adjacent_find(times_.begin(), times_.end()) == times_.end();
    for (std::size_t i = 0; i < as_stored.size() && by_time_; ++i)
      by_time_ = std::abs(static_cast<std::int64_t>(place(as_stored[i])) - static_cast<std::int64_t>(i)) <=
                 kMostReordered;
  }
  bool by_time() const { return by_time_; }
  std::size_t size() const { return times_.size(); }
  std::size_t index_of(const AVFrame& picture, std::size_t next) const {
    if (!by_time_) return next;
    const std::size_t found = place(picture.pts);
    return found < times_.size() && times_[found] == picture.pts ? found : next;
  }

 private:
  std::size_t place(std::int64_t time) const {
    return static_cast<std::size_t>(std::lower_bound(times_.begin(), times_.end(), time) - times_.begin());
  }

  std::vector<std::int64_t> times_;
  bool by_time_ = false;
};

int rotation_of(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
  const AVPacketSideData* data = av_packet_side_data_get(
      stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  const std::uint8_t* matrix = data ? data->data : nullptr;
#else
  const std::uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
#endif
  if (!matrix) return 0;
  const double anticlockwise = av_display_rotation_get(reinterpret_cast<const std::int32_t*>(matrix));
  return anticlockwise == anticlockwise ? ((static_cast<int>(std::lround(-anticlockwise)) % 360) + 360) % 360
                                        : 0;
}

std::vector<std::int64_t> timestamps_of(const std::filesystem::path& file, const LookedThrough& looked) {
  VideoDecoder decoder(file);
  return decoder.timestamps(decoder.stores_no_times() ? LookedThrough()
                                                      : looked);  // the longer way comes after
}

std::size_t count_by_decoding(const std::filesystem::path& file, const LookedThrough& looked) {
  std::size_t count = 0;
  VideoDecoder decoder(file);
  while (!decoder.next().at_end()) {
    ++count;
    if (looked) looked(decoder.share_read());
  }
  return count;
}

// What looking through a file once has told.
struct CodedFile {
  std::filesystem::path path;
  Timeline timeline;
  std::size_t frames = 0;
  VideoFormat format;
};

// The file is opened once to number its frames, again to count them where they have no times, and once to decode them: coded_video_test.cpp "a video
// is opened once to number its frames and once to decode them".
class CodedVideo : public Video {
 public:
  CodedVideo(const std::filesystem::path& path, const WantedFrames& wanted, const LookedThrough& looked)
      : wanted_(wanted) {
    CodedFile file{.path = path, .timeline = Timeline(timestamps_of(path, looked))};
    file.frames = file.timeline.by_time() ? file.timeline.size() : count_by_decoding(path, looked);
    decoder_ = std::make_unique<VideoDecoder>(path);
    do ahead_.push_back(decoder_->next());
    while (!ahead_.back().at_end() && !ahead_.back().frame);
    const UniqueFrame& first = ahead_.back().frame;
    if (!first) throw unreadable(path, "not one frame of its video can be decoded");
    file.format = coded_format(*first, path.string());
    file.format.rotation_degrees = rotation_of(decoder_->stream());
    file_ = std::make_shared<const CodedFile>(std::move(file));
    describe(*decoder_, *first);
  }
  CodedVideo(std::shared_ptr<const CodedFile> file, const WantedFrames& wanted)
      : file_(std::move(file)), wanted_(wanted) {}

  const VideoFormat& format() const override { return file_->format; }
  std::size_t frames() const override { return file_->frames; }

  std::unique_ptr<Video> another() const override { return std::make_unique<CodedVideo>(file_, wanted_); }

  Frame read(std::size_t index) const override {
    const UniqueFrame picture = decoded(index);
    // Copied without the lock, so that the next frame is decoded meanwhile.
    const VideoFormat format = coded_format(*picture, file_->path.string());
    if (format.kind != file_->format.kind || (format.chroma.width == 0) != (file_->format.chroma.width == 0))
      throw unreadable(file_->path, fmt::format("frame {}: the pixels change from {} to {}", index,
                                                file_->format.name, format.name));
    Frame frame = coded_frame(*picture, file_->path.string());
    for (const Plane& plane : frame.planes)
      if (find_high_code(plane, frame.bits) < plane.bytes.size())
        throw missing(index, fmt::format("it is damaged; it has codes above {}, the highest of {}",
                                         (1 << frame.bits) - 1, format.name));
    return frame;
  }

 private:
  void describe(const VideoDecoder& decoder, const AVFrame& first) {
    const char* range = av_color_range_name(first.color_range);
    const char* matrix = av_color_space_name(first.colorspace);
    description = {
        {"file", file_->path.string()},
        {"container", decoder.container().iformat->name},
        {"codec", avcodec_get_name(decoder.stream().codecpar->codec_id)},
        {"pixel_format", file_->format.name},
        {"matrix", matrix ? matrix : "unknown"},
        {"range", range ? range : "unknown"},
        {"rotation_degrees", file_->format.rotation_degrees},
        {"frames_numbered", file_->timeline.by_time() ? "by their times" : "in the order of decoding"}};
    if (file_->format.rotation_degrees)
      notes.push_back(
          fmt::format("{}: asks players to turn it by {} degrees clockwise; its frames are "
                      "compared as they are stored",
                      file_->path.string(), file_->format.rotation_degrees));
    const AVPixFmtDescriptor* pixels = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(first.format));
    if (pixels && (pixels->flags & AV_PIX_FMT_FLAG_ALPHA))
      notes.push_back(fmt::format("{}: its transparency ({}) is not looked at", file_->path.string(),
                                  file_->format.name));
  }

  Failure missing(std::size_t index, const std::string& problem) const {
    return unreadable(file_->path, fmt::format("frame {} could not be decoded{}", index,
                                               problem.empty() ? "" : ": " + problem));
  }

  // The decoder is anew at the start of the file when a frame is asked for that has passed; which frames cannot be
  // decoded stays known.
  UniqueFrame decoded(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    if (const auto found = missing_.find(index); found != missing_.end()) throw missing(index, found->second);
    if (auto held = passed_.take(index)) return std::move(*held);
    if (!decoder_ || index < next_) {
      decoder_ = std::make_unique<VideoDecoder>(file_->path);
      ahead_.clear();
      passed_.clear();
      next_ = 0;
    }
    UniqueFrame picture = forward_to(index);
    if (index + wanted_.every >= std::min(wanted_.end, file_->frames))
      decoder_.reset();  // its memory is not small
    if (!picture) throw missing(index, missing_[index]);
    return picture;
  }

  VideoDecoder::Step next_step() const {
    if (ahead_.empty()) return decoder_->next();
    VideoDecoder::Step step = std::move(ahead_.front());
    ahead_.pop_front();
    return step;
  }

  // Null where the frame is missing.
  UniqueFrame forward_to(std::size_t index) const {
    std::string problem;
    while (next_ <= index) {
      VideoDecoder::Step step = next_step();
      if (step.at_end()) {
        note_missing(next_, index + 1, problem.empty() ? "the video ends before it" : problem);
        next_ = index + 1;
        return nullptr;
      }
      if (!step.frame) {
        problem = step.problem;
        if (!file_->timeline.by_time()) note_missing(next_, next_ + 1, problem), ++next_;
        continue;
      }
      const std::size_t at = file_->timeline.index_of(*step.frame, next_);
      if (at < next_) continue;  // shown twice
      note_missing(next_, at, problem.empty() ? "the decoder passes over it" : problem);
      next_ = at + 1;
      if (step.frame->decode_error_flags || (step.frame->flags & AV_FRAME_FLAG_CORRUPT)) {
        note_missing(at, at + 1, "it is damaged; the decoder only guesses a part of it");
        continue;
      }
      if (at == index) return std::move(step.frame);
      passed_.keep(at, std::move(step.frame), wanted_);
    }
    return nullptr;
  }

  void note_missing(std::size_t first, std::size_t end, const std::string& problem) const {
    for (std::size_t i = first; i < end; ++i)
      if (wanted_.has(i)) missing_[i] = problem;
  }

  std::shared_ptr<const CodedFile> file_;
  WantedFrames wanted_;

  mutable std::mutex mutex_;  // of all below
  mutable std::unique_ptr<VideoDecoder> decoder_;
  mutable std::deque<VideoDecoder::Step> ahead_;  // the decoder's first ones, not yet taken
  mutable std::size_t next_ = 0;                  // the number of the decoder's next frame
  mutable PassedFrames<UniqueFrame> passed_;
  mutable std::map<std::size_t, std::string> missing_;  // why
};

}  // namespace

std::unique_ptr<Video> open_coded_video(const std::filesystem::path& file, const WantedFrames& wanted,
                                        const LookedThrough& looked) {
  return std::make_unique<CodedVideo>(file, wanted, looked);
}

}  // namespace fg
