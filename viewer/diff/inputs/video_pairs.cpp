#include "viewer/diff/inputs/video_pairs.h"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/diff/inputs/file_pairs.h"
#include "viewer/diff/inputs/stamp.h"
#include "viewer/error.h"

namespace fg {
namespace {

std::unique_ptr<Video> open(const SourceOptions& options, std::size_t input, const LookedThrough& looked) {
  const FrameRange& range = options.frames;
  const bool is_test = input + 1 < options.inputs.size();
  const std::int64_t offset = is_test ? range.offset : 0;
  // The first frame that both have, in steps of --every from --frames FIRST on.
  const auto every = static_cast<std::int64_t>(range.every);
  std::int64_t first = static_cast<std::int64_t>(range.first) + offset;
  if (first < 0) first += (-first + every - 1) / every * every;
  WantedFrames wanted{
      .first = static_cast<std::size_t>(first), .every = range.every, .at_once = options.workers};
  if (range.end)
    wanted.end =
        static_cast<std::size_t>(std::max<std::int64_t>(0, static_cast<std::int64_t>(*range.end) + offset));
  return open_video(options.inputs[input], options.layout, wanted, options.images.background, looked);
}

}  // namespace

VideoPairs::VideoPairs(const SourceOptions& options)
    : rules_(options.images),
      files_(options.inputs),
      names_(names_of_tests(options.inputs)),
      range_(options.frames),
      as_rgb_(options.as_rgb) {
  video = true;
  std::vector<std::string> order = files_;
  std::rotate(order.begin() + 1, order.end() - 1, order.end());  // the reference after the first test
  LookThrough look(order, options.looked_through);
  for (std::size_t i = 0; i + 1 < files_.size(); ++i) {
    tests_.push_back(open(options, i, look.next()));
    // One for each test: the tests are gone through one after the other, and a decoder only goes forward.
    references_.push_back(i == 0 ? open(options, files_.size() - 1, look.next()) : reference().another());
    check_same_format(tests_.back()->format(), files_[i]);
  }
  const VideoFormat& format = reference().format();
  luma_only = format.kind == Frame::Kind::planes && !as_rgb_;
  chroma = luma_only && format.chroma.width > 0;
  frames_ = common_frames();
  note_what_is_left();
  for (const auto& test : tests_) describe(*test);
  describe(reference());
}

std::unique_ptr<VideoPairs> VideoPairs::another() const {
  std::unique_ptr<VideoPairs> pairs(new VideoPairs());
  pairs->video = video;
  pairs->luma_only = luma_only;
  pairs->chroma = chroma;
  pairs->rules_ = rules_;
  pairs->files_ = files_;
  pairs->names_ = names_;
  pairs->range_ = range_;
  pairs->as_rgb_ = as_rgb_;
  pairs->frames_ = frames_;
  for (const auto& test : tests_) pairs->tests_.push_back(test->another());
  for (const auto& one : references_) pairs->references_.push_back(one->another());
  return pairs;
}

PairIdentity VideoPairs::identity(std::size_t index) const {
  const std::size_t test = index / frames_.size();
  const std::string of = tests_.size() == 1 ? "" : names_[test];
  const std::string name = fmt::format("frame_{:05}", frames_[index % frames_.size()]);
  return {of.empty() ? name : of + "/" + name, files_[test], files_.back(),
          stamp_of(files_[test]) + " " + stamp_of(files_.back()), of};
}

FramePair VideoPairs::load(std::size_t index) const {
  const std::size_t test = index / frames_.size(), frame = frames_[index % frames_.size()];
  const auto at = static_cast<std::size_t>(static_cast<std::int64_t>(frame) + range_.offset);
  return {read(*tests_[test], at, files_[test]), read(*references_[test], frame, files_.back())};
}

std::string VideoPairs::why_no_frame() const {
  return fmt::format(
      "--frames, --every and --offset leave no frame to compare: the reference has {}, {} has {}",
      reference().frames(), files_.front(), tests_.front()->frames());
}

void VideoPairs::describe(const Video& described) {
  notes.insert(notes.end(), described.notes.begin(), described.notes.end());
  descriptions.push_back(described.description);
}

std::shared_ptr<const Frame> VideoPairs::read(const Video& from, std::size_t index,
                                              const std::string& name) const {
  Frame frame = from.read(index);
  if (rules_.crop) frame = cropped(frame, *rules_.crop, name);
  if (as_rgb_ && frame.kind == Frame::Kind::planes) frame = as_rgb(frame, name);
  return std::make_shared<const Frame>(std::move(frame));
}

// Codes are only compared with codes that mean the same: size, depth and chroma. As RGB the size is enough.
void VideoPairs::check_same_format(const VideoFormat& test, const std::string& name) {
  const VideoFormat& wanted = reference().format();
  const bool same_codes =
      test.kind == wanted.kind && (test.kind != Frame::Kind::planes ||
                                   (test.bits == wanted.bits && test.chroma.width == wanted.chroma.width &&
                                    test.chroma.height == wanted.chroma.height));
  const bool same_size = test.size.width == wanted.size.width && test.size.height == wanted.size.height;
  if (!same_size || !(same_codes || as_rgb_))
    throw Failure(
        ExitCode::size_mismatch,
        fmt::format(
            "{} is {}x{} {}, the reference {} is {}x{} {}; {}", name, test.size.width, test.size.height,
            test.name, files_.back(), wanted.size.width, wanted.size.height, wanted.name,
            same_size ? "convert one of them, or compare them with --as-rgb" : "convert one of them"));
  const auto note = [&](const std::string& is, const std::string& other, const char* what) {
    if (!as_rgb_ && !is.empty() && !other.empty() && is != other)
      notes.push_back(fmt::format("{} is {}{}, the reference {}{}; their codes are compared as they are",
                                  name, is, what, other, what));
  };
  note(test.matrix, wanted.matrix, "");
  note(test.range, wanted.range, " range");
  // YUV that does not say is taken for limited: of the two, only full is a surprise.
  const auto surprise = [&](const std::string& is, const std::string& file, const std::string& other) {
    if (!as_rgb_ && is == "full" && wanted.chroma.width > 0)
      notes.push_back(fmt::format(
          "{} is full range, {} does not say its own; their codes are compared as they are", file, other));
  };
  if (wanted.range.empty()) surprise(test.range, name, files_.back());
  if (test.range.empty()) surprise(wanted.range, files_.back(), name);
}

std::vector<std::size_t> VideoPairs::common_frames() const {
  std::vector<std::size_t> frames;
  const std::size_t end = std::min(reference().frames(), range_.end.value_or(reference().frames()));
  for (std::size_t i = range_.first; i < end; i += range_.every) {
    const std::int64_t at = static_cast<std::int64_t>(i) + range_.offset;
    const bool everywhere = at >= 0 && std::all_of(tests_.begin(), tests_.end(), [&](const auto& test) {
                              return static_cast<std::size_t>(at) < test->frames();
                            });
    if (everywhere) frames.push_back(i);
  }
  return frames;
}

// Where the user chose the frames, the rest is not missing.
void VideoPairs::note_what_is_left() {
  for (std::size_t i = 0; i < tests_.size() && range_.whole(); ++i) {
    const std::size_t test = tests_[i]->frames(), wanted = reference().frames();
    if (test == wanted) continue;
    const std::string& longer = test > wanted ? files_[i] : files_.back();
    const std::size_t common = std::min(test, wanted), all = std::max(test, wanted);
    unmatched.push_back(fmt::format("{}: frames {} to {}", longer, common, all - 1));
    unmatched_count += all - common;
  }
}

std::unique_ptr<PairSource> open_video_pairs(const SourceOptions& options) {
  auto pairs = std::make_unique<VideoPairs>(options);
  if (pairs->count() == 0) throw Failure(ExitCode::usage, pairs->why_no_frame());
  return pairs;
}

}  // namespace fg
