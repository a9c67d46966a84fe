#include "viewer/diff/source.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "viewer/error.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

std::string stamp_of(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "absent";
  return fmt::format("{}:{}.{:09}", status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
}

class ImagePairs : public PairSource {
 public:
  ImagePairs(std::vector<FilePair> pairs, const ImageRules& rules) : pairs_(std::move(pairs)), rules_(rules) {
    const bool one_reference = std::all_of(pairs_.begin(), pairs_.end(), [&](const FilePair& pair) {
      return pair.reference == pairs_.front().reference;
    });
    if (one_reference && pairs_.size() > 1) reference_ = load_frame(pairs_.front().reference, rules_);
  }
  std::size_t count() const override { return pairs_.size(); }
  PairIdentity identity(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    return {pair.name, pair.test.string(), pair.reference.string(),
            stamp_of(pair.test) + " " + stamp_of(pair.reference)};
  }
  FramePair load(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    return {load_frame(pair.test, rules_), reference_ ? reference_ : load_frame(pair.reference, rules_)};
  }

 private:
  std::vector<FilePair> pairs_;
  ImageRules rules_;
  std::shared_ptr<const Frame> reference_;  // of one against many
};

class VideoPairs : public PairSource {
 public:
  VideoPairs(const SourceOptions& options)
      : reference_(options.inputs.back(), options.layout),
        rules_(options.images),
        files_(options.inputs),
        range_(options.frames) {
    raw_video = true;
    for (std::size_t i = 0; i + 1 < files_.size(); ++i) {
      tests_.push_back(std::make_unique<RawVideo>(files_[i], options.layout));
      check_same_layout(*tests_.back(), files_[i]);
    }
    chroma = !reference_.layout().format.grey;
    frames_ = frames_of(range_);
    note_what_is_left();
    for (std::size_t i = 0; i < files_.size(); ++i)
      if (const std::uint64_t bytes = video(i).surplus_bytes())
        notes.push_back(
            fmt::format("{}: {} bytes after frame {} are no whole frame; is it cut short, or has it "
                        "another size or format?",
                        files_[i], bytes, video(i).frames() - 1));
  }

  std::size_t count() const override { return frames_.size() * tests_.size(); }
  PairIdentity identity(std::size_t index) const override {
    const std::size_t test = index / frames_.size();
    const std::string name = fmt::format("frame_{:05}", frames_[index % frames_.size()]);
    return {tests_.size() == 1 ? name : fs::path(files_[test]).filename().string() + "/" + name, files_[test],
            files_.back(), stamp_of(files_[test]) + " " + stamp_of(files_.back())};
  }
  FramePair load(std::size_t index) const override {
    const std::size_t test = index / frames_.size(), frame = frames_[index % frames_.size()];
    const auto at = static_cast<std::size_t>(static_cast<std::int64_t>(frame) + range_.offset);
    return {read(*tests_[test], at, files_[test]), read(reference_, frame, files_.back())};
  }

 private:
  const RawVideo& video(std::size_t i) const { return i < tests_.size() ? *tests_[i] : reference_; }

  std::shared_ptr<const Frame> read(const RawVideo& from, std::size_t index, const std::string& name) const {
    Frame frame = from.read(index);
    if (rules_.crop) frame = cropped(frame, *rules_.crop, name);
    return std::make_shared<const Frame>(std::move(frame));
  }

  void check_same_layout(const RawVideo& test, const std::string& name) const {
    const RawVideoLayout &a = test.layout(), &b = reference_.layout();
    const std::string is = fmt::format("{}x{} {}", a.size.width, a.size.height, pixel_format_name(a.format));
    const std::string wanted =
        fmt::format("{}x{} {}", b.size.width, b.size.height, pixel_format_name(b.format));
    if (is != wanted)
      throw Failure(ExitCode::size_mismatch,
                    fmt::format("{} is {}, the reference {} is {}; convert one of them", name, is,
                                files_.back(), wanted));
  }

  // Numbers of reference frames that all videos have.
  std::vector<std::size_t> frames_of(const FrameRange& range) const {
    std::vector<std::size_t> frames;
    const std::size_t end = std::min(reference_.frames(), range.end.value_or(reference_.frames()));
    for (std::size_t i = range.first; i < end; i += range.every) {
      const std::int64_t at = static_cast<std::int64_t>(i) + range.offset;
      const bool everywhere = at >= 0 && std::all_of(tests_.begin(), tests_.end(), [&](const auto& test) {
                                return static_cast<std::size_t>(at) < test->frames();
                              });
      if (everywhere) frames.push_back(i);
    }
    if (frames.empty())
      throw Failure(
          ExitCode::usage,
          fmt::format("--frames, --every and --offset leave no frame to compare: the reference has {}, {} "
                      "has {}",
                      reference_.frames(), files_.front(), tests_.front()->frames()));
    return frames;
  }

  // Where the user chose the frames, the rest is not missing.
  void note_what_is_left() {
    for (std::size_t i = 0; i < tests_.size() && range_.whole(); ++i) {
      const std::size_t test = tests_[i]->frames(), reference = reference_.frames();
      if (test == reference) continue;
      const std::string& longer = test > reference ? files_[i] : files_.back();
      const std::size_t common = std::min(test, reference), all = std::max(test, reference);
      unmatched.push_back(fmt::format("{}: frames {} to {}", longer, common, all - 1));
      unmatched_count += all - common;
    }
  }

  RawVideo reference_;
  ImageRules rules_;
  std::vector<std::string> files_;
  FrameRange range_;
  std::vector<std::unique_ptr<RawVideo>> tests_;
  std::vector<std::size_t> frames_;
};

std::string file_name(const fs::path& path) {
  const fs::path name = path.filename();
  return (name.empty() ? path.parent_path().filename() : name).string();
}

void add_folder(const fs::path& test, const fs::path& reference, const MatchRule& rule,
                const std::string& prefix, Pairing& all) {
  Pairing pairing = match_files(test, list_images(test), reference, list_images(reference), rule);
  for (FilePair& pair : pairing.pairs) {
    pair.name = prefix + pair.name;
    all.pairs.push_back(std::move(pair));
  }
  std::move(pairing.unmatched_tests.begin(), pairing.unmatched_tests.end(),
            std::back_inserter(all.unmatched_tests));
  std::move(pairing.unmatched_references.begin(), pairing.unmatched_references.end(),
            std::back_inserter(all.unmatched_references));
}

Pairing find_pairs(const SourceOptions& options) {
  const fs::path reference = options.inputs.back();
  const std::size_t tests = options.inputs.size() - 1;
  std::set<std::string> names;
  Pairing all;
  for (std::size_t i = 0; i < tests; ++i) {
    const fs::path test = options.inputs[i];
    for (const fs::path& path : {test, reference})
      if (std::error_code error; !fs::exists(path, error))
        throw unreadable(path, "there is no such file or folder");
    const bool test_is_folder = fs::is_directory(test), reference_is_folder = fs::is_directory(reference);
    std::string name = file_name(test);
    if (!names.insert(name).second &&
        !names.insert(name = test.generic_string()).second)  // a/1.png and b/1.png
      throw Failure(ExitCode::usage, test.string() + ": is given twice; name each test once");
    const std::string prefix = tests > 1 ? name + "/" : "";
    if (test_is_folder && reference_is_folder)
      add_folder(test, reference, options.match, prefix, all);
    else if (test_is_folder)
      for (const fs::path& file : list_images(test))
        all.pairs.push_back({prefix + file.generic_string(), test / file, reference});
    else if (reference_is_folder)
      throw Failure(ExitCode::usage,
                    fmt::format("{} is a folder and {} a file; expected two files, two folders, or "
                                "tests against one reference file, which comes last",
                                reference.string(), test.string()));
    else
      all.pairs.push_back({name, test, reference});
  }
  return all;
}

std::size_t parse_number(const std::string& text, const std::string& whole) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Failure(ExitCode::usage, "--frames " + whole +
                                       ": expected FIRST:END, numbers from 0, END not included, such "
                                       "as 10:20, 10: or :20");
  return value;
}

}  // namespace

void parse_frames(const std::string& text, FrameRange& range) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) parse_number("", text);
  if (colon > 0) range.first = parse_number(text.substr(0, colon), text);
  if (colon + 1 < text.size()) range.end = parse_number(text.substr(colon + 1), text);
}

std::unique_ptr<PairSource> open_source(const SourceOptions& options) {
  const auto videos = std::count_if(options.inputs.begin(), options.inputs.end(),
                                    [](const std::string& file) { return is_raw_video(file); });
  if (videos == static_cast<std::ptrdiff_t>(options.inputs.size()))
    return std::make_unique<VideoPairs>(options);
  if (videos > 0)
    throw Failure(ExitCode::usage,
                  "raw video is compared with raw video, images with images; convert one of them");
  if (options.layout || !options.frames.whole())
    throw Failure(ExitCode::usage,
                  "--size, --format, --frames, --every and --offset are for .yuv and .y4m files");
  Pairing pairing = find_pairs(options);
  const bool two_files = options.inputs.size() == 2 && !fs::is_directory(options.inputs[0]);
  if (pairing.pairs.empty())
    throw unreadable(options.inputs[0],
                     fmt::format("has no file that matches one of {}; see --match", options.inputs.back()));
  auto source = std::make_unique<ImagePairs>(std::move(pairing.pairs), options.images);
  source->two_files = two_files;
  for (const auto* files : {&pairing.unmatched_tests, &pairing.unmatched_references})
    for (const fs::path& file : *files) source->unmatched.push_back(file.string());
  source->unmatched_count = source->unmatched.size();
  return source;
}

}  // namespace fg
