#include "viewer/scene/splats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "viewer/error.h"
#include "viewer/percentile.h"
#include "viewer/scene/ply.h"

namespace fg {

namespace {

// Order in which a row's values are asked for: x y z, f_dc, opacity, scale, rot, then f_rest.
constexpr const char* kRequired[] = {"x",       "y",       "z",       "f_dc_0", "f_dc_1", "f_dc_2", "opacity",
                                     "scale_0", "scale_1", "scale_2", "rot_0",  "rot_1",  "rot_2",  "rot_3"};
constexpr std::size_t kFixedValues = std::size(kRequired);

// What a file that is no PLY seems to be, with the way out.
std::string other_format(const InputFile& file) {
  std::uint8_t start[32] = {};
  const std::size_t length = file.read_some(0, start);
  const std::string_view text(reinterpret_cast<const char*>(start), length);
  const std::string extension = file.path().extension().string();
  const char* const convert = " scene, not supported yet; convert it with: npx @playcanvas/splat-transform";
  const auto advice = [&](const char* name) {
    return fmt::format("is {}{} {} scene.ply", name, convert, file.path().filename().string());
  };
  if (length == 0) return "is empty; expected an INRIA .ply of splats";
  if (text.starts_with("NGSP") || (text.starts_with("\x1f\x8b") && extension == ".spz"))
    return advice("an SPZ");
  if (text.starts_with("PK\x03\x04")) return advice("a zipped SOG");
  if (extension == ".splat") return advice("a .splat");
  if (extension == ".ksplat") return advice("a .ksplat");
  if (text.starts_with("glTF")) return advice("a glTF");
  if (text.starts_with("{") && file.path().filename().string().ends_with("meta.json")) return advice("a SOG");
  if (text.starts_with("version https://git-lfs"))
    return "is a Git LFS pointer, not the file itself; run git lfs pull";
  return "byte 0: expected the line 'ply' of an INRIA .ply of splats";
}

bool is_ply(const InputFile& file) {
  std::uint8_t start[4] = {};
  return file.read_some(0, start) == 4 && start[0] == 'p' && start[1] == 'l' && start[2] == 'y' &&
         (start[3] == '\n' || start[3] == '\r');
}

const PlyElement& vertex_element(const InputFile& file, const PlyHeader& header) {
  const PlyElement* vertex = header.find("vertex");
  if (!vertex)
    throw unreadable(file.path(), "PLY header without the element vertex; expected an INRIA .ply of splats");
  if (vertex->find("packed_position") && header.find("chunk"))
    throw unreadable(file.path(),
                     fmt::format("is a compressed PLY of PlayCanvas, not supported yet; convert it with: "
                                 "npx @playcanvas/splat-transform {} scene.ply",
                                 file.path().filename().string()));
  for (const PlyProperty& property : vertex->properties)
    if (property.list_length)
      throw unreadable(file.path(), "has a list property " + property.name +
                                        " in element vertex; expected an INRIA .ply of splats");
  std::string missing;
  std::size_t missing_count = 0;
  for (const char* name : kRequired)
    if (!vertex->find(name)) missing += (missing_count++ ? ", " : "") + std::string(name);
  if (missing_count == 0) return *vertex;
  if (vertex->find("x") && !vertex->find("opacity") && !vertex->find("scale_0"))
    throw unreadable(file.path(),
                     fmt::format("is a PLY of {}, not of splats; expected the vertex properties {}",
                                 header.find("face") ? "a mesh" : "points", missing));
  throw unreadable(file.path(), "lacks the vertex propert" + std::string(missing_count > 1 ? "ies " : "y ") +
                                    missing + "; expected an INRIA .ply of splats");
}

// 0, 9, 24 or 45 values: three channels of (degree + 1)^2 - 1 coefficients.
int degree_of(const InputFile& file, const PlyElement& vertex) {
  std::size_t count = 0;
  for (const PlyProperty& property : vertex.properties) count += property.name.starts_with("f_rest_");
  std::size_t in_order = 0;
  while (in_order < count && vertex.find(fmt::format("f_rest_{}", in_order))) ++in_order;
  if (in_order < count)
    throw unreadable(file.path(),
                     fmt::format("has {} properties f_rest_*, but no f_rest_{}", count, in_order));
  for (int degree = 0; degree <= 3; ++degree)
    if (count == 3u * static_cast<unsigned>((degree + 1) * (degree + 1) - 1)) return degree;
  throw unreadable(
      file.path(),
      fmt::format(
          "has {} properties f_rest_*; expected 0, 9, 24 or 45 (spherical harmonics of degree 0 to 3)",
          count));
}

bool all_numbers(std::span<const float> values) {
  return std::none_of(values.begin(), values.end(), [](float value) { return std::isnan(value); });
}

// Kerbl et al. 2023: scale = exp, opacity = sigmoid, rotation normalised. Infinite logits and a log scale of
// -Inf have finite meaning (opaque, invisible, flat) and pass; everything that is not finite after this is
// left out.
bool append(std::span<const float> v, SplatScene& scene) {
  const glm::vec3 position(v[0], v[1], v[2]);
  const glm::vec3 scale(std::exp(v[7]), std::exp(v[8]), std::exp(v[9]));
  const float opacity = 1.0f / (1.0f + std::exp(-v[6]));
  const auto finite = [](float value) { return std::isfinite(value); };
  const bool usable = all_numbers(v) && finite(v[0]) && finite(v[1]) && finite(v[2]) && finite(scale.x) &&
                      finite(scale.y) && finite(scale.z) &&
                      std::all_of(v.begin() + 3, v.begin() + 6, finite) &&
                      std::all_of(v.begin() + 10, v.end(), finite);
  if (!usable) return false;
  // In double: squares of float neither overflow nor vanish. A zero quaternion is the identity, as in the
  // reference implementation, whose rotation matrix of it is the unit matrix.
  const glm::dquat raw(v[10], v[11], v[12], v[13]);
  const double length = glm::length(raw);
  scene.positions.push_back(position);
  scene.scales.push_back(scale);
  scene.opacities.push_back(opacity);
  scene.rotations.push_back(length > 0.0 ? glm::quat(raw / length) : glm::quat(1.0f, 0.0f, 0.0f, 0.0f));
  scene.sh.insert(scene.sh.end(), v.begin() + 3, v.begin() + 6);
  // The file keeps all of red, then green, then blue; memory keeps the three channels of a coefficient
  // together.
  const std::size_t rest = (v.size() - kFixedValues) / 3;
  for (std::size_t k = 0; k < rest; ++k)
    for (std::size_t c = 0; c < 3; ++c) scene.sh.push_back(v[kFixedValues + c * rest + k]);
  return true;
}

// The INRIA trainer's output folder holds point_cloud/iteration_30000/point_cloud.ply and the like; the last
// one counts.
std::filesystem::path trained_scene(const std::filesystem::path& folder) {
  std::filesystem::path best;
  long best_iteration = -1;
  std::error_code error;
  constexpr std::string_view kPrefix = "iteration_";
  for (std::filesystem::directory_iterator it(folder / "point_cloud", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const long iteration = std::strtol(name.c_str() + kPrefix.size(), nullptr, 10);
    if (iteration <= best_iteration || !std::filesystem::exists(it->path() / "point_cloud.ply")) continue;
    best = it->path() / "point_cloud.ply";
    best_iteration = iteration;
  }
  if (best.empty())
    throw unreadable(
        folder, "is a folder without point_cloud/iteration_*/point_cloud.ply; expected a .ply of splats");
  return best;
}

void note_comments(const PlyHeader& header, SplatScene& scene) {
  for (const std::string& comment : header.comments) {
    if (comment.starts_with("SplatRenderMode mip") || comment.starts_with("antialiased 1"))
      scene.notes.push_back(
          "trained with anti-aliasing (mip splatting); rendered with the 0.3 px dilation of the reference "
          "instead, so scores will be lower");
    if (comment.starts_with("SplatRenderMode 2dgs"))
      scene.notes.push_back(
          "trained as 2D Gaussian splats; rendered as flat 3D ones, so scores will be lower");
  }
}

}  // namespace

SplatScene load_splats(const std::filesystem::path& given) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(given, ignored);
  const std::filesystem::path path = is_folder ? trained_scene(given) : given;
  const InputFile file(path);
  if (!is_ply(file)) throw unreadable(path, other_format(file));
  const PlyHeader header = read_ply_header(file);
  const PlyElement& vertex = vertex_element(file, header);
  SplatScene scene;
  scene.sh_degree = degree_of(file, vertex);
  if (is_folder) scene.notes.push_back("reading " + path.string());
  if (vertex.count == 0) throw unreadable(path, "holds no splats: element vertex has 0 rows");

  std::vector<std::string> names(std::begin(kRequired), std::end(kRequired));
  for (int k = 0; k < 3 * (scene.sh_coefficients() - 1); ++k) names.push_back(fmt::format("f_rest_{}", k));
  const auto reserve = [&] {
    const auto count = static_cast<std::size_t>(vertex.count);
    scene.positions.reserve(count);
    scene.scales.reserve(count);
    scene.rotations.reserve(count);
    scene.opacities.reserve(count);
    scene.sh.reserve(count * 3 * static_cast<std::size_t>(scene.sh_coefficients()));
  };
  bool reserved =
      false;  // by the first row: read_ply_rows has compared the count with the size of the file by then
  const std::uint64_t end = read_ply_rows(file, header, vertex, names, [&](std::span<const float> row) {
    if (!reserved) reserve();
    reserved = true;
    if (!append(row, scene)) ++scene.skipped;
  });
  if (scene.size() == 0)
    throw unreadable(path, fmt::format("holds no usable splat: all {} have a NaN or Inf", scene.skipped));
  if (scene.skipped > 0)
    scene.notes.push_back(
        fmt::format("{} of {} splats hold a NaN or Inf and are left out", scene.skipped, vertex.count));
  if (&vertex == &header.elements.back() && header.format != PlyFormat::ascii && end < file.size_bytes())
    scene.notes.push_back(
        fmt::format("{} bytes follow the {} splats that the header announces; they are not read",
                    file.size_bytes() - end, vertex.count));
  note_comments(header, scene);
  return scene;
}

SplatScene::Bounds SplatScene::bounds() const {
  if (positions.empty()) return {glm::vec3(0.0f), 0.0f};
  Bounds result{};
  std::vector<float> values(positions.size());
  for (int axis = 0; axis < 3; ++axis) {
    std::transform(positions.begin(), positions.end(), values.begin(),
                   [axis](const glm::vec3& p) { return p[axis]; });
    result.centre[axis] = percentile(values, 0.5);
  }
  std::transform(positions.begin(), positions.end(), values.begin(),
                 [&](const glm::vec3& p) { return glm::distance(p, result.centre); });
  result.radius = percentile(values, 0.9);
  return result;
}

}  // namespace fg
