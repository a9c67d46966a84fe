// Portable float maps: "PF" (RGB) or "Pf" (grey), width and height, a scale whose sign tells the byte order, then floats,
// rows from the bottom.

#include <algorithm>
#include <bit>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string>

#include "viewer/error.h"
#include "viewer/io/image_formats.h"

namespace fg {
namespace {

constexpr std::size_t kLongestPfmHeader = 256;  // bytes

struct PfmHeader {
  int width = 0, height = 0, channels = 3;
  bool little_endian = true;
  std::size_t bytes = 0;
};

class Words {
 public:
  Words(const std::filesystem::path& file, Bytes bytes)
      : file_(file),
        text_(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLongestPfmHeader)) {}

  // The next word, and one white space behind it.
  std::string_view next(const char* what) {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
    if (at_ == text_.size())
      throw unreadable(file_, "byte " + std::to_string(start) + ": PFM header: " + what +
                                  " expected, the header ends; it is truncated or damaged");
    return text_.substr(start, at_++ - start);
  }
  template <class T>
  T number(const char* what) {
    const std::string_view word = next(what);
    T value{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size())
      throw unreadable(
          file_, "byte " + std::to_string(at_ - 1 - word.size()) + ": PFM header: " + what + " expected");
    return value;
  }
  std::size_t position() const { return at_; }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  const std::filesystem::path& file_;
  std::string_view text_;
  std::size_t at_ = 0;
};

PfmHeader read_pfm_header(const std::filesystem::path& file, Bytes bytes) {
  Words words(file, bytes);
  PfmHeader header;
  header.channels = words.next("PF") == "Pf" ? 1 : 3;
  header.width = words.number<int>("the width");
  header.height = words.number<int>("the height");
  const double scale = words.number<double>("the scale, negative for little-endian");
  if (!(scale < 0 || scale > 0))
    throw unreadable(file, "PFM header: a scale of 0 does not tell the byte order");
  header.little_endian = scale < 0;
  header.bytes = words.position();
  return header;
}

}  // namespace

ImageSize pfm_size(const std::filesystem::path& file, Bytes bytes) {
  const PfmHeader header = read_pfm_header(file, bytes);
  check_image_size(file, header.width, header.height, 1, ~std::uint64_t{0} >> 1);
  return {header.width, header.height};
}

ImageF decode_pfm(const std::filesystem::path& file, Bytes bytes) {
  const PfmHeader header = read_pfm_header(file, bytes);
  check_image_size(file, header.width, header.height, 16, bytes.size());
  const std::size_t row_floats = static_cast<std::size_t>(header.width) * header.channels;
  const std::size_t need = row_floats * 4 * header.height;
  if (bytes.size() - header.bytes < need)
    throw unreadable(file, "byte " + std::to_string(bytes.size()) + ": " + std::to_string(need) +
                               " bytes of floats expected after byte " + std::to_string(header.bytes) +
                               ", the file ends; it is truncated");
  const bool swapped = header.little_endian != (std::endian::native == std::endian::little);
  ImageF image{header.width, header.height, 4, {}};
  image.values.resize(static_cast<std::size_t>(header.width) * header.height * 4, 1.0f);
  for (int v = 0; v < header.height; ++v) {
    const std::uint8_t* row =
        &bytes[header.bytes + row_floats * 4 * static_cast<std::size_t>(header.height - 1 - v)];
    for (int u = 0; u < header.width; ++u)
      for (int c = 0; c < 3; ++c) {
        std::uint32_t word = 0;
        std::memcpy(
            &word, row + (static_cast<std::size_t>(u) * header.channels + (header.channels == 3 ? c : 0)) * 4,
            4);
        if (swapped) word = __builtin_bswap32(word);
        image.values[(static_cast<std::size_t>(v) * header.width + u) * 4 + c] = std::bit_cast<float>(word);
      }
  }
  return image;
}

}  // namespace fg
