#include "viewer/scene/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/scene/listed_cameras.h"
#include "viewer/scene/photos.h"

namespace fg {

namespace fs = std::filesystem;

namespace {

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool holds_model(const fs::path& folder) {
  return (is_there(folder / "cameras.bin") && is_there(folder / "images.bin")) ||
         (is_there(folder / "cameras.txt") && is_there(folder / "images.txt"));
}

// A JSON list is INRIA's cameras.json; an object is a transforms.json.
ListedCameras read_json_cameras(const fs::path& file) {
  for (const std::uint8_t byte : read_file_start(file, 4096)) {
    if (byte == '[') return read_inria_cameras(file);
    if (byte == '{') return read_transforms(file);
    if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t' && byte != 0xef && byte != 0xbb &&
        byte != 0xbf)
      break;
  }
  throw unreadable(file,
                   std::string(std::filesystem::is_empty(file) ? "is empty; " : "") +
                       "expected transforms.json, an INRIA cameras.json or a folder with a COLMAP model");
}

ListedCameras read_cameras(const fs::path& cameras) {
  if (!is_there(cameras)) throw unreadable(cameras, "does not exist; expected cameras");
  if (!is_folder(cameras)) {
    const std::string extension = cameras.extension().string();
    if (extension == ".bin" || extension == ".txt") {
      const fs::path folder = cameras.has_parent_path() ? cameras.parent_path() : fs::path(".");
      if (holds_model(folder)) return read_colmap(folder);
      throw unreadable(folder, "expected cameras.bin and images.bin, or cameras.txt and images.txt");
    }
    return read_json_cameras(cameras);
  }
  for (const char* below : {"", "sparse/0", "sparse", "colmap/sparse/0", "0"})
    if (holds_model(cameras / below)) {
      ListedCameras listed = read_colmap(cameras / below);
      if (std::string_view(below).ends_with("0") && holds_model((cameras / below).parent_path() / "1"))
        listed.notes.push_back(fmt::format("{} holds several models; {} is used",
                                           (cameras / below).parent_path().string(), below));
      return listed;
    }
  if (is_there(cameras / "transforms.json")) return read_json_cameras(cameras / "transforms.json");
  if (is_there(cameras / "transforms_train.json") || is_there(cameras / "transforms_test.json"))
    return read_blender_splits(cameras);
  if (is_there(cameras / "cameras.json")) return read_json_cameras(cameras / "cameras.json");
  throw unreadable(
      cameras,
      "expected a COLMAP model (cameras.bin, images.bin or .txt, also in sparse/0), transforms.json, "
      "transforms_train.json or cameras.json in this folder");
}

std::vector<fs::path> photo_roots(const fs::path& given, const fs::path& beside) {
  if (!given.empty()) {
    if (!is_folder(given)) throw unreadable(given, "is not a folder; expected the folder of photos");
    return {given};
  }
  std::vector<fs::path> roots{beside.empty() ? fs::path(".") : beside};
  std::error_code ignored;
  fs::path folder = fs::absolute(roots.front(), ignored).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // a trailing slash
  for (int up = 0; up < 3;
       ++up, folder = folder.parent_path())  // scene/sparse/0 has its photos in scene/images
    if (is_folder(folder / "images")) roots.push_back(folder / "images");
  return roots;
}

// Two cameras never share a photo: where folders in front were left out, cam1/1.jpg and cam2/1.jpg might.
void drop_doubtful(const std::vector<PhotoFinder::Match>& matches, std::vector<ListedCamera>& listed) {
  std::map<fs::path, int> uses;
  for (const PhotoFinder::Match& match : matches) ++uses[match.file];
  for (std::size_t i = 0; i < listed.size(); ++i)
    if (matches[i].exact || uses[matches[i].file] == 1) listed[i].camera.photo = matches[i].file;
}

// File names where they are unique (a.png), else paths (train/r_0.png). COLMAP's names stay as they are.
void settle_names(std::vector<ListedCamera>& listed) {
  std::map<std::string, int> uses;
  const auto short_name = [](const Camera& camera) {
    const fs::path path = camera.photo.empty() ? fs::path(camera.name) : camera.photo;
    return path.filename().string();
  };
  for (const ListedCamera& one : listed) ++uses[short_name(one.camera)];
  const bool unique = std::all_of(uses.begin(), uses.end(), [](const auto& use) { return use.second == 1; });
  for (ListedCamera& one : listed) {
    Camera& camera = one.camera;
    const std::string name = short_name(camera);
    if (unique)
      camera.name = name;
    else
      camera.name =
          (fs::path(camera.name).lexically_normal().relative_path().parent_path() / name).generic_string();
  }
}

// Sizes that the file leaves open come from the photo, or from the other photos for a camera without one.
void settle_sizes(const fs::path& file, std::vector<ListedCamera>& listed) {
  ImageSize known;
  std::string damaged;  // the first photo that could not be read: an error only when no other gives the size
  for (ListedCamera& one : listed) {
    Intrinsics& lens = one.camera.intrinsics;
    if (lens.width == 0 && !one.camera.photo.empty()) {
      try {
        const ImageSize size = peek_image_size(one.camera.photo);
        lens.width = size.width;
        lens.height = size.height;
      } catch (const Failure& failure) {
        if (damaged.empty()) damaged = failure.what();
      }
    }
    if (known.width == 0) known = {lens.width, lens.height};
  }
  for (ListedCamera& one : listed) {
    Intrinsics& lens = one.camera.intrinsics;
    if (lens.width == 0) {
      if (known.width == 0 && !damaged.empty()) throw Failure(ExitCode::unreadable_input, damaged);
      if (known.width == 0)
        throw unreadable(
            file, "gives no size (w, h) and no photo was found to take it from; name the folder of photos");
      lens.width = known.width;
      lens.height = known.height;
    }
    if (one.horizontal_field > 0) {
      lens.fx = 0.5 * lens.width / std::tan(0.5 * one.horizontal_field);
      lens.fy = one.vertical_field > 0 ? 0.5 * lens.height / std::tan(0.5 * one.vertical_field) : lens.fx;
    }
    if (lens.cx == -1) lens.cx = 0.5 * lens.width;
    if (lens.cy == -1) lens.cy = 0.5 * lens.height;
    check_intrinsics(file, one.camera.name, one.camera);
  }
}

}  // namespace

Dataset load_dataset(const fs::path& cameras, const fs::path& images) {
  ListedCameras listed = read_cameras(cameras);
  PhotoFinder finder(photo_roots(images, listed.beside));
  std::vector<PhotoFinder::Match> matches;
  for (const ListedCamera& one : listed.cameras) matches.push_back(finder.find(one.camera.name));
  drop_doubtful(matches, listed.cameras);
  const std::string first_name = listed.cameras.front().camera.name;
  if (!listed.from_colmap) settle_names(listed.cameras);
  settle_sizes(cameras, listed.cameras);
  std::stable_sort(
      listed.cameras.begin(), listed.cameras.end(),
      [](const ListedCamera& a, const ListedCamera& b) { return a.camera.name < b.camera.name; });

  Dataset dataset;
  dataset.notes = std::move(listed.notes);
  const bool split_given = std::any_of(listed.cameras.begin(), listed.cameras.end(),
                                       [](const ListedCamera& one) { return one.split.has_value(); });
  std::size_t distorted = 0;
  for (std::size_t i = 0; i < listed.cameras.size(); ++i) {
    ListedCamera& one = listed.cameras[i];
    one.camera.split = split_given  ? one.split.value_or(Split::train)
                       : i % 8 == 0 ? Split::test
                                    : Split::train;
    if (one.camera.photo.empty()) dataset.missing.push_back(one.camera.name);
    distorted += !one.camera.distortion.none();
    dataset.cameras.push_back(std::move(one.camera));
  }
  if (dataset.missing.size() == dataset.cameras.size()) {
    if (!images.empty())
      throw unreadable(images, fmt::format("holds none of the {} photos that {} lists, such as {}",
                                           dataset.cameras.size(), cameras.string(), first_name));
    dataset.missing.clear();
    dataset.notes.push_back(fmt::format(
        "no photos found beside {}; name their folder (--images) to compare with them", cameras.string()));
  }
  if (distorted > 0)
    dataset.notes.push_back(
        fmt::format("{} of {} cameras have lens distortion; their photos are undistorted when loaded",
                    distorted, dataset.cameras.size()));
  return dataset;
}

}  // namespace fg
