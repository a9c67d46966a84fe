// Voxels without a header of their own, described by a JSON file beside them.

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/io/volume_readers.h"
#include "viewer/io/volume_voxels.h"

namespace fg::volumes {
namespace {

using Json = nlohmann::json;

struct RawHeader {
  std::filesystem::path file;
  std::array<std::uint64_t, 3> extent{};
  std::string type;
  std::array<double, 3> spacing_mm{1, 1, 1};
  std::array<double, 3> origin_mm_ras{};
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  // row-major
  bool big_endian = false;
  double slope = 1, intercept = 0;
  std::vector<std::string> notes;
};

constexpr const char* kKeys[] = {"file",      "extent",     "type",  "spacing_mm", "origin_mm_ras",
                                 "direction", "big_endian", "slope", "intercept"};

std::string listed_keys() { return fmt::format("its keys are {}", fmt::join(kKeys, ", ")); }

// A key with a slip in it would leave the default in silence.
std::vector<std::string> unknown_keys(const Json& json) {
  std::vector<std::string> notes;
  for (const auto& [key, value] : json.items())
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys))
      notes.push_back(
          fmt::format("\"{}\" of the raw volume's header is not used; {}", quotable(key), listed_keys()));
  return notes;
}

template <class T>
void read_optional(const Json& json, const char* key, T& value) {
  if (const auto found = json.find(key); found != json.end()) found->get_to(value);
}

// As doubles first: to convert a number that no integer has room for would be undefined.
std::array<std::uint64_t, 3> read_extent(const std::filesystem::path& header, const Json& json) {
  constexpr double kMost = 9007199254740992.0;  // 2^53: up to here a double has every whole number
  const auto extent = json.at("extent").get<std::vector<double>>();
  const auto is_wrong = [](double n) { return !(n >= 1 && n <= kMost && n == std::floor(n)); };
  if (extent.size() != 3 || std::any_of(extent.begin(), extent.end(), is_wrong))
    throw unreadable(header,
                     "\"extent\" needs three positive whole numbers: voxels along i (fastest), j and k");
  return {static_cast<std::uint64_t>(extent[0]), static_cast<std::uint64_t>(extent[1]),
          static_cast<std::uint64_t>(extent[2])};
}

RawHeader read_raw_header(const std::filesystem::path& header) {
  std::ifstream stream(header, std::ios::binary);
  if (!stream) throw unreadable(header, "it cannot be opened");
  try {
    const Json json = Json::parse(stream);
    if (!json.is_object() || !json.contains("file") || !json.contains("extent") || !json.contains("type"))
      throw unreadable(
          header, "a raw volume's header is a JSON object with at least \"file\", \"extent\" and \"type\"; " +
                      listed_keys());
    RawHeader raw;
    raw.file = header.parent_path() / std::filesystem::path(json.at("file").get<std::string>());
    raw.extent = read_extent(header, json);
    raw.type = json.at("type").get<std::string>();
    read_optional(json, "spacing_mm", raw.spacing_mm);
    read_optional(json, "origin_mm_ras", raw.origin_mm_ras);
    read_optional(json, "direction", raw.direction);
    read_optional(json, "big_endian", raw.big_endian);
    read_optional(json, "slope", raw.slope);
    read_optional(json, "intercept", raw.intercept);
    raw.notes = unknown_keys(json);
    return raw;
  } catch (const Json::exception& problem) {
    throw unreadable(header, fmt::format("not a usable JSON header of a raw volume: {}", problem.what()));
  }
}

glm::dmat4 affine(const RawHeader& raw) {
  glm::dmat4 matrix(1.0);
  for (int column = 0; column < 3; ++column)
    for (int row = 0; row < 3; ++row)
      matrix[column][row] = raw.direction[row * 3 + column] * raw.spacing_mm[column];
  matrix[3] = {raw.origin_mm_ras[0], raw.origin_mm_ras[1], raw.origin_mm_ras[2], 1.0};
  return matrix;
}

}  // namespace

Volume load_raw(const std::filesystem::path& json_header) {
  const RawHeader raw = read_raw_header(json_header);
  const VoxelType* type = voxel_type_named(raw.type);
  if (!type)
    throw unreadable(json_header,
                     "\"type\" is '" + quotable(raw.type) + "'; it must be one of " + voxel_type_names());
  ByteStream stream(raw.file);
  const std::uint64_t count = checked_voxel_count(raw.file, {.extent = raw.extent,
                                                             .voxel_bytes = type->bytes,
                                                             .bytes_in_file = stream.file_bytes(),
                                                             .compressed = stream.compressed()});
  Volume volume;
  for (std::size_t axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(raw.extent[axis]);
  volume.voxel_to_world = affine(raw);
  volume.notes = raw.notes;
  const bool swap = raw.big_endian != (std::endian::native == std::endian::big);
  stream.append_voxels(*type, count, swap, {raw.slope, raw.intercept}, volume.values);
  return volume;
}

}  // namespace fg::volumes
