#include "viewer/diff/inputs/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "viewer/diff/inputs/file_pairs.h"
#include "viewer/diff/inputs/stamp.h"
#include "viewer/diff/inputs/video.h"
#include "viewer/diff/inputs/video_folders.h"
#include "viewer/diff/inputs/video_pairs.h"
#include "viewer/diff/inputs/volume_pairs.h"
#include "viewer/error.h"
#include "viewer/report/near_names.h"

namespace fg {
namespace {

namespace fs = std::filesystem;

FileKind images(const ImageRules& rules) {
  return {.input = {.one = "an image",
                    .many = "images",
                    .is_folder = [](const fs::path& input) { return fs::is_directory(input); },
                    .list = list_images},
          .stamp = stamp_of,
          .load_reference = [rules](const fs::path& file) { return load_frame(file, rules); },
          .load_test = [rules](const fs::path& file, const Frame&) { return load_frame(file, rules); }};
}

// What the folders among the inputs hold together.
struct Folders {
  std::string of_pictures, of_videos;  // one that holds them; of videos alone
  std::vector<std::string> notes;      // of those that hold both
};

Folders look_into(const std::vector<std::string>& inputs) {
  Folders folders;
  for (const std::string& input : inputs) {
    if (std::error_code error; !fs::is_directory(input, error)) continue;
    const FolderContents contents = contents_of(input);
    if (contents.pictures) folders.of_pictures = input;
    if (!contents.pictures && (contents.animations || !contents.videos.empty())) folders.of_videos = input;
    if (!contents.pictures || contents.videos.empty()) continue;
    std::vector<std::string> names;
    for (const fs::path& file : contents.videos) names.push_back(file.string());
    folders.notes.push_back(
        fmt::format("{} holds pictures and videos; the pictures are compared, not {}. Put videos into "
                    "folders of their own",
                    input, listed(names, 3)));
  }
  return folders;
}

[[noreturn]] void throw_of_mixed(const std::vector<std::string>& inputs) {
  std::string video, other;
  for (const std::string& input : inputs) {
    if (std::error_code error; !fs::exists(input, error))
      throw unreadable(input, "there is no such file or folder");
    (is_video(input) ? video : other) = input;
  }
  throw Failure(ExitCode::usage,
                fmt::format("{} is a video, {} is none; video is compared with video, images with images; "
                            "convert one of them",
                            video, other));
}

}  // namespace

std::unique_ptr<PairSource> open_source(const SourceOptions& options) {
  if (are_volumes(options.inputs)) return open_volumes(options);
  const auto videos = std::count_if(options.inputs.begin(), options.inputs.end(),
                                    [](const std::string& file) { return is_video(file); });
  if (videos == static_cast<std::ptrdiff_t>(options.inputs.size())) return open_video_pairs(options);
  Folders folders = look_into(options.inputs);
  if (!folders.of_videos.empty() && !folders.of_pictures.empty())
    throw Failure(
        ExitCode::usage,
        fmt::format("{} holds videos, {} pictures; video is compared with video, images with images",
                    folders.of_videos, folders.of_pictures));
  if (!folders.of_videos.empty()) return open_video_folders(options);
  if (videos > 0) throw_of_mixed(options.inputs);
  if (options.layout || !options.frames.whole() || options.as_rgb)
    throw Failure(ExitCode::usage,
                  "--size, --format, --frames, --every, --offset and --as-rgb are for videos");
  auto source = open_file_pairs(options, images(options.images));
  source->notes = std::move(folders.notes);
  return source;
}

}  // namespace fg
