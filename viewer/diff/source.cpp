#include "viewer/diff/source.h"

#include <algorithm>

#include "viewer/diff/file_pairs.h"
#include "viewer/diff/stamp.h"
#include "viewer/diff/video.h"
#include "viewer/diff/video_pairs.h"
#include "viewer/diff/volume_pairs.h"
#include "viewer/error.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

FileKind images(const ImageRules& rules) {
  return {.one = "an image",
          .many = "images",
          .is_folder = [](const fs::path& input) { return fs::is_directory(input); },
          .list = list_images,
          .stamp = stamp_of,
          .load_reference = [rules](const fs::path& file) { return load_frame(file, rules); },
          .load_test = [rules](const fs::path& file, const Frame&) { return load_frame(file, rules); }};
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
  return open_file_pairs(options, images(options.images));
}

}  // namespace fg
