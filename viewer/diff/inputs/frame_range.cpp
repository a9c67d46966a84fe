#include "viewer/diff/inputs/frame_range.h"

#include <charconv>

#include "viewer/error.h"

namespace fg {
namespace {

std::size_t parse_number(const std::string& text, const std::string& whole) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Failure(ExitCode::usage, "--frames " + whole +
                                       ": expected FIRST:END, numbers from 0, END not included, such "
                                       "as 10:20, 10: or :20");
  return value;
}

}  // namespace

void parse_frames(const std::string& text, FrameRange& range) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) parse_number("", text);
  if (colon > 0) range.first = parse_number(text.substr(0, colon), text);
  if (colon + 1 < text.size()) range.end = parse_number(text.substr(colon + 1), text);
  if (range.end && *range.end <= range.first)
    throw Failure(ExitCode::usage, "--frames " + text + ": holds no frame; expected END above FIRST");
}

}  // namespace fg
