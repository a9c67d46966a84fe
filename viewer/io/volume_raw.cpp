// Voxels without a header of their own, described by a JSON file beside them.

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <glm/mat3x3.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "viewer/error.h"
#include "viewer/io/volume_readers.h"

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
};

template <class T>
void read_optional(const Json& json, const char* key, T& value) {
  if (const auto found = json.find(key); found != json.end()) found->get_to(value);
}

std::array<std::uint64_t, 3> read_extent(const std::filesystem::path& header, const Json& json) {
  const auto extent = json.at("extent").get<std::vector<std::int64_t>>();
  if (extent.size() != 3 || std::any_of(extent.begin(), extent.end(), [](std::int64_t n) { return n < 1; }))
    throw unreadable(header, "\"extent\" needs three positive whole numbers: voxels along i (fastest), j and k");
  return {static_cast<std::uint64_t>(extent[0]), static_cast<std::uint64_t>(extent[1]),
          static_cast<std::uint64_t>(extent[2])};
}

RawHeader read_header(const std::filesystem::path& header) {
  std::ifstream stream(header, std::ios::binary);
  if (!stream) throw unreadable(header, "it cannot be opened");
  try {
    const Json json = Json::parse(stream);
    if (!json.is_object() || !json.contains("file") || !json.contains("extent") || !json.contains("type"))
      throw unreadable(header, "a raw volume's header is a JSON object with at least \"file\", \"extent\" and \"type\"");
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
    return raw;
  } catch (const Json::exception& problem) {
    throw unreadable(header, fmt::format("not a usable JSON header of a raw volume: {}", problem.what()));
  }
}

// The first size_bytes bytes of a file, unpacked if it is gzip. Nothing is touched beyond what the file really holds.
std::unique_ptr<std::byte[]> read_bytes(const std::filesystem::path& file, std::uint64_t size_bytes) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), gzclose);
  if (!stream) throw unreadable(file, "it cannot be opened");
  std::unique_ptr<std::byte[]> bytes(new std::byte[size_bytes]);
  std::uint64_t done = 0;
  while (done < size_bytes) {
    const auto wanted = static_cast<unsigned>(std::min<std::uint64_t>(size_bytes - done, 1u << 24));
    const int got = gzread(stream.get(), bytes.get() + done, wanted);
    if (got < 0) throw unreadable(file, fmt::format("unpacking failed at voxel byte {}: the gzip data is damaged", done));
    if (got == 0)
      throw unreadable(file, fmt::format("expected {} bytes of voxels, the file ends after {}; it is truncated or its "
                                         "header is wrong",
                                         size_bytes, done));
    done += static_cast<std::uint64_t>(got);
  }
  return bytes;
}

bool is_gzip(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return stream.get() == 0x1f && stream.get() == 0x8b;
}

template <class T>
void convert(const RawHeader& raw, const std::byte* bytes, std::vector<float>& values) {
  const bool swap = raw.big_endian != (std::endian::native == std::endian::big);
  for (std::size_t n = 0; n < values.size(); ++n) {
    std::byte voxel[sizeof(T)];
    std::memcpy(voxel, bytes + n * sizeof(T), sizeof(T));
    if (swap) std::reverse(std::begin(voxel), std::end(voxel));
    T value;
    std::memcpy(&value, voxel, sizeof(T));
    values[n] = static_cast<float>(static_cast<double>(value) * raw.slope + raw.intercept);
  }
}

struct VoxelType {
  const char* name;
  std::uint64_t bytes;
  void (*convert)(const RawHeader&, const std::byte*, std::vector<float>&);
};

constexpr VoxelType kTypes[] = {
    {"int8", 1, convert<std::int8_t>},     {"uint8", 1, convert<std::uint8_t>}, {"int16", 2, convert<std::int16_t>},
    {"uint16", 2, convert<std::uint16_t>}, {"int32", 4, convert<std::int32_t>}, {"uint32", 4, convert<std::uint32_t>},
    {"float32", 4, convert<float>},        {"float64", 8, convert<double>},
};

const VoxelType& voxel_type(const std::filesystem::path& header, const std::string& name) {
  std::string known;
  for (const VoxelType& type : kTypes) {
    if (name == type.name) return type;
    known += (known.empty() ? "" : ", ") + std::string(type.name);
  }
  throw unreadable(header, "\"type\" is '" + name + "'; it must be one of " + known);
}

glm::dmat4 affine(const RawHeader& raw) {
  glm::dmat4 matrix(1.0);
  for (int column = 0; column < 3; ++column)
    for (int row = 0; row < 3; ++row) matrix[column][row] = raw.direction[row * 3 + column] * raw.spacing_mm[column];
  matrix[3] = {raw.origin_mm_ras[0], raw.origin_mm_ras[1], raw.origin_mm_ras[2], 1.0};
  return matrix;
}

}  // namespace

Volume load_raw(const std::filesystem::path& json_header) {
  const RawHeader raw = read_header(json_header);
  const VoxelType& type = voxel_type(json_header, raw.type);
  std::error_code error;
  const std::uint64_t file_bytes = std::filesystem::file_size(raw.file, error);
  if (error) throw unreadable(json_header, "its voxel file " + raw.file.string() + " cannot be read");
  const std::uint64_t count = checked_voxel_count(
      raw.file,
      {.extent = raw.extent, .voxel_bytes = type.bytes, .bytes_in_file = file_bytes, .compressed = is_gzip(raw.file)});
  const std::unique_ptr<std::byte[]> bytes = read_bytes(raw.file, count * type.bytes);

  Volume volume;
  for (int axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(raw.extent[axis]);
  volume.voxel_to_world = affine(raw);
  volume.values.resize(count);
  type.convert(raw, bytes.get(), volume.values);
  return volume;
}

}  // namespace fg::volumes
