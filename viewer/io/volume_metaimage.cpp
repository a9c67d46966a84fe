// MetaImage: a text header, then the voxels in the same file (.mha) or in another one (.mhd with .raw or
// .zraw); https://itk.org/Wiki/MetaIO/Documentation. Read here and not by ITK, which takes a truncated file
// without a word.

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/io/volume_readers.h"
#include "viewer/io/volume_voxels.h"

namespace fg::volumes {
namespace {

namespace fs = std::filesystem;

struct MetaHeader {
  std::map<std::string, std::string> values;
  std::uint64_t size_bytes = 0;  // where voxels in the same file begin
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r"), last = text.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// "Key = value" lines; ElementDataFile is the last one.
MetaHeader read_meta_header(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw unreadable(file, "it cannot be opened");
  MetaHeader header;
  std::string line;
  constexpr int kMostLines = 1000;
  for (int n = 0; n < kMostLines; ++n) {
    line.clear();
    for (int c = stream.get(); c != std::ifstream::traits_type::eof() && c != '\n' && line.size() < 4096;
         c = stream.get())
      line += static_cast<char>(c);
    const auto equals = line.find('=');
    if (equals == std::string::npos) break;
    const std::string key = trimmed(line.substr(0, equals));
    header.values[key] = trimmed(line.substr(equals + 1));
    if (key != "ElementDataFile") continue;
    header.size_bytes = stream ? static_cast<std::uint64_t>(stream.tellg()) : fs::file_size(file);
    return header;
  }
  throw unreadable(file,
                   fmt::format("the MetaImage header breaks off after line {} without ElementDataFile; it is "
                               "truncated or damaged",
                               header.values.size()));
}

// The first of several names for the same thing.
std::optional<std::string> find(const MetaHeader& header, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (const auto found = header.values.find(key); found != header.values.end()) return found->second;
  return {};
}

template <class T>
std::optional<std::vector<T>> find_numbers(const fs::path& file, const MetaHeader& header,
                                           std::initializer_list<const char*> keys, std::size_t count) {
  const std::optional<std::string> text = find(header, keys);
  if (!text) return {};
  std::istringstream stream(*text);
  std::vector<T> numbers(count);
  for (T& number : numbers)
    if (!(stream >> number))
      throw unreadable(file,
                       fmt::format("{} needs {} numbers, it is '{}'", *keys.begin(), count, quotable(*text)));
  return numbers;
}

bool is_true(const MetaHeader& header, std::initializer_list<const char*> keys) {
  const std::string value = find(header, keys).value_or("False");
  return value == "True" || value == "true" || value == "TRUE" || value == "1";
}

const VoxelType& type_of(const fs::path& file, const MetaHeader& header) {
  static const std::map<std::string, const char*> kNames = {
      {"MET_CHAR", "int8"},         {"MET_UCHAR", "uint8"},   {"MET_SHORT", "int16"},
      {"MET_USHORT", "uint16"},     {"MET_INT", "int32"},     {"MET_UINT", "uint32"},
      {"MET_LONG", "int32"},        {"MET_ULONG", "uint32"},  {"MET_LONG_LONG", "int64"},
      {"MET_ULONG_LONG", "uint64"}, {"MET_FLOAT", "float32"}, {"MET_DOUBLE", "float64"}};
  const std::string name = find(header, {"ElementType"}).value_or("missing");
  const auto found = kNames.find(name);
  if (found == kNames.end())
    throw unreadable(
        file, "its ElementType is " + quotable(name) + "; a scalar type such as MET_SHORT is expected");
  return *voxel_type_named(found->second);
}

std::array<std::uint64_t, 3> extent_of(const fs::path& file, const MetaHeader& header,
                                       std::size_t dimensions) {
  const auto sizes = find_numbers<std::int64_t>(file, header, {"DimSize"}, dimensions);
  if (!sizes) throw unreadable(file, "its MetaImage header has no DimSize");
  std::array<std::uint64_t, 3> extent{1, 1, 1};
  for (std::size_t axis = 0; axis < dimensions; ++axis) {
    const std::int64_t size = (*sizes)[axis];
    if (size < 0)
      throw unreadable(file, fmt::format("its axis {} has {} voxels; the header is damaged", axis + 1, size));
    if (axis < 3)
      extent[axis] = static_cast<std::uint64_t>(size);
    else if (size > 1)
      throw unreadable(
          file, fmt::format("it has {} dimensions (axis {} holds {} frames); one 3D volume is expected: take "
                            "one frame out of the series first",
                            dimensions, axis + 1, size));
  }
  return extent;
}

glm::dmat4 affine_of(const fs::path& file, const MetaHeader& header, std::size_t dimensions) {
  const auto spacing = find_numbers<double>(file, header, {"ElementSpacing", "ElementSize"}, dimensions);
  const auto origin = find_numbers<double>(file, header, {"Offset", "Origin", "Position"}, dimensions);
  const auto axes = find_numbers<double>(file, header, {"TransformMatrix", "Rotation", "Orientation"},
                                         dimensions * dimensions);  // the direction of axis 0, of axis 1, ...
  glm::dmat4 m(1.0);
  for (std::size_t axis = 0; axis < 3 && axis < dimensions; ++axis)
    for (std::size_t row = 0; row < 3 && row < dimensions; ++row) {
      const double direction = axes ? (*axes)[axis * dimensions + row] : (axis == row ? 1.0 : 0.0);
      const double to_ras = row < 2 ? -1 : 1;  // the file's world is LPS
      m[static_cast<int>(axis)][static_cast<int>(row)] =
          to_ras * direction * (spacing ? (*spacing)[axis] : 1.0);
      if (axis == 0 && origin) m[3][static_cast<int>(row)] = to_ras * (*origin)[row];
    }
  return m;
}

}  // namespace

bool is_metaimage(const fs::path& file) { return file.extension() == ".mha" || file.extension() == ".mhd"; }

Volume load_metaimage(const fs::path& file) {
  const MetaHeader header = read_meta_header(file);
  const auto ndims = find_numbers<int>(file, header, {"NDims"}, 1);
  if (!ndims || ndims->front() < 2 || ndims->front() > 10)
    throw unreadable(file, "its MetaImage header has no usable NDims; 3 is expected");
  const auto dimensions = static_cast<std::size_t>(ndims->front());
  if (const auto channels = find_numbers<int>(file, header, {"ElementNumberOfChannels"}, 1);
      channels && channels->front() != 1)
    throw unreadable(
        file, fmt::format("each voxel holds {} values (colour or vectors); a scalar volume such as a CT is "
                          "expected",
                          channels->front()));
  if (find(header, {"BinaryData"}).value_or("True") == "False")
    throw unreadable(file, "its voxels are text; binary voxels are expected: convert it first");
  const std::string data_file = find(header, {"ElementDataFile"}).value_or("");
  if (data_file == "LIST" || data_file.find('%') != std::string::npos)
    throw unreadable(
        file, "its voxels are spread over a list of files; one file of voxels is expected: convert it first");

  const VoxelType& type = type_of(file, header);
  const std::array<std::uint64_t, 3> extent = extent_of(file, header, dimensions);
  const bool local = data_file == "LOCAL" || data_file == "Local" || data_file == "local";
  const fs::path voxel_file = local ? file : file.parent_path() / data_file;
  const auto skipped = find_numbers<std::int64_t>(file, header, {"HeaderSize"}, 1);
  std::uint64_t offset = local ? header.size_bytes : 0;
  if (!local && skipped && skipped->front() > 0) offset = static_cast<std::uint64_t>(skipped->front());
  if (!local && skipped && skipped->front() < 0) {  // the voxels are the end of the file
    const std::uint64_t voxel_bytes = extent[0] * extent[1] * extent[2] * type.bytes;
    std::error_code error;
    const std::uint64_t size_bytes = fs::file_size(voxel_file, error);
    if (!error) offset = size_bytes - std::min(size_bytes, voxel_bytes);
  }
  const bool packed = is_true(header, {"CompressedData"});
  ByteStream stream(voxel_file, offset, packed ? Packing::zlib : Packing::none);
  const std::uint64_t count = checked_voxel_count(voxel_file, {.extent = extent,
                                                               .voxel_bytes = type.bytes,
                                                               .bytes_in_file = stream.file_bytes(),
                                                               .compressed = packed});
  Volume volume;
  for (std::size_t axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(extent[axis]);
  volume.voxel_to_world = affine_of(file, header, dimensions);
  const bool big_endian = is_true(header, {"BinaryDataByteOrderMSB", "ElementByteOrderMSB"});
  stream.append_voxels(type, count, big_endian != (std::endian::native == std::endian::big), {},
                       volume.values);
  return volume;
}

}  // namespace fg::volumes
