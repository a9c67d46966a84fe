#include "viewer/diff/inputs/volume_pairs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "viewer/diff/inputs/file_pairs.h"
#include "viewer/diff/inputs/stamp.h"
#include "viewer/diff/inputs/volume_grid.h"
#include "viewer/error.h"
#include "viewer/io/dicom_elements.h"
#include "viewer/io/lower_case.h"
#include "viewer/io/volume.h"
#include "viewer/io/volume_names.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

enum class Kind { none, file, series, folder };

bool has_dicom_ending(const fs::path& file) { return lower_ending(file) == ".dcm"; }

// What the files of a folder say together.
struct Found {
  bool volume = false, picture = false, dicom = false;  // in the folder itself
  bool volume_below = false, picture_below = false;
  std::vector<fs::path> others;  // in the folder itself

  void add(const fs::path& file, bool below) {
    if (is_volume_name(file))
      (below ? volume_below : volume) = true;
    else if (is_image_name(file))
      (below ? picture_below : picture) = true;
    else if (!below && has_dicom_ending(file))
      dicom = true;
    else if (!below)
      others.push_back(file);
  }
};

Found files_in(const fs::path& folder) {
  Found found;
  std::error_code error;
  fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && it != end && !found.volume; it.increment(error)) {
    std::error_code ignored;
    if (it->path().filename().string().front() == '.')
      it.disable_recursion_pending();
    else if (it->is_regular_file(ignored))
      found.add(it->path(), it.depth() > 0);
  }
  return found;
}

// Volumes in the folder itself decide. DICOM files are one series unless a picture lies beside them: then one of them is
// there by chance. Volumes further below do not decide against pictures.
Kind kind_of_folder(const fs::path& folder) {
  Found found = files_in(folder);
  if (found.volume) return Kind::folder;
  if (found.picture) return Kind::none;
  constexpr std::size_t kLookedInto = 8;  // of many files of another kind the first tell enough
  const std::size_t some = std::min(found.others.size(), kLookedInto);
  std::partial_sort(found.others.begin(), found.others.begin() + static_cast<std::ptrdiff_t>(some),
                    found.others.end());
  found.others.resize(some);
  if (found.dicom || std::any_of(found.others.begin(), found.others.end(), dicom::is_dicom))
    return Kind::series;
  return found.volume_below && !found.picture_below ? Kind::folder : Kind::none;
}

Kind kind_of(const fs::path& input) {
  std::error_code ignored;
  if (fs::is_directory(input, ignored)) return kind_of_folder(input);
  return is_volume_name(input) || has_dicom_ending(input) || dicom::is_dicom(input) ? Kind::file : Kind::none;
}

std::vector<fs::path> list_volumes(const fs::path& folder) {
  return list_files(folder, is_volume_name,
                    "holds no volume; expected files named .nii, .nii.gz, .mha, .mhd, .nrrd or .nhdr");
}

std::string stamp_of_volume(const fs::path& volume) {
  std::string stamps;
  for (const fs::path& file : files_of_volume(volume)) stamps += (stamps.empty() ? "" : ",") + stamp_of(file);
  return stamps;
}

VolumeGrid grid_of(const Frame& frame) {
  return {{frame.width, frame.height, frame.depth}, frame.voxel_to_world};
}

Frame frame_of(const fs::path& file, Volume&& volume, std::size_t not_finite) {
  Frame frame{.kind = Frame::Kind::volume, .width = volume.extent[0], .height = volume.extent[1], .bits = 32};
  frame.depth = volume.extent[2];
  frame.voxels = std::move(volume.values);
  frame.voxel_to_world = volume.voxel_to_world;
  frame.not_finite = not_finite;
  for (const std::string& note : volume.notes) frame.notes.push_back(file.string() + ": " + note);
  return frame;
}

std::shared_ptr<const Frame> load_reference(const fs::path& file) {
  std::size_t not_finite = 0;
  Volume volume = load_volume(file, &not_finite);
  Frame frame = frame_of(file, std::move(volume), not_finite);
  const auto [low, high] = std::minmax_element(frame.voxels.begin(), frame.voxels.end());
  frame.lowest = *low;
  frame.highest = *high;
  return std::make_shared<const Frame>(std::move(frame));
}

void bring_onto(const VolumeGrid& grid, std::optional<double> outside, Volume& test) {
  const auto beyond =
      static_cast<float>(outside ? *outside : *std::min_element(test.values.begin(), test.values.end()));
  test.values = resampled(test, grid, std::numeric_limits<float>::quiet_NaN());  // a volume has none
  std::size_t count = 0;
  for (float& value : test.values)
    if (std::isnan(value)) {
      value = beyond;
      ++count;
    }
  if (count)
    test.notes.push_back(
        fmt::format("{:.3g} % of the reference's voxels lie beyond its grid and count as {:g}",
                    100.0 * static_cast<double>(count) / static_cast<double>(test.values.size()), beyond));
  test.extent = grid.extent;
  test.voxel_to_world = grid.voxel_to_world;
}

struct TestLoader {
  bool resample;
  std::optional<double> outside;

  std::shared_ptr<const Frame> operator()(const fs::path& file, const Frame& reference) const {
    std::size_t not_finite = 0;
    Volume volume = load_volume(file, &not_finite);
    const VolumeGrid grid = grid_of(reference);
    if (!put_in_order(volume, grid)) {
      if (!resample)
        throw Failure(ExitCode::size_mismatch, file.string() + ": " + grid_difference(grid_of(volume), grid) +
                                                   "; --resample brings the test onto the reference's grid");
      bring_onto(grid, outside, volume);
    }
    Frame frame = frame_of(file, std::move(volume), not_finite);
    frame.lowest = reference.lowest;
    frame.highest = reference.highest;
    return std::make_shared<const Frame>(std::move(frame));
  }
};

void check_inputs(const SourceOptions& options) {
  for (const fs::path input : options.inputs) {
    if (std::error_code error; !fs::exists(input, error))
      throw unreadable(input, "there is no such file or folder");
    if (!is_volume(input))
      throw Failure(ExitCode::usage,
                    input.string() +
                        ": is no volume (NIfTI, NRRD, MetaImage, DICOM); volumes are compared with volumes");
  }
  if (options.layout || !options.frames.whole() || options.as_rgb)
    throw Failure(ExitCode::usage,
                  "--size, --format, --frames, --every, --offset and --as-rgb are of videos, not of volumes");
  const ImageRules& images = options.images;
  if (images.crop || images.scene_linear || images.background != ImageRules{}.background)
    throw Failure(
        ExitCode::usage,
        "--crop, --tonemap and --background are of pictures, not of volumes, whose values are taken as "
        "they are");
}

}  // namespace

bool is_volume(const fs::path& input) { return kind_of(input) != Kind::none; }

bool are_volumes(const std::vector<std::string>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(), [](const std::string& input) { return is_volume(input); });
}

std::unique_ptr<PairSource> open_volumes(const SourceOptions& options) {
  check_inputs(options);
  auto source = open_file_pairs(
      options, {.input = {.one = "a volume",
                          .many = "volumes",
                          .is_folder = [](const fs::path& input) { return kind_of(input) == Kind::folder; },
                          .list = list_volumes},
                .stamp = stamp_of_volume,
                .load_reference = load_reference,
                .load_test = TestLoader{options.resample, options.outside}});
  source->volumes = true;
  return source;
}

}  // namespace fg
