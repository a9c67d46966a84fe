// cameras.json, which the INRIA trainer writes beside its results.

#include <fmt/format.h>

#include <cmath>
#include <glm/matrix.hpp>

#include "viewer/error.h"
#include "viewer/scene/json_input.h"
#include "viewer/scene/listed_cameras.h"

namespace fg {

ListedCameras read_inria_cameras(const std::filesystem::path& file) {
  const nlohmann::json root = read_json(file);
  if (!root.is_array()) throw unreadable(file, "expected a list of cameras, as the INRIA trainer writes it");
  if (root.empty()) throw unreadable(file, "lists no cameras");
  ListedCameras result;
  result.beside = file.parent_path();
  for (std::size_t i = 0; i < root.size(); ++i) {
    const nlohmann::json& own = root[i];
    std::string entry = fmt::format("camera {}", i);
    if (!own.is_object()) throw unreadable(file, entry + ": expected an object");
    ListedCamera listed;
    Camera& camera = listed.camera;
    camera.name = required_text(file, entry, own, "img_name");
    entry += " (" + camera.name + ")";
    Intrinsics& lens = camera.intrinsics;
    lens.width = checked_pixels(file, entry, "width", required_number(file, entry, own, "width"));
    lens.height = checked_pixels(file, entry, "height", required_number(file, entry, own, "height"));
    lens.fx = required_number(file, entry, own, "fx");
    lens.fy = required_number(file, entry, own, "fy");
    lens.cx =
        optional_number(file, entry, own, "cx").value_or(0.5 * lens.width);  // the format itself has none
    lens.cy = optional_number(file, entry, own, "cy").value_or(0.5 * lens.height);

    const auto position = own.find("position"), rotation = own.find("rotation");
    if (position == own.end() || rotation == own.end() || !rotation->is_array() || rotation->size() != 3)
      throw unreadable(file, entry + ": expected a position of 3 numbers and a rotation of 3 rows");
    glm::dmat4 camera_to_world(1.0);
    for (int row = 0; row < 3; ++row) {
      const auto r = static_cast<std::size_t>(row);
      for (int column = 0; column < 3; ++column)
        camera_to_world[column][row] =
            number_at(file, entry, (*rotation)[r], static_cast<std::size_t>(column));
      camera_to_world[3][row] = number_at(file, entry, *position, r);
    }
    check_pose(file, entry, camera_to_world);
    check_intrinsics(file, entry, camera);
    camera.world_to_camera = glm::inverse(camera_to_world);
    result.cameras.push_back(std::move(listed));
  }
  return result;
}

void check_pose(const std::filesystem::path& file, const std::string& name, const glm::dmat4& pose) {
  bool finite = true;
  for (int column = 0; column < 4; ++column)
    for (int row = 0; row < 4; ++row) finite = finite && std::isfinite(pose[column][row]);
  if (!finite) throw unreadable(file, fmt::format("the pose of {} is not a number", name));
  // Files hold 6 digits or more, so the axes of a true rotation are off by 1e-5 at most.
  constexpr double kTolerance = 1e-2;
  const glm::dmat3 rotation(pose);
  const glm::dmat3 gram = glm::transpose(rotation) * rotation;
  double error = 0;
  for (int column = 0; column < 3; ++column)
    for (int row = 0; row < 3; ++row)
      error = std::max(error, std::abs(gram[column][row] - (row == column ? 1.0 : 0.0)));
  if (error > kTolerance || glm::determinant(rotation) < 0)
    throw unreadable(
        file, fmt::format(
                  "the pose of {} is not a rotation and a shift; expected three orthogonal axes of length 1",
                  name));
}

void check_intrinsics(const std::filesystem::path& file, const std::string& name, const Camera& camera) {
  const Intrinsics& lens = camera.intrinsics;
  const Distortion& bend = camera.distortion;
  for (const double focal : {lens.fx, lens.fy})
    if (!std::isfinite(focal) || focal <= 0)
      throw unreadable(file,
                       fmt::format("the focal length of {} is {}; expected a positive number", name, focal));
  for (const double value : {lens.cx, lens.cy, bend.k1, bend.k2, bend.k3, bend.p1, bend.p2})
    if (!std::isfinite(value))
      throw unreadable(file, fmt::format("an intrinsic of {} is not a number", name));
}

}  // namespace fg
