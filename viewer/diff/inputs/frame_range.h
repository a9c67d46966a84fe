#pragma once
// Which frames of a video: --frames A:B --every N --offset K.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace fg {

// Numbers of the reference from 0.
struct FrameRange {
  std::size_t first = 0;
  std::optional<std::size_t> end;  // one past the last
  std::size_t every = 1;
  std::int64_t offset = 0;  // reference frame i is compared with test frame i + offset

  bool whole() const { return first == 0 && !end && every == 1 && offset == 0; }
};

// "A:B", "A:", ":B". Throws Failure(usage).
void parse_frames(const std::string& text, FrameRange& range);

}  // namespace fg
