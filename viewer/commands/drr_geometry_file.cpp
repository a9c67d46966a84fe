#include "viewer/commands/drr_geometry_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "framegauge/pose.h"
#include "viewer/error.h"
#include "viewer/io/matrix_rows.h"
#include "viewer/report/near_names.h"
#include "viewer/scene/json_input.h"

namespace fg {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

template <class T>
void read_key(const fs::path& file, const Json& json, const char* key, T& value) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return;
  const bool right_kind = std::is_same_v<T, bool>  ? found->is_boolean()
                          : std::is_same_v<T, int> ? found->is_number_integer()
                                                   : found->is_number();
  if (!right_kind)
    throw unreadable(file, fmt::format("\"{}\" must be {}, not {}", key,
                                       std::is_same_v<T, bool>  ? "true or false"
                                       : std::is_same_v<T, int> ? "a whole number"
                                                                : "a number",
                                       found->dump().substr(0, 60)));
  if constexpr (std::is_same_v<T, int>) {
    const auto wide = found->template get<std::int64_t>();
    if (wide < 1 || wide > 1'000'000)
      throw unreadable(file, fmt::format("\"{}\" must be 1 to 1000000, not {}", key, wide));
    value = static_cast<int>(wide);
  } else {
    value = found->template get<T>();
  }
}

std::optional<glm::dvec3> read_vector(const fs::path& file, const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return {};
  if (!found->is_array() || found->size() != 3 || !(*found)[0].is_number() || !(*found)[1].is_number() ||
      !(*found)[2].is_number())
    throw unreadable(file, fmt::format("\"{}\" must be a list of three numbers, not {}", key,
                                       found->dump().substr(0, 60)));
  return glm::dvec3((*found)[0].get<double>(), (*found)[1].get<double>(), (*found)[2].get<double>());
}

glm::dmat4 read_matrix(const fs::path& file, const Json& rows) {
  const auto complain = [&] {
    return unreadable(
        file, "\"camera_to_world\" must be four rows of four numbers, [[r, r, r, t], ..., [0, 0, 0, 1]]");
  };
  if (!rows.is_array() || rows.size() != 4) throw complain();
  glm::dmat4 matrix;
  for (int row = 0; row < 4; ++row) {
    const Json& line = rows[static_cast<std::size_t>(row)];
    if (!line.is_array() || line.size() != 4) throw complain();
    for (int column = 0; column < 4; ++column) {
      const Json& number = line[static_cast<std::size_t>(column)];
      if (!number.is_number()) throw complain();
      matrix[column][row] = number.get<double>();
    }
  }
  return matrix;
}

std::optional<DrrPose> read_pose(const fs::path& file, const Json& json) {
  DrrPose pose;
  bool any = false;
  if (const auto found = json.find("orientation"); found != json.end() && !found->is_null()) {
    if (!found->is_string()) throw unreadable(file, "\"orientation\" must be \"AP\", \"PA\" or \"free\"");
    try {
      pose.orientation = drr_orientation_named(found->get<std::string>());
    } catch (const Failure& problem) {
      throw unreadable(file, problem.what());
    }
    any = true;
  }
  for (const char* key : {"rotation_deg_zxy_intrinsic", "rotation_deg_zxy"})
    if (const auto rotation = read_vector(file, json, key)) {
      pose.rotation_deg_zxy = *rotation;
      any = true;
    }
  pose.translation_mm = read_vector(file, json, "translation_mm");
  for (const char* key : {"isocenter_mm_ras", "isocentre_mm_ras"})
    if (const auto isocentre = read_vector(file, json, key)) pose.isocentre_mm_ras = *isocentre;
  if (!any && !pose.translation_mm && !pose.isocentre_mm_ras) return {};
  return pose;
}

// A file may hold other things beside the geometry, but a key that is nearly one of the geometry's is a slip that would
// change the radiograph without a word.
void check_spelling(const fs::path& file, const Json& json) {
  const std::vector<std::string> known = {"sdd_mm",
                                          "height",
                                          "width",
                                          "delx_mm",
                                          "dely_mm",
                                          "x0_mm",
                                          "y0_mm",
                                          "orthographic",
                                          "n_samples",
                                          "camera_to_world",
                                          "orientation",
                                          "rotation_deg_zxy",
                                          "rotation_deg_zxy_intrinsic",
                                          "translation_mm",
                                          "isocenter_mm_ras",
                                          "isocentre_mm_ras"};
  constexpr std::size_t kSlip = 3;  // "sdd" for "sdd_mm"
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string nearest = near_names(key, known, 1).front();
    if (edit_distance(key, nearest) <= kSlip)
      throw unreadable(file,
                       fmt::format("\"{}\" is no key of a geometry; did you mean \"{}\"?", key, nearest));
  }
}

// A file that holds a pose twice, as those of framegauge register do: a change of one of the two would go unseen.
void check_that_poses_agree(const fs::path& file, const glm::dmat4& matrix, const DrrPose& pose) {
  double one[16], other[16];
  write_rows(matrix, one);
  write_rows(camera_to_world(pose, *pose.isocentre_mm_ras), other);
  FgPoseDistance apart;
  constexpr double kArmMm = 1000, kMostMm = 0.5;  // what rounded numbers leave
  if (fg_pose_distance(one, other, kArmMm, &apart) != FG_STATUS_OK || apart.mm > kMostMm)
    throw unreadable(file,
                     "\"camera_to_world\" is not the pose of its \"orientation\", \"rotation_deg_zxy\", "
                     "\"translation_mm\" and isocentre; remove the one that does not hold");
}

}  // namespace

DrrOrientation drr_orientation_named(const std::string& name) {
  if (name == "AP" || name == "ap") return DrrOrientation::ap;
  if (name == "PA" || name == "pa") return DrrOrientation::pa;
  if (name == "free") return DrrOrientation::free;
  throw Failure(ExitCode::usage, "the orientation '" + name + "' is unknown; expected AP, PA or free");
}

glm::dmat4 camera_to_world(const DrrPose& pose, const glm::dvec3& volume_centre_mm) {
  return drr_pose(pose.orientation, pose.rotation_deg_zxy,
                  pose.translation_mm.value_or(drr_standard_translation_mm(pose.orientation)),
                  pose.isocentre_mm_ras.value_or(volume_centre_mm));
}

DrrGeometryFile read_drr_geometry(const fs::path& file) {
  const Json json = read_json(file);
  if (!json.is_object())
    throw unreadable(file,
                     "the geometry must be a JSON object such as {\"sdd_mm\": 1020, \"height\": 200, ...}");
  check_spelling(file, json);
  DrrGeometryFile read;
  DrrGeometry& g = read.geometry;
  read_key(file, json, "sdd_mm", g.sdd_mm);
  read_key(file, json, "height", g.height);
  read_key(file, json, "width", g.width);
  read_key(file, json, "delx_mm", g.delx_mm);
  read_key(file, json, "dely_mm", g.dely_mm);
  read_key(file, json, "x0_mm", g.x0_mm);
  read_key(file, json, "y0_mm", g.y0_mm);
  read_key(file, json, "orthographic", g.orthographic);
  read_key(file, json, "n_samples", g.n_samples);
  const auto has = [&](const char* key) { return json.contains(key) && !json.at(key).is_null(); };
  read.has_size = has("height") && has("width");
  read.has_delx = has("delx_mm");
  read.has_dely = has("dely_mm");
  read.has_sdd = has("sdd_mm");
  if (const auto matrix = json.find("camera_to_world"); matrix != json.end() && !matrix->is_null()) {
    g.camera_to_world = read_matrix(file, *matrix);
    read.camera_to_world = true;
  }
  read.pose = read_pose(file, json);
  const bool turned = has("rotation_deg_zxy") || has("rotation_deg_zxy_intrinsic");
  if (read.camera_to_world && turned && has("orientation") && read.pose->translation_mm &&
      read.pose->isocentre_mm_ras)
    check_that_poses_agree(file, g.camera_to_world, *read.pose);
  for (const char* key : {"quaternion_wxyz", "so3_log", "columns_6d"})
    if (has(key) && !read.camera_to_world && !turned)
      throw unreadable(file,
                       fmt::format("a rotation is read from \"camera_to_world\" or \"rotation_deg_zxy\", "
                                   "not from \"{}\" alone; give one of them",
                                   key));
  return read;
}

DrrGeometry load_drr_geometry(const fs::path& file, const glm::dvec3& isocentre_mm_ras) {
  DrrGeometryFile read = read_drr_geometry(file);
  if (!read.camera_to_world)
    read.geometry.camera_to_world = camera_to_world(read.pose.value_or(DrrPose{}), isocentre_mm_ras);
  return read.geometry;
}

DrrGeometry load_drr_geometry(const fs::path& file) {
  const DrrGeometryFile read = read_drr_geometry(file);
  if (!read.camera_to_world && !(read.pose && read.pose->isocentre_mm_ras))
    throw unreadable(
        file,
        "it needs \"camera_to_world\" (or \"isocentre_mm_ras\" beside orientation, rotation_deg_zxy and "
        "translation_mm)");
  return load_drr_geometry(file, glm::dvec3(0));
}

}  // namespace fg
