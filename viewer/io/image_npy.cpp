#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "viewer/error.h"
#include "viewer/io/file.h"
#include "viewer/io/image.h"
#include "viewer/io/quotable.h"

namespace fg {

namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kLargestValues = std::uint64_t{1} << 28;  // 1 GiB as float32

// The text after 'key': in the header, a Python dictionary literal.
std::string_view value_of(std::string_view header, std::string_view key) {
  const std::size_t at = header.find("'" + std::string(key) + "'");
  if (at == std::string_view::npos) return {};
  const std::size_t colon = header.find(':', at);
  if (colon == std::string_view::npos) return {};
  const std::size_t start = header.find_first_not_of(' ', colon + 1);
  return start == std::string_view::npos ? std::string_view{} : header.substr(start);
}

std::vector<std::uint64_t> parse_shape(std::string_view text) {
  std::vector<std::uint64_t> shape;
  if (text.empty() || text.front() != '(') return shape;
  const char* at = text.data() + 1;
  const char* const end = text.data() + text.size();
  while (at < end && *at != ')') {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::uint64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    if (error != std::errc{}) return {};
    shape.push_back(extent);
    at = next;
  }
  return shape;
}

template <class Word, class Real>
void convert(const std::uint8_t* from, bool swap, std::vector<float>& values) {
  for (float& value : values) {
    Word word = 0;
    std::memcpy(&word, from, sizeof(Word));
    from += sizeof(Word);
    if (swap) {
      auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof(Word)>>(word);
      std::reverse(bytes.begin(), bytes.end());
      word = std::bit_cast<Word>(bytes);
    }
    value = static_cast<float>(std::bit_cast<Real>(word));
  }
}

struct NpyType {
  std::string_view name;
  std::uint64_t bytes;
  void (*convert)(const std::uint8_t* from, bool swap, std::vector<float>& values);
};
constexpr NpyType kTypes[] = {
    {"f4", 4, convert<std::uint32_t, float>},         {"f8", 8, convert<std::uint64_t, double>},
    {"u1", 1, convert<std::uint8_t, std::uint8_t>},   {"i1", 1, convert<std::uint8_t, std::int8_t>},
    {"u2", 2, convert<std::uint16_t, std::uint16_t>}, {"i2", 2, convert<std::uint16_t, std::int16_t>},
    {"u4", 4, convert<std::uint32_t, std::uint32_t>}, {"i4", 4, convert<std::uint32_t, std::int32_t>}};

// Of '<f4', quotes included; null: none of ours.
const NpyType* type_of(std::string_view descr) {
  if (descr.size() != 5 || std::string_view("<>|").find(descr[1]) == std::string_view::npos) return nullptr;
  const auto found = std::find_if(std::begin(kTypes), std::end(kTypes),
                                  [&](const NpyType& type) { return type.name == descr.substr(2, 2); });
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace

// The .npy format, version 1.0: magic, version, length of the header, header padded to 64 bytes, values.
void save_npy(const std::filesystem::path& file, std::span<const int> shape, std::span<const float> values) {
  std::size_t expected = 1;
  std::string extents;
  for (const int extent : shape) {
    expected *= static_cast<std::size_t>(extent);
    extents += (extents.empty() ? "" : ", ") + std::to_string(extent);
  }
  if (values.size() != expected)
    throw Failure(ExitCode::internal, file.string() + ": " + std::to_string(expected) +
                                          " values expected, got " + std::to_string(values.size()));
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + extents + "), }";
  constexpr std::size_t kPrefix = 10;
  header.append(63 - (kPrefix + header.size()) % 64, ' ');
  header += '\n';
  std::string prefix(kMagic);
  prefix += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  OutputFile output(file);
  output.write(prefix);
  output.write(header);
  output.write(std::span(reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()));
  output.commit();
}

void save_npy(const std::filesystem::path& file, const ImageF& image) {
  std::vector<int> shape{image.height, image.width};
  if (image.channels > 1) shape.push_back(image.channels);
  save_npy(file, shape, image.values);
}

ImageF load_npy(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) throw unreadable(file, "byte 0: not a NumPy array; expected a .npy file");
  if (bytes.size() < 12)
    throw unreadable(file, "byte " + std::to_string(bytes.size()) + ": .npy header expected, the file ends");
  const bool long_header = bytes[6] > 1;
  std::uint64_t length = bytes[8] | std::uint64_t{bytes[9]} << 8;
  if (long_header) length |= std::uint64_t{bytes[10]} << 16 | std::uint64_t{bytes[11]} << 24;
  const std::uint64_t start = (long_header ? 12 : 10) + length;
  if (start > bytes.size())
    throw unreadable(file, "byte 8: a .npy header of " + std::to_string(length) +
                               " bytes, the file ends after " + std::to_string(bytes.size()));
  const std::string_view header = text.substr(long_header ? 12 : 10, static_cast<std::size_t>(length));

  const std::string_view descr = value_of(header, "descr").substr(0, 5);
  const NpyType* const type = type_of(descr);
  if (type == nullptr)
    throw unreadable(
        file, "expected float32, float64 or whole numbers of 8 to 32 bits ('<f4', '<f8', '<u2'), got " +
                  quotable(descr));
  if (!value_of(header, "fortran_order").starts_with("False"))
    throw unreadable(
        file, "expected rows one after the other (fortran_order False); save numpy.ascontiguousarray(array)");
  const std::vector<std::uint64_t> shape = parse_shape(value_of(header, "shape"));
  if (shape.size() < 2 || shape.size() > 3)
    throw unreadable(file, "expected an array of 2 or 3 dimensions, [H, W] or [H, W, C], got " +
                               std::to_string(shape.size()));
  std::uint64_t count = 1;
  for (const std::uint64_t extent : shape) {
    if (extent == 0 || extent > kLargestValues / count)
      throw unreadable(file, "expected 1 to " + std::to_string(kLargestValues) +
                                 " values, got a shape with another number");
    count *= extent;
  }
  if ((bytes.size() - start) / type->bytes < count)
    throw unreadable(file, "byte " + std::to_string(start) + ": expected " + std::to_string(count) +
                               " values of " + std::to_string(type->bytes) + " bytes, the file ends after " +
                               std::to_string((bytes.size() - start) / type->bytes) + "; it is truncated");

  ImageF image;
  image.height = static_cast<int>(shape[0]);
  image.width = static_cast<int>(shape[1]);
  image.channels = shape.size() == 3 ? static_cast<int>(shape[2]) : 1;
  image.values.resize(static_cast<std::size_t>(count));
  const bool swap = (descr[1] == '>') == (std::endian::native == std::endian::little);
  type->convert(bytes.data() + start, swap, image.values);
  return image;
}

}  // namespace fg
