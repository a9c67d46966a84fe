#pragma once
// The frames of videos as pairs: one reference, one test or several, the same numbers of frames.

#include "viewer/diff/inputs/source.h"
#include "viewer/diff/inputs/video.h"

namespace fg {

class VideoPairs : public PairSource {
 public:
  // All inputs are videos. May find no frame to compare. Throws Failure with the exit code that the command returns.
  explicit VideoPairs(const SourceOptions& options);
  // For another pass: what was found is not looked for anew, and no file is open before a frame is asked for. Without notes and
  // descriptions.
  std::unique_ptr<VideoPairs> another() const;

  std::size_t count() const override { return frames_.size() * tests_.size(); }
  PairIdentity identity(std::size_t index) const override;
  FramePair load(std::size_t index) const override;
  std::string why_no_frame() const;  // one sentence, where count() is 0

 private:
  VideoPairs() = default;
  const Video& reference() const { return *references_.front(); }
  void describe(const Video& described);
  std::shared_ptr<const Frame> read(const Video& from, std::size_t index, const std::string& name) const;
  void check_same_format(const VideoFormat& test, const std::string& name);
  std::vector<std::size_t> common_frames() const;
  void note_what_is_left();

  ImageRules rules_;
  std::vector<std::string> files_, names_;  // names_: of the tests
  FrameRange range_;
  bool as_rgb_ = false;
  std::vector<std::unique_ptr<Video>> tests_, references_;
  std::vector<std::size_t> frames_;  // numbers of reference frames that all videos have
};

// The same. Throws Failure(usage) where no frame is left to compare.
std::unique_ptr<PairSource> open_video_pairs(const SourceOptions& options);

}  // namespace fg
