// Animated WebP as video: decoded in order, frame by frame, as the readers ask for them.

#include <fmt/format.h>

#include <mutex>

#include "viewer/diff/inputs/passed_frames.h"
#include "viewer/diff/inputs/video.h"
#include "viewer/error.h"
#include "viewer/io/animation.h"

namespace fg {
namespace {

class AnimatedVideo : public Video {
 public:
  AnimatedVideo(const std::filesystem::path& file, const WantedFrames& wanted,
                const std::array<float, 3>& background)
      : file_(file),
        wanted_(wanted),
        background_(background),
        reader_(std::make_unique<AnimationReader>(file)) {
    frames_ = reader_->frames();
    format_ = {.kind = Frame::Kind::rgb8, .size = reader_->size(), .name = "rgba"};
    description = {{"file", file.string()},    {"container", "webp"},
                   {"codec", "webp"},          {"pixel_format", format_.name},
                   {"background", background}, {"frames_numbered", "in the order of the file"}};
  }

  const VideoFormat& format() const override { return format_; }
  std::size_t frames() const override { return frames_; }
  std::unique_ptr<Video> another() const override {
    return std::unique_ptr<Video>(new AnimatedVideo(*this, Closed{}));
  }
  Frame read(std::size_t index) const override { return frame_of_codes(shown(index), background_); }

 private:
  struct Closed {};
  AnimatedVideo(const AnimatedVideo& like, Closed)
      : file_(like.file_),
        wanted_(like.wanted_),
        background_(like.background_),
        format_(like.format_),
        frames_(like.frames_) {}

  // The reader is anew at the start of the file when a frame is asked for that has passed.
  Image8 shown(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    if (auto held = passed_.take(index)) return std::move(*held);
    if (index > damaged_)
      throw unreadable(file_, fmt::format("frame {} is drawn on frame {}, which could not be decoded; it is "
                                          "damaged",
                                          index, damaged_));
    if (!reader_ || index < next_) {
      reader_ = std::make_unique<AnimationReader>(file_);
      passed_.clear();
      next_ = 0;
    }
    while (next_ < index) {
      Image8 picture = next_picture();
      passed_.keep(next_ - 1, std::move(picture), wanted_);
    }
    Image8 picture = next_picture();
    if (index + wanted_.every >= std::min(wanted_.end, frames_)) reader_.reset();  // its memory is not small
    return picture;
  }

  Image8 next_picture() const {
    if (next_ >= reader_->frames())
      throw unreadable(file_, fmt::format("frame {} expected, it has {}; it has become shorter", next_,
                                          reader_->frames()));
    try {
      Image8 picture = reader_->next();
      ++next_;
      return picture;
    } catch (const Failure&) {
      damaged_ = next_;
      reader_.reset();
      throw;
    }
  }

  std::filesystem::path file_;
  WantedFrames wanted_;
  std::array<float, 3> background_;
  VideoFormat format_;
  std::size_t frames_ = 0;

  mutable std::mutex mutex_;  // of all below
  mutable std::unique_ptr<AnimationReader> reader_;
  mutable std::size_t next_ = 0;  // the number of the reader's next frame
  mutable std::size_t damaged_ = SIZE_MAX;
  mutable PassedFrames<Image8> passed_;
};

}  // namespace

std::unique_ptr<Video> open_animated_video(const std::filesystem::path& file, const WantedFrames& wanted,
                                           const std::array<float, 3>& background) {
  return std::make_unique<AnimatedVideo>(file, wanted, background);
}

}  // namespace fg
