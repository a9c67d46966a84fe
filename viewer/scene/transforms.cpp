// transforms.json of nerfstudio and instant-ngp, and transforms_{train,val,test}.json of the Blender scenes.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <glm/matrix.hpp>
#include <set>

#include "viewer/error.h"
#include "viewer/scene/json_input.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

namespace {

using nlohmann::json;

// One frame with the defaults of the whole file behind it.
struct Frame {
  const std::filesystem::path& file;
  const std::string& entry;
  const json& own;
  const json& root;

  std::optional<double> number(const char* key) const {
    if (const auto value = optional_number(file, entry, own, key)) return value;
    return optional_number(file, file.filename().string(), root, key);
  }
  const json* find(const char* key) const {
    if (const auto it = own.find(key); it != own.end()) return &*it;
    if (const auto it = root.find(key); it != root.end()) return &*it;
    return nullptr;
  }
};

void refuse_fisheye(const Frame& frame) {
  const char* const advice = "; undistort the photos first: run colmap image_undistorter";
  if (const json* fisheye = frame.find("is_fisheye"))
    if ((fisheye->is_boolean() && fisheye->get<bool>()) ||
        (fisheye->is_number() && fisheye->get<double>() != 0))
      throw unreadable(frame.file, fmt::format("{}: is_fisheye is not supported{}", frame.entry, advice));
  const json* model = frame.find("camera_model");
  if (!model) return;
  std::string name = model->is_string() ? model->get<std::string>() : model->dump();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  for (const char* known :
       {"OPENCV", "FULL_OPENCV", "PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "PERSPECTIVE"})
    if (name == known) return;
  throw unreadable(frame.file, fmt::format("{}: camera_model {} is not supported{}", frame.entry,
                                           name.substr(0, 40), advice));
}

void fill_lens(const Frame& frame, ListedCamera& listed) {
  refuse_fisheye(frame);
  Intrinsics& lens = listed.camera.intrinsics;
  const auto width = frame.number("w"), height = frame.number("h");
  if (width && height) {
    lens.width = checked_pixels(frame.file, frame.entry, "w", *width);
    lens.height = checked_pixels(frame.file, frame.entry, "h", *height);
  }
  const auto fl_x = frame.number("fl_x"), fl_y = frame.number("fl_y");
  const auto angle_x = frame.number("camera_angle_x"), angle_y = frame.number("camera_angle_y");
  if (fl_x || fl_y) {
    lens.fx = fl_x.value_or(fl_y.value_or(0));
    lens.fy = fl_y.value_or(lens.fx);
  } else if (angle_x) {
    constexpr double kPi = 3.14159265358979323846;
    listed.horizontal_field = *angle_x;
    listed.vertical_field = angle_y.value_or(0);
    if (!(*angle_x > 0 && *angle_x < kPi) || listed.vertical_field < 0 || listed.vertical_field >= kPi)
      throw unreadable(frame.file,
                       fmt::format("{}: camera_angle_x {} is not between 0 and pi", frame.entry, *angle_x));
  } else {
    throw unreadable(frame.file, fmt::format("{}: expected fl_x or camera_angle_x", frame.entry));
  }
  lens.cx = frame.number("cx").value_or(-1);  // -1: the middle, once the size is known
  lens.cy = frame.number("cy").value_or(-1);
  Distortion& distortion = listed.camera.distortion;
  distortion = {frame.number("k1").value_or(0), frame.number("k2").value_or(0),
                frame.number("p1").value_or(0), frame.number("p2").value_or(0),
                frame.number("k3").value_or(0)};
  for (const char* key : {"k4", "k5", "k6"})
    if (frame.number(key).value_or(0) != 0)
      throw unreadable(
          frame.file,
          fmt::format("{}: distortion {} is not supported; undistort the photos first: run colmap "
                      "image_undistorter",
                      frame.entry, key));
}

// Camera to world with y up and z backwards (OpenGL), 3 or 4 rows, to world to camera with y down and z
// forward.
glm::dmat4 world_to_camera(const std::filesystem::path& file, const std::string& entry, const json& frame) {
  const auto rows = frame.find("transform_matrix");
  if (rows == frame.end() || !rows->is_array() || rows->size() < 3)
    throw unreadable(file, fmt::format("{}: expected a transform_matrix of 4 rows", entry));
  glm::dmat4 camera_to_world(1.0);
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 4; ++column)
      camera_to_world[column][row] =
          number_at(file, entry, (*rows)[static_cast<std::size_t>(row)], static_cast<std::size_t>(column));
  camera_to_world[1] = -camera_to_world[1];
  camera_to_world[2] = -camera_to_world[2];
  check_pose(file, entry, camera_to_world);
  return glm::inverse(camera_to_world);
}

// The names in train_filenames and its fellows; none of them: the file does not say.
struct NamedSplits {
  explicit NamedSplits(const json& root) {
    for (const char* key : {"train_filenames", "val_filenames", "test_filenames"})
      if (const auto names = root.find(key); names != root.end() && names->is_array()) {
        present = true;
        for (const json& name : *names)
          if (name.is_string() && std::string_view(key) != "train_filenames")
            test.insert(name.get<std::string>());
      }
  }
  std::optional<Split> of(const std::string& name) const {
    if (!present) return std::nullopt;
    return test.contains(name) ? Split::test : Split::train;
  }

  bool present = false;
  std::set<std::string> test;
};

std::optional<Split> split_of_file(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  if (stem == "transforms_train") return Split::train;
  if (stem == "transforms_test" || stem == "transforms_val") return Split::test;
  return std::nullopt;
}

}  // namespace

ListedCameras read_transforms(const std::filesystem::path& file) {
  const json root = read_json(file);
  const auto frames = root.is_object() ? root.find("frames") : root.end();
  if (!root.is_object() || frames == root.end() || !frames->is_array())
    throw unreadable(file, "expected an object with a list of frames, as nerfstudio and Blender scenes have");
  if (frames->empty()) throw unreadable(file, "lists no frames");
  const NamedSplits named(root);
  ListedCameras result;
  result.beside = file.parent_path();
  for (std::size_t i = 0; i < frames->size(); ++i) {
    const json& own = (*frames)[i];
    std::string entry = fmt::format("frame {}", i);
    if (!own.is_object()) throw unreadable(file, entry + ": expected an object");
    ListedCamera listed;
    listed.camera.name = required_text(file, entry, own, "file_path");
    entry += " (" + listed.camera.name + ")";
    listed.split = split_of_file(file);
    if (const auto split = named.of(listed.camera.name)) listed.split = split;
    listed.camera.world_to_camera = world_to_camera(file, entry, own);
    fill_lens({file, entry, own, root}, listed);
    result.cameras.push_back(std::move(listed));
  }
  for (const char* key : {"applied_transform", "applied_scale"})
    if (root.contains(key))
      result.notes.push_back(
          fmt::format("{}: {} is not undone; the splats are expected in the space of the frames",
                      file.filename().string(), key));
  return result;
}

ListedCameras read_blender_splits(const std::filesystem::path& folder) {
  ListedCameras result;
  result.beside = folder;
  const bool test_exists = std::filesystem::exists(folder / "transforms_test.json");
  for (const char* name : {"transforms_train.json", "transforms_test.json", "transforms_val.json"}) {
    const std::filesystem::path file = folder / name;
    if (!std::filesystem::exists(file)) continue;
    if (std::string_view(name) == "transforms_val.json" && test_exists) {
      result.notes.push_back("transforms_val.json is left out: transforms_test.json has the test views");
      continue;
    }
    ListedCameras part = read_transforms(file);
    std::move(part.cameras.begin(), part.cameras.end(), std::back_inserter(result.cameras));
    std::move(part.notes.begin(), part.notes.end(), std::back_inserter(result.notes));
  }
  return result;
}

}  // namespace fg
