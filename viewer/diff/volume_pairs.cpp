#include "viewer/diff/volume_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <set>

#include "viewer/diff/stamp.h"
#include "viewer/diff/volume_grid.h"
#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"
#include "viewer/io/volume.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

enum class Kind { none, file, series, folder };

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// Not .hdr, which is a Radiance picture here.
bool has_volume_ending(const fs::path& file) {
  fs::path name = lower_case(file.filename().string());
  if (name.extension() == ".gz") name = name.stem();
  const std::string ending = name.extension().string();
  return ending == ".nii" || ending == ".mha" || ending == ".mhd" || ending == ".nrrd" || ending == ".nhdr";
}

bool has_dicom_ending(const fs::path& file) { return lower_case(file.extension().string()) == ".dcm"; }

Kind kind_of_folder(const fs::path& folder) {
  std::error_code error;
  bool series = false;
  int looked_into = 0;  // of many files of another kind the first tell enough
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored) || it->path().filename().string().front() == '.') continue;
    if (has_volume_ending(it->path())) return Kind::folder;
    if (!series && looked_into < 8) series = has_dicom_ending(it->path()) || dicom::is_dicom(it->path());
    ++looked_into;
  }
  return series ? Kind::series : Kind::none;
}

Kind kind_of(const fs::path& input) {
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) return kind_of_folder(input);
  if (has_volume_ending(input) || has_dicom_ending(input)) return Kind::file;
  return dicom::is_dicom(input) ? Kind::file : Kind::none;
}

std::vector<fs::path> list_volumes(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (it->path().filename().string().front() != '.' && has_volume_ending(it->path()))
      files.push_back(it->path().filename());
  if (error) throw unreadable(folder, "the folder cannot be read: " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

struct Loaded {
  Volume volume;
  std::size_t not_finite = 0;
};

class VolumePairs : public PairSource {
 public:
  VolumePairs(std::vector<FilePair> pairs, const SourceOptions& options)
      : pairs_(std::move(pairs)), resample_(options.resample), outside_(options.outside) {
    volumes = true;
    const bool one_reference = std::all_of(pairs_.begin(), pairs_.end(), [&](const FilePair& pair) {
      return pair.reference == pairs_.front().reference;
    });
    if (one_reference && pairs_.size() > 1) reference_ = read(pairs_.front().reference);
  }
  std::size_t count() const override { return pairs_.size(); }
  PairIdentity identity(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    return {pair.name, pair.test.string(), pair.reference.string(),
            stamp_of(pair.test) + " " + stamp_of(pair.reference)};
  }
  FramePair load(std::size_t index) const override {
    const FilePair& pair = pairs_[index];
    const std::shared_ptr<const Loaded> reference = reference_ ? reference_ : read(pair.reference);
    std::shared_ptr<const Loaded> test = read(pair.test);
    if (const std::string difference = grid_difference(grid_of(test->volume), grid_of(reference->volume));
        !difference.empty()) {
      if (!resample_)
        throw Failure(ExitCode::size_mismatch, pair.test.string() + ": " + difference +
                                                   "; --resample brings the test onto the reference's grid");
      test = onto(*test, reference->volume);
    }
    return {frame_of(*test, reference->volume), frame_of(*reference, reference->volume)};
  }

 private:
  std::shared_ptr<const Loaded> read(const fs::path& file) const {
    auto loaded = std::make_shared<Loaded>();
    loaded->volume = load_volume(file, &loaded->not_finite);
    const std::lock_guard lock(mutex_);
    for (const std::string& note : loaded->volume.notes)
      if (said_.insert(file.string() + note).second)
        std::fprintf(stderr, "framegauge: %s: %s\n", file.c_str(), note.c_str());
    return loaded;
  }

  std::shared_ptr<const Loaded> onto(const Loaded& test, const Volume& reference) const {
    const float outside = outside_ ? static_cast<float>(*outside_)
                                   : *std::min_element(test.volume.values.begin(), test.volume.values.end());
    auto loaded = std::make_shared<Loaded>();
    loaded->volume = {.extent = reference.extent,
                      .values = resampled(test.volume, grid_of(reference), outside),
                      .voxel_to_world = reference.voxel_to_world,
                      .notes = {}};
    loaded->not_finite = test.not_finite;
    return loaded;
  }

  static std::shared_ptr<const Frame> frame_of(const Loaded& loaded, const Volume& reference) {
    const auto [low, high] = std::minmax_element(reference.values.begin(), reference.values.end());
    Frame frame{
        .kind = Frame::Kind::volume, .width = loaded.volume.extent[0], .height = loaded.volume.extent[1]};
    frame.depth = loaded.volume.extent[2];
    frame.bits = 32;
    frame.voxels = loaded.volume.values;
    frame.lowest = *low;
    frame.highest = *high;
    frame.not_finite = loaded.not_finite;
    return std::make_shared<const Frame>(std::move(frame));
  }

  std::vector<FilePair> pairs_;
  bool resample_;
  std::optional<double> outside_;
  std::shared_ptr<const Loaded> reference_;  // of one against many
  mutable std::mutex mutex_;
  mutable std::set<std::string> said_;
};

std::string name_of(const fs::path& path) {
  return (path.filename().empty() ? path.parent_path().filename() : path.filename()).string();
}

void add_pairs(const fs::path& test, const fs::path& reference, const SourceOptions& options,
               const std::string& name, bool several, Pairing& all) {
  const bool test_is_folder = kind_of(test) == Kind::folder,
             reference_is_folder = kind_of(reference) == Kind::folder;
  const std::string prefix = several ? name + "/" : "";
  if (!test_is_folder && reference_is_folder)
    throw Failure(ExitCode::usage,
                  fmt::format("{} is a folder of volumes and {} one volume; expected two volumes, two "
                              "folders, or tests against one reference, which comes last",
                              reference.string(), test.string()));
  if (!test_is_folder) {
    all.pairs.push_back({name, test, reference});
  } else if (!reference_is_folder) {
    for (const fs::path& file : list_volumes(test))
      all.pairs.push_back({prefix + file.string(), test / file, reference});
  } else {
    Pairing found = match_files(test, list_volumes(test), reference, list_volumes(reference), options.match);
    for (FilePair& pair : found.pairs) all.pairs.push_back({prefix + pair.name, pair.test, pair.reference});
    all.unmatched_tests.insert(all.unmatched_tests.end(), found.unmatched_tests.begin(),
                               found.unmatched_tests.end());
    all.unmatched_references.insert(all.unmatched_references.end(), found.unmatched_references.begin(),
                                    found.unmatched_references.end());
  }
}

void check_inputs(const SourceOptions& options) {
  for (const fs::path input : options.inputs) {
    if (std::error_code error; !fs::exists(input, error))
      throw unreadable(input, "there is no such file or folder");
    if (!is_volume(input))
      throw Failure(ExitCode::usage,
                    input.string() +
                        ": is no volume (NIfTI, NRRD, MetaImage, DICOM); volumes are compared with volumes");
  }
  if (options.layout || !options.frames.whole() || options.images.crop)
    throw Failure(ExitCode::usage,
                  "--size, --format, --frames, --every, --offset and --crop are not of volumes");
}

}  // namespace

bool is_volume(const fs::path& input) { return kind_of(input) != Kind::none; }

bool are_volumes(const std::vector<std::string>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const std::string& input) { return is_volume(input); });
}

std::unique_ptr<PairSource> open_volumes(const SourceOptions& options) {
  check_inputs(options);
  const std::size_t tests = options.inputs.size() - 1;
  std::set<std::string> names;
  Pairing all;
  for (std::size_t i = 0; i < tests; ++i) {
    std::string name = name_of(options.inputs[i]);
    if (!names.insert(name).second) names.insert(name = fs::path(options.inputs[i]).generic_string());
    add_pairs(options.inputs[i], options.inputs.back(), options, name, tests > 1, all);
  }
  if (all.pairs.empty())
    throw unreadable(options.inputs[0],
                     fmt::format("has no volume that matches one of {}; see --match", options.inputs.back()));
  const bool two_files = tests == 1 && kind_of(options.inputs[0]) != Kind::folder;
  auto source = std::make_unique<VolumePairs>(std::move(all.pairs), options);
  source->two_files = two_files;
  for (const auto* files : {&all.unmatched_tests, &all.unmatched_references})
    for (const fs::path& file : *files) source->unmatched.push_back(file.string());
  source->unmatched_count = source->unmatched.size();
  return source;
}

}  // namespace fg
