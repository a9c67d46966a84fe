// Radiance HDR (.hdr): lines of text, an empty one, the size, then rows of RGBE, run-length coded or not. Ward, Real
// Pixels, Graphics Gems II, 1991. Values are those stored: EXPOSURE in the header is not divided out.

#include <charconv>
#include <cmath>
#include <cstring>
#include <string>

#include "viewer/error.h"
#include "viewer/io/image_formats.h"

namespace fg {
namespace {

constexpr std::size_t kLongestRadianceHeader = 64 << 10;  // bytes

struct RadianceHeader {
  int width = 0, height = 0;
  std::size_t bytes = 0;
};

std::string at_byte(std::size_t offset) { return "byte " + std::to_string(offset) + ": "; }

// "-Y 480 +X 640": rows from the top, the only order that is in use.
bool parse_size(std::string_view line, RadianceHeader& header) {
  const auto take = [&](std::string_view word, int& value) {
    if (!line.starts_with(word)) return false;
    line.remove_prefix(word.size());
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return error == std::errc();
  };
  return take("-Y ", header.height) && take(" +X ", header.width) && line.empty();
}

RadianceHeader read_radiance_header(const std::filesystem::path& file, Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), kLongestRadianceHeader));
  RadianceHeader header;
  bool size_is_next = false;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string_view::npos)
      throw unreadable(file, at_byte(text.size()) +
                                 "Radiance header expected up to the size, such as -Y 480 +X 640; it "
                                 "is truncated or damaged");
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with("FORMAT=") && line != "FORMAT=32-bit_rle_rgbe")
      throw unreadable(
          file, at_byte(at) + "is a Radiance picture of another format than 32-bit_rle_rgbe; convert it");
    if (size_is_next) {
      if (!parse_size(line, header))
        throw unreadable(file, at_byte(at) + "a size such as -Y 480 +X 640 expected");
      header.bytes = end + 1;
      return header;
    }
    size_is_next = line.empty();
    at = end + 1;
  }
}

class Rows {
 public:
  Rows(const std::filesystem::path& file, Bytes bytes, std::size_t start)
      : file_(file), bytes_(bytes), at_(start) {}

  // row: width RGBE pixels.
  void read(std::span<std::uint8_t> row) {
    const std::size_t width = row.size() / 4;
    need(4);
    const bool coded = width >= 8 && width < 32768 && bytes_[at_] == 2 && bytes_[at_ + 1] == 2 &&
                       (std::size_t{bytes_[at_ + 2]} << 8 | bytes_[at_ + 3]) == width;
    if (!coded) {
      need(row.size());
      std::memcpy(row.data(), &bytes_[at_], row.size());
      for (std::size_t i = 0; i < row.size();
           i += 4)  // no pixel is stored as 1 1 1: its mantissa would be larger
        if (row[i] == 1 && row[i + 1] == 1 && row[i + 2] == 1)
          throw unreadable(file_, at_byte(at_ + i) +
                                      "is coded in runs of before 1991; save it again with a newer program");
      at_ += row.size();
      return;
    }
    at_ += 4;
    for (std::size_t component = 0; component < 4; ++component)
      for (std::size_t u = 0; u < width;) u += read_run(row.subspan(component), u, width);
  }

 private:
  void need(std::size_t count) const {
    if (bytes_.size() - at_ < count)
      throw unreadable(file_,
                       at_byte(bytes_.size()) + "Radiance pixels expected, the file ends; it is truncated");
  }

  // A byte above 128 repeats the next one, others copy; returns how many pixels it was.
  std::size_t read_run(std::span<std::uint8_t> component, std::size_t first, std::size_t width) {
    need(2);
    const std::size_t start = at_;
    const bool repeats = bytes_[at_] > 128;
    const std::size_t count = repeats ? bytes_[at_] - 128u : bytes_[at_];
    ++at_;
    if (count == 0 || count > width - first)
      throw unreadable(file_, at_byte(start) + "a run of " + std::to_string(count) + " pixels, the row has " +
                                  std::to_string(width - first) + " left; it is damaged");
    if (!repeats) need(count);
    for (std::size_t i = 0; i < count; ++i) component[4 * (first + i)] = bytes_[repeats ? at_ : at_ + i];
    at_ += repeats ? 1 : count;
    return count;
  }

  const std::filesystem::path& file_;
  Bytes bytes_;
  std::size_t at_;
};

}  // namespace

ImageSize radiance_size(const std::filesystem::path& file, Bytes bytes) {
  const RadianceHeader header = read_radiance_header(file, bytes);
  check_image_size(file, header.width, header.height, 1, ~std::uint64_t{0} >> 1);
  return {header.width, header.height};
}

ImageF decode_radiance(const std::filesystem::path& file, Bytes bytes) {
  const RadianceHeader header = read_radiance_header(file, bytes);
  check_image_size(file, header.width, header.height, 16, bytes.size());
  ImageF image{header.width, header.height, 4, {}};
  image.values.resize(static_cast<std::size_t>(header.width) * header.height * 4, 1.0f);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(header.width) * 4);
  Rows rows(file, bytes, header.bytes);
  for (int v = 0; v < header.height; ++v) {
    rows.read(row);
    float* out = &image.values[static_cast<std::size_t>(v) * row.size()];
    for (int u = 0; u < header.width; ++u, out += 4) {
      const std::uint8_t* in = &row[static_cast<std::size_t>(u) * 4];
      const float scale =
          in[3] ? std::ldexp(1.0f, in[3] - (128 + 8)) : 0.0f;  // codes are 0..255 of the exponent
      for (int c = 0; c < 3; ++c) out[c] = static_cast<float>(in[c]) * scale;
    }
  }
  return image;
}

}  // namespace fg
