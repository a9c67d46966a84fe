#include "viewer/diff/inputs/video_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>
#include <set>

#include "viewer/diff/inputs/file_pairs.h"
#include "viewer/diff/inputs/stamp.h"
#include "viewer/diff/inputs/video_pairs.h"
#include "viewer/error.h"
#include "viewer/io/lower_case.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

bool is_animation(const fs::path& file) {
  try {
    return lower_ending(file) == ".webp" && is_video(file);
  } catch (const Failure&) {  // it cannot be read, which its row says
    return false;
  }
}

std::vector<fs::path> list_videos(const fs::path& folder) {
  return list_files(
      folder, [](const fs::path& file) { return is_video_name(file) || is_animation(file); },
      "holds no video; expected files named .mp4, .mkv, .mov, .webm, .y4m, .yuv or another "
      "ending of video");
}

// Two videos that belong together.
struct Clip {
  FilePair files;
  std::unique_ptr<VideoPairs> frames;  // as they were found; null where they cannot be compared
  std::optional<Failure> problem;      // then
  std::size_t first = 0, count = 1;    // of the source's pairs
};

class VideoFolders : public PairSource {
 public:
  explicit VideoFolders(const SourceOptions& options) : options_(options) {
    video = true;
    options_.looked_through = nullptr;
    const InputKind kind{.one = "a video",
                         .many = "videos",
                         .is_folder = [](const fs::path& input) { return fs::is_directory(input); },
                         .list = list_videos};
    Pairing pairing = pair_inputs(options, kind);
    std::vector<std::string> order;
    for (const FilePair& pair : pairing.pairs)
      order.insert(order.end(), {pair.test.string(), pair.reference.string()});
    LookThrough look(order, options.looked_through);
    for (FilePair& pair : pairing.pairs) add(std::move(pair), look.next_few(2));
    if (count() == 0)
      throw Failure(ExitCode::usage, "--frames, --every and --offset leave no frame of any video to compare");
    for (const auto* files : {&pairing.unmatched_tests, &pairing.unmatched_references})
      for (const fs::path& file : *files) unmatched.push_back(file.string());
    unmatched_count += pairing.unmatched_tests.size() + pairing.unmatched_references.size();
  }

  std::size_t count() const override {
    return clips_.empty() ? 0 : clips_.back().first + clips_.back().count;
  }
  PairIdentity identity(std::size_t index) const override {
    const Clip& clip = clip_of(index);
    PairIdentity identity =
        clip.frames ? clip.frames->identity(index - clip.first)
                    : PairIdentity{"", clip.files.test.string(), clip.files.reference.string(),
                                   stamp_of(clip.files.test) + " " + stamp_of(clip.files.reference), ""};
    identity.name = clip.files.name + (clip.frames ? "/" + identity.name : "");
    identity.video = clip.files.name;
    return identity;
  }
  FramePair load(std::size_t index) const override {
    const Clip& clip = clip_of(index);
    if (clip.problem) throw *clip.problem;
    return opened(clip)->load(index - clip.first);
  }

 private:
  const Clip& clip_of(std::size_t index) const {
    const auto next = std::upper_bound(clips_.begin(), clips_.end(), index,
                                       [](std::size_t i, const Clip& clip) { return i < clip.first; });
    return *std::prev(next);
  }

  void add(FilePair files, LookedThroughFiles looked) {
    SourceOptions of_clip = options_;
    of_clip.looked_through = std::move(looked);
    of_clip.inputs = {files.test.string(), files.reference.string()};
    Clip clip{.files = std::move(files), .frames = nullptr, .problem = {}, .first = count()};
    try {
      const VideoPairs found(of_clip);
      if (found.count() == 0) {
        notes.push_back(fmt::format("{}: {}", clip.files.name, found.why_no_frame()));
        return;
      }
      join(found, clip.files);
      clip.count = found.count();
      clip.frames = found.another();
    } catch (const Failure& failure) {
      if (failure.code != ExitCode::unreadable_input && failure.code != ExitCode::size_mismatch) throw;
      clip.problem.emplace(failure);
    }
    clips_.push_back(std::move(clip));
  }

  // What is said of one clip becomes what is said of all. They have the same columns.
  void join(const VideoPairs& found, const FilePair& files) {
    if (first_file_.empty()) {
      first_file_ = files.test.string();
      luma_only = found.luma_only;
      chroma = found.chroma;
    }
    if (luma_only != found.luma_only || chroma != found.chroma) {
      const auto name = [](bool planes, bool three) {
        return three ? "Y, U and V" : planes ? "Y" : "R, G and B";
      };
      throw Failure(ExitCode::usage,
                    fmt::format("{} has {}, {} has {}, and the scores of the two do not belong in one table; "
                                "compare them with --as-rgb, or apart",
                                first_file_, name(luma_only, chroma), files.test.string(),
                                name(found.luma_only, found.chroma)));
    }
    notes.insert(notes.end(), found.notes.begin(), found.notes.end());
    unmatched.insert(unmatched.end(), found.unmatched.begin(), found.unmatched.end());
    unmatched_count += found.unmatched_count;
    for (const auto& description : found.descriptions)
      if (described_.insert(description["file"]).second) descriptions.push_back(description);
  }

  // Frames are asked for nearly in order, so that two clips are in work where one ends and the next begins. Others are closed;
  // one that somebody still reads of ends with that reader.
  std::shared_ptr<const VideoPairs> opened(const Clip& clip) const {
    constexpr std::size_t kMostOpen = 2;
    std::shared_ptr<const VideoPairs> closed;  // after the lock
    const std::lock_guard lock(mutex_);
    for (const auto& [of, pairs] : open_)
      if (of == &clip) return pairs;
    open_.emplace_back(&clip, clip.frames->another());
    if (open_.size() > kMostOpen) {
      closed = std::move(open_.front().second);
      open_.pop_front();
    }
    return open_.back().second;
  }

  SourceOptions options_;
  std::vector<Clip> clips_;
  std::string first_file_;
  std::set<std::string> described_;
  mutable std::mutex mutex_;
  mutable std::deque<std::pair<const Clip*, std::shared_ptr<const VideoPairs>>> open_;
};

}  // namespace

FolderContents contents_of(const fs::path& folder) {
  FolderContents contents;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->path().filename().string().front() == '.')
      it.disable_recursion_pending();
    else if (!it->is_regular_file(ignored))
      continue;
    else if (is_image_name(it->path())) {
      if (contents.pictures) continue;  // no more need be known
      (is_animation(it->path()) ? contents.animations : contents.pictures) = true;
    } else if (is_video_name(it->path()))
      contents.videos.push_back(it->path().lexically_relative(folder));
  }
  std::sort(contents.videos.begin(), contents.videos.end());
  return contents;
}

std::unique_ptr<PairSource> open_video_folders(const SourceOptions& options) {
  return std::make_unique<VideoFolders>(options);
}

}  // namespace fg
