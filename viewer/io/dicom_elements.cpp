#include "viewer/io/dicom_elements.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>

#include "viewer/error.h"

namespace fg::dicom {
namespace {

namespace fs = std::filesystem;

// PS3.10, 7.1: 128 bytes of anything, then these four.
bool starts_with_mark(std::istream& stream) {
  char start[132] = {};
  return stream.read(start, sizeof(start)) && std::string_view(start + 128, 4) == "DICM";
}

bool is_delimiter(std::uint32_t tag) { return tag == kItemEnd || tag == kSequenceEnd; }

}  // namespace

bool is_dicom(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return false;  // a pipe would be waited for
  std::ifstream stream(file, std::ios::binary);
  return starts_with_mark(stream);
}

Walker::Walker(const fs::path& file) : file_(file), stream_(file, std::ios::binary) {
  std::error_code error;
  size_bytes_ = fs::file_size(file, error);
  if (error || !stream_) throw unreadable(file, "it cannot be opened");
  has_mark_ = starts_with_mark(stream_);
}

std::optional<Element> Walker::next() {
  if (position_ >= size_bytes_ || syntax_ == kDeflated) return {};
  Element element = header();
  if (element.tag == kSequenceEnd) {
    if (depth_ == 0) {
      position_ = size_bytes_;
      return {};
    }
    if (--depth_ == implicit_below_) implicit_below_ = std::numeric_limits<int>::max();
  }
  element.depth = depth_;
  if (is_delimiter(element.tag)) return element;
  if (element.length == kUndefined) {
    if (element.tag == kItem) return element;  // its elements follow
    // PS3.5, 6.2.2, note 2: what such an element holds is coded implicitly, whatever the file's syntax.
    if (element.unknown_type) implicit_below_ = std::min(implicit_below_, depth_);
    ++depth_;
    return element;
  }
  if (element.length > size_bytes_ - position_)
    throw unreadable(file_, fmt::format("byte {}: element ({:04x},{:04x}) claims {} bytes, of which the "
                                        "file has {}; it is truncated or damaged",
                                        element.offset, element.tag >> 16, element.tag & 0xffff,
                                        element.length, size_bytes_ - position_));
  position_ += element.length;
  if (element.tag == kTransferSyntax && depth_ == 0) syntax_ = text(element);
  return element;
}

std::string Walker::text(const Element& element) {
  std::string text = bytes_at(element.value, element.length);
  while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.pop_back();
  return text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
}

std::uint16_t Walker::number(const Element& element) {
  if (element.length < 2) return 0;
  return static_cast<std::uint16_t>(number_at(element.value, 2, element.big_endian));
}

// Leaves the position at the value.
Element Walker::header() {
  if (size_bytes_ - position_ < 8)
    throw unreadable(file_,
                     fmt::format("byte {}: an element begins, the file ends {} bytes after; it is truncated",
                                 position_, size_bytes_ - position_));
  const bool meta = number_at(position_, 2, false) == 2, unknown = depth_ > implicit_below_;
  const bool big = !meta && !unknown && syntax_ == kBigEndian;
  Element element{.offset = position_,
                  .tag = number_at(position_, 2, big) << 16 | number_at(position_ + 2, 2, big),
                  .big_endian = big};
  const bool implicit = unknown || (!meta && syntax_ == kImplicit);
  if (!implicit && element.tag >> 16 != 0xfffe) return typed(element);
  element.length = number_at(position_ + 4, 4, big);
  element.value = position_ += 8;
  return element;
}

Element Walker::typed(Element element) {
  const std::string type = bytes_at(position_ + 4, 2);
  constexpr std::string_view kLong[] = {"OB", "OW", "OF", "OD", "OL", "OV", "UN",
                                        "UC", "UR", "UT", "SQ", "SV", "UV"};
  if (std::any_of(type.begin(), type.end(), [](char c) { return c < 'A' || c > 'Z'; }))
    throw unreadable(file_, fmt::format("byte {}: element ({:04x},{:04x}) has no type; the file is damaged",
                                        element.offset, element.tag >> 16, element.tag & 0xffff));
  const bool is_long = std::find(std::begin(kLong), std::end(kLong), type) != std::end(kLong);
  if (is_long && size_bytes_ - position_ < 12)
    throw unreadable(
        file_, fmt::format("byte {}: the file ends inside an element; it is truncated", element.offset));
  element.unknown_type = type == "UN";
  element.length = is_long ? number_at(position_ + 8, 4, element.big_endian)
                           : number_at(position_ + 6, 2, element.big_endian);
  element.value = position_ += is_long ? 12 : 8;
  return element;
}

std::string Walker::bytes_at(std::uint64_t offset, std::uint64_t count) {
  if (offset > size_bytes_ || count > std::min<std::uint64_t>(size_bytes_ - offset, 4096)) return {};
  std::string bytes(static_cast<std::size_t>(count), '\0');
  stream_.clear();
  stream_.seekg(static_cast<std::streamoff>(offset));
  stream_.read(bytes.data(), static_cast<std::streamsize>(count));
  return bytes;
}

std::uint32_t Walker::number_at(std::uint64_t offset, std::uint32_t count, bool big_endian) {
  const std::string bytes = bytes_at(offset, count);
  std::uint32_t value = 0;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const char byte = bytes[big_endian ? bytes.size() - 1 - n : n];
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(byte)) << (8 * n);
  }
  return value;
}

}  // namespace fg::dicom
