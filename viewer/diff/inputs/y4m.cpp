#include "viewer/diff/inputs/y4m.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "viewer/error.h"
#include "viewer/io/quotable.h"

namespace fg {
namespace {

constexpr std::string_view kMagic = "YUV4MPEG2";
constexpr int kLargestSide = 32768;

std::string_view text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The line without its newline.
std::string_view first_line(std::span<const std::uint8_t> start, const std::filesystem::path& file,
                            std::uint64_t offset) {
  const std::string_view text = text_of(start).substr(0, kLongestY4mLine);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos)
    throw unreadable(file,
                     fmt::format("byte {}: a Y4M header line that ends within {} bytes expected{}", offset,
                                 kLongestY4mLine,
                                 text.size() < kLongestY4mLine ? "; the file ends, it is truncated" : ""));
  return text.substr(0, end);
}

int parse_side(std::string_view digits, char tag, const std::filesystem::path& file) {
  int side = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), side);
  if (error != std::errc() || end != digits.data() + digits.size() || side < 1 || side > kLargestSide)
    throw unreadable(file, fmt::format("Y4M header: {} is '{}'; expected 1 to {} pixels", tag,
                                       quotable(digits), kLargestSide));
  return side;
}

PixelFormat parse_colour_space(std::string_view name, const std::filesystem::path& file) {
  static constexpr std::pair<std::string_view, PixelFormat> kKnown[] = {
      {"420jpeg", {8, 2, 2}},       {"420mpeg2", {8, 2, 2}},     {"420paldv", {8, 2, 2}},
      {"420", {8, 2, 2}},           {"422", {8, 2, 1}},          {"444", {8, 1, 1}},
      {"mono", {8, 2, 2, true}},    {"420p9", {9, 2, 2}},        {"420p10", {10, 2, 2}},
      {"420p12", {12, 2, 2}},       {"420p14", {14, 2, 2}},      {"420p16", {16, 2, 2}},
      {"422p9", {9, 2, 1}},         {"422p10", {10, 2, 1}},      {"422p12", {12, 2, 1}},
      {"422p14", {14, 2, 1}},       {"422p16", {16, 2, 1}},      {"444p9", {9, 1, 1}},
      {"444p10", {10, 1, 1}},       {"444p12", {12, 1, 1}},      {"444p14", {14, 1, 1}},
      {"444p16", {16, 1, 1}},       {"mono9", {9, 2, 2, true}},  {"mono10", {10, 2, 2, true}},
      {"mono12", {12, 2, 2, true}}, {"mono16", {16, 2, 2, true}}};
  for (const auto& [known, format] : kKnown)
    if (name == known) return format;
  throw unreadable(
      file, fmt::format("Y4M header: colour space C{} is not read; expected 420, 422, 444 or mono, with "
                        "p9 to p16 for deeper samples",
                        quotable(name)));
}

}  // namespace

bool is_y4m(std::span<const std::uint8_t> start) { return text_of(start).starts_with(kMagic); }

Y4mHeader parse_y4m_header(std::span<const std::uint8_t> start, const std::filesystem::path& file) {
  if (!is_y4m(start)) throw unreadable(file, "byte 0: 'YUV4MPEG2' expected");
  std::string_view line = first_line(start, file, 0);
  Y4mHeader header{.bytes = line.size() + 1};
  line.remove_prefix(kMagic.size());
  while (!line.empty()) {
    if (line.front() != ' ') throw unreadable(file, "Y4M header: a space expected between parameters");
    line.remove_prefix(1);
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size());
    if (word.empty()) continue;
    const std::string_view value = word.substr(1);
    switch (word.front()) {
      case 'W':
        header.size.width = parse_side(value, 'W', file);
        break;
      case 'H':
        header.size.height = parse_side(value, 'H', file);
        break;
      case 'C':
        header.format = parse_colour_space(value, file);
        break;
      case 'X':
        if (value == "COLORRANGE=FULL") header.full_range = true;
        if (value == "COLORRANGE=LIMITED") header.full_range = false;
        break;
      default:  // frame rate, interlacing and aspect do not change the samples
        break;
    }
  }
  if (header.size.width == 0 || header.size.height == 0)
    throw unreadable(file, "Y4M header: the parameters W and H expected");
  return header;
}

std::size_t parse_y4m_frame_header(std::span<const std::uint8_t> start, const std::filesystem::path& file,
                                   std::uint64_t offset) {
  if (!text_of(start).starts_with("FRAME"))
    throw unreadable(file, fmt::format("byte {}: 'FRAME' expected; the file is damaged", offset));
  return first_line(start, file, offset).size() + 1;
}

}  // namespace fg
