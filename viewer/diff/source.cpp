#include "viewer/diff/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "viewer/diff/stamp.h"
#include "viewer/diff/video.h"
#include "viewer/diff/video_pairs.h"
#include "viewer/diff/volume_pairs.h"
#include "viewer/error.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

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

}  // namespace

std::unique_ptr<PairSource> open_source(const SourceOptions& options) {
  if (are_volumes(options.inputs)) return open_volumes(options);
  const auto videos = std::count_if(options.inputs.begin(), options.inputs.end(),
                                    [](const std::string& file) { return is_video(file); });
  if (videos == static_cast<std::ptrdiff_t>(options.inputs.size())) return open_video_pairs(options);
  if (videos > 0)
    throw Failure(ExitCode::usage, "video is compared with video, images with images; convert one of them");
  if (options.layout || !options.frames.whole() || options.as_rgb)
    throw Failure(ExitCode::usage,
                  "--size, --format, --frames, --every, --offset and --as-rgb are for videos");
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
